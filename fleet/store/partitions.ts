/**
 * Partitions by month and by day, made ahead. A row that fits none, as a sale of last year that was told only now,
 * lands in the default partition and is moved into one of its own month or day.
 */
import type { Sql, Transaction } from "./databases.js";
import { inTransaction } from "./transact.js";

type Unit = "day" | "month";
interface Ahead {
  readonly table: string;
  /** The instant it is divided by. */
  readonly key: string;
  readonly unit: Unit;
  readonly back: number;
  readonly ahead: number;
}

/** The job that makes them may be late by as much as is made ahead. */
const TABLES: readonly Ahead[] = Object.freeze([
  { table: "transactions", key: "booked_at", unit: "month", back: 1, ahead: 2 },
  { table: "telemetry", key: "received_at", unit: "day", back: 1, ahead: 7 },
  { table: "telemetry_hours", key: "hour", unit: "month", back: 1, ahead: 2 },
]);

/** A partition: its rows are of [from, to). */
export interface Partition {
  readonly name: string;
  readonly from: Date;
  readonly to: Date;
}

/** Making one waits so long for those who read the table, and keeps others waiting; after that it is left for later. */
const LOCK_WITHIN = "2s";

/**
 * Makes the partitions around `now` and those of rows in default partitions, where they are missing, and moves such
 * rows into them. Returns how many rows could not be moved, since somebody was reading their table all the time.
 */
export async function ensurePartitions(sql: Sql, now: Date): Promise<number> {
  const existing = await sql<{ name: string }[]>`
    SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace
      AND (relkind = 'p' OR (relispartition AND relkind = 'r'))`;
  const names = new Set(existing.map(({ name }) => name));
  let strays = 0;
  for (const each of TABLES) {
    const { table, key, unit, back, ahead } = each;
    // Telemetry is none of ours where TimescaleDB keeps it.
    if (!names.has(table)) continue;
    const found = await sql.unsafe<{ at: Date }[]>(
      `SELECT DISTINCT date_trunc('${unit}', ${key}, 'UTC') AS at FROM ${table}_default ORDER BY 1`,
    );
    const wanted = found.map(({ at }) => partitionAt(table, unit, at, 0));
    for (let offset = -back; offset <= ahead; offset++) wanted.push(partitionAt(table, unit, now, offset));
    for (const partition of wanted) if (!names.has(partition.name)) await make(sql, each, partition);
    const [row] = await sql.unsafe<{ rows: number }[]>(`SELECT count(*) AS rows FROM ${table}_default`);
    strays += row?.rows ?? 0;
  }
  return strays;
}

/** Partitions of `table`, oldest first; the default one is not among them. */
export async function partitionsOf(sql: Sql | Transaction, table: string): Promise<readonly Partition[]> {
  const rows = await sql<{ name: string }[]>`
    SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = ${table}::regclass ORDER BY 1`;
  return rows.flatMap(({ name }) => {
    const found = /_y([0-9]{4})m([0-9]{2})(?:d([0-9]{2}))?$/.exec(name);
    if (found === null) return [];
    const [, year, month, day] = found.map(Number);
    const from = new Date(Date.UTC(year ?? 0, (month ?? 1) - 1, found[3] === undefined ? 1 : day));
    return [{ name, from, to: startOf(found[3] === undefined ? "month" : "day", from, 1) }];
  });
}

function partitionAt(table: string, unit: Unit, now: Date, offset: number): Partition {
  const from = startOf(unit, now, offset);
  const [year, month, day] = from.toISOString().slice(0, 10).split("-");
  const name = `${table}_y${year}m${month}${unit === "day" ? `d${day}` : ""}`;
  return { name, from, to: startOf(unit, now, offset + 1) };
}

/** Leaves it for later if somebody reads the table all the time; another process may have been faster. */
async function make(sql: Sql, { table, key }: Ahead, { name, from, to }: Partition): Promise<void> {
  const [least, end] = [`'${from.toISOString()}'`, `'${to.toISOString()}'`];
  const those = `${key} >= ${least} AND ${key} < ${end}`;
  try {
    await inTransaction(sql, async (tx) => {
      await tx.unsafe(`SET LOCAL lock_timeout = '${LOCK_WITHIN}'`);
      // Before the default partition, as whoever inserts does: the other way round they would wait in a circle.
      await tx.unsafe(`LOCK TABLE ONLY ${table} IN ACCESS EXCLUSIVE MODE`);
      const [other] = await tx`SELECT 1 WHERE to_regclass(${name}) IS NOT NULL`;
      if (other !== undefined) return;
      await tx.unsafe(`CREATE TEMP TABLE strays ON COMMIT DROP AS SELECT * FROM ${table}_default WHERE ${those}`);
      await tx.unsafe(`DELETE FROM ${table}_default WHERE ${those}`);
      await tx.unsafe(`CREATE TABLE ${name} PARTITION OF ${table} FOR VALUES FROM (${least}) TO (${end})`);
      await tx.unsafe(`INSERT INTO ${name} SELECT * FROM strays`);
    });
  } catch (error) {
    // lock_not_available
    if (!(error instanceof Error && "code" in error && error.code === "55P03")) throw error;
  }
}

/** First instant (UTC) of the month or day that is `offset` after that of `now`. */
function startOf(unit: Unit, now: Date, offset: number): Date {
  const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()];
  return unit === "month" ? new Date(Date.UTC(year, month + offset, 1)) : new Date(Date.UTC(year, month, day + offset));
}
