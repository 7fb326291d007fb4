/** Any bit of the flash may rot: a sample of all bits, for every engine. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bitsOf, judge, judgeRunning, rottable, runningOn } from "./every-bit.js";

const test = suite("ledger: every bit, some of them");
/** No multiple of 8 or of a record's length, so that every place and every bit of a byte is met. */
const STEP = 211;

test("a rotten bit costs at most its own record, which is told under its sequence", () => {
  const rotten = rottable();
  let lost = 0;
  for (const bit of bitsOf(rotten, STEP)) lost += judge(rotten, bit).length;
  assert.ok(lost > 5, `${lost} of the sample`);
});

test("the same in a running machine, which also knows its newest record", () => {
  const { rotten, ledger } = runningOn(rottable());
  let lost = 0;
  for (const bit of bitsOf(rotten, STEP)) lost += judgeRunning(rotten, ledger, bit).length;
  assert.ok(lost > 5, `${lost} of the sample`);
});

test.run();
