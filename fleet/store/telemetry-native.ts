/** Telemetry in native partitions by day, summed by the hour into a table of ours. */
import { instant } from "./cursors.js";
import type { Sql } from "./databases.js";
import { partitionsOf } from "./partitions.js";
import { growingFrom, HOUR_MS, oldestHour, rolledTo, setRolledTo } from "./telemetry-hours.js";
import type { TelemetryStorage } from "./telemetry-storage.js";
import { inTransaction } from "./transact.js";

/** Held by whoever sums: two would do the same work. "TELE". */
const LOCK = 0x5445_4c45;
/** Dropping waits for those who read, and makes those who write wait for it: rather not for long. */
const LOCK_TIMEOUT = "5s";
const DAY_MS = 86_400_000;

export function nativeTelemetry(owner: Sql): TelemetryStorage {
  return {
    by: "native",
    rollUp: async (now, stop) => {
      const endMs = growingFrom(now);
      while (stop?.aborted !== true) if (!(await sumNext(owner, endMs))) return true;
      return false;
    },
    dropOld: async (now, { reportDays, hourDays }) => {
      const summedMs = (await rolledTo(owner)) ?? Number.NEGATIVE_INFINITY;
      await dropBefore(owner, "telemetry", "received_at", Math.min(daysBefore(now, reportDays), summedMs));
      await dropBefore(owner, "telemetry_hours", "hour", daysBefore(now, hourDays));
    },
  };
}

/** Sums the next hour if it is over for good; false if it is not. */
async function sumNext(owner: Sql, endMs: number): Promise<boolean> {
  return inTransaction(owner, async (tx) => {
    await tx`SELECT pg_advisory_xact_lock(${LOCK})`;
    const known = await rolledTo(tx);
    // Nothing came before the oldest report: there the sums begin.
    const fromMs = known ?? Math.min((await oldestHour(tx)) ?? endMs, endMs);
    if (fromMs >= endMs) {
      if (known === undefined) await setRolledTo(tx, endMs);
      return false;
    }
    await tx`
      INSERT INTO telemetry_hours (machine_id, operator_id, hour, epoch, samples, temp_count, temp_sum, temp_min,
        temp_max, revenue_min, revenue_max, vends_min, vends_max)
      SELECT machine_id, operator_id, ${instant(fromMs)}, epoch, count(*), count(temp_milli_c), sum(temp_milli_c),
        min(temp_milli_c), max(temp_milli_c), min(revenue_minor), max(revenue_minor), min(vends), max(vends)
      FROM telemetry
      WHERE received_at >= ${instant(fromMs)} AND received_at < ${instant(fromMs + HOUR_MS)} GROUP BY 1, 2, 4`;
    await setRolledTo(tx, fromMs + HOUR_MS);
    return true;
  });
}

async function dropBefore(owner: Sql, table: string, column: string, beforeMs: number): Promise<void> {
  if (beforeMs === Number.NEGATIVE_INFINITY) return;
  for (const { name, to } of await partitionsOf(owner, table)) {
    if (to.getTime() > beforeMs) continue;
    await inTransaction(owner, async (tx) => {
      await tx.unsafe(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
      await tx.unsafe(`DROP TABLE IF EXISTS ${name}`);
    });
  }
  await owner.unsafe(`DELETE FROM ${table}_default WHERE ${column} < '${instant(beforeMs)}'`);
}

/** The beginning (UTC) of the day so many days before today. */
function daysBefore(now: Date, days: number): number {
  return Math.floor(now.getTime() / DAY_MS) * DAY_MS - days * DAY_MS;
}
