/** A worker process of `seeds-run.ts`: its part of the seeds, then one message with the tally. */
import { planOf } from "./plan.js";
import { runPlan } from "./run.js";
import { count, emptySimTally } from "./tally.js";

const part: { readonly from?: number; readonly count?: number; readonly days?: number } = JSON.parse(
  process.argv[2] ?? "{}",
);
const tally = emptySimTally();
for (let at = 0; at < (part.count ?? 0); at++) {
  const result = runPlan(planOf((part.from ?? 1) + at, part.days ?? 0));
  count(tally, result);
  if (result.violations.length > 0) process.send?.(`seed ${result.seed}: ${result.violations[0]}`);
}
process.send?.(tally);
