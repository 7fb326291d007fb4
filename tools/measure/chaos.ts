/**
 * 50 rounds of kill -9 of service, broker, PostgreSQL and Redis in turn while machines sell: records, sales and
 * payments that are lost or there twice afterwards, counted in SQL against what the machines know. See
 * tools/load/chaos.ts.
 */
import { chaosRounds, PARTS } from "../load/chaos.js";
import { connectAll, drain, judge, withLoad } from "../load/run.js";
import type { Bench } from "./bench.js";

const MACHINES = 1_000;
const ROUNDS = 50;
const BETWEEN_MS = 2_000;
/** About 100 sales a second of all, whatever the hour: the day is steep. */
const SALES_PER_DAY = 9_000;
const SETTLE_MS = 600_000;

export const CHAOS: Bench = {
  name: "chaos",
  about: "records lost or doubled by 50 kills of service, broker, database and Redis under load",
  run: (say, short) => {
    const machines = short ? MACHINES / 10 : MACHINES;
    const request = {
      ...{ machines, seed: 5, processes: 2, leaves: 0, salesPerDay: SALES_PER_DAY, tls: false },
      ...{ spellsPerHour: 1, spellMs: 2_000, duplicatesPerMillion: 10_000 },
    };
    return withLoad(request, { fsync: true, say }, async (system, generators) => {
      await connectAll(generators, machines, 2_000);
      generators.tell({ do: "live" });
      const recoveries = await chaosRounds(system, generators, {
        rounds: short ? PARTS.length : ROUNDS,
        betweenMs: BETWEEN_MS,
        say,
      });
      await drain(generators, machines, SETTLE_MS);
      const { lost, doubled, wrong, records, sales, examples } = await judge(system, generators);
      for (const example of examples) say(example);
      const worst = Object.fromEntries(
        PARTS.map((part) => {
          const times = recoveries.filter((one) => one.part === part).map(({ ms }) => ms);
          return [`${part}WorstMs`, Math.round(Math.max(0, ...times))];
        }),
      );
      return {
        name: "chaos",
        value: lost + doubled,
        unit: "lost or doubled",
        target: { value: 0, is: "most" },
        counted: { lost, doubled, wrongMachines: wrong, rounds: recoveries.length, ...worst, records, sales, machines },
      };
    });
  },
};
