/**
 * Where the power can be cut while a story or a recovery is played: before and after every effect of the machine, and
 * before, in and after every operation of its three flash parts, in each of its power-ups.
 */
import { type CutPhase, PowerCut, type SimFlash } from "../../tools/bench/flash.js";
import { openStory, playStory, type Story, type StoryCabinet } from "../stories/story.js";

/** Ways a flash operation tears that are tried at each. */
const TEARS_PER_OPERATION = 3;
/** An operation takes some ms at least. */
const INTO_OPERATION_US = 1_000;
export const FLASH_PARTS = ["ledgerFlash", "documentFlash", "noteFlash"] as const;
/** Effects that do something outside the machine by themselves; appends are seen by their flash operations. */
const ACTS: ReadonlySet<string> = new Set([
  "busReset",
  "release",
  "motor",
  "motorStop",
  "emitter",
  "sendBatch",
  "dexSend",
  "answerAudit",
]);

export type FlashPart = (typeof FLASH_PARTS)[number];

/** boundary: the n-th time an effect begins or ends. operation: the n-th of that flash part. */
export type CutPoint =
  | { readonly at: "effect"; readonly boundary: number; readonly what: string }
  | {
      readonly at: "flash";
      readonly part: FlashPart;
      readonly operation: number;
      readonly phase: CutPhase;
      readonly seed: number;
    };

export interface Survey {
  readonly points: readonly CutPoint[];
  /** So many of `points` come before the story's own first power cut; all of them if it has none. */
  readonly beforeOwnCut: number;
  /** Begins and ends of effects. */
  readonly boundaries: number;
  readonly operations: number;
}

/**
 * Every point at which the power can be cut in the story, also after power cuts of its own. fromSelling: leaves out the
 * power-up, where it is that of another story.
 */
export function survey(story: Story, fromSelling: boolean): Survey {
  const cabinet = openStory(story);
  const points: CutPoint[] = [];
  let beforeOwnCut = 0;
  let operations = 0;
  let counting = !fromSelling;
  const add = (point: CutPoint): void => {
    // The mains have failed already: there is nothing more to cut.
    if (!counting || cabinet.mainsFailed) return;
    points.push(point);
    if (cabinet.plugsPulled === 0) beforeOwnCut = points.length;
  };
  const told = watchBoundaries(cabinet, add);
  for (const part of FLASH_PARTS) {
    aroundOperations(cabinet[part], 0, (operation, phase) => {
      if (counting && phase === "before") operations += 1;
      for (const point of pointsOf(cabinet, part, operation, phase)) add(point);
    });
  }
  cabinet.untilSelling();
  counting = true;
  playStory(story, cabinet);
  return { points, beforeOwnCut, boundaries: told.boundaries, operations };
}

/** With hold-up nothing tears, and what follows an operation is what precedes the next or ends its effect. */
function pointsOf(cabinet: StoryCabinet, part: FlashPart, operation: number, phase: CutPhase): CutPoint[] {
  const point = { at: "flash", part, operation, phase, seed: 1 } as const;
  if (cabinet.holdUpMs > 0) return phase === "after" ? [] : [point];
  if (phase !== "during") return [point];
  const points: CutPoint[] = [];
  for (let tear = 0; tear < TEARS_PER_OPERATION; tear++) {
    points.push({ ...point, seed: operation * TEARS_PER_OPERATION + tear });
  }
  return points;
}

/**
 * Tells of every begin and end of an effect from now on. Boundaries between which nothing happened in the world are one
 * point: same time, same flash, same acts. An effect that is a message between rooms has its begin and end at one
 * point, and so has `send`: the first bit of a command leaves the board after it, and a transmission that breaks off
 * before its first word is none.
 */
export function watchBoundaries(
  cabinet: StoryCabinet,
  tell: (point: CutPoint) => void,
): { readonly boundaries: number } {
  const told = { boundaries: 0 };
  let acts = 0;
  let last = "";
  const note = (what: string): void => {
    told.boundaries += 1;
    const { nowUs } = cabinet.world;
    const operations = FLASH_PARTS.map((part) => cabinet[part].operations);
    const here = `${nowUs} ${operations.join(" ")} ${acts}`;
    if (here !== last) tell({ at: "effect", boundary: told.boundaries, what });
    last = here;
  };
  cabinet.watch = {
    before: (effect) => note(`before ${effect.do}`),
    after: (effect) => {
      if (ACTS.has(effect.do)) acts += 1;
      note(`after ${effect.do}`);
    },
  };
  return told;
}

/**
 * Tells of every operation of a flash part from now on, in each of its phases, `during` before it has an effect; the
 * `first` operations are not counted. again: does the same to another flash.
 */
export function aroundOperations(
  flash: SimFlash,
  first: number,
  tell: (operation: number, phase: CutPhase, again: (other: SimFlash) => void) => void,
): void {
  const around = (act: () => void, again: (other: SimFlash) => void): void => {
    const operation = flash.operations - first + 1;
    tell(operation, "before", again);
    tell(operation, "during", again);
    act();
    tell(operation, "after", again);
  };
  const write = flash.write.bind(flash);
  const eraseBlock = flash.eraseBlock.bind(flash);
  flash.write = (offset, bytes) =>
    around(
      () => write(offset, bytes),
      (other) => other.write(offset, bytes),
    );
  flash.eraseBlock = (block) =>
    around(
      () => eraseBlock(block),
      (other) => other.eraseBlock(block),
    );
}

/**
 * Gives the board power if it has none, and cuts it at the point, in whichever of its power-ups that is; on a board
 * with hold-up the mains fail there.
 */
export function arm(cabinet: StoryCabinet, point: CutPoint): void {
  if (point.at === "effect") armEffect(cabinet, point.boundary, point.what);
  else if (cabinet.holdUpMs > 0) failInOperation(cabinet, point);
  else armOperation(cabinet, point);
  cabinet.powerOn();
}

function armEffect(cabinet: StoryCabinet, boundary: number, what: string): void {
  let left = boundary;
  const pass = (): void => {
    left -= 1;
    if (left !== 0) return;
    if (cabinet.holdUpMs === 0) throw new PowerCut(what);
    cabinet.failMainsFromOutside();
  };
  cabinet.watch = { before: pass, after: pass };
}

/** A flash forgets at power-up the cut that was ordered. */
function armOperation(cabinet: StoryCabinet, point: Extract<CutPoint, { at: "flash" }>): void {
  const flash = cabinet[point.part];
  cabinet.onPowered = () => {
    const left = point.operation - flash.operations;
    if (left > 0) flash.cutAt(left, point.phase, point.seed);
  };
  if (cabinet.powered) cabinet.onPowered();
}

function failInOperation(cabinet: StoryCabinet, point: Extract<CutPoint, { at: "flash" }>): void {
  aroundOperations(cabinet[point.part], 0, (operation, phase) => {
    if (operation !== point.operation || phase !== point.phase) return;
    if (phase === "during") cabinet.world.after(INTO_OPERATION_US, () => cabinet.failMainsFromOutside());
    else cabinet.failMainsFromOutside();
  });
}

/** Words for a point, enough to find it again. */
export function describe(point: CutPoint): string {
  if (point.at === "effect") return `${point.what} (boundary ${point.boundary})`;
  const { part, operation, phase, seed } = point;
  return `${phase} operation ${operation} of the ${part} (tear seed ${seed})`;
}
