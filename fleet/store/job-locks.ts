/**
 * When each job is due, and that one process at a time runs it. The lock is of an open transaction that does nothing
 * else: who is killed lets go of it at once, and the job is still due.
 */
import type { Sql } from "./databases.js";
import { inTransaction } from "./transact.js";

/** What became of a job that was asked to run. `nextMs`: when to ask again. */
export interface JobTurn {
  readonly ran: boolean;
  readonly nextMs: number;
  /** Why it failed. */
  readonly error?: string;
}

export interface Timing {
  readonly name: string;
  readonly everyMs: number;
  /** From when the job is first known; absent: at once. */
  readonly firstAfterMs?: number;
  /** It comes again at its hour, however long it took; otherwise so long after its end. */
  readonly atItsHour?: true;
  /** From a failure until it is tried again; absent: RETRY_MS, or everyMs if that is shorter. */
  readonly retryMs?: number;
}

/** What failed is tried often enough to be told of by SpiralJobFails (tools/deploy/prometheus/alerts.yml). */
const RETRY_MS = 15 * 60_000;

export function retryMsOf({ everyMs, retryMs = RETRY_MS }: Timing): number {
  return Math.min(everyMs, retryMs);
}

/** The first time after now that is a whole number of rests after it was due; or a rest from now on. */
function dueAgain(sql: Sql, { atItsHour }: Timing, restMs: number) {
  const rest = sql`make_interval(secs => ${restMs / 1_000})`;
  if (atItsHour !== true) return sql`now() + ${rest}`;
  return sql`due_at + ${rest} * (floor(extract(epoch FROM now() - due_at) / ${restMs / 1_000}::float8) + 1)`;
}

const MAX_ERROR_LENGTH = 2_000;

/**
 * Runs `work` if the job `name` is due and nobody else runs it. `work` must do no harm if it was cut short before, or
 * runs although it was done: the end of a run is noted behind it, not with it. False: it stopped half-way, and stays
 * due.
 */
export async function runIfDue(owner: Sql, job: Timing, work: () => Promise<boolean>): Promise<JobTurn> {
  const { name, everyMs, firstAfterMs = 0 } = job;
  await owner`
    INSERT INTO jobs (name, due_at) VALUES (${name}, now() + make_interval(secs => ${firstAfterMs / 1_000}))
    ON CONFLICT DO NOTHING`;
  let running: Promise<JobTurn> | undefined;
  try {
    return await inTransaction(owner, async (tx) => {
      const [held] = await tx<{ ours: boolean }[]>`
        SELECT pg_try_advisory_xact_lock(hashtextextended(${`job ${name}`}, 0)) AS ours`;
      if (held?.ours !== true) return { ran: false, nextMs: everyMs };
      running = run(owner, job, work);
      return running;
    });
  } catch (error) {
    // The lock went with its connection; what was begun comes to its end before anything else is begun.
    await running?.catch(() => undefined);
    throw error;
  }
}

async function run(owner: Sql, job: Timing, work: () => Promise<boolean>): Promise<JobTurn> {
  const { name } = job;
  const [due] = await owner<{ waitMs: number }[]>`
    SELECT greatest(0, extract(epoch FROM due_at - now()) * 1000)::int AS "waitMs" FROM jobs WHERE name = ${name}`;
  if (due !== undefined && due.waitMs > 0) return { ran: false, nextMs: due.waitMs };
  await owner`UPDATE jobs SET started_at = now() WHERE name = ${name}`;
  let error: string | null = null;
  try {
    if (!(await work())) return { ran: true, nextMs: 0 };
  } catch (cause) {
    error = (cause instanceof Error ? cause.message : String(cause)).slice(0, MAX_ERROR_LENGTH);
  }
  const nextMs = error === null ? job.everyMs : retryMsOf(job);
  await owner`
    UPDATE jobs SET ended_at = now(), error = ${error}, runs = runs + 1,
      due_at = ${dueAgain(owner, job, nextMs)} WHERE name = ${name}`;
  return { ran: true, nextMs, ...(error === null ? {} : { error }) };
}
