/** `vend`: sales a second of the whole simulated machine on Node, and XS meter units a sale beside it. */
import { fileURLToPath } from "node:url";
import { xsMeter } from "../xs/meter.js";
import { type Bench, median } from "./bench.js";
import { SALES_IN_A_CYCLE, sellCycle, sellingCabinet } from "./selling.js";

const WARM_UP_CYCLES = 3;
const ROUNDS = 9;
const CYCLES_IN_A_ROUND = 4;

export const VEND: Bench = {
  name: "vend",
  about: "sales a second of the whole simulated machine (firmware, bus word by word, flash), XS meter units a sale",
  async run(say) {
    const cabinet = sellingCabinet({ leaps: false });
    for (let i = 0; i < WARM_UP_CYCLES; i++) sellCycle(cabinet);
    const rates: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const startMs = performance.now();
      for (let i = 0; i < CYCLES_IN_A_ROUND; i++) sellCycle(cabinet);
      rates.push((CYCLES_IN_A_ROUND * SALES_IN_A_CYCLE * 1_000) / (performance.now() - startMs));
      say(`round ${round + 1} of ${ROUNDS}: ${rates.at(-1)?.toFixed(1)} sales/s`);
    }
    cabinet.assertSound("after the bench");
    const { counters } = cabinet.durable;
    const entry = fileURLToPath(new URL("./selling-on-xs.ts", import.meta.url));
    const xs = await xsMeter({ entry, functions: ["cycle"], say });
    const cycle = xs.ok ? xs.measures.get("cycle") : undefined;
    if (!xs.ok) say(`no XS figure: ${xs.reason}`);
    return {
      name: "vend",
      value: Number(median(rates).toFixed(1)),
      unit: "sales/s",
      counted: {
        sales: counters.sales,
        rounds: ROUNDS,
        slowest: Number(Math.min(...rates).toFixed(1)),
        fastest: Number(Math.max(...rates).toFixed(1)),
        simulatedSecondsASale: Number((cabinet.world.nowUs / 1e6 / counters.sales).toFixed(2)),
        xsMeterUnitsASale: cycle === undefined ? null : Math.round(cycle.computeUnits / SALES_IN_A_CYCLE),
      },
    };
  },
};
