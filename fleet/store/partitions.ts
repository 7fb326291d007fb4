/**
 * Partitions by month and by day, made ahead. A row that fits none lands in the default partition; once that holds rows
 * of a month or day these stay there, which is why partitions are made before they are needed.
 */
import type { Sql, Transaction } from "./databases.js";

type Unit = "day" | "month";
interface Ahead {
  readonly table: string;
  readonly unit: Unit;
  readonly back: number;
  readonly ahead: number;
}

/** The job that makes them may be late by as much as is made ahead. */
const TABLES: readonly Ahead[] = Object.freeze([
  { table: "transactions", unit: "month", back: 1, ahead: 2 },
  { table: "telemetry", unit: "day", back: 1, ahead: 7 },
  { table: "telemetry_hours", unit: "month", back: 1, ahead: 2 },
]);

/** A partition: its rows are of [from, to). */
export interface Partition {
  readonly name: string;
  readonly from: Date;
  readonly to: Date;
}

/** Makes the partitions around `now` that are missing; returns how many rows lie in default partitions. */
export async function ensurePartitions(sql: Sql, now: Date): Promise<number> {
  const existing = await sql<{ name: string }[]>`
    SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace
      AND (relkind = 'p' OR (relispartition AND relkind = 'r'))`;
  const names = new Set(existing.map(({ name }) => name));
  let strays = 0;
  for (const { table, unit, back, ahead } of TABLES) {
    // Telemetry is none of ours where TimescaleDB keeps it.
    if (!names.has(table)) continue;
    for (let offset = -back; offset <= ahead; offset++) {
      const partition = partitionAt(table, unit, now, offset);
      if (!names.has(partition.name)) await create(sql, table, partition);
    }
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

async function create(sql: Sql, table: string, { name, from, to }: Partition): Promise<void> {
  const range = `FROM ('${from.toISOString()}') TO ('${to.toISOString()}')`;
  try {
    await sql.unsafe(`CREATE TABLE IF NOT EXISTS ${name} PARTITION OF ${table} FOR VALUES ${range}`);
  } catch (error) {
    // check_violation: rows of then lie in the default partition already; they are found there all the same.
    if (!(error instanceof Error && "code" in error && error.code === "23514")) throw error;
  }
}

/** First instant (UTC) of the month or day that is `offset` after that of `now`. */
function startOf(unit: Unit, now: Date, offset: number): Date {
  const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()];
  return unit === "month" ? new Date(Date.UTC(year, month + offset, 1)) : new Date(Date.UTC(year, month, day + offset));
}
