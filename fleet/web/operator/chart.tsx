/** A chart in its place: made when it is shown, as wide as there is room, gone with it. Hidden from screen readers. */
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

export const CHART_HEIGHT_PX = 170;

/** Colours of the page, for what is drawn. */
export interface Ink {
  readonly accent: string;
  readonly muted: string;
  readonly bad: string;
}

interface ChartProps {
  readonly data: uPlot.AlignedData;
  /** Everything but the size. */
  readonly optionsOf: (ink: Ink) => Omit<uPlot.Options, "width" | "height">;
}

export function Chart({ data, optionsOf }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const box = place.current;
    if (box === null) return;
    const chart = new uPlot({ ...optionsOf(inkOf()), width: box.clientWidth, height: CHART_HEIGHT_PX }, data, box);
    const follow = new ResizeObserver(() => chart.setSize({ width: box.clientWidth, height: CHART_HEIGHT_PX }));
    follow.observe(box);
    return () => {
      follow.disconnect();
      chart.destroy();
    };
  }, [data, optionsOf]);
  return <div ref={place} aria-hidden="true" />;
}

function inkOf(): Ink {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string, preset: string): string => style.getPropertyValue(name).trim() || preset;
  return { accent: colour("--accent", "#0b6a67"), muted: colour("--muted", "#556"), bad: colour("--bad", "#b3261e") };
}
