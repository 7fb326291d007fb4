/**
 * 100,000 sessions, each with its own password, access rules and both topics subscribed: seconds until all are there,
 * then ten minutes of their life (telemetry every 5 minutes, 40 sales a day) and what each part takes. Then 10,000 with
 * certificates (RSA-2048) over TLS. Brokers are leaves and a hub, for a process holds 20,000 descriptors.
 */
import { setTimeout as pause } from "node:timers/promises";
import { brokenBooks } from "../load/books-compare.js";
import type { Generators } from "../load/generators.js";
import type { Cost, Program } from "../load/program.js";
import { connectAll, drain, judge, withLoad } from "../load/run.js";
import type { System } from "../load/system.js";
import type { Bench, BenchResult } from "./bench.js";

const MACHINES = 100_000;
const TLS_MACHINES = 10_000;
const PROCESSES = 6;
const LIMIT_S = 60;
const STEADY_MS = 600_000;
const TLS_STEADY_MS = 60_000;
/** They dial within this time; the last is there a little later. */
const DIAL_WITHIN_MS = 40_000;
const MIB = 1_048_576;

export const CONNECTIONS: Bench = {
  name: "connections",
  about: "seconds until 100,000 machines are connected, and what holding them costs; 10,000 with TLS",
  run: async (say, short) => {
    const scale = short ? 50 : 1;
    return measureConnections(
      { machines: MACHINES / scale, tls: false, steadyMs: STEADY_MS / scale, processes: PROCESSES },
      { machines: TLS_MACHINES / scale, tls: true, steadyMs: TLS_STEADY_MS / scale, processes: 2 },
      say,
    );
  },
};

/** Broken if anything is lost or there twice, or connecting without TLS took longer than LIMIT_S. */
export async function measureConnections(
  clear: Holding,
  secure: Holding,
  say: (line: string) => void,
): Promise<BenchResult> {
  const plain = await hold(clear, say);
  const tls = await hold(secure, say);
  const late = plain.connectS > LIMIT_S ? [`connecting took ${plain.connectS} s, more than ${LIMIT_S}`] : [];
  return {
    name: "connections",
    value: plain.connectS,
    unit: "s",
    target: { value: LIMIT_S, is: "most" },
    counted: { ...plain.counted, ...named("tls", { connectS: tls.connectS, ...tls.counted }) },
    broken: [...plain.broken, ...tls.broken, ...late],
  };
}

interface Held {
  readonly connectS: number;
  readonly broken: readonly string[];
  readonly counted: Readonly<Record<string, number>>;
}

export interface Holding {
  readonly machines: number;
  readonly tls: boolean;
  readonly steadyMs: number;
  /** Of generators. */
  readonly processes: number;
}

function hold({ machines, tls, steadyMs, processes }: Holding, say: (line: string) => void): Promise<Held> {
  const request = {
    ...{ machines, seed: 3, processes, leaves: tls ? 1 : processes, salesPerDay: 40, tls },
    ...{ spellsPerHour: 0, spellMs: 0, duplicatesPerMillion: 0 },
  };
  return withLoad(request, { fsync: true, say }, async (system, generators) => {
    const dialMs = Math.min(DIAL_WITHIN_MS, machines / 2);
    const connectS = Math.round((await connectAll(generators, machines, dialMs)) / 100) / 10;
    say(`${machines} connected in ${connectS} s`);
    generators.tell({ do: "live" });
    const before = costs(system, generators);
    await pause(steadyMs);
    const after = costs(system, generators);
    const { counts } = generators.totals();
    await drain(generators, machines);
    const comparison = await judge(system, generators);
    const { lost, doubled, wrong, sales } = comparison;
    const parts: Record<string, number> = {};
    for (const [name, { cpuMs, rssBytes }] of Object.entries(after)) {
      parts[`${name}MiB`] = Math.round(rssBytes / MIB);
      parts[`${name}CpuPercent`] = Math.round(((cpuMs - (before[name]?.cpuMs ?? 0)) / steadyMs) * 1_000) / 10;
    }
    const { connected, connects, telemetry } = counts;
    const kept = { machines, connected, dials: connects, steadyS: steadyMs / 1_000, telemetry, sales };
    const counted = { ...kept, lost, doubled, wrongMachines: wrong, ...parts };
    return { connectS, counted, broken: brokenBooks(comparison) };
  });
}

/** By part: brokers, service, database, Redis, generators. */
function costs(system: System, generators: Generators): Readonly<Record<string, Cost>> {
  const sum = (programs: readonly Program[]): Cost =>
    programs
      .map((program) => program.cost())
      .reduce((left, right) => ({
        cpuMs: left.cpuMs + right.cpuMs,
        rssBytes: left.rssBytes + right.rssBytes,
      }));
  return {
    brokers: sum(system.brokers.programs),
    service: sum(system.services),
    postgres: system.postgres.cost(),
    redis: system.redis.cost(),
    generators: generators.totals(),
  };
}

function named(prefix: string, counted: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(counted).map(([name, value]) => [`${prefix}${name.charAt(0).toUpperCase()}${name.slice(1)}`, value]),
  );
}
