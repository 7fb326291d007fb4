/** When silence means offline. Births and deaths are judged in the store, against the newest birth. */

/** Telemetry periods without a word until a machine is offline. */
export const SILENT_PERIODS = 3;
/** Longest telemetry period a machine is given. */
const LONGEST_PERIOD_MS = 300_000;

export interface LinkFacts {
  /** Since our own connection to the broker was subscribed; 0 without one. */
  readonly upForMs: number;
  /** Batches that wait to be booked, as a share of the queue's bounds. */
  readonly queueShare: number;
}

/**
 * True if machines may be judged by their silence: while our own link was down, or ingest lags, it is we who are deaf.
 */
export function mayJudgeSilence({ upForMs, queueShare }: LinkFacts): boolean {
  return upForMs >= SILENT_PERIODS * LONGEST_PERIOD_MS && queueShare < 0.5;
}

/** Our connection has been up for so long that retained births and wills have reached us. */
const HEARD_AGAIN_MS = 60_000;

/** True if what is known of who is connected may be believed: before, a machine may be back without our knowing. */
export function hears({ upForMs, queueShare }: LinkFacts): boolean {
  return upForMs >= HEARD_AGAIN_MS && queueShare < 0.5;
}
