/**
 * Tries input after input on each target, by turns, for so long or so often. One seed replays everything: an input is
 * drawn from (seed, target, number) alone. Ends at the first failure of a target and goes on with the others.
 */
import { Rng } from "../bench/rng.js";
import { mutate } from "./mutate.js";
import type { Target } from "./target.js";

export interface Budget {
  /** Inputs of each target; Infinity: only time counts. */
  readonly inputs: number;
  readonly seconds: number;
}

export interface TargetResult {
  readonly name: string;
  readonly inputs: number;
  readonly failure: Failure | undefined;
}

export interface Failure {
  readonly number: number;
  readonly input: Uint8Array;
  readonly message: string;
}

/** Inputs of one target before the next has its turn. */
const TURN = 500;
/** A reader that has not answered by then hangs. */
export const ANSWER_WITHIN_MS = 20_000;

/** The input with this number. */
export function inputOf(target: Target, seed: number, number: number): Uint8Array {
  return mutate(new Rng(seed * 0x1_0000_0001 + number), target.corpus, target.maxBytes);
}

/** Results in the order of `targets`. `say` is told now and then how many inputs were tried. */
export async function fuzz(
  targets: readonly Target[],
  seed: number,
  budget: Budget,
  say: (inputs: number) => void = () => undefined,
): Promise<readonly TargetResult[]> {
  const endMs = performance.now() + budget.seconds * 1_000;
  const states = targets.map((target) => ({ target, inputs: 0, failure: undefined as Failure | undefined }));
  const isOpen = (state: (typeof states)[number]): boolean =>
    state.failure === undefined && state.inputs < budget.inputs && performance.now() < endMs;
  while (states.some(isOpen)) {
    for (const state of states.filter(isOpen)) {
      const turn = Math.min(TURN, budget.inputs - state.inputs);
      const turnEndMs = performance.now() + 1_000;
      for (let i = 0; i < turn && state.failure === undefined; i++) {
        state.failure = await failureOf(state.target, inputOf(state.target, seed, state.inputs), state.inputs);
        state.inputs += 1;
        if (performance.now() > Math.min(endMs, turnEndMs)) break;
      }
    }
    say(states.reduce((sum, { inputs }) => sum + inputs, 0));
  }
  return states.map(({ target: { name }, inputs, failure }) => ({ name, inputs, failure }));
}

/** Undefined: the reader took or refused it. */
async function failureOf(target: Target, input: Uint8Array, number: number): Promise<Failure | undefined> {
  let timer: NodeJS.Timeout | undefined;
  try {
    const answer = target.run(input);
    if (answer === undefined) return undefined;
    const hangs = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${ANSWER_WITHIN_MS} ms`)), ANSWER_WITHIN_MS);
    });
    await Promise.race([answer, hangs]);
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? `${error.message}\n${error.stack ?? ""}` : String(error);
    return { number, input, message };
  } finally {
    clearTimeout(timer);
  }
}
