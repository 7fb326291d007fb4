/** A fixed subset of second cuts: recoveries cut again. All of them: `npm run sim -- --exhaustive`. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cutTwice } from "../../tools/sim/exhaustive.js";

const test = suite("power: some second cuts");
const STORIES = ["a-coke-for-two-dollars", "change-tube-jammed", "bill-pulled-back-from-escrow", "customer-cancels"];
const STRIDE = 20;
const SECOND_STRIDE = 10;

for (const file of STORIES) {
  test(`every ${STRIDE}th cut of ${file}, its recovery cut again at every ${SECOND_STRIDE}th point`, () => {
    const say = (): void => {};
    const told = cutTwice(file, { stride: STRIDE, secondStride: SECOND_STRIDE, say });
    assert.equal(told.failed, []);
    assert.ok(told.secondCuts >= 10, `${told.secondCuts} second cuts`);
  });
}

test("a story that there is not is an error", () => {
  assert.throws(() => cutTwice("no-such-story", { stride: 1, secondStride: 1, say: () => {} }), /no story/);
});

test.run();
