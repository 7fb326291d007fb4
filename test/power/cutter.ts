/**
 * The power cutter: plays a story once and notes where the power could be cut (before and after every effect of the
 * machine, before, in and after every flash operation), then plays it anew for each of these points, cuts there, gives
 * the power back, lets people act sensibly, and checks the promises at the cut, in the dark and at the end.
 */
import { type CutPhase, PowerCut } from "../../tools/bench/flash.js";
import { openStory, playStory, REST_LIMIT_MS, type Story, StoryBroken, type StoryCabinet } from "../stories/story.js";
import { checkEnd, type Named, NOTHING_NAMED } from "./promises.js";
import { stillness } from "./stillness.js";

/** Ways a flash operation tears that are tried at each. */
const TEARS_PER_OPERATION = 3;
/** Long enough for all that falls to have fallen. */
const DARK_MS = 1_500;
const STARTING = "Starting …";
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

/** boundary: the n-th time an effect begins or ends. operation: the n-th of the ledger's flash. */
export type CutPoint =
  | { readonly at: "effect"; readonly boundary: number; readonly what: string }
  | { readonly at: "flash"; readonly operation: number; readonly phase: CutPhase; readonly seed: number };

export interface Survey {
  readonly points: readonly CutPoint[];
  /** Begins and ends of effects. */
  readonly boundaries: number;
  readonly operations: number;
}

/**
 * Every point at which the power can be cut in the story, up to the first power cut of its own. fromSelling: leaves out
 * the power-up, where it is that of another story.
 *
 * Boundaries between which nothing happened in the world are one point: same time, same flash, same acts. An effect
 * that is a message between rooms has its begin and end at one point, and so has `send`: the first bit of a command
 * leaves the board after it, and a transmission that breaks off before its first word is none.
 */
export function survey(story: Story, fromSelling: boolean): Survey {
  const cabinet = openStory(story);
  const points: CutPoint[] = [];
  let boundaries = 0;
  let acts = 0;
  let last = "";
  let counting = !fromSelling;
  const note = (what: string): void => {
    if (cabinet.plugsPulled > 0) return;
    boundaries += 1;
    const here = `${cabinet.world.nowUs} ${cabinet.ledgerFlash.operations} ${acts}`;
    if (counting && here !== last) points.push({ at: "effect", boundary: boundaries, what });
    last = here;
  };
  cabinet.watch = {
    before: (effect) => note(`before ${effect.do}`),
    after: (effect) => {
      if (ACTS.has(effect.do)) acts += 1;
      note(`after ${effect.do}`);
    },
  };
  let firstOperation = cabinet.ledgerFlash.operations;
  let operations = 0;
  cabinet.onPlugPulled = () => {
    operations = cabinet.ledgerFlash.operations;
  };
  cabinet.untilSelling();
  if (fromSelling) firstOperation = cabinet.ledgerFlash.operations;
  counting = true;
  playStory(story, cabinet);
  if (cabinet.plugsPulled === 0) operations = cabinet.ledgerFlash.operations;
  for (let operation = firstOperation + 1; operation <= operations; operation++) {
    points.push(...pointsOf(operation));
  }
  return { points, boundaries, operations: Math.max(0, operations - firstOperation) };
}

function pointsOf(operation: number): CutPoint[] {
  const points: CutPoint[] = [];
  for (const phase of ["before", "after"] as const) points.push({ at: "flash", operation, phase, seed: 1 });
  for (let tear = 0; tear < TEARS_PER_OPERATION; tear++) {
    points.push({ at: "flash", operation, phase: "during", seed: operation * TEARS_PER_OPERATION + tear });
  }
  return points;
}

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

/** The power is gone: sound at that moment, then all that falls has fallen. */
function intoTheDark(cabinet: StoryCabinet, when: string): void {
  cabinet.watch = undefined;
  cabinet.assertSound(when);
  cabinet.mend();
  cabinet.runFor(DARK_MS);
}

/** Cuts of one recovery: those to play, and how many more there are that leave what one of these leaves. */
export interface RecoveryCuts {
  readonly points: readonly CutPoint[];
  readonly alike: number;
}

/**
 * Where the power can be cut in the recovery from `point`, boundaries and operations counted from its power-up on, and
 * the state it starts from: equal states recover equally.
 */
export function surveyRecovery(story: Story, point: CutPoint): { readonly state: string; cuts(): RecoveryCuts } {
  const cabinet = cutOnce(story, point);
  return { state: stateOf(cabinet), cuts: () => recoveryCuts(story, cabinet) };
}

/** Plays the recovery to its end, noting where it could be cut; of moments that are alike (`stillness`) the first. */
function recoveryCuts(story: Story, cabinet: StoryCabinet): RecoveryCuts {
  const points: CutPoint[] = [];
  const still = new Set<string>();
  let boundaries = 0;
  let acts = 0;
  let alike = 0;
  let last = "";
  const add = (point: CutPoint): void => {
    const marks = stillness(cabinet);
    if (marks !== undefined && still.has(marks)) alike += 1;
    else points.push(point);
    if (marks !== undefined) still.add(marks);
  };
  const note = (what: string): void => {
    boundaries += 1;
    const here = `${cabinet.world.nowUs} ${cabinet.ledgerFlash.operations} ${acts}`;
    if (here !== last) add({ at: "effect", boundary: boundaries, what });
    last = here;
  };
  cabinet.watch = {
    before: (effect) => note(`before ${effect.do}`),
    after: (effect) => {
      if (ACTS.has(effect.do)) acts += 1;
      note(`after ${effect.do}`);
    },
  };
  onOperations(cabinet.ledgerFlash, (operation, phase) => {
    const point = { at: "flash", operation, phase, seed: operation } as const;
    if (phase === "during") points.push(point);
    else add(point);
  });
  goOn(cabinet);
  checkEnd(story, cabinet);
  return { points, alike };
}

