/** Runs on XS, too: a handful of simulated lives. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { planOf } from "../../tools/sim/plan.js";
import { runPlan } from "../../tools/sim/run.js";

const test = suite("seeds: a few");

for (const seed of [3, 5, 9, 12]) {
  test(`seed ${seed}`, () => {
    const { violations, sales, records } = runPlan(planOf(seed));
    assert.equal(violations, []);
    assert.ok(sales > 0, "somebody buys, be it only in the end");
    assert.ok(records > 10);
  });
}

test.run();
