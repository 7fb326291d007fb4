/** `sim`: word-level sales a second on one core, with flash, uplink and the fleet's cursor; machine-days beside it. */
import { type Bench, median } from "./bench.js";
import { SALES_IN_A_CYCLE, sellCycle, sellingCabinet } from "./selling.js";

const WARM_UP_CYCLES = 3;
const ROUNDS = 7;
const CYCLES_IN_A_ROUND = 4;
const SALES_A_DAY = 100;
const DAY_MS = 86_400_000;
const TARGET = 1_000;

export const SIM: Bench = {
  name: "sim",
  about: `simulated sales a second on one core, word by word, with flash, uplink and ingest; target ${TARGET}`,
  async run(say) {
    const cabinet = sellingCabinet();
    for (let i = 0; i < WARM_UP_CYCLES; i++) sellCycle(cabinet);
    const rates: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const startMs = performance.now();
      for (let i = 0; i < CYCLES_IN_A_ROUND; i++) sellCycle(cabinet);
      rates.push((CYCLES_IN_A_ROUND * SALES_IN_A_CYCLE * 1_000) / (performance.now() - startMs));
      say(`round ${round + 1} of ${ROUNDS}: ${rates.at(-1)?.toFixed(1)} sales/s`);
    }
    cabinet.assertSound("after the bench");
    const { machineId } = cabinet.options;
    const ingested = cabinet.fleet.mark(machineId);
    const idleMs = idleDayMs(cabinet, say);
    const rate = median(rates);
    return {
      name: "sim",
      value: Number(rate.toFixed(1)),
      unit: "sales/s",
      counted: {
        sales: cabinet.durable.counters.sales,
        recordsIngested: ingested,
        targetSalesAS: TARGET,
        machineDaysAS: Number((1_000 / (idleMs + (SALES_A_DAY * 1_000) / rate)).toFixed(3)),
        idleHoursAS: Number((24_000 / idleMs).toFixed(2)),
      },
    };
  },
};

/** Real milliseconds that the idle rest of a day takes, from a slice of it. */
function idleDayMs(cabinet: ReturnType<typeof sellingCabinet>, say: (line: string) => void): number {
  const slice = 24;
  const startMs = performance.now();
  cabinet.runFor(DAY_MS / slice);
  const tookMs = performance.now() - startMs;
  say(`an idle hour in ${tookMs.toFixed(0)} ms`);
  return tookMs * slice;
}
