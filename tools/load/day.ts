/** When people buy: a day has a shape, and the machine's own zone says which hour it is. */
import { deepFreeze } from "../../shared/freeze.js";
import type { Rng } from "../bench/rng.js";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MIN_MS = 60_000;

/** Share of a day's sales in each local hour, in thousandths. */
export const HOURLY = deepFreeze([
  6, 4, 3, 3, 5, 12, 28, 48, 60, 66, 72, 78, 92, 80, 70, 74, 70, 62, 50, 38, 30, 22, 16, 11,
] as const);
const BUSIEST = Math.max(...HOURLY);
const MILLE = HOURLY.reduce((sum, share) => sum + share, 0);

/** Sales a millisecond expected at `unixMs`. */
export function salesPerMs(salesPerDay: number, eastMin: number, unixMs: number): number {
  const hour = Math.floor((unixMs + eastMin * MIN_MS) / HOUR_MS) % 24;
  return (salesPerDay * (HOURLY[hour] ?? 0)) / MILLE / HOUR_MS;
}

/** The next sale after `unixMs`: a Poisson process whose rate follows the day (by thinning); Infinity without sales. */
export function nextSaleMs(rng: Rng, salesPerDay: number, eastMin: number, unixMs: number): number {
  if (salesPerDay <= 0) return Number.POSITIVE_INFINITY;
  const peakPerMs = (salesPerDay * BUSIEST) / MILLE / HOUR_MS;
  let at = unixMs;
  while (at < unixMs + 2 * DAY_MS) {
    at += -Math.log((rng.uint32() + 1) / 2 ** 32) / peakPerMs;
    if (rng.uint32() / 2 ** 32 < salesPerMs(salesPerDay, eastMin, at) / peakPerMs) return at;
  }
  return at;
}
