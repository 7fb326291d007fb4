/** A fixed subset of second cuts: recoveries cut again. All of them: `npm run sim -- --exhaustive`. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cutTwice } from "../../tools/sim/exhaustive.js";
import { describe, survey } from "./cut-points.js";
import { cutAgain, surveyRecovery } from "./recoveries.js";
import { stateOf } from "./states.js";
import { CUT_STORIES } from "./stories.js";

const test = suite("power: some second cuts");
const STORIES = ["a-coke-for-two-dollars", "change-tube-jammed", "bill-pulled-back-from-escrow", "customer-cancels"];
const STRIDE = 20;
const SECOND_STRIDE = 10;
const FORESEEN_STRIDE = 60;

for (const file of STORIES) {
  test(`every ${STRIDE}th cut of ${file}, its recovery cut again at every ${SECOND_STRIDE}th point`, () => {
    const say = (): void => {};
    const told = cutTwice(file, { stride: STRIDE, secondStride: SECOND_STRIDE, say });
    assert.equal(told.failed, []);
    assert.ok(told.secondCuts >= 10, `${told.secondCuts} second cuts`);
  });
}

test("what is foreseen of a second cut is what it leaves", () => {
  for (const file of ["a-coke-for-two-dollars", "changer-filled-by-hand-while-off"]) {
    const story = CUT_STORIES[file];
    if (story === undefined) throw new Error(`no story ${file}`);
    const { points } = survey(story, false);
    let foreseen = 0;
    for (let i = 0; i < points.length; i += FORESEEN_STRIDE) {
      const point = points[i];
      if (point === undefined) continue;
      for (const second of surveyRecovery(story, point, new Set()).cuts().foreseen) {
        assert.is(stateOf(cutAgain(story, point, second.point)), second.state, `${file}: ${describe(second.point)}`);
        foreseen += 1;
      }
    }
    assert.ok(foreseen >= 20, `${foreseen} foreseen`);
  }
});

test("a story that there is not is an error", () => {
  assert.throws(() => cutTwice("no-such-story", { stride: 1, secondStride: 1, say: () => {} }), /no story/);
});

test.run();