/** Tells of every operation from now on, numbered from 1, in each of its phases; `during` before it has an effect. */
function onOperations(flash: StoryCabinet["ledgerFlash"], tell: (operation: number, phase: CutPhase) => void): void {
  const first = flash.operations;
  const around = (act: () => void): void => {
    const operation = flash.operations - first + 1;
    tell(operation, "before");
    tell(operation, "during");
    act();
    tell(operation, "after");
  };
  const write = flash.write.bind(flash);
  const eraseBlock = flash.eraseBlock.bind(flash);
  flash.write = (offset, bytes) => around(() => write(offset, bytes));
  flash.eraseBlock = (block) => around(() => eraseBlock(block));
}

/**
 * As `playCut`, and the power cut again at `second` of the recovery. known: states whose recovery has been seen to end
 * well; where the second cut leads to one of them, that is not played again; else it is one of them afterwards.
 */
export function playSecondCut(story: Story, first: CutPoint, second: CutPoint, known: Set<string>): void {
  const cabinet = cutOnce(story, first);
  armRecovery(cabinet, second);
  try {
    goOn(cabinet);
  } catch (error) {
    if (!(error instanceof StoryBroken)) throw error;
  }
  if (!cabinet.broken) throw new Error("the recovery ended before the second cut");
  intoTheDark(cabinet, "at the second cut");
  const state = stateOf(cabinet);
  if (known.has(state)) return;
  goOn(cabinet);
  checkEnd(story, cabinet);
  known.add(state);
}

function armRecovery(cabinet: StoryCabinet, point: CutPoint): void {
  const { operations } = cabinet.ledgerFlash;
  const absolute = point.at === "flash" ? { ...point, operation: operations + point.operation } : point;
  arm(cabinet, absolute);
}

/**
 * Everything that a recovery depends on, without times: the ledger's state and its torn ends, where coins, bills and
 * products are and how they came there, how spirals and devices stand.
 */
function stateOf(cabinet: StoryCabinet): string {
  const { durable, records } = cabinet.readFlash();
  const { truth, changer, validator, spirals, ledgerFlash, planogram, door, beam, network } = cabinet;
  const { flows, ...sums } = truth.tallies;
  const columns = planogram.slots.map(({ column }) => {
    const { angle, releaseAt, products, hanging, jammed } = spirals.columnState(column);
    const stands = spirals.awayFromHome.includes(column) ? (angle < releaseAt ? "before" : "past") : "home";
    return [stands, products, hanging, jammed];
  });
  return JSON.stringify([
    { ...durable, bootNo: 0, lastWallS: 0 },
    records.map(({ kind }) => kind),
    [ledgerFlash.unstableBits > 0, cabinet.fleet.mark(cabinet.options.machineId)],
    [[...flows].sort(), sums],
    columns,
    changer?.options.types.map((_, type) => [changer.tubes.count(type), changer.tubes.jamOf(type)]),
    [validator?.path.motion, validator?.path.stackerCount, changer?.plugged, validator?.plugged],
    truth.cards.charges.map(({ state, amountMinor }) => [state, amountMinor]),
    [door.open, beam.blocked, network.available, cabinet.thermometer.milliC, cabinet.plugsPulled],
  ]);
}

/** The power is back: who has money inside asks for it and waits; who left the door open comes back and shuts it. */
function goOn(cabinet: StoryCabinet): void {
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

function arm(cabinet: StoryCabinet, point: CutPoint): void {
  cabinet.powerOn();
  if (point.at === "flash") {
    const { operation, phase, seed } = point;
    cabinet.ledgerFlash.cutAt(operation - cabinet.ledgerFlash.operations, phase, seed);
    return;
  }
  let left = point.boundary;
  const pass = (): void => {
    left -= 1;
    if (left === 0) throw new PowerCut(point.what);
  };
  cabinet.watch = { before: pass, after: pass };
}

/** Words for a point, enough to find it again. */
export function describe(point: CutPoint): string {
  if (point.at === "effect") return `${point.what} (boundary ${point.boundary})`;
  return `${point.phase} flash operation ${point.operation} (tear seed ${point.seed})`;
}

export interface Tally {
  stories: number;
  boundaries: number;
  operations: number;
  points: number;
  /** Cut points, by the named class of difference they ended in. */
  readonly named: { -readonly [name in keyof Named]: number };
}

export function emptyTally(): Tally {
  return { stories: 0, boundaries: 0, operations: 0, points: 0, named: { ...NOTHING_NAMED } };
}

/** The tally in one line. */
export function tellTally(tally: Tally): string {
  const { stories, boundaries, operations, points, named } = tally;
  return (
    `${stories} stories, ${boundaries} begins and ends of effects, ${operations} flash operations: ` +
    `${points} different cuts; ${named.unreportedMinor} left a coin to the audit, ${named.claimedMinor} a claim, ` +
    `${named.unseenGoods} a product nobody saw fall`
  );
}

/** Cuts a story at every `stride`-th point and adds to the tally. Throws with every point that broke a promise. */
export function cutEverywhere(story: Story, tally: Tally, fromSelling: boolean, stride = 1): void {
  const { points, boundaries, operations } = survey(story, fromSelling);
  const broken: string[] = [];
  tally.stories += 1;
  tally.boundaries += boundaries;
  tally.operations += operations;
  for (let i = 0; i < points.length; i += stride) {
    const point = points[i];
    if (point === undefined) continue;
    tally.points += 1;
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
