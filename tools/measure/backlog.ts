/**
 * 100,000 machines come back after an outage, each with 15 sales and every record of them in its ledger: seconds from
 * the first that dials to the last whose backlog is acknowledged, while new sales (40 a second of all) and telemetry
 * (333 a second) come on top. Then counted in SQL against what the machines know: nothing lost, nothing twice.
 */
import { brokenBooks } from "../load/books-compare.js";
import { salesPerMs } from "../load/day.js";
import type { Generators } from "../load/generators.js";
import { zoneOf } from "../load/roster.js";
import { drain, judge, withLoad } from "../load/run.js";
import type { Bench, BenchResult } from "./bench.js";

const MACHINES = 100_000;
const TARGET_S = 360;
const SALES_EACH = 15;
const LIVE_SALES_PER_S = 40;
const PROCESSES = 6;
/** The network is back everywhere; machines dial within this time. */
const RETURN_WITHIN_MS = 60_000;
const DRAINED_WITHIN_MS = 1_800_000;
const PREPARED_WITHIN_MS = 300_000;

export const BACKLOG: Bench = {
  name: "backlog",
  about: "seconds until 100,000 machines with 15 sales each have handed them over",
  run: (say, short) => {
    const scale = short ? 50 : 1;
    const size = { machines: MACHINES / scale, processes: PROCESSES, returnWithinMs: RETURN_WITHIN_MS / scale };
    return measureBacklog(size, say);
  },
};

export interface BacklogSize {
  readonly machines: number;
  /** Of generators, and as many brokers. */
  readonly processes: number;
  readonly returnWithinMs: number;
}

/** Broken if anything is lost or there twice, or the backlog took longer than TARGET_S. */
export function measureBacklog(size: BacklogSize, say: (line: string) => void): Promise<BenchResult> {
  const { machines, processes, returnWithinMs } = size;
  const salesPerDay = dailyFor(machines, LIVE_SALES_PER_S * (machines / MACHINES));
  const request = {
    ...{ machines, seed: 4, processes, leaves: processes, salesPerDay, tls: false },
    ...{ spellsPerHour: 0, spellMs: 0, duplicatesPerMillion: 1_000 },
  };
  return withLoad(request, { fsync: true, say }, async (system, generators) => {
    await generators.until(() => true, "no generator spoke", PREPARED_WITHIN_MS);
    generators.tell({ do: "sell", sales: SALES_EACH });
    await generators.until(({ behind }) => behind === machines, "not all have sold", PREPARED_WITHIN_MS);
    say(`${generators.totals().unacked} records wait in ${machines} machines`);
    const seconds = await handedOver(generators, returnWithinMs, say);
    await drain(generators, machines);
    const comparison = await judge(system, generators);
    const { lost, doubled, wrong, records, sales, examples } = comparison;
    for (const example of examples) say(example);
    return {
      name: "backlog",
      value: Math.round(seconds * 10) / 10,
      unit: "s",
      target: { value: TARGET_S, is: "most" },
      counted: { lost, doubled, wrongMachines: wrong, records, sales, machines, salesEach: SALES_EACH },
      broken: [...brokenBooks(comparison), ...lateBacklog(seconds)],
    };
  });
}

/** All come back; seconds until no machine has anything left of its backlog. */
async function handedOver(generators: Generators, withinMs: number, say: (line: string) => void): Promise<number> {
  const began = performance.now();
  generators.tell({ do: "connect", withinMs });
  generators.tell({ do: "live" });
  const telling = setInterval(() => say(`${generators.totals().behind} machines are behind`), 10_000);
  try {
    await generators.until(({ behind }) => behind === 0, "the backlog was not drained", DRAINED_WITHIN_MS);
  } finally {
    clearInterval(telling);
  }
  return (performance.now() - began) / 1_000;
}

/** The limit that so many seconds break, as a sentence. */
export function lateBacklog(seconds: number): readonly string[] {
  return seconds > TARGET_S ? [`the backlog took ${seconds.toFixed(1)} s, more than ${TARGET_S}`] : [];
}

/** Sales a day of each machine for so many a second of all, at the present hour of their zones. */
function dailyFor(machines: number, perS: number): number {
  const nowMs = Date.now();
  let perMsForOne = 0;
  for (let i = 0; i < machines; i++) perMsForOne += salesPerMs(1, zoneOf(i).eastMin, nowMs);
  return perS / 1_000 / perMsForOne;
}
