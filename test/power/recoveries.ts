/**
 * Recoveries, cut again: where the power can be cut in the recovery from a cut, and each of these cuts played. Of cuts
 * that leave the same machine one is played, and a cut that leaves a machine whose recovery is known is not.
 */
import { assertSound } from "../../tools/bench/checkers.js";
import { PowerCut, type SimFlash } from "../../tools/bench/flash.js";
import { type Story, StoryBroken, type StoryCabinet } from "../stories/story.js";
import { arm, aroundOperations, type CutPoint, FLASH_PARTS, type FlashPart, watchBoundaries } from "./cut-points.js";
import { cutOnce, goOn, intoTheDark } from "./cutter.js";
import { checkEnd } from "./promises.js";
import { type FlashParts, stateOf } from "./states.js";
import { stillness } from "./stillness.js";

/** Cuts of one recovery: those to play, how many leave what one of these leaves, and those that leave what is known. */
export interface RecoveryCuts {
  readonly points: readonly CutPoint[];
  readonly alike: number;
  readonly foreseen: readonly ForeseenCut[];
}

export interface ForeseenCut {
  readonly point: CutPoint;
  readonly state: string;
}

export interface Recovery {
  /** What it starts from: equal states recover equally. */
  readonly state: string;
  /** Plays it to its end. Throws where a promise breaks. */
  cuts(): RecoveryCuts;
}

/** The recovery from `point`. known: states whose recovery has been seen to end well. */
export function surveyRecovery(story: Story, point: CutPoint, known: ReadonlySet<string>): Recovery {
  const cabinet = cutOnce(story, point);
  const state = stateOf(cabinet);
  const isKnown = (other: string): boolean => other === state || known.has(other);
  return { state, cuts: () => new RecoverySurvey(cabinet, isKnown).play(story) };
}

/** Boundaries and operations are counted from its power-up on. */
class RecoverySurvey {
  readonly #cabinet: StoryCabinet;
  readonly #isKnown: (state: string) => boolean;
  readonly #points: CutPoint[] = [];
  readonly #foreseen: ForeseenCut[] = [];
  readonly #still = new Set<string>();
  /** States that cuts in `#points` will leave. */
  readonly #toCome = new Set<string>();
  #alike = 0;

  constructor(cabinet: StoryCabinet, isKnown: (state: string) => boolean) {
    this.#cabinet = cabinet;
    this.#isKnown = isKnown;
  }

  play(story: Story): RecoveryCuts {
    const cabinet = this.#cabinet;
    watchBoundaries(cabinet, (point) => this.#add(point));
    for (const part of FLASH_PARTS) {
      aroundOperations(cabinet[part], cabinet[part].operations, (operation, phase, again) => {
        const point = { at: "flash", part, operation, phase, seed: operation } as const;
        if (phase === "during") this.#addTear(point, again);
        else this.#add(point);
      });
    }
    goOn(cabinet);
    checkEnd(story, cabinet);
    return { points: this.#points, alike: this.#alike, foreseen: this.#foreseen };
  }

  #add(point: CutPoint): void {
    const marks = stillness(this.#cabinet);
    // A board with hold-up lives on for a while: only where nothing moves does that come to nothing.
    if (this.#cabinet.holdUpMs > 0 && marks !== undefined) return;
    if (marks !== undefined && this.#still.has(marks)) {
      this.#alike += 1;
      return;
    }
    if (marks !== undefined) this.#still.add(marks);
    if (marks === undefined || !this.#foresee(point, undefined)) this.#points.push(point);
  }

  #addTear(point: Extract<CutPoint, { at: "flash" }>, again: (other: SimFlash) => void): void {
    if (this.#cabinet.holdUpMs > 0) return this.#add(point);
    const torn = stillness(this.#cabinet) === undefined ? undefined : tornBy(this.#cabinet[point.part], point, again);
    if (torn === undefined || !this.#foresee(point, torn)) this.#points.push(point);
  }

  /**
   * Nothing moves: what a cut now leaves can be seen without cutting. True if that is known, or will be by a point
   * before this one, and sound. torn: the point's flash part as the cut leaves it, if it tears.
   */
  #foresee(point: CutPoint, torn: SimFlash | undefined): boolean {
    const cabinet = this.#cabinet;
    // A batch that has arrived is committed in the dark.
    if (cabinet.holdUpMs > 0 || cabinet.fleet.committing > 0) return false;
    const parts = partsWith(cabinet, point.at === "flash" ? point.part : undefined, torn);
    const state = stateOf(cabinet, parts);
    if (!this.#isKnown(state) && !this.#toCome.has(state)) {
      this.#toCome.add(state);
      return false;
    }
    assertSound(cabinet.factsWith(undefined, parts.ledger), "at a second cut");
    this.#foreseen.push({ point, state });
    return true;
  }
}

function tornBy(flash: SimFlash, { seed }: { readonly seed: number }, again: (other: SimFlash) => void): SimFlash {
  const torn = flash.copy();
  torn.cutAt(1, "during", seed);
  try {
    again(torn);
  } catch (error) {
    if (!(error instanceof PowerCut)) throw error;
  }
  torn.powerOn();
  return torn;
}

function partsWith(cabinet: StoryCabinet, part: FlashPart | undefined, torn: SimFlash | undefined): FlashParts {
  const tornLedger = part === "ledgerFlash" ? torn : undefined;
  return {
    ledger: tornLedger === undefined ? cabinet.readFlash() : cabinet.readLedger(tornLedger.copy()),
    ledgerTorn: (tornLedger ?? cabinet.ledgerFlash).unstableBits > 0,
    documentFlash: part === "documentFlash" && torn !== undefined ? torn : cabinet.documentFlash,
    noteFlash: part === "noteFlash" && torn !== undefined ? torn : cabinet.noteFlash,
  };
}

/**
 * Plays the story with the power cut at `first`, and cut again at `second` of the recovery; where that leads to a state
 * that is known it is not played further; else it is known afterwards. Throws where a promise breaks.
 */
export function playSecondCut(story: Story, first: CutPoint, second: CutPoint, known: Set<string>): void {
  const cabinet = cutAgain(story, first, second);
  const state = stateOf(cabinet);
  if (known.has(state)) return;
  goOn(cabinet);
  checkEnd(story, cabinet);
  known.add(state);
}

/** The machine without power after both cuts. */
export function cutAgain(story: Story, first: CutPoint, second: CutPoint): StoryCabinet {
  const cabinet = cutOnce(story, first);
  arm(cabinet, second.at === "effect" ? second : inAll(cabinet, second));
  try {
    goOn(cabinet);
  } catch (error) {
    if (!(error instanceof StoryBroken)) throw error;
  }
  if (!cabinet.broken) throw new Error("the recovery ended before the second cut");
  intoTheDark(cabinet, "at the second cut");
  return cabinet;
}

/** The same operation, counted from the beginning of the world. */
function inAll(cabinet: StoryCabinet, point: Extract<CutPoint, { at: "flash" }>): CutPoint {
  return { ...point, operation: cabinet[point.part].operations + point.operation };
}
