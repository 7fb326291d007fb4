/**
 * The coin changer's payouts on the bus (MDB 4.2 §5): DISPENSE of one type, PAYOUT by value with its value polls and
 * its status (option b0). Neither is ever repeated. What was paid is told by the tubes alone; what the changer says of
 * it beside that is evidence, appended before it forgets it.
 */
import type { FaultName } from "../../shared/faults.js";
import { decodeReply, encodeCommand } from "../../shared/mdb/codec.js";
import { COIN_CHANGER, COIN_OPTIONS, MAX_DISPENSE_COUNT, MAX_PAYOUT_UNITS } from "../../shared/mdb/coin-changer.js";
import { countBytes } from "../../shared/records/fold-money-out.js";
import type { TubeReport } from "../ports/rooms.js";
import { type ChangerState, type ChangerStep, JAMMED_UNKNOWN, only } from "./changer-state.js";
import {
  type Payout,
  type PayoutOrder,
  paidAll,
  payoutAfterTubes,
  payoutStarted,
  payoutStatus,
  payoutValue,
  payoutWorking,
} from "./payout.js";
import { commandAnswered, type Outcome, type PeripheralEffect, tell, unanswered } from "./peripheral.js";
import { disprove } from "./troubles.js";

/** A payout without remainder disproves these; the jam only where no other tube is known to be jammed. */
const DISPROVED_BY_PAYOUT: readonly FaultName[] = Object.freeze<FaultName[]>(["tubeJam", "tubeSensor"]);
const DISPROVED_BUT_JAM: readonly FaultName[] = Object.freeze<FaultName[]>(["tubeSensor"]);
const NO_FAULTS: readonly FaultName[] = Object.freeze([]);

export type PayoutCommand = "dispense" | "payout" | "payoutStatus" | "payoutValuePoll";

/** Minor units of the unit in which this changer pays by value; undefined = it cannot. */
export function payUnitMinor({ options, unitMinor }: ChangerState): number | undefined {
  return (options & COIN_OPTIONS.alternativePayout) !== 0 && unitMinor > 0 ? unitMinor : undefined;
}

export function coinsOrder(type: number, count: number): PayoutOrder {
  return { by: "type", type, count: Math.min(count, MAX_DISPENSE_COUNT) };
}

/** Undefined if the changer cannot pay this amount by value. */
export function valueOrder(state: ChangerState, valueMinor: number): PayoutOrder | undefined {
  const unitMinor = payUnitMinor(state);
  if (unitMinor === undefined) return undefined;
  const units = valueMinor / unitMinor;
  if (!Number.isInteger(units) || units < 1 || units > MAX_PAYOUT_UNITS) return undefined;
  const valuesMinor = state.valuesMinor.map((value, type) => (state.toTube[type] === true ? value : 0));
  return { by: "value", valueMinor, units, valuesMinor };
}

/** The command that carries the order out. */
export function orderCommand(order: PayoutOrder): "dispense" | "payout" {
  return order.by === "type" ? "dispense" : "payout";
}

export function orderBlock(order: PayoutOrder): Uint8Array {
  if (order.by === "value") return encodeCommand(COIN_CHANGER, "payout", { value: order.units });
  return encodeCommand(COIN_CHANGER, "dispense", { type: order.type, count: order.count });
}

/** What the payout wants asked next. */
export function payoutCommand({ ask }: Payout): "poll" | "tubeStatus" | "payoutStatus" | "payoutValuePoll" {
  switch (ask) {
    case "nothing":
      return "poll";
    case "value":
      return "payoutValuePoll";
    case "status":
      return "payoutStatus";
    case "tubes":
      return "tubeStatus";
  }
}

/** Takes the outcome of `command`. */
export function takePayoutOutcome(
  state: ChangerState,
  command: PayoutCommand,
  outcome: Outcome,
  nowMs: number,
): ChangerStep {
  if (command === "dispense" || command === "payout") return orderSent(state, outcome, nowMs);
  return told(state, command, outcome, nowMs);
}

/** The order left us once, and never again: whatever came back, the tubes will tell. */
function orderSent(state: ChangerState, outcome: Outcome, nowMs: number): ChangerStep {
  const { dispense, tubes } = state;
  const contact =
    outcome.is === "noAnswer" ? unanswered(state.contact, true, nowMs) : commandAnswered(state.contact, nowMs);
  if (dispense === undefined) return only({ ...state, contact });
  const payout = payoutStarted(dispense, outcome.is === "ack", tubes, nowMs);
  return only({ ...state, contact, dispense: undefined, payout });
}

/** 0F 03 and 0F 04: what the changer says of its payout. Silence is work, below its non-response time. */
function told(
  state: ChangerState,
  command: "payoutStatus" | "payoutValuePoll",
  outcome: Outcome,
  nowMs: number,
): ChangerStep {
  const { payout } = state;
  if (outcome.is === "noAnswer") {
    const contact = unanswered(state.contact, true, nowMs);
    return only({ ...state, contact, payout: payout && payoutStatus(payoutWorking(payout, nowMs), false) });
  }
  const effects: PeripheralEffect[] = [];
  const contact = commandAnswered(state.contact, nowMs);
  let next: Payout | undefined;
  if (command === "payoutValuePoll") {
    const units = outcome.is === "data" ? (outcome.bytes[0] ?? 0) : undefined;
    next = payout && payoutValue(payout, units, nowMs);
  } else {
    next = payout && payoutStatus(payout, outcome.is === "data");
    if (outcome.is === "data") {
      // A sum of values (0F 04) is told once more by these counts; they are told once and forgotten.
      const { counts } = decodeReply(COIN_CHANGER, "payoutStatus", outcome.bytes).fields;
      effects.push({ do: "append", record: { kind: "payoutTold", counts: countBytes(counts) } });
    }
  }
  if (outcome.is === "data" && outcome.held) effects.push({ do: "release" });
  return { state: { ...state, contact, payout: next }, effects };
}

/** The tubes after what looks like the end of a payout. */
export function payoutCounted(state: ChangerState, before: readonly PeripheralEffect[], nowMs: number): ChangerStep {
  const { contact, payout, reading: tubes } = state;
  if (payout === undefined || tubes === undefined) return { state, effects: before };
  const going = payoutAfterTubes(payout, tubes, nowMs);
  if (going !== undefined) return { state: { ...state, reading: undefined, payout: going }, effects: before };
  const all = paidAll(payout, tubes);
  const jammed = all ? state.jammed & ~freed(payout, state.tubes, tubes) : state.jammed;
  const disproved = jammed === 0 ? DISPROVED_BY_PAYOUT : DISPROVED_BUT_JAM;
  const good = disprove(contact.troubles, all ? disproved : NO_FAULTS);
  const ended = tell({ event: "dispensed", acked: payout.acked, tubes });
  return {
    state: {
      ...state,
      contact: { ...contact, troubles: good.troubles },
      jammed,
      tubes,
      reading: undefined,
      payout: undefined,
    },
    effects: [...good.effects, ended, ...before],
  };
}

/** Types that have proved to pay, as bits. A type that pays says nothing of another whose tube is jammed. */
function freed({ order, jammed }: Payout, before: TubeReport, after: TubeReport): number {
  if (order.by === "type") return (1 << order.type) | JAMMED_UNKNOWN;
  let types = jammed ? 0 : JAMMED_UNKNOWN;
  for (let type = 0; type < after.counts.length; type++) {
    if ((after.counts[type] ?? 0) < (before.counts[type] ?? 0)) types |= 1 << type;
  }
  return types;
}
