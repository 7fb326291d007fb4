/**
 * The power cutter: plays a story once and notes where the power could be cut (`cut-points.ts`), then plays it anew for
 * each of these points, cuts there, gives the power back, lets people act sensibly, and checks the promises at the cut,
 * in the dark and at the end. On a board with hold-up the mains fail at these points instead.
 */
import { openStory, playStory, REST_LIMIT_MS, type Story, StoryBroken, type StoryCabinet } from "../stories/story.js";
import { arm, type CutPoint, describe, survey } from "./cut-points.js";
import { checkEnd, type Named, NOTHING_NAMED } from "./promises.js";

/** Long enough for all that falls to have fallen. */
const DARK_MS = 1_500;
const STARTING = "Starting …";

/** Plays the story with the power cut at `point`; what differs at the end, by name. Throws where a promise breaks. */
export function playCut(story: Story, point: CutPoint): Named {
  const cabinet = cutOnce(story, point);
  goOn(cabinet);
  return checkEnd(story, cabinet);
}

/** Plays the story to the cut, which was sound, and until all that falls has fallen; the power is still away. */
export function cutOnce(story: Story, point: CutPoint): StoryCabinet {
  const cabinet = openStory(story);
  arm(cabinet, point);
  try {
    cabinet.untilSelling();
    playStory(story, cabinet);
  } catch (error) {
    if (!(error instanceof StoryBroken)) throw error;
  }
  if (!cabinet.broken) throw new Error("the story ended before the cut");
  intoTheDark(cabinet, "at the cut");
  return cabinet;
}

/** The power is gone or about to go: sound at that moment, then all that falls has fallen. */
export function intoTheDark(cabinet: StoryCabinet, when: string): void {
  cabinet.watch = undefined;
  cabinet.onPowered = undefined;
  cabinet.assertSound(when);
  cabinet.mend();
  if (cabinet.holdUpMs > 0) cabinet.until("the hold-up is over", () => !cabinet.powered);
  cabinet.runFor(DARK_MS);
}

/** The power is back: who has money inside asks for it and waits; who left the door open comes back and shuts it. */
export function goOn(cabinet: StoryCabinet): void {
  cabinet.powerOn();
  if (cabinet.door.open) {
    cabinet.until("the machine is up", () => cabinet.view !== undefined && cabinet.view.headline !== STARTING);
    cabinet.runFor(3_000);
    cabinet.door.set(false);
  }
  let asked = false;
  cabinet.until(
    "everything has come to rest after the cut",
    () => {
      const owes = cabinet.view?.state === "ACCEPTING_PAYMENT";
      if (owes && !asked) cabinet.cancel();
      asked = owes;
      return cabinet.settled;
    },
    REST_LIMIT_MS,
  );
  cabinet.takeGoods();
  cabinet.takeCoins();
  cabinet.cancel();
  cabinet.runFor(100);
  cabinet.until("cancel changes nothing", () => cabinet.settled, 1_000);
}

export interface Tally {
  stories: number;
  boundaries: number;
  operations: number;
  /** Points there are; of these, those where it was cut. */
  points: number;
  cut: number;
  /** Cut points, by the named class of difference they ended in. */
  readonly named: { -readonly [name in keyof Named]: number };
}

export function emptyTally(): Tally {
  return { stories: 0, boundaries: 0, operations: 0, points: 0, cut: 0, named: { ...NOTHING_NAMED } };
}

/** The tally in one line. */
export function tellTally(tally: Tally): string {
  const { stories, boundaries, operations, points, cut, named } = tally;
  return (
    `${stories} stories, ${boundaries} begins and ends of effects, ${operations} flash operations: ` +
    `${cut} of ${points} different cuts; ${named.unreportedMinor} left a coin to the audit, ` +
    `${named.claimedMinor} a claim, ${named.unseenGoods} a product nobody saw fall`
  );
}

/** Every n-th cut only: before the story's own first power cut, and after it. */
export interface Strides {
  readonly stride: number;
  readonly strideAfter: number;
}

/** Cuts a story and adds to the tally. Throws with every point that broke a promise. */
export function cutEverywhere(story: Story, tally: Tally, fromSelling: boolean, strides: Strides): void {
  const { points, beforeOwnCut, boundaries, operations } = survey(story, fromSelling);
  const broken: string[] = [];
  tally.stories += 1;
  tally.boundaries += boundaries;
  tally.operations += operations;
  tally.points += points.length;
  for (let i = 0; i < points.length; i += i < beforeOwnCut ? strides.stride : strides.strideAfter) {
    const point = points[i];
    if (point === undefined) continue;
    tally.cut += 1;
    try {
      const named = playCut(story, point);
      if (named.unreportedMinor > 0) tally.named.unreportedMinor += 1;
      if (named.claimedMinor > 0) tally.named.claimedMinor += 1;
      if (named.unseenGoods > 0) tally.named.unseenGoods += 1;
    } catch (error) {
      broken.push(`cut ${describe(point)}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (broken.length > 0) throw new Error(`${broken.length} of ${points.length} cuts: ${broken.slice(0, 5).join("\n")}`);
}
