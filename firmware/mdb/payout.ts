/**
 * A DISPENSE on its way to one of its endings (MDB 4.2 §5, p70): busy (02) seen and over; silence and an answer again;
 * a bare ACK from the start. Then the tubes are asked, and believed when all coins have left or nothing has stirred for
 * the quiet time. It left us once and never again, ACKed or not.
 */
import { BUS_TIMING } from "../../shared/mdb/link.js";
import type { TubeReport } from "../ports/rooms.js";

/** A changer that pays must speak again within its non-response time, so nothing stirs later than this. */
export const PAYOUT_QUIET_MS = 2_000;
/** No DISPENSE takes longer; a device that goes on being busy is set up anew, and its tubes settle it. */
export const PAYOUT_MAX_MS = BUS_TIMING.dataReplyMaxMs;

export interface Payout {
  readonly type: number;
  readonly count: number;
  readonly acked: boolean;
  readonly startedMs: number;
  /** Coins of the type before it, coins that came in since included. */
  readonly before: number;
  /** Coins of the type when the tubes were last asked. */
  readonly last: number;
  /** Newest sign of work: the start, busy, silence, a count that moved. */
  readonly stirredMs: number;
  readonly worked: boolean;
  /** One of the endings was seen: the tubes may be asked. */
  readonly ask: boolean;
}

export function payoutStarted(type: number, count: number, acked: boolean, before: number, nowMs: number): Payout {
  return { type, count, acked, startedMs: nowMs, before, last: before, stirredMs: nowMs, worked: false, ask: false };
}

/** A POLL said busy, or nothing at all. */
export function payoutWorking(payout: Payout, nowMs: number): Payout {
  return { ...payout, stirredMs: nowMs, worked: true, ask: false };
}

/** A POLL was answered without busy. */
export function payoutResting(payout: Payout, nowMs: number): Payout {
  return { ...payout, ask: payout.acked || payout.worked || nowMs - payout.startedMs >= PAYOUT_QUIET_MS };
}

/** Coins of the type went in (more > 0) or out by hand meanwhile. */
export function payoutShifted(payout: Payout, type: number, more: number): Payout {
  return type === payout.type ? { ...payout, before: payout.before + more, last: payout.last + more } : payout;
}

/** The payout goes on with these tubes; undefined = it has ended, they are the truth. */
export function payoutAfterTubes(payout: Payout, tubes: TubeReport, nowMs: number): Payout | undefined {
  const count = tubes.counts[payout.type] ?? 0;
  const stirredMs = count === payout.last ? payout.stirredMs : nowMs;
  if (payout.before - count >= payout.count || nowMs - stirredMs >= PAYOUT_QUIET_MS) return undefined;
  return { ...payout, last: count, stirredMs, ask: false };
}
