/**
 * 50 rounds of kill -9 of service, broker, PostgreSQL and Redis in turn while machines sell: records, sales and
 * payments that are lost or there twice afterwards, counted in SQL against what the machines know. See
 * tools/load/chaos.ts.
 */
import { brokenBooks } from "../load/books-compare.js";
import { chaosRounds, lateRecoveries, PARTS, worstOf } from "../load/chaos.js";
import { connectAll, drain, judge, withLoad } from "../load/run.js";
import type { Bench, BenchResult } from "./bench.js";

const MACHINES = 1_000;
const ROUNDS = 50;
const BETWEEN_MS = 2_000;
/** About 100 sales a second of all, whatever the hour: the day is steep. */
const SALES_PER_DAY = 9_000;
const SETTLE_MS = 600_000;

export const CHAOS: Bench = {
  name: "chaos",
  about: "records lost or doubled by 50 kills of service, broker, database and Redis under load",
  run: (say, short) =>
    measureChaos(
      {
        ...{ machines: short ? MACHINES / 10 : MACHINES, rounds: short ? PARTS.length : ROUNDS },
        ...{ betweenMs: BETWEEN_MS, salesPerDay: SALES_PER_DAY, processes: 2, isHurried: false },
      },
      say,
    ),
};

export interface ChaosSize {
  readonly machines: number;
  readonly rounds: number;
  readonly betweenMs: number;
  readonly salesPerDay: number;
  /** Of generators. */
  readonly processes: number;
  /** At the end all come back once: what is not acknowledged goes again at once, not half a minute later. */
  readonly isHurried: boolean;
}

/** Broken if anything is lost or there twice, or a part took longer than RECOVERY_LIMIT_MS. */
export function measureChaos(size: ChaosSize, say: (line: string) => void): Promise<BenchResult> {
  const { machines, rounds, betweenMs, salesPerDay, processes, isHurried } = size;
  const request = {
    ...{ machines, seed: 5, processes, leaves: 0, salesPerDay, tls: false },
    ...{ spellsPerHour: 1, spellMs: 2_000, duplicatesPerMillion: 10_000 },
  };
  return withLoad(request, { fsync: true, say }, async (system, generators) => {
    await connectAll(generators, machines, Math.min(2_000, 2 * machines));
    generators.tell({ do: "live" });
    const recoveries = await chaosRounds(system, generators, { rounds, betweenMs, say });
    generators.tell({ do: "quiet" });
    if (isHurried) generators.tell({ do: "storm", perMillion: 1_000_000, withinMs: 100 });
    await drain(generators, machines, SETTLE_MS);
    const comparison = await judge(system, generators);
    const { lost, doubled, wrong, records, sales, examples } = comparison;
    for (const example of examples) say(example);
    const worst = Object.entries(worstOf(recoveries)).map(([part, ms]) => [`${part}WorstMs`, Math.round(ms)]);
    return {
      name: "chaos",
      value: lost + doubled,
      unit: "lost or doubled",
      target: { value: 0, is: "most" },
      counted: {
        ...{ lost, doubled, wrongMachines: wrong, rounds: recoveries.length },
        ...Object.fromEntries(worst),
        ...{ records, sales, machines },
      },
      broken: [...brokenBooks(comparison), ...lateRecoveries(recoveries)],
    };
  });
}
