/** Runs on XS, too: the worked example cut at every 16th point; all of them: `every-cut-*.node.test.ts`. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { survey } from "./cut-points.js";
import { cutEverywhere, emptyTally, playCut } from "./cutter.js";
import { CUT_STORIES, WORKED_EXAMPLE } from "./stories.js";

const test = suite("power: some cuts of the worked example");
const STRIDE = 16;
const story = CUT_STORIES[WORKED_EXAMPLE];

test(`every ${STRIDE}th point`, () => {
  if (story === undefined) throw new Error("no worked example");
  const tally = emptyTally();
  cutEverywhere(story, tally, false, { stride: STRIDE, strideAfter: STRIDE });
  assert.ok(tally.cut > 20);
});

test("the survey is the same each time, and a point beyond the story is an error", () => {
  if (story === undefined) throw new Error("no worked example");
  const first = survey(story, true);
  assert.equal(survey(story, true), first);
  assert.throws(() => playCut(story, { at: "effect", boundary: 1_000_000, what: "never" }), /ended before the cut/);
});

test.run();
