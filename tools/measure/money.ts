/**
 * `money`: payable set and coin plan at 1 ¢ and $20.00 on the worst stocks, on XS by its meter and on Node by the
 * clock.
 */
import { fileURLToPath } from "node:url";
import { payableSet } from "../../shared/money/payable.js";
import { coinPlan } from "../../shared/money/plan.js";
import { xsMeter } from "../xs/meter.js";
import { type Bench, median } from "./bench.js";
import { WORST_CASE_MINOR, worstCaseTubes } from "./worst-tubes.js";

const ROUNDS = 200;
/** Figures of the first-sale requirement. */
const LIMITS = { setUnits: 300_000, planUnits: 3_000_000, nodeMs: 1 } as const;

export const MONEY: Bench = {
  name: "money",
  about: "worst median ms on Node of payable set and coin plan at 1 ¢ and $20.00, XS meter units beside it",
  async run(say) {
    const cases = worstCaseTubes();
    let worstMs = 0;
    let worstName = "";
    for (const { name, tubes } of cases) {
      const setMs = median(timed(() => payableSet(tubes, WORST_CASE_MINOR)));
      const planMs = median(timed(() => coinPlan(tubes, WORST_CASE_MINOR - 1)));
      say(`${name}: set ${setMs.toFixed(3)} ms, plan ${planMs.toFixed(3)} ms`);
      if (Math.max(setMs, planMs) > worstMs) worstName = name;
      worstMs = Math.max(worstMs, setMs, planMs);
    }
    const units = await unitsOnXs(cases.length, say);
    return {
      name: "money",
      value: Number(worstMs.toFixed(3)),
      unit: "ms",
      target: { value: LIMITS.nodeMs, is: "most" },
      counted: {
        stocks: cases.length,
        worstStock: worstName,
        xsSetUnits: units?.set ?? null,
        xsSetLimit: LIMITS.setUnits,
        xsPlanUnits: units?.plan ?? null,
        xsPlanLimit: LIMITS.planUnits,
      },
    };
  },
};

/** Times of single calls, ms, after as many unmeasured ones. */
function timed(call: () => unknown): number[] {
  for (let i = 0; i < ROUNDS; i++) call();
  const times: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const startMs = performance.now();
    call();
    times.push(performance.now() - startMs);
  }
  return times;
}

async function unitsOnXs(
  cases: number,
  say: (line: string) => void,
): Promise<{ readonly set: number; readonly plan: number } | undefined> {
  const entry = fileURLToPath(new URL("./money-on-xs.ts", import.meta.url));
  const numbers = Array.from({ length: cases }, (_, i) => i);
  const functions = numbers.flatMap((i) => [`set${i}`, `plan${i}`]);
  const xs = await xsMeter({ entry, functions, warmUp: false, say });
  if (!xs.ok) {
    say(`no XS figure: ${xs.reason}`);
    return undefined;
  }
  const worst = (kind: string): number =>
    Math.max(...numbers.map((i) => xs.measures.get(`${kind}${i}`)?.computeUnits ?? 0));
  return { set: worst("set"), plan: worst("plan") };
}
