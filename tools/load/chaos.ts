/**
 * Kill -9 of each part in turn under load, and how long it takes until the fleet works again: from the start of the
 * killed program to a record that is acknowledged when that runs again, by counts asked for then; for Redis until its
 * live store is back in the service, since booking goes on without it. A killed broker loses its queue: it keeps none.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Generators } from "./generators.js";
import type { Program } from "./program.js";
import type { Say } from "./run.js";
import type { System } from "./system.js";

export const PARTS = ["service", "broker", "postgres", "redis"] as const;
export type Part = (typeof PARTS)[number];

/** What a restart may take until the fleet works again. */
export const RECOVERY_LIMIT_MS: Readonly<Record<Part, number>> = Object.freeze({
  service: 10_000,
  broker: 10_000,
  postgres: 30_000,
  redis: 10_000,
});

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
    const began = performance.now();
    await program.start();
    await recovered(system, generators, part);
    const ms = performance.now() - began;
    recoveries.push({ part, ms });
    say(`round ${round + 1}: ${part} is back after ${Math.round(ms)} ms`);
  }
  return recoveries;
}

/** The longest that each part took; 0 if it was not killed. */
export function worstOf(recoveries: readonly Recovery[]): Readonly<Record<Part, number>> {
  const worst = { service: 0, broker: 0, postgres: 0, redis: 0 };
  for (const { part, ms } of recoveries) worst[part] = Math.max(worst[part], ms);
  return worst;
}

/** The limits that these recoveries break, a sentence each. */
export function lateRecoveries(recoveries: readonly Recovery[]): readonly string[] {
  const worst = worstOf(recoveries);
  return PARTS.filter((part) => worst[part] > RECOVERY_LIMIT_MS[part]).map(
    (part) =>
      `after the ${part} was killed it took ${Math.round(worst[part])} ms, more than ${RECOVERY_LIMIT_MS[part]}`,
  );
}

async function recovered(system: System, generators: Generators, part: Part): Promise<void> {
  const acked = (await generators.fresh(RECOVER_WITHIN_MS)).counts.ackedRecords;
  const deadlineMs = performance.now() + RECOVER_WITHIN_MS;
  const isBack = async (): Promise<boolean> =>
    part === "redis"
      ? (await system.readiness(0))?.live === "ok"
      : (await generators.fresh(RECOVER_WITHIN_MS)).counts.ackedRecords > acked &&
        (await system.readiness(0))?.status === "ready";
  while (!(await isBack())) {
    if (performance.now() > deadlineMs) throw new Error(`${part} did not recover within ${RECOVER_WITHIN_MS} ms`);
    await pause(LOOK_EVERY_MS);
  }
}
