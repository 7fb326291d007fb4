/** Lowest and highest temperature of each step, in the machine's time zone; and in words what the line shows. */
import { useMemo } from "react";
import uPlot from "uplot";
import type { TelemetrySeries } from "../../api/telemetry/schema.js";
import { Chart, type Ink } from "./chart.js";
import { Empty } from "./pieces.js";

const MILLI = 1_000;

export function TemperatureChart({ series, zone }: { readonly series: TelemetrySeries; readonly zone: string }) {
  const measured = useMemo(
    () => series.points.filter(({ tempMinMilliC, tempMaxMilliC }) => tempMinMilliC !== null && tempMaxMilliC !== null),
    [series],
  );
  const data = useMemo<uPlot.AlignedData>(
    () => [
      measured.map(({ at }) => Date.parse(at) / MILLI),
      measured.map(({ tempMinMilliC }) => (tempMinMilliC ?? 0) / MILLI),
      measured.map(({ tempMaxMilliC }) => (tempMaxMilliC ?? 0) / MILLI),
    ],
    [measured],
  );
  const options = useMemo(() => (ink: Ink) => optionsOf(ink, zone), [zone]);
  if (measured.length === 0) return <Empty>No temperature was reported.</Empty>;
  const lowest = Math.min(...measured.map(({ tempMinMilliC }) => tempMinMilliC ?? 0));
  const highest = Math.max(...measured.map(({ tempMaxMilliC }) => tempMaxMilliC ?? 0));
  return (
    <figure className="revenue-chart">
      {measured.length < 2 ? null : <Chart data={data} optionsOf={options} />}
      <figcaption className="muted">
        Between {degrees(lowest)} and {degrees(highest)}.
      </figcaption>
    </figure>
  );
}

function degrees(milliC: number): string {
  return `${(milliC / MILLI).toFixed(1)} °C (${((milliC / MILLI) * 1.8 + 32).toFixed(1)} °F)`;
}

function optionsOf({ accent, muted }: Ink, zone: string): Omit<uPlot.Options, "width" | "height"> {
  const axis = { stroke: muted, grid: { show: false }, ticks: { show: false } };
  const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });
  const line = { stroke: accent, width: 1.5, points: { show: false } };
  return {
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * MILLI), zone),
    legend: { show: false },
    cursor: { y: false },
    axes: [
      { ...axis, values: (_, times) => times.map((seconds) => clock.format(new Date(seconds * MILLI))) },
      { ...axis, size: 60, values: (_, values) => values.map((value) => `${value} °C`) },
    ],
    series: [{}, line, line],
    bands: [{ series: [2, 1], fill: `color-mix(in srgb, ${accent} 25%, transparent)` }],
  };
}
