/** Epoch after epoch on one flash, power cut again and again. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { manyEpochs } from "./epochs.js";

const test = suite("ledger: epochs");

for (const seed of [2, 4, 19]) {
  test(`what five epochs never sent is there in the sixth, seed ${seed}`, () => {
    assert.ok(manyEpochs(seed, 6) > 2);
  });
}

test.run();
