/**
 * One story, cut at every point, and its recoveries cut again at every point of theirs. What makes it feasible, and why
 * nothing is left out:
 *
 * - Recoveries that start from the same state (ledger, torn ends, money, goods, spirals, devices; `stateOf` in
 *   test/power/cutter.ts) are cut once: the machine has no other memory.
 * - Cuts of a recovery between which nothing moved and nothing was written (`stillness`) leave the same machine, so one
 *   is played and the others are counted as `alike`.
 * - A second cut that leads to a state whose recovery was seen to end well is played up to that state only.
 *
 * About 18,000 first cuts in 65 stories, 90 to 130 second cuts for each different state, of which some 45 are played at
 * 5 to 12 ms: an hour to two on one core.
 */
import { describe, playSecondCut, type RecoveryCuts, survey, surveyRecovery } from "../../test/power/cutter.js";
import { CUT_STORIES, startsAlike } from "../../test/power/stories.js";

export interface ExhaustiveTally {
  stories: number;
  /** Different first cuts, all played to the end. */
  cutPoints: number;
  /** Different states that first cuts left: each has its own recovery. */
  recoveries: number;
  /** Cuts within those recoveries, played or proved alike to one that was. */
  secondCuts: number;
  /** Of these, alike: not played, because nothing had moved and nothing had been written since one that was. */
  alike: number;
  violations: number;
  /** The first few, in words. */
  readonly failed: string[];
}

export interface ExhaustiveRequest {
  /** Every n-th first cut only; 1 = all. */
  readonly stride: number;
  /** Every n-th cut of a recovery only; 1 = all. */
  readonly secondStride: number;
  readonly say: (line: string) => void;
}

const NO_CUTS: RecoveryCuts = Object.freeze<RecoveryCuts>({ points: Object.freeze([]), alike: 0 });
/** Kept in words; the others are counted. */
const MOST_TOLD = 20;

export function emptyExhaustiveTally(): ExhaustiveTally {
  return { stories: 0, cutPoints: 0, recoveries: 0, secondCuts: 0, alike: 0, violations: 0, failed: [] };
}

export function storyFiles(): string[] {
  return Object.keys(CUT_STORIES);
}

/** Plays all cuts of the story in this file. */
export function cutTwice(file: string, { stride, secondStride, say }: ExhaustiveRequest): ExhaustiveTally {
  const tally = emptyExhaustiveTally();
  const story = CUT_STORIES[file];
  if (story === undefined) throw new RangeError(`no story ${file}`);
  tally.stories = 1;
  const { points } = survey(story, startsAlike(file, story));
  // Of first cuts whose recovery will be cut, and of whatever recovery was seen to end well.
  const surveyed = new Set<string>();
  const known = new Set<string>();
  const attempt = (what: string, play: () => void): void => {
    try {
      play();
    } catch (error) {
      const line = `${file}: ${what}: ${error instanceof Error ? error.message : String(error)}`;
      tally.violations += 1;
      if (tally.failed.length < MOST_TOLD) tally.failed.push(line);
      say(line);
    }
  };
  for (let i = 0; i < points.length; i += stride) {
    const point = points[i];
    if (point === undefined) continue;
    const first = `cut ${describe(point)}`;
    tally.cutPoints += 1;
    let cuts: RecoveryCuts = NO_CUTS;
    attempt(first, () => {
      const recovery = surveyRecovery(story, point);
      if (surveyed.has(recovery.state)) return;
      surveyed.add(recovery.state);
      cuts = recovery.cuts();
      known.add(recovery.state);
    });
    if (cuts.points.length === 0) continue;
    tally.recoveries += 1;
    tally.alike += cuts.alike;
    tally.secondCuts += cuts.alike;
    say(`${file}: ${i + 1} of ${points.length} cuts, recovery ${tally.recoveries} with ${cuts.points.length} cuts`);
    for (let at = 0; at < cuts.points.length; at += secondStride) {
      const second = cuts.points[at];
      if (second === undefined) continue;
      tally.secondCuts += 1;
      attempt(`${first}, again ${describe(second)}`, () => playSecondCut(story, point, second, known));
    }
  }
  return tally;
}

export function addExhaustive(tally: ExhaustiveTally, part: Readonly<ExhaustiveTally>): void {
  tally.stories += part.stories;
  tally.cutPoints += part.cutPoints;
  tally.recoveries += part.recoveries;
  tally.secondCuts += part.secondCuts;
  tally.alike += part.alike;
  tally.violations += part.violations;
  tally.failed.push(...part.failed);
}
