/** The complete enumeration, in parts that can run side by side. */
import { suite } from "uvu";
import { cutEverywhere, emptyTally, type Tally } from "./cutter.js";
import { CUT_STORIES, startsAlike } from "./stories.js";

/** A suite that cuts every `parts`-th story, from the `part`-th on, everywhere; `say` is told the counts at its end. */
export function cutEveryStory(part: number, parts: number, say: (tally: Tally) => void): void {
  const test = suite(`power: every cut of every story, ${part + 1} of ${parts}`);
  const tally = emptyTally();
  Object.keys(CUT_STORIES).forEach((file, index) => {
    const story = CUT_STORIES[file];
    if (story === undefined || index % parts !== part) return;
    test(`${story.name} (${file})`, () => cutEverywhere(story, tally, startsAlike(file, story)));
  });
  test.after(() => say(tally));
  test.run();
}
