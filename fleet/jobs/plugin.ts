/** Runs the jobs of each lane when they are due, one after the other; one that fails is logged and stops no other. */
import { setTimeout as wait } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import fp from "fastify-plugin";
import type { Config } from "../config.js";
import type { Meters } from "../metrics/meters.js";
import { type CheckFigures, checkFigures } from "../store/book-checks.js";
import type { Sql } from "../store/databases.js";
import { type JobTurn, runIfDue } from "../store/job-locks.js";
import { openObjects } from "../store/open-objects.js";
import { JOBS, type Job, type JobContext, jobsOf, LANES } from "./jobs.js";

/** A database that is away is asked again after so long. */
const RETRY_MS = 10_000;

export const jobsPlugin = fp(
  async (app: FastifyInstance, { config }: { readonly config: Config }) => {
    const objects = openObjects(config);
    // A series that is not there yet is no zero to an alert rule.
    for (const { name } of JOBS) app.meters.jobRuns.inc({ name, outcome: "failed" }, 0);
    const stop = new AbortController();
    askOfChecks(app);
    let running: Promise<unknown> | undefined;
    app.addHook("onReady", async () => {
      const { hotMonths, telemetryKept } = config;
      const { migrate, aside } = app.databases;
      const settings = { objects, hotMonths, telemetryKept };
      const lanes = LANES.map((lane) => ({ jobs: jobsOf(lane), owner: lane === "jobs" ? migrate : aside }));
      running = Promise.all(lanes.map((lane) => loop(app, lane, settings, stop.signal)));
    });
    app.addHook("onClose", async () => {
      stop.abort();
      await running;
    });
  },
  { name: "jobs", dependencies: ["meters", "store"] },
);

/** What the checks have found; while the database is away, what it said last. */
function askOfChecks({ meters, databases }: FastifyInstance): void {
  let figures: CheckFigures = { wrongMachines: 0, wrongDays: 0, oldestS: 0 };
  const read = async (): Promise<CheckFigures> => {
    figures = await checkFigures(databases.migrate).catch(() => figures);
    return figures;
  };
  const machines = "Machines whose books were not what their ledgers say when last checked";
  meters.ask("spiral_books_wrong_machines", machines, async () => (await read()).wrongMachines);
  const days = "Days whose sums over the fleet were not those of its machines when last checked";
  meters.ask("spiral_books_wrong_days", days, async () => (await read()).wrongDays);
  const oldest = "Since the machine was checked whose check is the longest ago";
  meters.ask("spiral_books_oldest_check_seconds", oldest, async () => (await read()).oldestS);
}

interface LaneOf {
  readonly jobs: readonly Job[];
  /** Its locks are held here. */
  readonly owner: Sql;
}

async function loop(
  app: FastifyInstance,
  { jobs, owner }: LaneOf,
  settings: Omit<JobContext, "databases">,
  stop: AbortSignal,
): Promise<void> {
  const dueMs = new Map(jobs.map(({ name }) => [name, 0]));
  while (!stop.aborted) {
    for (const job of jobs) {
      const { name, run } = job;
      if (stop.aborted || (dueMs.get(name) ?? 0) > performance.now()) continue;
      const { databases, meters } = app;
      const beganMs = performance.now();
      const nextMs = await runIfDue(owner, job, () => run({ databases, ...settings }, new Date(), stop)).then(
        (turn) => {
          count(meters, name, turn, (performance.now() - beganMs) / 1_000);
          if (turn.error !== undefined) app.log.error({ job: name }, turn.error);
          return turn.nextMs;
        },
        (error: unknown) => {
          meters.jobRuns.inc({ name, outcome: "notStarted" });
          if (!stop.aborted) app.log.warn(error, `job ${name} could not be started`);
          return RETRY_MS;
        },
      );
      dueMs.set(name, performance.now() + nextMs);
    }
    const sleepMs = Math.max(0, Math.min(...dueMs.values()) - performance.now());
    await wait(sleepMs, undefined, { signal: stop, ref: false }).catch(() => undefined);
  }
}

function count(meters: Meters, name: string, { ran, error, nextMs }: JobTurn, tookS: number): void {
  if (!ran) return;
  const outcome = error !== undefined ? "failed" : nextMs === 0 ? "stopped" : "done";
  meters.jobRuns.inc({ name, outcome });
  meters.jobSeconds.observe({ name }, tookS);
  if (outcome === "done") meters.jobLastEnd.set({ name }, Date.now() / 1_000);
}
