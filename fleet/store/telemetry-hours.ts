/** When an hour of telemetry is over for good, and up to which hour all are summed. */
import { instant } from "./cursors.js";
import type { Sql, Transaction } from "./databases.js";

export const HOUR_MS = 3_600_000;
/**
 * A report that comes later than so long after it reached us is not kept (it has waited for a database that was away):
 * so an hour that is over for longer has all it will ever have.
 */
export const TELEMETRY_LATE_MS = HOUR_MS;
/** Transactions that are still open then, and clocks that differ. */
const MARGIN_MS = 5 * 60_000;

/** The first instant whose hour may still grow. */
export function growingFrom(now: Date): number {
  return Math.floor((now.getTime() - TELEMETRY_LATE_MS - MARGIN_MS) / HOUR_MS) * HOUR_MS;
}

/** Hours before it are summed; undefined: none is. */
export async function rolledTo(sql: Sql | Transaction): Promise<number | undefined> {
  const [row] = await sql<{ ms: number | null }[]>`
    SELECT (extract(epoch FROM telemetry_rolled_to) * 1000)::bigint AS ms FROM fleet_settings`;
  return row?.ms ?? undefined;
}

export async function setRolledTo(sql: Sql | Transaction, ms: number): Promise<void> {
  await sql`UPDATE fleet_settings SET telemetry_rolled_to = ${instant(ms)}`;
}

/** The hour of the oldest report; undefined if there is none. */
export async function oldestHour(sql: Sql | Transaction): Promise<number | undefined> {
  const [row] = await sql<{ ms: number | null }[]>`
    SELECT (extract(epoch FROM date_trunc('hour', min(received_at), 'UTC')) * 1000)::bigint AS ms FROM telemetry`;
  return row?.ms ?? undefined;
}
