/** Revenue of the last days as bars, and as a table for whoever would rather read. One currency a chart. */
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { RevenueSeries } from "../../api/revenue/schema.js";
import { amountText } from "../parts/amounts.js";
import { Empty } from "./pieces.js";
import { type DayRow, everyDay } from "./revenue-days.js";

const HEIGHT_PX = 170;

export function RevenueCharts({ revenue }: { readonly revenue: RevenueSeries }) {
  const currencies = [...new Set(revenue.series.map(({ currency }) => currency))];
  if (currencies.length === 0) return <Empty>Nothing was sold in these days.</Empty>;
  return currencies.map((currency) => (
    <RevenueChart
      key={currency}
      currency={currency}
      days={everyDay(
        revenue,
        revenue.series.filter((period) => period.currency === currency),
      )}
    />
  ));
}

function RevenueChart({ currency, days }: { readonly currency: string; readonly days: readonly DayRow[] }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const box = place.current;
    if (box === null) return;
    const chart = new uPlot(optionsOf(box.clientWidth, currency), dataOf(days), box);
    const follow = new ResizeObserver(() => chart.setSize({ width: box.clientWidth, height: HEIGHT_PX }));
    follow.observe(box);
    return () => {
      follow.disconnect();
      chart.destroy();
    };
  }, [currency, days]);
  return (
    <figure className="revenue-chart">
      <div ref={place} aria-hidden="true" />
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

function optionsOf(width: number, currency: string): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const accent = style.getPropertyValue("--accent").trim() || "#2f6fed";
  const muted = style.getPropertyValue("--muted").trim() || "#667";
  const bars = uPlot.paths.bars?.({ size: [0.7, 40] });
  const axis = { stroke: muted, grid: { show: false }, ticks: { show: false } };
  return {
    width,
    height: HEIGHT_PX,
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
