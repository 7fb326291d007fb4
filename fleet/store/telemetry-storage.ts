/**
 * How telemetry is kept: made ahead, summed by the hour, dropped when it is old. Native partitions and a job of ours,
 * or TimescaleDB where that is installed; what reads and writes (`telemetry`, `machine_telemetry`,
 * `machine_telemetry_hours`) is named alike in both.
 */
import type { Sql } from "./databases.js";
import { nativeTelemetry } from "./telemetry-native.js";
import { hasHypertable, timescaleTelemetry } from "./telemetry-timescale.js";

/** Whole days before the present one: of reports, and of their sums by the hour. */
export interface TelemetryKept {
  readonly reportDays: number;
  readonly hourDays: number;
}

export interface TelemetryStorage {
  readonly by: "native" | "timescale";
  /**
   * Sums all hours that nothing can be added to any more. May be cut short anywhere, or run twice at once: an hour is
   * summed for good in one transaction with the mark behind it. False if `stop` came first.
   */
  rollUp(now: Date, stop?: AbortSignal): Promise<boolean>;
  /** Drops what is older than is to be kept, but no report that is not summed yet. */
  dropOld(now: Date, kept: TelemetryKept): Promise<void>;
}

/** The storage that this database has. */
export async function telemetryStorage(owner: Sql): Promise<TelemetryStorage> {
  return (await hasHypertable(owner)) ? timescaleTelemetry(owner) : nativeTelemetry(owner);
}
