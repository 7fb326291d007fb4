/** Epoch after epoch on one flash, with more seeds than an XS run has time for. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { manyEpochs } from "./epochs.js";

const test = suite("ledger: epochs, more of them");
const FIRST_SEED = 100;
const SEEDS = 40;

test(`what five epochs never sent is there in the sixth, ${SEEDS} seeds`, () => {
  let cutsInRecovery = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    try {
      cutsInRecovery += manyEpochs(seed, 6);
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  assert.ok(cutsInRecovery > 10 * SEEDS, `${cutsInRecovery} cuts in recovery`);
});

test.run();
