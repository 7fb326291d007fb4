/**
 * When a record counts (design "Time"): the machine's time if its clock is synchronised and plausible, else an estimate
 * from boot number and uptime, else the time it reached us. Device time and quality are kept beside it.
 */
import { CLOCK_QUALITIES, type LedgerRecord } from "../../shared/records/kinds.js";
import type { TimeQuality } from "../store/rows.js";

/** A device may be ahead of us by so much and still be believed. */
const AHEAD_LIMIT_MS = 24 * 3_600_000;
/** Whole seconds in records jitter around the monotonic clock; only a real step moves the offset. */
const STEP_MS = 1_500;

const UNKNOWN = CLOCK_QUALITIES.indexOf("unknown");
const KEPT = CLOCK_QUALITIES.indexOf("kept");
const SYNCED = CLOCK_QUALITIES.indexOf("synced");

/** The machine's clock in its present boot. `wallMs`: Unix ms at monotonic 0; undefined while it does not know. */
export interface Clock {
  readonly bootNo: number;
  readonly wallMs: number | undefined;
  /** Index of CLOCK_QUALITIES. */
  readonly quality: number;
}

export interface DatingFacts {
  readonly installedMs: number;
  readonly nowMs: number;
  /** When the boot that telemetry last spoke of began, by our clock. */
  readonly uptime: { readonly bootNo: number; readonly beganMs: number } | undefined;
}

export interface Dated {
  readonly bookedMs: number;
  readonly deviceMs: number | undefined;
  readonly quality: TimeQuality;
}

/** Year 2200: no clock that says later is believed, nor fits a timestamp for certain. */
const LATEST_WALL_S = 7_258_118_400;

/** The clock after `record`. */
export function clockAfter(clock: Clock, record: LedgerRecord): Clock {
  const booted = record.kind === "boot" ? { bootNo: record.bootNo, wallMs: undefined, quality: UNKNOWN } : clock;
  if (record.wallS === undefined || record.wallS > LATEST_WALL_S) {
    return record.kind === "clockSet" ? { ...booted, quality: record.quality } : booted;
  }
  const wallMs = record.wallS * 1_000 - record.atMs;
  const stepped = booted.wallMs === undefined || Math.abs(wallMs - booted.wallMs) >= STEP_MS;
  const known = booted.quality === UNKNOWN ? KEPT : booted.quality;
  const quality = record.kind === "clockSet" ? record.quality : known;
  if (!stepped && quality === booted.quality) return booted;
  return { bootNo: booted.bootNo, wallMs: stepped ? wallMs : booted.wallMs, quality };
}

/**
 * The clock each record is dated by: the best one known of its boot by the end of the batch, so that coins inserted
 * before the clock was set are dated by it too. Undefined entries stand for records that could not be read.
 */
export function clocksOf(start: Clock, records: readonly (LedgerRecord | undefined)[]): readonly Clock[] {
  const clocks: Clock[] = [];
  let clock = start;
  for (const record of records) {
    if (record !== undefined) clock = clockAfter(clock, record);
    clocks.push(clock);
  }
  let best: Clock | undefined;
  for (let i = clocks.length - 1; i >= 0; i--) {
    const here = clocks[i] ?? start;
    if (best === undefined || best.bootNo !== here.bootNo || here.quality > best.quality) best = here;
    clocks[i] = best;
  }
  return clocks;
}

/** Dates a record. `afterMs`: the one before it was booked then; estimates never run backwards. */
export function date(atMs: number, clock: Clock, facts: DatingFacts, afterMs: number | undefined): Dated {
  const { installedMs, nowMs, uptime } = facts;
  const deviceMs = clock.wallMs === undefined ? undefined : Math.min(clock.wallMs + atMs, LATEST_WALL_S * 1_000);
  const plausible = deviceMs !== undefined && deviceMs >= installedMs && deviceMs <= nowMs + AHEAD_LIMIT_MS;
  if (plausible && clock.quality === SYNCED) return { bookedMs: deviceMs, deviceMs, quality: "synced" };
  if (uptime !== undefined && uptime.bootNo === clock.bootNo) {
    return { bookedMs: estimate(uptime.beganMs + atMs, facts, afterMs), deviceMs, quality: "estimated" };
  }
  if (plausible) return { bookedMs: estimate(deviceMs, facts, afterMs), deviceMs, quality: "kept" };
  return { bookedMs: nowMs, deviceMs, quality: "received" };
}

function estimate(ms: number, { nowMs, installedMs }: DatingFacts, afterMs: number = installedMs): number {
  return Math.min(nowMs, Math.max(ms, installedMs, afterMs));
}
