/**
 * Revenue of a fleet or a machine, from sums: days that are summed (seen_days, sales_days) and what quarters hold
 * beyond them, so that a sale counts as soon as it is booked. Free and test vends are no revenue.
 */

import type { Overview, StatusCounts } from "../api/overview/schema.js";
import type { RevenuePeriod } from "../api/revenue/schema.js";
import { trimDecimal } from "./amounts.js";
import type { Sql, Transaction } from "./databases.js";
import { planOnce } from "./tenancy.js";

/** No zone is further from UTC than 14 hours: in its today lie quarters of so long ago at most. */
const TODAY_WITHIN = "39 hours";
/** Of a currency none of the machines has any more. */
const DECIMALS = 2;

interface CountedRow {
  readonly status: keyof StatusCounts;
  readonly currency: string;
  readonly simulated: boolean;
  readonly decimals: number;
  readonly machines: number;
}

interface SoldRow {
  readonly currency: string;
  readonly simulated: boolean;
  readonly sales: number;
  readonly amount: string;
}

/**
 * Machines by status, and today's sums by currency, each machine's today in its own zone; simulated machines apart from
 * real ones.
 */
export async function fleetToday(tx: Transaction, operatorId: string): Promise<Pick<Overview, "statuses" | "totals">> {
  planOnce(tx);
  const [counted, sold] = await Promise.all([
    tx<CountedRow[]>`
      SELECT status, currency, simulated, max(currency_decimals)::int AS decimals, sum(machines)::int AS machines
      FROM seen_machine_counts WHERE operator_id = ${operatorId} GROUP BY 1, 2, 3`,
    tx<SoldRow[]>`
      SELECT currency, simulated, sum(sales)::int AS sales, sum(amount)::text AS amount FROM (
        SELECT currency, simulated, sales, amount FROM seen_days
        WHERE operator_id = ${operatorId} AND payment_method NOT IN ('free', 'test')
          AND day BETWEEN current_date - 2 AND current_date + 2 AND day = (now() AT TIME ZONE time_zone)::date
        UNION ALL
        SELECT q.currency, q.simulated, q.sales - q.day_sales, q.amount - q.day_amount
        FROM sales_quarters q JOIN machines m ON m.id = q.machine_id
        WHERE q.operator_id = ${operatorId} AND q.dirty AND q.payment_method NOT IN ('free', 'test')
          AND q.quarter > now() - ${TODAY_WITHIN}::interval
          AND (q.quarter AT TIME ZONE m.time_zone)::date = (now() AT TIME ZONE m.time_zone)::date
      ) parts GROUP BY 1, 2`,
  ]);
  const statuses = { operational: 0, error: 0, offline: 0, maintenance: 0 };
  for (const { status, machines } of counted) statuses[status] += machines;
  return { statuses, totals: totalsOf(counted, sold) };
}

/** One for each currency of machines that are there, or that sold before they were moved or got another currency. */
function totalsOf(counted: readonly CountedRow[], sold: readonly SoldRow[]): Overview["totals"] {
  const totals = new Map<string, Overview["totals"][number] & { decimals: number }>();
  const totalOf = ({ currency, simulated }: Pick<SoldRow, "currency" | "simulated">) => {
    const key = `${simulated} ${currency}`;
    const found = totals.get(key) ?? {
      currency,
      simulated,
      decimals: 0,
      machines: 0,
      revenueToday: "0",
      salesToday: 0,
    };
    totals.set(key, found);
    return found;
  };
  for (const row of counted) {
    const total = totalOf(row);
    total.machines += row.machines;
    total.decimals = Math.max(total.decimals, row.decimals);
  }
  for (const row of sold) {
    const total = totalOf(row);
    total.salesToday = row.sales;
    total.revenueToday = row.amount;
    if (total.machines === 0) total.decimals = DECIMALS;
  }
  return [...totals]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([, { decimals, ...total }]) => ({ ...total, revenueToday: trimDecimal(total.revenueToday, decimals) }));
}

/** So many changes of one operator's counts are not worth adding up. */
const CHANGES_LEFT = 64;

