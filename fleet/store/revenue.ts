/**
 * Revenue of a fleet or a machine, from sums: days that are summed (seen_days, sales_days) and what quarters hold
 * beyond them, so that a sale counts as soon as it is booked. Free and test vends are no revenue.
 */

import type { RevenueTotal } from "../api/machines/schema.js";
import type { StatusCounts } from "../api/overview/schema.js";
import type { RevenuePeriod } from "../api/revenue/schema.js";
import { trimDecimal } from "./amounts.js";
import type { Transaction } from "./databases.js";

/** No zone is further from UTC than 14 hours: in its today lie quarters of so long ago at most. */
const TODAY_WITHIN = "39 hours";

/** Today's sums by currency, each machine's today in its own zone; simulated machines apart from real ones. */
export async function revenueTotals(tx: Transaction, operatorId: string): Promise<readonly RevenueTotal[]> {
  const rows = await tx<(RevenueTotal & { decimals: number })[]>`
    WITH counted AS (
      SELECT currency, simulated, max(currency_decimals) AS decimals, count(*) AS machines
      FROM machines WHERE operator_id = ${operatorId} GROUP BY 1, 2
    ), sold AS (
      SELECT currency, simulated, sum(sales) AS sales, sum(amount) AS amount FROM (
        SELECT currency, simulated, sales, amount FROM seen_days
        WHERE operator_id = ${operatorId} AND payment_method NOT IN ('free', 'test')
          AND day BETWEEN current_date - 2 AND current_date + 2 AND day = (now() AT TIME ZONE time_zone)::date
        UNION ALL
        SELECT q.currency, q.simulated, q.sales - q.day_sales, q.amount - q.day_amount
        FROM sales_quarters q JOIN machines m ON m.id = q.machine_id
        WHERE q.operator_id = ${operatorId} AND q.dirty AND q.payment_method NOT IN ('free', 'test')
          AND q.quarter > now() - ${TODAY_WITHIN}::interval
          AND (q.quarter AT TIME ZONE m.time_zone)::date = (now() AT TIME ZONE m.time_zone)::date
      ) parts GROUP BY 1, 2
    )
    SELECT currency, simulated, coalesce(decimals, 2)::int AS decimals, coalesce(machines, 0)::int AS machines,
      coalesce(amount, 0)::text AS "revenueToday", coalesce(sales, 0)::int AS "salesToday"
    FROM counted FULL JOIN sold USING (currency, simulated) ORDER BY simulated, currency`;
  return rows.map(({ decimals, ...total }) => ({ ...total, revenueToday: trimDecimal(total.revenueToday, decimals) }));
}

/** Machines by status. */
export async function countStatuses(tx: Transaction, operatorId: string): Promise<StatusCounts> {
  const counts = { operational: 0, error: 0, offline: 0, maintenance: 0 };
  const rows = await tx<{ status: keyof StatusCounts; machines: number }[]>`
    SELECT status, count(*)::int AS machines FROM machines WHERE operator_id = ${operatorId} GROUP BY status`;
  for (const { status, machines } of rows) counts[status] = machines;
  return counts;
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
  const decimals = await decimalsOf(tx, operatorId);
  return rows.map((row) => ({ ...row, amount: trimDecimal(row.amount, decimals.get(row.currency) ?? 2) }));
}

async function decimalsOf(tx: Transaction, operatorId: string): Promise<ReadonlyMap<string, number>> {
  const rows = await tx<{ currency: string; decimals: number }[]>`
    SELECT currency, max(currency_decimals)::int AS decimals FROM machines WHERE operator_id = ${operatorId}
    GROUP BY currency`;
  return new Map(rows.map(({ currency, decimals }) => [currency, decimals]));
}
