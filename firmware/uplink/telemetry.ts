/**
 * When to report, and how much: every period at the machine's own phase, and on a change that no record tells, at most
 * once in 10 s. The first report of a connection is whole, then each with a new record in it, one an hour at least, and
 * whenever the fleet asks; the others say what has changed since (shared/wire/telemetry.ts). What is reported is
 * cumulative, so a lost report loses nothing.
 */
import { crc32, utf8Encode } from "../../shared/bytes.js";
import type { CborMap } from "../../shared/cbor.js";
import type { TelemetryMessage } from "../../shared/wire/messages.js";
import { changeReport, encodeReport, wholeReport } from "../../shared/wire/telemetry.js";

export const TELEMETRY_PERIOD_MS = 300_000;
export const TELEMETRY_ON_CHANGE_MS = 10_000;
export const WHOLE_EVERY_MS = 3_600_000;

export interface TelemetryState {
  readonly connected: boolean;
  /** Next periodic report, absolute ms. */
  readonly periodicAtMs: number;
  /** When it was last reported, or looked whether there is anything to report. */
  readonly lookedMs: number;
  readonly changed: boolean;
  /** What changes are told against; undefined: the next report is whole. */
  readonly base: Base | undefined;
  /** Whole reports since power-up. */
  readonly wholes: number;
  /** Of the newest report, whole or not. */
  readonly told: Told | undefined;
}

interface Base {
  readonly report: CborMap;
  readonly sentMs: number;
}

interface Told {
  readonly state: string;
  readonly creditMinor: number;
  readonly faults: readonly number[];
}

/** To be published. A whole one with QoS 1, so that a connection that is none is found out; see `telemetrySent`. */
export interface Report {
  readonly bytes: Uint8Array;
  readonly qos: 0 | 1;
  readonly whole: CborMap | undefined;
}

/** Nobody stands in front: what was reported while somebody did is over. */
const AT_REST: readonly string[] = Object.freeze(["IDLE", "OUT_OF_SERVICE"]);

/** Hash of the id: 100,000 machines spread evenly over the period. */
export function telemetryPhaseMs(machineId: string, periodMs: number): number {
  return crc32(utf8Encode(machineId)) % periodMs;
}

export function telemetryAtBoot(machineId: string, periodMs: number, nowMs: number): TelemetryState {
  return {
    connected: false,
    periodicAtMs: nowMs + telemetryPhaseMs(machineId, periodMs),
    lookedMs: nowMs - TELEMETRY_ON_CHANGE_MS,
    changed: true,
    base: undefined,
    wholes: 0,
    told: undefined,
  };
}

/** The link came up or went. Who has been away reports as soon as 10 s after the last report allow. */
export function telemetryLink(state: TelemetryState, up: boolean): TelemetryState {
  return up ? telemetryAsked({ ...state, connected: true }) : { ...state, connected: false };
}

/** The fleet does not hold our base. */
export function telemetryAsked(state: TelemetryState): TelemetryState {
  return { ...state, changed: true, base: undefined };
}

/** Something happened that may be worth a report. */
export function telemetryChanged(state: TelemetryState): TelemetryState {
  return state.changed ? state : { ...state, changed: true };
}

export function telemetryDueMs(state: TelemetryState): number {
  if (!state.connected) return Infinity;
  const onChangeMs = state.changed ? state.lookedMs + TELEMETRY_ON_CHANGE_MS : Infinity;
  return Math.min(state.periodicAtMs, onChangeMs);
}

/**
 * The report that is due. Undefined: between two periods, and nothing has changed that records do not tell the fleet
 * anyway (a sale, what it took from slots and tubes).
 */
export function telemetryReport(state: TelemetryState, message: TelemetryMessage, nowMs: number): Report | undefined {
  const { base, told } = state;
  if (nowMs < state.periodicAtMs && base !== undefined && told !== undefined && !isNews(told, message))
    return undefined;
  if (base !== undefined && nowMs - base.sentMs < WHOLE_EVERY_MS) {
    const change = changeReport(base.report, message);
    if (change !== undefined) return { bytes: encodeReport(change), qos: 0, whole: undefined };
  }
  const whole = wholeReport({ ...message, base: state.wholes + 1 });
  return { bytes: encodeReport(whole), qos: 1, whole };
}

/** Nothing was worth a report. While somebody stands in front, what will be is still open. */
export function telemetryPassed(state: TelemetryState, message: TelemetryMessage, nowMs: number): TelemetryState {
  return { ...state, lookedMs: nowMs, changed: !AT_REST.includes(message.state) };
}

/**
 * The state after a report at `nowMs`: the phase stays, periods slept through are not made up for. taken: the platform
 * has it; where it has not, nothing is told against it.
 */
export function telemetrySent(
  state: TelemetryState,
  report: Report,
  { state: saleState, creditMinor, faults }: TelemetryMessage,
  { nowMs, periodMs, taken }: { readonly nowMs: number; readonly periodMs: number; readonly taken: boolean },
): TelemetryState {
  let { periodicAtMs } = state;
  if (periodicAtMs <= nowMs) periodicAtMs += Math.ceil((nowMs - periodicAtMs + 1) / periodMs) * periodMs;
  const { whole } = report;
  const base = whole === undefined ? state.base : { report: whole, sentMs: nowMs };
  return {
    ...state,
    periodicAtMs,
    lookedMs: nowMs,
    changed: false,
    base: taken ? base : undefined,
    wholes: state.wholes + (whole === undefined ? 0 : 1),
    told: { state: saleState, creditMinor, faults },
  };
}

/** Faults that came or went; or what was told of a customer who has gone, or of a machine that has come to rest. */
function isNews(told: Told, { state, creditMinor, faults }: TelemetryMessage): boolean {
  if (faults.length !== told.faults.length || faults.some((code) => !told.faults.includes(code))) return true;
  return AT_REST.includes(state) && (state !== told.state || creditMinor !== told.creditMinor);
}
