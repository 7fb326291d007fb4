/**
 * Sales summed: quarters of an hour (UTC) kept by booking, days in the machine's zone summed from them. Days have 23 to
 * 25 hours where clocks are changed, and zones that are off by 45 minutes begin theirs on a quarter all the same.
 */
import { decimalOf, minorOf } from "./amounts.js";
import { plainArray } from "./arrays.js";
import type { Sql, Transaction } from "./databases.js";
import type { TransactionRow } from "./rows.js";
import { inTransaction } from "./transact.js";

const QUARTER_MS = 900_000;
/** Counted into their days in one transaction. */
export const MAX_QUARTERS_AT_ONCE = 2_000;

interface Quarter {
  readonly row: TransactionRow;
  readonly quarterMs: number;
  sales: number;
  /** In thousandths, as NUMERIC(12,3) holds: sums stay whole. */
  thousandths: number;
}

/** Adds completed sales to their quarters. In the transaction that books them. */
export async function addToQuarters(tx: Transaction, sales: readonly TransactionRow[]): Promise<void> {
  const quarters = quartersOf(sales);
  if (quarters.length === 0) return;
  await tx`
    INSERT INTO sales_quarters AS q (machine_id, quarter, operator_id, currency, payment_method, simulated, sales,
      amount)
    SELECT machine_id, to_timestamp(quarter / 1e3), operator_id, currency, method, simulated, sales, amount
    FROM unnest(${plainArray(quarters, ({ row }) => row.machineId)}::uuid[],
      ${plainArray(quarters, ({ quarterMs }) => quarterMs)}::float8[],
      ${plainArray(quarters, ({ row }) => row.operatorId)}::uuid[],
      ${plainArray(quarters, ({ row }) => row.currency)}::text[],
      ${plainArray(quarters, ({ row }) => row.method)}::text[],
      ${plainArray(quarters, ({ row }) => row.simulated)}::boolean[],
      ${plainArray(quarters, ({ sales: count }) => count)}::int[],
      ${plainArray(quarters, ({ thousandths }) => decimalOf(thousandths, 3))}::numeric[])
      AS n (machine_id, quarter, operator_id, currency, method, simulated, sales, amount)
    ON CONFLICT (machine_id, quarter, operator_id, currency, payment_method)
    DO UPDATE SET sales = q.sales + excluded.sales, amount = q.amount + excluded.amount, dirty = true`;
}

/** In the order of their keys, so that no two commits wait for each other. */
function quartersOf(sales: readonly TransactionRow[]): readonly Quarter[] {
  const quarters = new Map<string, Quarter>();
  for (const row of sales) {
    if (row.status !== "completed") continue;
    const quarterMs = Math.floor(row.bookedMs / QUARTER_MS) * QUARTER_MS;
    const key = [row.machineId, quarterMs, row.operatorId, row.currency, row.method].join();
    const quarter = quarters.get(key) ?? { row, quarterMs, sales: 0, thousandths: 0 };
    quarter.sales += 1;
    quarter.thousandths += minorOf(row.amount, 3) ?? 0;
    quarters.set(key, quarter);
  }
  return [...quarters].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, quarter]) => quarter);
}

/** Held by whoever sums: two at once could each leave out what the other has just counted. "DAYS". */
const LOCK = 0x4441_5953;

/**
 * Sums days with quarters that they do not count yet, at most so many quarters; returns how many days. Waits for
 * another that sums. A sale that is booked meanwhile makes its quarter dirty again.
 */
export async function sumDays(owner: Sql, limit: number = MAX_QUARTERS_AT_ONCE): Promise<number> {
  return inTransaction(owner, async (tx) => {
    await tx`SELECT pg_advisory_xact_lock(${LOCK})`;
    return sumLocked(tx, limit);
  });
}

async function sumLocked(tx: Transaction, limit: number): Promise<number> {
  // A quarter that is booked into meanwhile keeps what is new as pending: its day counts what was read, no more.
  const [row] = await tx<{ days: number }[]>`
    WITH taken AS (
      SELECT q.machine_id, m.time_zone, (q.quarter AT TIME ZONE m.time_zone)::date AS day
      FROM sales_quarters q JOIN machines m ON m.id = q.machine_id
      WHERE q.dirty ORDER BY q.machine_id, q.quarter LIMIT ${limit}
    ), wanted AS (
      SELECT DISTINCT machine_id, day, time_zone FROM taken
    ), read AS MATERIALIZED (
      SELECT w.day, w.time_zone, q.machine_id, q.quarter, q.operator_id, q.currency, q.payment_method, q.simulated,
        q.sales, q.amount
      FROM wanted w JOIN sales_quarters q ON q.machine_id = w.machine_id
        AND q.quarter >= w.day::timestamp AT TIME ZONE w.time_zone
        AND q.quarter < (w.day + 1)::timestamp AT TIME ZONE w.time_zone
    ), counted AS (
      UPDATE sales_quarters q SET day_sales = r.sales, day_amount = r.amount,
        dirty = (q.sales, q.amount) <> (r.sales, r.amount)
      FROM read r WHERE (q.machine_id, q.quarter, q.operator_id, q.currency, q.payment_method)
        = (r.machine_id, r.quarter, r.operator_id, r.currency, r.payment_method)
    ), summed AS (
      INSERT INTO sales_days AS d (machine_id, day, operator_id, currency, payment_method, simulated, time_zone, sales,
        amount)
      SELECT machine_id, day, operator_id, currency, payment_method, bool_or(simulated), time_zone, sum(sales),
        sum(amount)
      FROM read GROUP BY 1, 2, 3, 4, 5, 7 ORDER BY 1, 2, 3, 4, 5
      ON CONFLICT (machine_id, day, operator_id, currency, payment_method)
      DO UPDATE SET sales = excluded.sales, amount = excluded.amount, time_zone = excluded.time_zone
    )
    SELECT count(*)::int AS days FROM wanted`;
  return row?.days ?? 0;
}
