/** Power cut at every flash operation: what was returned is there, at most one record more, and the ledger goes on. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cutEverywhere } from "./cuts.js";

const test = suite("ledger: power");

test("cut before, during and after every operation of three sessions", () => {
  assert.ok(cutEverywhere({ seed: 1, sessions: 3, steps: 24, tears: 2 }) > 300);
});

test.run();
