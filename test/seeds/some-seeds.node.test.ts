/** A fixed set of simulated lives; one that fails prints its shortest story and how to play it again. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addMet, nothingMet } from "../../tools/sim/met.js";
import { planOf } from "../../tools/sim/plan.js";
import { runPlan } from "../../tools/sim/run.js";
import { tellSeed } from "../../tools/sim/seeds-run.js";

const test = suite("seeds: a fixed set on Node");
const FROM = 1;
const COUNT = 50;

test(`seeds ${FROM} to ${FROM + COUNT - 1} break no promise`, () => {
  let sales = 0;
  let cuts = 0;
  const met = nothingMet();
  for (let seed = FROM; seed < FROM + COUNT; seed++) {
    const result = runPlan(planOf(seed));
    if (result.violations.length > 0) {
      const say = (line: string): void => {
        process.stderr.write(`${line}\n`);
      };
      tellSeed({ seed, days: 0, people: undefined, troubles: undefined, say });
      assert.unreachable(`npm run --silent sim -- --seed ${seed}: ${result.violations[0]}`);
    }
    sales += result.sales;
    cuts += result.powerCuts;
    addMet(met, result.met);
  }
  assert.ok(sales >= 2 * COUNT, `${sales} sales: too few to prove anything`);
  assert.ok(cuts >= COUNT / 4, `${cuts} power cuts: too few to prove anything`);
  for (const [what, times] of Object.entries(met)) assert.ok(times > 0, `${what}: never met`);
});

test("a seed is the same life each time", () => {
  const seed = 3;
  assert.equal(runPlan(planOf(seed)), runPlan(planOf(seed)));
});

test.run();
