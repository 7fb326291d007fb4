/**
 * The changer's reports of what hands did at its keys (option b2, MDB 4.2 §5, p79-80): CONTROLLED MANUAL FILL and
 * PAYOUT REPORT, coins by type since the last one that was acknowledged. They are asked behind every TUBE STATUS that
 * is to be believed, appended before their ACK, and never booked twice: where coins of a type may have been told
 * before, the tubes decide how many are new.
 */
import { equalBytes } from "../../shared/bytes.js";
import { decodeReply, encodeCommand } from "../../shared/mdb/codec.js";
import { COIN_CHANGER, COIN_OPTIONS, COIN_TYPES } from "../../shared/mdb/coin-changer.js";
import type { TubeReport } from "../ports/rooms.js";
import type { ChangerState, ChangerStep } from "./changer-state.js";
import type { Outcome, PeripheralEffect } from "./peripheral.js";

export type HandReport = "manualFillReport" | "manualPayoutReport";

export interface HandReports {
  /** Which one is to be asked next, behind the TUBE STATUS just read. */
  readonly ask: HandReport | undefined;
  /** One of them brought coins since that TUBE STATUS: it is worth nothing. */
  readonly moved: boolean;
  /** One of them was not empty. */
  readonly told: boolean;
  /** Types whose coins may come in a report though they are booked already, as bits: told by POLL, or by a report. */
  readonly doubtIn: number;
  readonly doubtOut: number;
  /** Tries in a row without an answer. */
  readonly misses: number;
  /** The report last suppressed, so that a device that never forgets fills no ledger. */
  readonly suppressed: Uint8Array | undefined;
}

export const NO_REPORTS: HandReports = Object.freeze<HandReports>({
  ask: undefined,
  moved: false,
  told: false,
  doubtIn: 0,
  doubtOut: 0,
  misses: 0,
  suppressed: undefined,
});

export function reportsFilling({ options }: ChangerState): boolean {
  return (options & COIN_OPTIONS.controlledManualFill) !== 0;
}

/** TUBE STATUS was read: the reports come next. */
export function askReports(reports: HandReports): HandReports {
  return { ...reports, ask: "manualFillReport", moved: false, told: false };
}

/** POLL told of coins of this type, in or out: if a report tells of such coins, too, the tubes decide. */
export function toldByPoll(reports: HandReports, type: number, way: "in" | "out"): HandReports {
  const bit = 1 << type;
  return way === "in"
    ? { ...reports, doubtIn: reports.doubtIn | bit }
    : { ...reports, doubtOut: reports.doubtOut | bit };
}

/** The tubes are believed: after empty reports nothing is in doubt any more. */
export function reportsBelieved(reports: HandReports): HandReports {
  if (reports.told || (reports.doubtIn | reports.doubtOut) === 0) return reports;
  return { ...reports, doubtIn: 0, doubtOut: 0 };
}

/** A report was answered. Its money is appended, then its ACK is let go. `state` has its contact. */
export function reportTaken(state: ChangerState, report: HandReport, outcome: Outcome): ChangerStep {
  const { reading, reports } = state;
  const effects: PeripheralEffect[] = [];
  const ask = report === "manualFillReport" ? "manualPayoutReport" : undefined;
  const misses = ask === undefined ? 0 : reports.misses;
  let next: ChangerState = { ...state, reports: { ...reports, ask, misses } };
  if (outcome.is === "data") {
    if (reading !== undefined) next = takeCounts(next, reading, report, outcome.bytes, effects);
    // One that nobody waits for any more stays with the device.
    if (outcome.held && reading !== undefined) effects.push({ do: "release" });
  }
  if (ask === undefined && next.reports.moved) next = { ...next, reading: undefined, tubesAtMs: 0 };
  return { state: next, effects };
}

function takeCounts(
  before: ChangerState,
  reading: TubeReport,
  report: HandReport,
  bytes: Uint8Array,
  effects: PeripheralEffect[],
): ChangerState {
  const fills = report === "manualFillReport";
  const { counts } = decodeReply(COIN_CHANGER, report, bytes).fields;
  const doubt = fills ? before.reports.doubtIn : before.reports.doubtOut;
  // At the first look there is nothing to compare with: what is read then has the coins in it already.
  const known = before.tubes.counts.length > 0;
  let tubes = known ? before.tubes : reading;
  let types = 0;
  let booked = 0;
  let suppressed = false;
  for (let type = 0; type < COIN_TYPES; type++) {
    const told = counts[type] ?? 0;
    if (told === 0) continue;
    types |= 1 << type;
    const tubeCount = reading.counts[type] ?? 0;
    const out = (tubes.counts[type] ?? 0) - tubeCount;
    const doubtful = ((doubt >> type) & 1) === 1;
    const count = doubtful ? Math.max(0, Math.min(told, fills ? -out : out)) : told;
    suppressed ||= count < told;
    if (count === 0) continue;
    booked += count;
    effects.push({ do: "append", record: handRecord(fills, type, count, before.valuesMinor[type] ?? 0, tubeCount) });
    if (known) tubes = withMore(tubes, type, fills ? count : -count);
  }
  if (types === 0) return before;
  const again = suppressed ? Uint8Array.of(...encodeCommand(COIN_CHANGER, report), ...bytes) : undefined;
  if (again !== undefined && !isKnown(before.reports, again)) {
    const { address } = COIN_CHANGER;
    effects.push({ do: "append", record: { kind: "repeatSuppressed", device: address, reply: again } });
  }
  const reports: HandReports = {
    ...before.reports,
    moved: before.reports.moved || booked > 0,
    told: true,
    doubtIn: before.reports.doubtIn | (fills ? types : 0),
    doubtOut: before.reports.doubtOut | (fills ? 0 : types),
    suppressed: again ?? before.reports.suppressed,
  };
  return { ...before, tubes, reports };
}

function handRecord(fills: boolean, type: number, count: number, valueMinor: number, tubeCount: number) {
  return fills
    ? ({ kind: "storeFilled", type, count, valueMinor } as const)
    : ({ kind: "coinsManuallyDispensed", type, count, valueMinor, tubeCount } as const);
}

function isKnown({ suppressed }: HandReports, again: Uint8Array): boolean {
  return suppressed !== undefined && equalBytes(suppressed, again);
}

function withMore(tubes: TubeReport, type: number, more: number): TubeReport {
  return { ...tubes, counts: tubes.counts.map((old, of) => (of === type ? Math.max(0, old + more) : old)) };
}
