/** Runs the jobs when they are due, one after the other; a job that fails is logged and does not stop the others. */
import { setTimeout as wait } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import fp from "fastify-plugin";
import type { Config } from "../config.js";
import type { Meters } from "../metrics/meters.js";
import { type JobTurn, runIfDue } from "../store/job-locks.js";
import { openObjects } from "../store/open-objects.js";
import { JOBS, type JobContext } from "./jobs.js";

/** A database that is away is asked again after so long. */
const RETRY_MS = 10_000;

export const jobsPlugin = fp(
  async (app: FastifyInstance, { config }: { readonly config: Config }) => {
    const objects = openObjects(config);
    // A series that is not there yet is no zero to an alert rule.
    for (const { name } of JOBS) app.meters.jobRuns.inc({ name, outcome: "failed" }, 0);
    const stop = new AbortController();
    let running: Promise<void> | undefined;
    app.addHook("onReady", async () => {
      running = loop(app, { objects, hotMonths: config.hotMonths, telemetryKept: config.telemetryKept }, stop.signal);
    });
    app.addHook("onClose", async () => {
      stop.abort();
      await running;
    });
  },
  { name: "jobs", dependencies: ["meters", "store"] },
);

async function loop(app: FastifyInstance, settings: Omit<JobContext, "databases">, stop: AbortSignal): Promise<void> {
  const dueMs = new Map(JOBS.map(({ name }) => [name, 0]));
  while (!stop.aborted) {
    for (const job of JOBS) {
      const { name, run } = job;
      if (stop.aborted || (dueMs.get(name) ?? 0) > performance.now()) continue;
      const { databases, meters } = app;
      const beganMs = performance.now();
      const nextMs = await runIfDue(databases.migrate, job, () =>
        run({ databases, ...settings }, new Date(), stop),
      ).then(
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
