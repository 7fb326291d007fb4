/**
 * What the service does by itself, as a table: how often, and what. Each may be late, cut short anywhere, or run by two
 * processes, and does no harm.
 */
import { reprocess } from "../ingest/reprocess.js";
import { archiveMonth, closeMonths, monthsHere } from "../store/archives.js";
import { sweepChanges } from "../store/changes.js";
import type { Databases } from "../store/databases.js";
import { sumGaps } from "../store/gaps.js";
import { sweepKeys } from "../store/idempotency.js";
import type { Timing } from "../store/job-locks.js";
import type { ObjectStore } from "../store/objects.js";
import { ensurePartitions } from "../store/partitions.js";
import { adoptSales } from "../store/products.js";
import { addUpMachineCounts } from "../store/revenue.js";
import { MAX_QUARTERS_AT_ONCE, sumDays } from "../store/rollups.js";
import { adoptSlots } from "../store/shelves.js";
import { type TelemetryKept, telemetryStorage } from "../store/telemetry-storage.js";
import { CHECK_BOOKS, checkBooks } from "./check-books.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Rows that one statement mends or forgets. */
const MAX_SWEPT_AT_ONCE = 10_000;

/** Jobs of one lane run one after the other, lanes beside each other. */
export const LANES = Object.freeze(["jobs", "checks"] as const);
export type Lane = (typeof LANES)[number];

export interface Job extends Timing {
  /** Absent: "jobs". */
  readonly lane?: Lane;
  /** False if `stop` came before its end. Throws what an operator should know. */
  readonly run: (context: JobContext, now: Date, stop: AbortSignal) => Promise<boolean>;
}

export interface JobContext {
  readonly databases: Databases;
  readonly objects: ObjectStore;
  /** Whole months of sales that stay before the present one. */
  readonly hotMonths: number;
  readonly telemetryKept: TelemetryKept;
}

const NIGHTLY = { everyMs: 24 * HOUR_MS, firstAfterMs: 24 * HOUR_MS, retryMs: 24 * HOUR_MS, atItsHour: true } as const;

export const JOBS: readonly Job[] = Object.freeze([
  { name: "partitions", everyMs: 6 * HOUR_MS, run: makePartitions },
  { name: "days", everyMs: MINUTE_MS, run: sumAllDays },
  { name: "machine-counts", everyMs: MINUTE_MS, run: addUpCounts },
  { name: "adopt-sales", everyMs: MINUTE_MS, run: adoptAllSales },
  { name: "changes", everyMs: HOUR_MS, run: forgetChanges },
  { name: "idempotency-keys", everyMs: HOUR_MS, run: forgetKeys },
  { name: "telemetry", everyMs: 15 * MINUTE_MS, run: keepTelemetry },
  { name: "reprocess", everyMs: HOUR_MS, run: bookFlagged },
  { name: "gaps", everyMs: 15 * MINUTE_MS, run: sumAllGaps },
  { name: "archive", everyMs: 24 * HOUR_MS, run: archiveOld },
  {
    name: CHECK_BOOKS,
    lane: "checks",
    ...NIGHTLY,
    run: ({ databases }, _now, stop) => checkBooks(databases.aside, stop),
  },
]);

export function jobsOf(lane: Lane): readonly Job[] {
  return JOBS.filter((job) => (job.lane ?? "jobs") === lane);
}

async function makePartitions({ databases: { migrate } }: JobContext, now: Date): Promise<boolean> {
  const strays = await ensurePartitions(migrate, now);
  if (strays > 0) throw new Error(`${strays} rows lie in default partitions: their tables were read all the time`);
  return true;
}

async function sumAllDays({ databases: { migrate } }: JobContext, _now: Date, stop: AbortSignal): Promise<boolean> {
  while (!stop.aborted) if ((await sumDays(migrate, MAX_QUARTERS_AT_ONCE)) === 0) return true;
  return false;
}

async function addUpCounts({ databases: { migrate } }: JobContext, _now: Date, stop: AbortSignal): Promise<boolean> {
  if (stop.aborted) return false;
  await addUpMachineCounts(migrate);
  return true;
}

/** Products that were made after their first sale. */
async function adoptAllSales({ databases: { migrate } }: JobContext, _now: Date, stop: AbortSignal): Promise<boolean> {
  await adoptSlots(migrate);
  while (!stop.aborted) if ((await adoptSales(migrate, MAX_SWEPT_AT_ONCE)) < MAX_SWEPT_AT_ONCE) return true;
  return false;
}

async function forgetChanges({ databases: { migrate } }: JobContext, _now: Date, stop: AbortSignal): Promise<boolean> {
  while (!stop.aborted) if ((await sweepChanges(migrate, MAX_SWEPT_AT_ONCE)) < MAX_SWEPT_AT_ONCE) return true;
  return false;
}

async function forgetKeys({ databases: { migrate } }: JobContext, _now: Date, stop: AbortSignal): Promise<boolean> {
  while (!stop.aborted) if ((await sweepKeys(migrate, MAX_SWEPT_AT_ONCE)) < MAX_SWEPT_AT_ONCE) return true;
  return false;
}

async function sumAllGaps({ databases: { migrate } }: JobContext, _now: Date, stop: AbortSignal): Promise<boolean> {
  if (stop.aborted) return false;
  await sumGaps(migrate);
  return true;
}

/** After an upgrade: records that could not be booked when they came. */
async function bookFlagged({ databases: { migrate } }: JobContext, _now: Date, stop: AbortSignal): Promise<boolean> {
  await reprocess(migrate, stop);
  return !stop.aborted;
}

/** Sums hours that are over; then drops what is old. */
async function keepTelemetry(context: JobContext, now: Date, stop: AbortSignal): Promise<boolean> {
  const storage = await telemetryStorage(context.databases.migrate);
  if (!(await storage.rollUp(now, stop))) return false;
  await storage.dropOld(now, context.telemetryKept);
  return true;
}

/** Closes months that are old enough; what was closed in a run before is written out and dropped. */
async function archiveOld(context: JobContext, now: Date, stop: AbortSignal): Promise<boolean> {
  const { databases, objects, hotMonths } = context;
  const cut = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - hotMonths, 1)).toISOString().slice(0, 10);
  if (stop.aborted) return false;
  if (await closeMonths(databases.migrate, cut)) return true;
  for (const month of await monthsHere(databases.migrate)) {
    if (stop.aborted) return false;
    if (month.month < cut) await archiveMonth({ owner: databases.migrate, objects }, month, stop);
  }
  return !stop.aborted;
}
