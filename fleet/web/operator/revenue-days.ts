/** Days of a chart from the periods of a series. */
import type { RevenuePeriod, RevenueSeries } from "../../api/revenue/schema.js";

const DAY_MS = 86_400_000;

/** A day without a sale is a day with nothing, not a gap. Amounts stay the API's exact texts. */
export function everyDay({ from, to }: RevenueSeries, sold: readonly RevenuePeriod[]): readonly DayRow[] {
  const byDay = new Map(sold.map((period) => [period.period, period]));
  const rows: DayRow[] = [];
  for (let ms = Date.parse(from); ms <= Date.parse(to); ms += DAY_MS) {
    const day = new Date(ms).toISOString().slice(0, 10);
    const { sales = 0, amount = "0" } = byDay.get(day) ?? {};
    rows.push({ day, sales, amount });
  }
  // Tomorrow has begun somewhere, but as long as nothing is sold there it is not shown.
  const last = rows.at(-1);
  return last !== undefined && last.sales === 0 && rows.length > 1 ? rows.slice(0, -1) : rows;
}

export interface DayRow {
  readonly day: string;
  readonly sales: number;
  readonly amount: string;
}
