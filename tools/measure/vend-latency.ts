/** `vend-latency`: last coin's report to the motor's start, p99: bus and flash as simulated, XS by its meter. */
import { fileURLToPath } from "node:url";
import { xsMeter } from "../xs/meter.js";
import type { Bench } from "./bench.js";
import { quickCabinet, sellOnce } from "./last-coin.js";

const SALES = 400;
const TARGET_MS = 60;
/** Until measured on a board. */
const US_A_UNIT = 1;

export const VEND_LATENCY: Bench = {
  name: "vend-latency",
  about: `p99 ms from the last coin's report to the motor's start; target ${TARGET_MS}`,
  async run(say) {
    const entry = fileURLToPath(new URL("./vend-latency-on-xs.ts", import.meta.url));
    const xs = await xsMeter({ entry, functions: ["lastCoin"], say });
    const name = "vend-latency";
    // The firmware's own share is most of it: without it the rest is no figure.
    if (!xs.ok) return { name, notMeasured: xs.reason };
    const units = xs.measures.get("lastCoin")?.result;
    if (units === undefined) return { name, notMeasured: "the meter has not told the units of a sale" };
    const xsMs = (units * US_A_UNIT) / 1_000;
    const cabinet = quickCabinet();
    const latencies: number[] = [];
    let mostOperations = 0;
    for (let i = 0; i < SALES; i++) {
      const { latencyUs, flashOperations } = sellOnce(cabinet);
      latencies.push(latencyUs / 1_000);
      mostOperations = Math.max(mostOperations, flashOperations);
      if ((i + 1) % 100 === 0) say(`${i + 1} of ${SALES} sales`);
    }
    cabinet.assertSound("after the bench");
    latencies.sort((left, right) => left - right);
    const at = (share: number): number => latencies[Math.min(SALES - 1, Math.ceil(share * SALES) - 1)] ?? 0;
    return {
      name,
      value: Number((at(0.99) + xsMs).toFixed(1)),
      unit: "ms",
      target: { value: TARGET_MS, is: "most" },
      counted: {
        sales: SALES,
        medianMs: Number((at(0.5) + xsMs).toFixed(1)),
        mostMs: Number((at(1) + xsMs).toFixed(1)),
        busAndFlashP99Ms: Number(at(0.99).toFixed(1)),
        mostFlashOperations: mostOperations,
        xsUnits: Math.round(units),
      },
    };
  },
};
