/**
 * 100,000 machines come back after an outage, each with 15 sales and every record of them in its ledger: seconds from
 * the first that dials to the last whose backlog is acknowledged, while new sales (40 a second of all) and telemetry
 * (333 a second) come on top. Then counted in SQL against what the machines know: nothing lost, nothing twice.
 */
import { salesPerMs } from "../load/day.js";
import { zoneOf } from "../load/roster.js";
import { drain, judge, withLoad } from "../load/run.js";
import type { Bench } from "./bench.js";

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
    const machines = short ? MACHINES / 50 : MACHINES;
    const salesPerDay = dailyFor(machines, LIVE_SALES_PER_S * (machines / MACHINES));
    const request = {
      ...{ machines, seed: 4, processes: PROCESSES, leaves: PROCESSES, salesPerDay, tls: false },
      ...{ spellsPerHour: 0, spellMs: 0, duplicatesPerMillion: 1_000 },
    };
    return withLoad(request, { fsync: true, say }, async (system, generators) => {
      await generators.until(() => true, "no generator spoke", PREPARED_WITHIN_MS);
      generators.tell({ do: "sell", sales: SALES_EACH });
      await generators.until(({ behind }) => behind === machines, "not all have sold", PREPARED_WITHIN_MS);
      say(`${generators.totals().unacked} records wait in ${machines} machines`);
      const began = performance.now();
      generators.tell({ do: "connect", withinMs: short ? RETURN_WITHIN_MS / 50 : RETURN_WITHIN_MS });
      generators.tell({ do: "live" });
      const telling = setInterval(() => say(`${generators.totals().behind} machines are behind`), 10_000);
      await generators.until(({ behind }) => behind === 0, "the backlog was not drained", DRAINED_WITHIN_MS);
      clearInterval(telling);
      const seconds = (performance.now() - began) / 1_000;
      await drain(generators, machines);
      const { lost, doubled, wrong, records, sales, examples } = await judge(system, generators);
      for (const example of examples) say(example);
      return {
        name: "backlog",
        value: Math.round(seconds * 10) / 10,
        unit: "s",
        target: { value: TARGET_S, is: "most" },
        counted: { lost, doubled, wrongMachines: wrong, records, sales, machines, salesEach: SALES_EACH },
      };
    });
  },
};

/** Sales a day of each machine for so many a second of all, at the present hour of their zones. */
function dailyFor(machines: number, perS: number): number {
  const nowMs = Date.now();
  let perMsForOne = 0;
  for (let i = 0; i < machines; i++) perMsForOne += salesPerMs(1, zoneOf(i).eastMin, nowMs);
  return perS / 1_000 / perMsForOne;
}
