/** Makes a failing plan short: leaves out people and troubles as long as it still fails, within a bounded time. */
import { narrowed, type SimPlan } from "./plan.js";
import { runPlan, type SimResult } from "./run.js";

export interface Shrunk {
  readonly plan: SimPlan;
  readonly result: SimResult;
  /** Runs it took. */
  readonly runs: number;
}

/**
 * `inTime`: asked before each further run. Any violation counts as the same failure: the shortest story that still
 * breaks something is worth more than a long one that breaks the same thing.
 */
export function shrink(plan: SimPlan, result: SimResult, inTime: () => boolean): Shrunk {
  let best: Shrunk = { plan, result, runs: 0 };
  const attempt = (next: SimPlan): boolean => {
    const told = runPlan(next);
    const fails = told.violations.length > 0;
    best = { plan: fails ? next : best.plan, result: fails ? told : best.result, runs: best.runs + 1 };
    return fails;
  };
  let shorter = true;
  while (shorter && inTime()) {
    const before = size(best.plan);
    leaveOut("people");
    leaveOut("troubles");
    shorter = size(best.plan) < before;
  }
  return best;

  /** First halves, then quarters, then one by one, from the end: what comes after the failure goes first. */
  function leaveOut(what: "people" | "troubles"): void {
    for (let share = 2; inTime(); share *= 2) {
      const length = Math.max(1, Math.ceil(best.plan[what].length / share));
      for (let end = best.plan[what].length; end > 0 && inTime(); end -= length) {
        attempt(without(best.plan, what, Math.max(0, end - length), end));
      }
      if (length === 1) return;
    }
  }
}

/** The plan without the people or troubles at positions from … end − 1. */
function without(plan: SimPlan, what: "people" | "troubles", from: number, end: number): SimPlan {
  const people = new Set(plan.people.map(({ index }) => index));
  const troubles = new Set(plan.troubles.map(({ index }) => index));
  const left = what === "people" ? people : troubles;
  for (const { index } of plan[what].slice(from, end)) left.delete(index);
  return narrowed(plan, people, troubles);
}

function size({ people, troubles }: SimPlan): number {
  return people.length + troubles.length;
}
