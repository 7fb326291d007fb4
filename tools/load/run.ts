/** One load from registering to the comparison of the books. */
import { setTimeout as pause } from "node:timers/promises";
import type { LoadRequest } from "./arguments.js";
import { type Comparison, compareBooks } from "./books-compare.js";
import { Generators, type Totals } from "./generators.js";
import { type System, startSystem } from "./system.js";
import { SECURE_KEYS, tlsFiles } from "./tls-files.js";

/** Of a million machines so many lose their line in a storm. */
const STORM_PER_MILLION = 300_000;
const STORM_WITHIN_MS = 10_000;
/** Slack of everything that waits for machines: a batch whose ack got lost is sent again after 15 to 30 s. */
export const SETTLE_MS = 180_000;
const TELL_EVERY_MS = 5_000;
/** The fleet hears of the last sale and writes it. */
const TRUTH_WITHIN_MS = 60_000;

export interface LoadResult {
  readonly connectMs: number;
  readonly totals: Totals;
  readonly comparison: Comparison;
}

export type Say = (line: string) => void;

/** Starts what `request` needs and hands it over; everything is ended and removed afterwards. */
export async function withLoad<T>(
  request: Omit<LoadRequest, "json" | "minutes" | "storms" | "connectMs">,
  { fsync, say }: { readonly fsync: boolean; readonly say: Say },
  work: (system: System, generators: Generators) => Promise<T>,
): Promise<T> {
  const { seed, machines, leaves, tls } = request;
  const files = tls ? await tlsFiles(machines, say) : undefined;
  const secure = files === undefined ? {} : { secureFolder: files.folder };
  const system = await startSystem({ seed, machines, leaves, fsync, say, ...secure });
  const generators = new Generators({
    ...request,
    ports: system.brokers.ports,
    secureFolder: files?.folder,
    secureKeys: SECURE_KEYS,
    bootUnixMs: system.bootUnixMs,
  });
  try {
    return await work(system, generators);
  } finally {
    await generators.close();
    await system.close();
    await files?.close();
  }
}

/** Connects all; resolves with the milliseconds from the first dial to the last session. */
export async function connectAll(generators: Generators, machines: number, withinMs: number): Promise<number> {
  await generators.until(() => true, "no generator spoke", SETTLE_MS);
  const began = performance.now();
  generators.tell({ do: "connect", withinMs });
  await generators.until(({ counts }) => counts.connected === machines, "not all connected", withinMs + SETTLE_MS);
  return performance.now() - began;
}

/** They sell no more; resolves when every record of every machine has been acknowledged. */
export async function drain(generators: Generators, machines: number, withinMs = SETTLE_MS): Promise<void> {
  generators.tell({ do: "quiet" });
  await generators.until(
    ({ isLive, unacked, counts }) => !isLive && unacked === 0 && counts.connected === machines,
    "not all records were acknowledged",
    withinMs,
  );
}

/** What the machines know against what the drained books say. */
export async function judge(system: System, generators: Generators): Promise<Comparison> {
  const truths = await generators.truth(TRUTH_WITHIN_MS);
  return compareBooks(system.databases.migrate, truths, { drained: true });
}

export async function runLoad(request: LoadRequest, say: Say): Promise<LoadResult> {
  const { machines, minutes, storms } = request;
  return withLoad(request, { fsync: true, say }, async (system, generators) => {
    const connectMs = await connectAll(generators, machines, request.connectMs);
    say(`${machines} machines connected in ${(connectMs / 1_000).toFixed(1)} s`);
    generators.tell({ do: "live" });
    const lifeMs = minutes * 60_000;
    const endMs = performance.now() + lifeMs;
    let stormsLeft = storms;
    for (let leftMs = lifeMs; leftMs > 0; leftMs = endMs - performance.now()) {
      if (stormsLeft > 0 && leftMs <= (lifeMs * stormsLeft) / (storms + 1)) {
        generators.tell({ do: "storm", perMillion: STORM_PER_MILLION, withinMs: STORM_WITHIN_MS });
        stormsLeft--;
      }
      await pause(Math.min(leftMs, TELL_EVERY_MS, lifeMs / (4 * (storms + 1))));
      say(describe(generators.totals()));
    }
    say("drained of what is left …");
    await drain(generators, machines);
    const comparison = await judge(system, generators);
    return { connectMs, totals: generators.totals(), comparison };
  });
}

export function describe({ counts, unacked }: Totals): string {
  const { connected, batches, telemetry, ackedRecords, duplicates, spells } = counts;
  return `${connected} connected, ${batches} batches (${duplicates} twice), ${ackedRecords} records acknowledged, \
${unacked} not yet, ${telemetry} telemetry, ${spells} spells`;
}
