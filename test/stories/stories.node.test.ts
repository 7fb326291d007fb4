/** The list of stories and the folder agree. */
import { readdirSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { STORIES } from "./all.js";

const test = suite("stories: the list");
const NO_STORIES = ["all.ts", "card-machine.ts", "people.ts", "story.ts"];

test("every file here is a story that is told", () => {
  const files = readdirSync(new URL(".", import.meta.url)).filter((file) => !file.endsWith(".test.ts"));
  const stories = files.filter((file) => !NO_STORIES.includes(file)).map((file) => file.replace(/\.ts$/, ""));
  assert.equal(Object.keys(STORIES).sort(), stories.sort());
});

test("no two stories have one name", () => {
  const names = Object.values(STORIES).map(({ name }) => name);
  assert.is(new Set(names).size, names.length);
});

test.run();
