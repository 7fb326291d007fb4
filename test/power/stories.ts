/** The stories as the power cutter plays them: those with long stretches of an idle machine in their short form. */
import { STORIES } from "../stories/all.js";
import { SHORT_STORY as WALKS_AWAY } from "../stories/customer-walks-away.js";
import { SHORT_STORY as NETWORK_DOWN } from "../stories/network-down-for-200-sales.js";
import { FULL_HOLD_UP_MS, type Story } from "../stories/story.js";
import { SHORT_STORY as TOO_WARM } from "../stories/too-warm-with-credit.js";

/** Its power-up is cut, too; the power-up of every other story without options or preparation is the same. */
export const WORKED_EXAMPLE = "a-coke-for-two-dollars";

export const CUT_STORIES: { readonly [file: string]: Story } = {
  ...STORIES,
  "customer-walks-away": WALKS_AWAY,
  "network-down-for-200-sales": NETWORK_DOWN,
  "too-warm-with-credit": TOO_WARM,
};

/** The story on a board that outlives the mains for as long as a fall takes. */
export function withHoldUp(story: Story): Story {
  return { ...story, options: { ...story.options, holdUpMs: FULL_HOLD_UP_MS } };
}

/** The power-up of this story is the worked example's to the microsecond. */
export function startsAlike(file: string, story: Story): boolean {
  return file !== WORKED_EXAMPLE && story.options === undefined && story.prepare === undefined;
}