/** Adds up the counts of machines by status where changes have gathered. The sums stay what they are. */
export async function addUpMachineCounts(owner: Sql): Promise<void> {
  await owner`
    WITH gone AS (
      DELETE FROM machine_counts WHERE operator_id IN (
        SELECT operator_id FROM machine_counts GROUP BY 1 HAVING count(*) > ${CHANGES_LEFT})
      RETURNING *
    )
    INSERT INTO machine_counts
    SELECT operator_id, status, currency, simulated, currency_decimals, sum(machines)
    FROM gone GROUP BY 1, 2, 3, 4, 5 HAVING sum(machines) <> 0`;
}

export async function countOpenAlerts(tx: Transaction, operatorId: string): Promise<number> {
  const [row] = await tx<{ alerts: number }[]>`
    SELECT count(*)::int AS alerts FROM alerts WHERE operator_id = ${operatorId} AND resolved_at IS NULL`;
  return row?.alerts ?? 0;
}

export interface RevenueFilter {
  /** Machine-local days, the last one included: YYYY-MM-DD. */
  readonly from: string;
  readonly to: string;
  readonly step: "day" | "week" | "month";
  /** Machine's id; undefined: the whole fleet. */
  readonly machineId?: string | undefined;
  readonly simulated: boolean;
  readonly byMethod: boolean;
}

interface PeriodRow {
  period: string;
  currency: string;
  paymentMethod: string | null;
  sales: number;
  amount: string;
}

/** Periods in which something was sold, oldest first; weeks begin on Monday. */
export async function revenueSeries(
  tx: Transaction,
  operatorId: string,
  filter: RevenueFilter,
): Promise<readonly RevenuePeriod[]> {
  const { from, to, step, machineId, simulated, byMethod } = filter;
  const own = machineId === undefined ? tx`` : tx`AND machine_id = ${machineId}`;
  const days = machineId === undefined ? tx`seen_days` : tx`sales_days`;
  planOnce(tx);
  const rows = await tx<PeriodRow[]>`
    SELECT to_char(date_trunc(${step}, day::timestamp), 'YYYY-MM-DD') AS period, currency,
      ${byMethod ? tx`payment_method` : tx`NULL`} AS "paymentMethod", sum(sales)::int AS sales,
      sum(amount)::text AS amount
    FROM (
      SELECT day, currency, payment_method, sales, amount FROM ${days}
      WHERE operator_id = ${operatorId} AND day BETWEEN ${from} AND ${to} AND simulated = ${simulated} ${own}
      UNION ALL
      SELECT (q.quarter AT TIME ZONE m.time_zone)::date, q.currency, q.payment_method, q.sales - q.day_sales,
        q.amount - q.day_amount
      FROM sales_quarters q JOIN machines m ON m.id = q.machine_id
      WHERE q.operator_id = ${operatorId} AND q.dirty AND q.simulated = ${simulated}
        ${machineId === undefined ? tx`` : tx`AND q.machine_id = ${machineId}`}
        AND (q.quarter AT TIME ZONE m.time_zone)::date BETWEEN ${from} AND ${to}
    ) parts
    WHERE payment_method NOT IN ('free', 'test')
    GROUP BY 1, 2, 3 HAVING sum(sales) <> 0 OR sum(amount) <> 0 ORDER BY 1, 2, 3`;
  const decimals = await decimalsOf(tx, operatorId, [...new Set(rows.map(({ currency }) => currency))]);
  return rows.map((row) => ({ ...row, amount: trimDecimal(row.amount, decimals.get(row.currency) ?? DECIMALS) }));
}

/** The most decimals that a machine of the operator has in each of `currencies`. */
async function decimalsOf(
  tx: Transaction,
  operatorId: string,
  currencies: readonly string[],
): Promise<ReadonlyMap<string, number | null>> {
  const rows = await tx<{ currency: string; decimals: number | null }[]>`
    SELECT c.currency, (
      SELECT max(m.currency_decimals)::int FROM machines m
      WHERE m.operator_id = ${operatorId} AND m.currency = c.currency
    ) AS decimals
    FROM unnest(${[...currencies]}::bpchar[]) AS c (currency)`;
  return new Map(rows.map(({ currency, decimals }) => [currency, decimals]));
}
