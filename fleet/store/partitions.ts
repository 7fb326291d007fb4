/**
 * Monthly partitions of `transactions` and `telemetry`, made ahead. A row that fits none lands in the default
 * partition; once it holds rows of a month that month stays there, which is why they are made before they are needed.
 */
import type { Sql } from "./databases.js";

const MONTHS_BACK = 1;
const MONTHS_AHEAD = 2;
const TABLES = ["transactions", "telemetry"] as const;

/** Makes the partitions around `now` that are missing; returns how many rows lie in default partitions. */
export async function ensurePartitions(sql: Sql, now: Date): Promise<number> {
  const [existing, strays] = await Promise.all([
    sql<{ name: string }[]>`SELECT relname AS name FROM pg_class WHERE relispartition AND relkind = 'r'`,
    sql<{ rows: number }[]>`
      SELECT (SELECT count(*) FROM transactions_default) + (SELECT count(*) FROM telemetry_default) AS rows`,
  ]);
  const names = new Set(existing.map(({ name }) => name));
  for (const table of TABLES) {
    for (let month = -MONTHS_BACK; month <= MONTHS_AHEAD; month++) {
      const from = firstOfMonth(now, month);
      const name = `${table}_y${from.getUTCFullYear()}m${String(from.getUTCMonth() + 1).padStart(2, "0")}`;
      if (names.has(name)) continue;
      const to = firstOfMonth(now, month + 1);
      await create(sql, name, table, from, to);
    }
  }
  return strays[0]?.rows ?? 0;
}

async function create(sql: Sql, name: string, table: string, from: Date, to: Date): Promise<void> {
  const range = `FROM ('${from.toISOString()}') TO ('${to.toISOString()}')`;
  try {
    await sql.unsafe(`CREATE TABLE IF NOT EXISTS ${name} PARTITION OF ${table} FOR VALUES ${range}`);
  } catch (error) {
    // check_violation: rows of this month lie in the default partition already; they are found there all the same.
    if (!(error instanceof Error && "code" in error && error.code === "23514")) throw error;
  }
}

function firstOfMonth(now: Date, offset: number): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + offset, 1));
}
