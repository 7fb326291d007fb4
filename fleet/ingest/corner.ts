/**
 * A poison record never blocks those behind it: a transaction that fails because of what it holds is halved, first by
 * machine, then by record, until the bad one stands alone; that one is stored raw and flagged. A database that is away
 * is no poison: the error goes up and the whole is tried again.
 */
import type { Sql } from "../store/databases.js";
import { isConnectionFailure } from "../store/transact.js";
import { type Booked, book, type Changes, type Job, type Outcome } from "./book.js";
import { halve } from "./verify.js";

/** Books `jobs`, cornering what cannot be booked. Throws only what is worth a retry. Outcomes in order of `jobs`. */
export async function bookCornering(ingest: Sql, jobs: readonly Job[], nowMs: number): Promise<Booked> {
  try {
    return await book(ingest, jobs, nowMs);
  } catch (error) {
    if (!isPoison(error)) throw error;
    const [only] = jobs;
    if (jobs.length > 1 || only === undefined) {
      const half = jobs.length >> 1;
      const left = await bookCornering(ingest, jobs.slice(0, half), nowMs);
      const right = await bookCornering(ingest, jobs.slice(half), nowMs);
      return { outcomes: [...left.outcomes, ...right.outcomes], changes: together(left.changes, right.changes) };
    }
    if (only.batch.records.length > 1) return bookHalves(ingest, only, nowMs);
    if (only.raw !== undefined) throw error;
    return book(ingest, [{ ...only, raw: reasonOf(error) }], nowMs);
  }
}

async function bookHalves(ingest: Sql, job: Job, nowMs: number): Promise<Booked> {
  const [first, second] = halve(job.batch);
  const left = await bookCornering(ingest, [{ ...job, batch: first }], nowMs);
  const right = await bookCornering(ingest, [{ ...job, batch: second }], nowMs);
  const [before] = left.outcomes;
  const [after] = right.outcomes;
  if (before === undefined || after === undefined) throw new Error("a batch was booked without an outcome");
  const outcome: Outcome = {
    ...after,
    stored: before.stored + after.stored,
    flagged: before.flagged + after.flagged,
    lost: before.lost + after.lost,
  };
  return { outcomes: [outcome], changes: together(left.changes, right.changes) };
}

/**
 * True if trying again cannot help: the database refuses the data (SQLSTATE classes 22 data, 23 constraint, 54 limits),
 * or our own code threw on them.
 */
export function isPoison(error: unknown): boolean {
  if (!(error instanceof Error)) return true;
  if (error.name === "PostgresError" && "code" in error) return /^(22|23|54)/.test(String(error.code));
  return !isConnectionFailure(error);
}

/** What is kept of the reason why a record was refused. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  // PostgreSQL takes no NUL in text.
  return text.replaceAll("\0", "?").slice(0, MAX_REASON_LENGTH);
}

export const MAX_REASON_LENGTH = 500;

function together(left: Changes, right: Changes): Changes {
  return {
    sales: [...left.sales, ...right.sales],
    slots: [...left.slots, ...right.slots],
    faults: [...left.faults, ...right.faults],
    touched: [...left.touched, ...right.touched],
    machines: [...left.machines, ...right.machines],
  };
}
