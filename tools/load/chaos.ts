/**
 * Kill -9 of each part in turn under load, and how long it takes until the fleet works again: from the start of the
 * killed program to the first record that is acknowledged after it; for Redis until the service has its live store
 * back, since booking goes on without it. A killed broker loses its queue, for it keeps none.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Generators } from "./generators.js";
import type { Program } from "./program.js";
import type { Say } from "./run.js";
import type { System } from "./system.js";

export const PARTS = ["service", "broker", "postgres", "redis"] as const;
export type Part = (typeof PARTS)[number];

/** Given up beyond it. */
const RECOVER_WITHIN_MS = 90_000;
const LOOK_EVERY_MS = 25;

export interface Recovery {
  readonly part: Part;
  readonly ms: number;
}

function programOf(system: System, part: Part): Program {
  const [service] = system.services;
  if (service === undefined) throw new Error("there is no service to kill");
  return { service, broker: system.brokers.hub, postgres: system.postgres, redis: system.redis }[part];
}

/** Kills and restarts `rounds` times, each `betweenMs` after the one before has recovered. */
export async function chaosRounds(
  system: System,
  generators: Generators,
  { rounds, betweenMs, say }: { readonly rounds: number; readonly betweenMs: number; readonly say: Say },
): Promise<readonly Recovery[]> {
  const recoveries: Recovery[] = [];
  for (let round = 0; round < rounds; round++) {
    const part = PARTS[round % PARTS.length] ?? "service";
    await pause(betweenMs);
    const program = programOf(system, part);
    await program.kill("SIGKILL");
    const acked = generators.totals().counts.ackedRecords;
    const began = performance.now();
    await program.start();
    await recovered(system, generators, part, acked);
    const ms = performance.now() - began;
    recoveries.push({ part, ms });
    say(`round ${round + 1}: ${part} is back after ${Math.round(ms)} ms`);
  }
  return recoveries;
}

async function recovered(system: System, generators: Generators, part: Part, acked: number): Promise<void> {
  const deadlineMs = performance.now() + RECOVER_WITHIN_MS;
  const isBack = async (): Promise<boolean> =>
    part === "redis"
      ? (await system.readiness(0))?.live === "ok"
      : generators.totals().counts.ackedRecords > acked && (await system.readiness(0))?.status === "ready";
  while (!(await isBack())) {
    if (performance.now() > deadlineMs) throw new Error(`${part} did not recover within ${RECOVER_WITHIN_MS} ms`);
    await pause(LOOK_EVERY_MS);
  }
}
