/**
 * One story, cut at every point, and its recoveries cut again at every point of theirs; and the same story on a board
 * with hold-up, where the mains fail at these points and nothing may be unknown. What makes it feasible, and why
 * nothing is left out:
 *
 * - Recoveries that start from the same state (ledger, torn ends, documents, money, goods, spirals, devices; `stateOf`
 *   in test/power/states.ts) are cut once: the machine has no other memory.
 * - Cuts of a recovery between which nothing moved and nothing was written (`stillness`) leave the same machine, so one
 *   is judged and the others are counted as `alike`.
 * - While nothing moves, what a cut leaves is seen without cutting; where a recovery from that was seen to end well, it
 *   is counted as `foreseen`. A second cut among things that move is played, and goes no further than a known state.
 * - With hold-up only second failures among things that move are played: where nothing does, nothing can be unseen.
 *
 * About 33,800 first cuts in 75 stories and 28,400 failures of the mains: half an hour on one quiet core.
 */
import { type CutPoint, describe, survey } from "../../test/power/cut-points.js";
import { playSecondCut, type RecoveryCuts, surveyRecovery } from "../../test/power/recoveries.js";
import { CUT_STORIES, startsAlike, withHoldUp } from "../../test/power/stories.js";
import type { Story } from "../../test/stories/story.js";

export interface ExhaustiveTally {
  stories: number;
  /** Different first cuts, failures of the mains on boards with hold-up included. */
  cutPoints: number;
  /** Of these, failures of the mains with hold-up. */
  holdUpCutPoints: number;
  /** Different states that first cuts left: each has its own recovery. */
  recoveries: number;
  /** Cuts within those recoveries: played, alike, or foreseen. */
  secondCuts: number;
  /** Of these, alike: not played, because nothing had moved and nothing had been written since one that was. */
  alike: number;
  /** Of these, foreseen: not played, because they lead to what is known. */
  foreseen: number;
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

const NO_CUTS: RecoveryCuts = Object.freeze<RecoveryCuts>({
  points: Object.freeze([]),
  alike: 0,
  foreseen: Object.freeze([]),
});
/** Kept in words; the others are counted. */
const MOST_TOLD = 20;

export function emptyExhaustiveTally(): ExhaustiveTally {
  return {
    stories: 0,
    cutPoints: 0,
    holdUpCutPoints: 0,
    recoveries: 0,
    secondCuts: 0,
    alike: 0,
    foreseen: 0,
    violations: 0,
    failed: [],
  };
}

export function storyFiles(): string[] {
  return Object.keys(CUT_STORIES);
}

/** Plays all cuts of the story in this file. */
export function cutTwice(file: string, request: ExhaustiveRequest): ExhaustiveTally {
  const tally = emptyExhaustiveTally();
  const story = CUT_STORIES[file];
  if (story === undefined) throw new RangeError(`no story ${file}`);
  tally.stories = 1;
  const fromSelling = startsAlike(file, story);
  new StoryCuts(file, story, request, tally).play(fromSelling);
  const deadCuts = tally.cutPoints;
  new StoryCuts(`${file} with hold-up`, withHoldUp(story), request, tally).play(fromSelling);
  tally.holdUpCutPoints = tally.cutPoints - deadCuts;
  return tally;
}

class StoryCuts {
  readonly #name: string;
  readonly #story: Story;
  readonly #request: ExhaustiveRequest;
  readonly #tally: ExhaustiveTally;
  /** Of first cuts whose recovery was cut, and of whatever recovery was seen to end well. */
  readonly #surveyed = new Set<string>();
  readonly #known = new Set<string>();

  constructor(name: string, story: Story, request: ExhaustiveRequest, tally: ExhaustiveTally) {
    this.#name = name;
    this.#story = story;
    this.#request = request;
    this.#tally = tally;
  }

  play(fromSelling: boolean): void {
    const { points } = survey(this.#story, fromSelling);
    for (let i = 0; i < points.length; i += this.#request.stride) {
      const point = points[i];
      if (point === undefined) continue;
      this.#tally.cutPoints += 1;
      const cuts = this.#firstCut(point);
      if (cuts === NO_CUTS) continue;
      const { length } = cuts.points;
      const { recoveries } = this.#tally;
      this.#request.say(`${this.#name}: ${i + 1} of ${points.length} cuts, recovery ${recoveries}: ${length} cuts`);
      this.#secondCuts(point, cuts);
    }
  }

  /** What can be cut in the recovery; nothing where the same has been cut already. */
  #firstCut(point: CutPoint): RecoveryCuts {
    let cuts = NO_CUTS;
    this.#attempt(`cut ${describe(point)}`, () => {
      const recovery = surveyRecovery(this.#story, point, this.#known);
      if (this.#surveyed.has(recovery.state)) return;
      this.#surveyed.add(recovery.state);
      cuts = recovery.cuts();
      this.#known.add(recovery.state);
    });
    if (cuts === NO_CUTS) return cuts;
    const { alike, foreseen } = cuts;
    this.#tally.recoveries += 1;
    this.#tally.alike += alike;
    this.#tally.foreseen += foreseen.length;
    this.#tally.secondCuts += alike + foreseen.length;
    return cuts;
  }

  #secondCuts(point: CutPoint, { points }: RecoveryCuts): void {
    for (let at = 0; at < points.length; at += this.#request.secondStride) {
      const second = points[at];
      if (second === undefined) continue;
      this.#tally.secondCuts += 1;
      this.#attempt(`cut ${describe(point)}, again ${describe(second)}`, () => {
        playSecondCut(this.#story, point, second, this.#known);
      });
    }
  }

  #attempt(what: string, play: () => void): void {
    try {
      play();
    } catch (error) {
      const line = `${this.#name}: ${what}: ${error instanceof Error ? error.message : String(error)}`;
      this.#tally.violations += 1;
      if (this.#tally.failed.length < MOST_TOLD) this.#tally.failed.push(line);
      this.#request.say(line);
    }
  }
}

export function addExhaustive(tally: ExhaustiveTally, part: Readonly<ExhaustiveTally>): void {
  tally.stories += part.stories;
  tally.cutPoints += part.cutPoints;
  tally.holdUpCutPoints += part.holdUpCutPoints;
  tally.recoveries += part.recoveries;
  tally.secondCuts += part.secondCuts;
  tally.alike += part.alike;
  tally.foreseen += part.foreseen;
  tally.violations += part.violations;
  tally.failed.push(...part.failed);
}
