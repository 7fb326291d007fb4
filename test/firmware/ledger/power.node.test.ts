/** Power cuts again, with more seeds and more ways to tear than an XS run has time for. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cutEverywhere, manyLives } from "./cuts.js";

const test = suite("ledger: power, more of it");

for (const seed of [11, 12]) {
  test(`cut at every operation of six sessions, seed ${seed}`, () => {
    assert.ok(cutEverywhere({ seed, sessions: 6, steps: 30, tears: 4 }) > 1_000);
  });
}

for (const seed of [1, 2, 3, 4]) {
  test(`three hundred lives of one flash, seed ${seed}`, () => {
    const { records, cutsInRecovery } = manyLives(seed, 300);
    assert.ok(records > 500, `${records} records`);
    assert.ok(cutsInRecovery > 30, `${cutsInRecovery} cuts in recovery`);
  });
}

test.run();
