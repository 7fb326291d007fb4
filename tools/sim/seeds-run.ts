/** Runs seeds, one here or many in worker processes, and tells a failing one as the shortest story that still fails. */
import { narrowed, planOf, type SimPlan, tellPlan } from "./plan.js";
import { runPlan, type SimResult } from "./run.js";
import { shrink } from "./shrink.js";
import { add, count, emptySimTally, type SimTally } from "./tally.js";
import { inWorkers } from "./workers.js";

export interface SeedsRequest {
  readonly count: number;
  readonly from: number;
  readonly days: number;
  readonly workers: number;
  readonly say: (line: string) => void;
}

export interface SeedRequest {
  readonly seed: number;
  readonly days: number;
  /** Only these of the plan; undefined = all. */
  readonly people: readonly number[] | undefined;
  readonly troubles: readonly number[] | undefined;
  readonly say: (line: string) => void;
}

/** Seeds a worker does before it is replaced by a fresh one. */
const SEEDS_A_PART = 50;
/** Failing seeds that are shrunk; the others are only named. */
const MOST_SHRUNK = 3;
const SHRINK_MS = 30_000;

export async function runSeeds({ count: seeds, from, days, workers, say }: SeedsRequest): Promise<SimTally> {
  const tally = emptySimTally();
  const parts: string[] = [];
  for (let at = 0; at < seeds; at += SEEDS_A_PART) {
    parts.push(JSON.stringify({ from: from + at, count: Math.min(SEEDS_A_PART, seeds - at), days }));
  }
  const startMs = performance.now();
  let done = 0;
  const results = await inWorkers(
    "./seeds-worker.js",
    parts,
    workers,
    (line) => say(line),
    isTallyOf((part) => {
      done += part.seeds;
      const perS = (done / (performance.now() - startMs)) * 1_000;
      say(`${done} of ${seeds} seeds, ${perS.toFixed(1)} a second`);
    }),
  );
  for (const part of results) add(tally, part);
  tally.failed.sort((left, right) => left.seed - right.seed);
  for (const { seed } of tally.failed.slice(0, MOST_SHRUNK))
    tellSeed({ seed, days, people: undefined, troubles: undefined, say });
  return tally;
}

/** Runs one seed; if it fails, shrinks it and tells the story and how to play it again. */
export function tellSeed({ seed, days, people, troubles, say }: SeedRequest): SimTally {
  const tally = emptySimTally();
  const whole = planOf(seed, days);
  const plan = people === undefined && troubles === undefined ? whole : only(whole, people, troubles);
  const result = runPlan(plan);
  count(tally, result);
  if (result.violations.length > 0) tellFailure(plan, result, days, say);
  return tally;
}

function tellFailure(plan: SimPlan, result: SimResult, days: number, say: (line: string) => void): void {
  const untilMs = performance.now() + SHRINK_MS;
  const shrunk = shrink(plan, result, () => performance.now() < untilMs);
  for (const line of tellPlan(shrunk.plan)) say(line);
  for (const line of shrunk.result.violations) say(`  ! ${line}`);
  const indices = (list: readonly { readonly index: number }[]): string => list.map(({ index }) => index).join(",");
  const chosen = `--people "${indices(shrunk.plan.people)}" --troubles "${indices(shrunk.plan.troubles)}"`;
  const length = days > 0 ? ` --days ${days}` : "";
  say(`the shortest of ${shrunk.runs} runs; again: npm run --silent sim -- --seed ${plan.seed}${length} ${chosen}`);
}

function only(plan: SimPlan, people?: readonly number[], troubles?: readonly number[]): SimPlan {
  const all = (list: readonly { readonly index: number }[]): number[] => list.map(({ index }) => index);
  return narrowed(plan, new Set(people ?? all(plan.people)), new Set(troubles ?? all(plan.troubles)));
}

/** Recognises a worker's result, and tells of it. */
function isTallyOf(heard: (tally: SimTally) => void): (message: unknown) => message is SimTally {
  return (message): message is SimTally => {
    const is = typeof message === "object" && message !== null && "seeds" in message && "failed" in message;
    if (is) heard(Object.assign(emptySimTally(), message));
    return is;
  };
}
