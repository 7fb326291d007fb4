/**
 * Every cut up to a story's own first power cut, and a fixed part of those after it and of those on boards with
 * hold-up, in parts that can run side by side. All of them: `npm run sim -- --exhaustive`.
 */
import { suite } from "uvu";
import { cutEverywhere, emptyTally, type Strides, type Tally } from "./cutter.js";
import { CUT_STORIES, startsAlike, withHoldUp } from "./stories.js";

const DEAD_CUTS: Strides = Object.freeze({ stride: 1, strideAfter: 5 });
/** Prime, so that over the stories every kind of moment has its turn. */
const MAINS_FAILURES: Strides = Object.freeze({ stride: 23, strideAfter: 23 });

/** A suite that cuts every `parts`-th story, from the `part`-th on; `say` is told the counts at its end. */
export function cutEveryStory(part: number, parts: number, say: (tally: Tally) => void): void {
  const test = suite(`power: every cut of every story, ${part + 1} of ${parts}`);
  const tally = emptyTally();
  const spared = emptyTally();
  Object.keys(CUT_STORIES).forEach((file, index) => {
    const story = CUT_STORIES[file];
    if (story === undefined || index % parts !== part) return;
    const fromSelling = startsAlike(file, story);
    test(`${story.name} (${file})`, () => cutEverywhere(story, tally, fromSelling, DEAD_CUTS));
    test(`${story.name} (${file}), with hold-up: nothing is unknown`, () => {
      cutEverywhere(withHoldUp(story), spared, fromSelling, MAINS_FAILURES);
    });
  });
  test.after(() => {
    say(tally);
    say(spared);
  });
  test.run();
}
