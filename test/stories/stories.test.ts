/** Tells every story, on Node and on XS. */
import { suite } from "uvu";
import { STORIES } from "./all.js";
import { tellStory } from "./story.js";

const test = suite("stories");

for (const file of Object.keys(STORIES)) {
  const story = STORIES[file];
  if (story !== undefined) test(`${story.name} (${file})`, () => story.expect(tellStory(story)));
}

test.run();
