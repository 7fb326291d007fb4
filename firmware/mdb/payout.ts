/**
 * A payout of the changer on its way to one of its endings (MDB 4.2 §5, p70): busy (02) seen and over; silence and an
 * answer again; a bare ACK from the start. By value (0F 02) the changer is asked besides what it has paid (0F 04) and
 * in which coins (0F 03). Then the tubes are asked, and believed when all has left or nothing has stirred for the quiet
 * time. The order left us once and never again, ACKed or not.
 */
import { BUS_TIMING } from "../../shared/mdb/link.js";
import type { TubeReport } from "../ports/rooms.js";

/** A changer that pays must speak again within its non-response time, so nothing stirs later than this. */
export const PAYOUT_QUIET_MS = 2_000;
/** No payout takes longer; a device that goes on being busy is set up anew, and its tubes settle it. */
export const PAYOUT_MAX_MS = BUS_TIMING.dataReplyMaxMs;
/** PAYOUT VALUE POLLs that brought no value, and PAYOUT STATUS that brought no counts, before we do without. */
export const MAX_VALUE_POLLS = 16;
export const MAX_STATUS_TRIES = 3;

/** One DISPENSE: 1–15 coins of a type. */
export interface CoinsOrder {
  readonly by: "type";
  readonly type: number;
  readonly count: number;
}

/** One PAYOUT: the changer chooses the coins. `valuesMinor`: what a coin of each type is worth. */
export interface ValueOrder {
  readonly by: "value";
  readonly valueMinor: number;
  /** The same in scaling units: 1–255. */
  readonly units: number;
  readonly valuesMinor: readonly number[];
}

export type PayoutOrder = CoinsOrder | ValueOrder;

export interface Payout {
  readonly order: PayoutOrder;
  readonly acked: boolean;
  readonly startedMs: number;
  /** What the order is paid from (`heldFor`) before it, coins that came in since included. */
  readonly before: number;
  /** The same when the tubes were last asked. */
  readonly last: number;
  /** Newest sign of work: the start, busy, silence, value told, a count that moved. */
  readonly stirredMs: number;
  readonly worked: boolean;
  /** What is to be asked next. */
  readonly ask: "nothing" | "value" | "status" | "tubes";
  /** "Tube jam" was said in it. */
  readonly jammed: boolean;
  /** By value: scaling units told by PAYOUT VALUE POLL, and polls in a row that brought none. */
  readonly toldUnits: number;
  readonly emptyPolls: number;
  /** PAYOUT VALUE POLL has nothing more to tell: it has ended, or says the same without end. */
  readonly valueTold: boolean;
  readonly statusTries: number;
  /** PAYOUT STATUS was read: the changer says that it has ended. */
  readonly statusTold: boolean;
}

export function payoutStarted(order: PayoutOrder, acked: boolean, tubes: TubeReport, nowMs: number): Payout {
  const before = heldFor(order, tubes.counts);
  return {
    order,
    acked,
    startedMs: nowMs,
    before,
    last: before,
    stirredMs: nowMs,
    worked: false,
    ask: "nothing",
    jammed: false,
    toldUnits: 0,
    emptyPolls: 0,
    valueTold: false,
    statusTries: 0,
    statusTold: false,
  };
}

/** What the tubes hold to pay the order with: coins of its type, or the worth of all. */
export function heldFor(order: PayoutOrder, counts: readonly number[]): number {
  if (order.by === "type") return counts[order.type] ?? 0;
  let minor = 0;
  for (let type = 0; type < order.valuesMinor.length; type++) {
    minor += (counts[type] ?? 0) * (order.valuesMinor[type] ?? 0);
  }
  return minor;
}

/** All that was ordered has left. */
export function paidAll({ order, before }: Payout, tubes: TubeReport): boolean {
  return before - heldFor(order, tubes.counts) >= (order.by === "type" ? order.count : order.valueMinor);
}

/** Nothing was answered at all: it works. */
export function payoutWorking(payout: Payout, nowMs: number): Payout {
  return { ...payout, stirredMs: nowMs, worked: true, ask: "nothing" };
}

/** A POLL said busy. By value it may be asked how far it is. */
export function payoutBusy(payout: Payout, nowMs: number): Payout {
  const asks = payout.order.by === "value" && !payout.valueTold;
  return { ...payout, stirredMs: nowMs, worked: true, ask: asks ? "value" : "nothing" };
}

/** A POLL was answered without busy. */
export function payoutResting(payout: Payout, nowMs: number): Payout {
  const heard = payout.acked || payout.worked || nowMs - payout.startedMs >= PAYOUT_QUIET_MS;
  return { ...payout, ask: heard ? question(payout) : "nothing" };
}

function question({ order, valueTold, statusTold, statusTries }: Payout): Payout["ask"] {
  if (order.by === "type") return "tubes";
  if (!valueTold) return "value";
  return statusTold || statusTries >= MAX_STATUS_TRIES ? "tubes" : "status";
}

/**
 * PAYOUT VALUE POLL told so many units since the last one; undefined = a bare ACK, it has ended. A changer that tells
 * more than was ordered, or nothing for ever, is not asked again: some answer "busy" (02) without end.
 */
export function payoutValue(payout: Payout, units: number | undefined, nowMs: number): Payout {
  if (payout.order.by !== "value") return payout;
  const ask = "nothing";
  if (units === undefined) return { ...payout, ask, valueTold: true };
  const toldUnits = payout.toldUnits + units;
  const emptyPolls = units > 0 ? 0 : payout.emptyPolls + 1;
  const valueTold = toldUnits >= payout.order.units || emptyPolls >= MAX_VALUE_POLLS;
  const stirs = units > 0 && toldUnits <= payout.order.units;
  return { ...payout, ask, toldUnits, emptyPolls, valueTold, stirredMs: stirs ? nowMs : payout.stirredMs };
}

/** PAYOUT STATUS: with counts it has ended, a bare ACK is busy. */
export function payoutStatus(payout: Payout, told: boolean): Payout {
  return told
    ? { ...payout, ask: "nothing", statusTold: true }
    : { ...payout, ask: "nothing", statusTries: payout.statusTries + 1 };
}

/** Coins of a type went in (more > 0) or out by hand meanwhile. */
export function payoutShifted(payout: Payout, type: number, more: number): Payout {
  const { order } = payout;
  const shift = order.by === "value" ? more * (order.valuesMinor[type] ?? 0) : type === order.type ? more : 0;
  return shift === 0 ? payout : { ...payout, before: payout.before + shift, last: payout.last + shift };
}

/** The payout goes on with these tubes; undefined = it has ended, they are the truth. */
export function payoutAfterTubes(payout: Payout, tubes: TubeReport, nowMs: number): Payout | undefined {
  const last = heldFor(payout.order, tubes.counts);
  const stirredMs = last === payout.last ? payout.stirredMs : nowMs;
  if (paidAll(payout, tubes) || nowMs - stirredMs >= PAYOUT_QUIET_MS) return undefined;
  return { ...payout, last, stirredMs, ask: "nothing", statusTries: 0 };
}
