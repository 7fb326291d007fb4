/** Revenue of the last days as bars, and as a table for whoever would rather read. One currency a chart. */
import { useMemo } from "react";
import uPlot from "uplot";
import type { RevenueSeries } from "../../api/revenue/schema.js";
import { amountText } from "../parts/amounts.js";
import { Chart, type Ink } from "./chart.js";
import { Empty } from "./pieces.js";
import { type DayRow, everyDay } from "./revenue-days.js";

export function RevenueCharts({ revenue }: { readonly revenue: RevenueSeries }) {
  const currencies = [...new Set(revenue.series.map(({ currency }) => currency))];
  if (currencies.length === 0) return <Empty>Nothing was sold in these days.</Empty>;
  return currencies.map((currency) => <RevenueChart key={currency} currency={currency} revenue={revenue} />);
}

function RevenueChart({ currency, revenue }: { readonly currency: string; readonly revenue: RevenueSeries }) {
  const days = useMemo(() => {
    const own = revenue.series.filter((period) => period.currency === currency);
    return everyDay(revenue, own);
  }, [revenue, currency]);
  const data = useMemo(() => dataOf(days), [days]);
  const options = useMemo(() => (ink: Ink) => optionsOf(ink, currency), [currency]);
  return (
    <figure className="revenue-chart">
      <Chart data={data} optionsOf={options} />
      <details>
        <summary>Revenue by day in {currency}, as a table</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">Day</th>
              <th scope="col" className="number">
                Revenue
              </th>
              <th scope="col" className="number">
                Sales
              </th>
            </tr>
          </thead>
          <tbody>
            {days.toReversed().map(({ day, amount, sales }) => (
              <tr key={day}>
                <th scope="row">{day}</th>
                <td className="number">{amountText(amount, currency)}</td>
                <td className="number">{sales}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}

/** Heights of bars are drawn, not counted: here a float is good enough. */
function dataOf(days: readonly DayRow[]): uPlot.AlignedData {
  return [days.map(({ day }) => Date.parse(day) / 1_000), days.map(({ amount }) => Number(amount))];
}

function optionsOf({ accent, muted }: Ink, currency: string): Omit<uPlot.Options, "width" | "height"> {
  const bars = uPlot.paths.bars?.({ size: [0.7, 40] });
  const axis = { stroke: muted, grid: { show: false }, ticks: { show: false } };
  return {
    // Days are dates without an hour: shown as they are, in no zone.
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), "UTC"),
    scales: { y: { range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1] } },
    legend: { show: false },
    cursor: { y: false },
    axes: [
      { ...axis, values: (_, days) => days.map(dayText) },
      { ...axis, size: 80, values: (_, values) => values.map((value) => amountText(String(value), currency)) },
    ],
    series: [
      {},
      { fill: accent, stroke: accent, points: { show: false }, ...(bars === undefined ? {} : { paths: bars }) },
    ],
  };
}

/** "1 Nov": a date without an hour, in no zone. */
function dayText(seconds: number): string {
  return new Date(seconds * 1_000).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
}
