/**
 * When to report: every period at the machine's own phase, and on change, at most once in 10 s. What is reported is
 * cumulative, so a lost report loses nothing.
 */
import { crc32, utf8Encode } from "../../shared/bytes.js";

export const TELEMETRY_PERIOD_MS = 300_000;
export const TELEMETRY_ON_CHANGE_MS = 10_000;

export interface TelemetryState {
  readonly connected: boolean;
  /** Next periodic report, absolute ms. */
  readonly periodicAtMs: number;
  readonly lastSentMs: number;
  readonly changed: boolean;
}

/** Hash of the id: 100,000 machines spread evenly over the period. */
export function telemetryPhaseMs(machineId: string, periodMs: number): number {
  return crc32(utf8Encode(machineId)) % periodMs;
}

export function telemetryAtBoot(machineId: string, periodMs: number, nowMs: number): TelemetryState {
  const periodicAtMs = nowMs + telemetryPhaseMs(machineId, periodMs);
  return { connected: false, periodicAtMs, lastSentMs: nowMs - TELEMETRY_ON_CHANGE_MS, changed: true };
}

/** The link came up or went. Who has been away reports as soon as 10 s after the last report allow. */
export function telemetryLink(state: TelemetryState, up: boolean): TelemetryState {
  return { ...state, connected: up, changed: state.changed || up };
}

/** Something happened that is worth a report. */
export function telemetryChanged(state: TelemetryState): TelemetryState {
  return state.changed ? state : { ...state, changed: true };
}

export function telemetryDueMs(state: TelemetryState): number {
  if (!state.connected) return Infinity;
  const onChangeMs = state.changed ? state.lastSentMs + TELEMETRY_ON_CHANGE_MS : Infinity;
  return Math.min(state.periodicAtMs, onChangeMs);
}

/** The state after a report at `nowMs`: the phase stays, periods slept through are not made up for. */
export function telemetrySent(state: TelemetryState, nowMs: number, periodMs: number): TelemetryState {
  let { periodicAtMs } = state;
  if (periodicAtMs <= nowMs) periodicAtMs += Math.ceil((nowMs - periodicAtMs + 1) / periodMs) * periodMs;
  return { ...state, periodicAtMs, lastSentMs: nowMs, changed: false };
}
