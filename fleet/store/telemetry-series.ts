/**
 * A machine's telemetry as a series of equal steps, of the tenant who asks: from single reports where steps are short
 * and these are still there, else from their sums by the hour. Counters are the machine's since its epoch began; what a
 * step adds to them is a difference to the step before, and a new epoch counts from nothing.
 */
import { decimalOf } from "./amounts.js";
import { instant } from "./cursors.js";
import type { Transaction } from "./databases.js";
import { HOUR_MS } from "./telemetry-hours.js";

export const MAX_POINTS = 1_000;
/** Without a wish for its length a series has at most so many points. */
const USUAL_POINTS = 300;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * HOUR_MS;
const USUAL_STEPS_MS: readonly number[] = Object.freeze([
  5 * MINUTE_MS,
  15 * MINUTE_MS,
  HOUR_MS,
  6 * HOUR_MS,
  DAY_MS,
  7 * DAY_MS,
]);
/** A Monday: steps of a week begin there. */
const ORIGIN_MS = Date.UTC(2001, 0, 1);
/** What a counter may come to here: a sum of such is still a safe integer. */
const LARGEST_COUNT = 2 ** 52;

export interface SeriesQuery {
  readonly fromMs: number;
  readonly toMs: number;
  /** Undefined: as fits. */
  readonly stepMs: number | undefined;
  /** Single reports older than that are dropped, or may be. */
  readonly reportsFromMs: number;
}

export interface SeriesPoint {
  /** When the step begins. */
  readonly at: string;
  readonly samples: number;
  readonly tempMinMilliC: number | null;
  readonly tempMaxMilliC: number | null;
  readonly tempAvgMilliC: number | null;
  readonly revenue: string;
  readonly vends: number;
}

export interface Series {
  readonly source: "reports" | "hours";
  readonly stepMs: number;
  /** Steps nothing was reported in are left out. */
  readonly points: readonly SeriesPoint[];
}

export type SeriesPlan =
  | { readonly is: "plan"; readonly source: Series["source"]; readonly stepMs: number }
  | { readonly is: "tooMany"; readonly points: number }
  | { readonly is: "empty" };

/** From which source, in which steps: hours have no steps of less. */
export function planSeries({ fromMs, toMs, stepMs, reportsFromMs }: SeriesQuery): SeriesPlan {
  if (toMs <= fromMs) return { is: "empty" };
  const longest = USUAL_STEPS_MS.at(-1) ?? DAY_MS;
  const usual = USUAL_STEPS_MS.find((ms) => (toMs - fromMs) / ms <= USUAL_POINTS) ?? longest;
  const wanted = stepMs ?? usual;
  const source = wanted % HOUR_MS !== 0 && fromMs >= reportsFromMs ? "reports" : "hours";
  const step = source === "reports" ? wanted : Math.ceil(wanted / HOUR_MS) * HOUR_MS;
  const points = Math.ceil((toMs - fromMs) / step) + 1;
  return points > MAX_POINTS ? { is: "tooMany", points } : { is: "plan", source, stepMs: step };
}

/** The series of a plan. In a transaction of the operator; `decimals` are the currency's. */
export async function readSeries(
  tx: Transaction,
  machineId: string,
  decimals: number,
  { fromMs, toMs }: SeriesQuery,
  { source, stepMs }: SeriesPlan & { readonly is: "plan" },
): Promise<Series> {
  const bin = (ms: number): number => ORIGIN_MS + Math.floor((ms - ORIGIN_MS) / stepMs) * stepMs;
  const from = instant(bin(fromMs));
  const to = instant(bin(toMs - 1) + stepMs);
  const samples = tx.unsafe(source === "reports" ? REPORTS : HOURS);
  const rows = await tx<(Omit<SeriesPoint, "revenue" | "at"> & { at: Date; revenueMinor: number })[]>`
    WITH sampled AS NOT MATERIALIZED (${samples}), binned AS (
      SELECT date_bin(make_interval(secs => ${stepMs / 1_000}), at, ${instant(ORIGIN_MS)}::timestamptz) AS bin, epoch,
        sum(samples) AS samples, sum(temp_count) AS temp_count, sum(temp_sum) AS temp_sum, min(temp_min) AS temp_min,
        max(temp_max) AS temp_max, min(revenue_min) AS revenue_min, max(revenue_max) AS revenue_max,
        min(vends_min) AS vends_min, max(vends_max) AS vends_max
      FROM sampled WHERE machine_id = ${machineId} AND at >= ${from} AND at < ${to} GROUP BY 1, 2
    ), before AS (
      SELECT epoch, revenue_max, vends_max FROM sampled WHERE machine_id = ${machineId} AND at < ${from}
      ORDER BY at DESC, epoch DESC LIMIT 1
    ), stepped AS (
      SELECT s.*, lag(epoch) OVER w AS epoch_before, lag(revenue_max) OVER w AS revenue_before,
        lag(vends_max) OVER w AS vends_before
      FROM (
        SELECT bin, epoch, samples, temp_count, temp_sum, temp_min, temp_max, revenue_min, revenue_max, vends_min,
          vends_max FROM binned
        UNION ALL
        SELECT NULL, epoch, 0, 0, NULL, NULL, NULL, NULL, revenue_max, NULL, vends_max FROM before
      ) s WINDOW w AS (ORDER BY epoch, bin NULLS FIRST)
    )
    SELECT bin AS at, sum(samples)::bigint AS samples, min(temp_min) AS "tempMinMilliC",
      max(temp_max) AS "tempMaxMilliC", round(sum(temp_sum) / nullif(sum(temp_count), 0))::int AS "tempAvgMilliC",
      ${added(tx, "revenue")} AS "revenueMinor", ${added(tx, "vends")} AS vends
    FROM stepped WHERE bin IS NOT NULL GROUP BY bin ORDER BY bin`;
  const points = rows.map(({ at, revenueMinor, ...row }): SeriesPoint => {
    return { ...row, at: at.toISOString(), revenue: decimalOf(revenueMinor, decimals) };
  });
  return { source, stepMs, points };
}

/** What a step adds to a counter. Nobody knows what the first report of all had counted, nor since when. */
function added(tx: Transaction, counter: "revenue" | "vends") {
  return tx.unsafe(`least(${LARGEST_COUNT}, sum(CASE
    WHEN epoch_before IS NULL THEN ${counter}_max - ${counter}_min
    WHEN epoch_before < epoch THEN ${counter}_max
    ELSE greatest(0, ${counter}_max - ${counter}_before) END))::bigint`);
}

const HOURS = `SELECT machine_id, hour AS at, epoch, samples, temp_count, temp_sum, temp_min, temp_max, revenue_min,
  revenue_max, vends_min, vends_max FROM machine_telemetry_hours`;
const REPORTS = `SELECT machine_id, received_at AS at, epoch, 1 AS samples, num_nonnulls(temp_milli_c) AS temp_count,
  temp_milli_c AS temp_sum, temp_milli_c AS temp_min, temp_milli_c AS temp_max, revenue_minor AS revenue_min,
  revenue_minor AS revenue_max, vends AS vends_min, vends AS vends_max FROM machine_telemetry`;
