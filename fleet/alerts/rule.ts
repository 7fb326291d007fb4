/** What a rule is: a row of the table in rules.ts. Pure; whatever it knows is handed in. */
import type { Severity } from "../../shared/faults.js";
import type { Fact, Facts, MachineFacts, Units } from "./facts.js";

/** A number an operator may set. `about` is its documentation, units included. */
export interface Threshold {
  readonly preset: number;
  readonly least: number;
  readonly most: number;
  readonly about: string;
}

/** What a rule finds wrong. */
export interface Finding {
  /** Where the rule is per slot. */
  readonly slot?: string;
  /** The whole sentence. */
  readonly sentence: string;
  /** Where it differs from the rule's. */
  readonly severity?: Severity;
  /** Since when, where that is known better than from looking. */
  readonly sinceMs?: number;
  /** Which one it is, where one is not like the next: another one says the sentence anew, and undoes a dismissal. */
  readonly instance?: string;
}

/** What a rule is judged with. */
export interface At<Name extends string> {
  readonly nowMs: number;
  readonly units: Units;
  /** The operator's number for a threshold of the rule. */
  readonly limit: (name: Name) => number;
  /** Its alert is open: the limit to leave it is another than that to enter. */
  readonly isOpen: (slot?: string) => boolean;
  readonly memory: LinkMemory;
}

/** What is remembered of a machine between two looks, for rules. */
export interface LinkMemory {
  /** Coins that each tube once held: what never held any is no tube. */
  readonly tubes: readonly number[];
  /** When it connected, lately. */
  readonly connectsMs: readonly number[];
}

export interface Rule {
  readonly severity: Severity;
  readonly per: "machine" | "slot" | "operator";
  readonly about: string;
  /** Its own, and how long its cause must be there, or gone, without a break, where it waits for that. */
  readonly thresholds: Readonly<Record<string, Threshold>>;
  /** All it knows of a machine beyond whose and which it is: with nothing of it changed, it finds what it found. */
  readonly reads: readonly Fact[];
  /** Opens past a machine's budget: too grave to be held back. */
  readonly isUrgent: boolean;
  readonly finds: (facts: MachineFacts, at: At<string>) => readonly Finding[];
  /**
   * The next instant at which it may find something else though nobody marks what it reads: windows and ends pass.
   * Too early does no harm; null: never. Holds are not its matter.
   */
  readonly turns: (facts: MachineFacts, at: At<string>) => number | null;
}

interface Row<T, F extends Fact> {
  readonly severity: Severity;
  readonly per?: Rule["per"];
  readonly about: string;
  /** Minutes, unless an operator sets others; absent: it never waits, and nobody can have it wait. */
  readonly opensAfter?: number;
  readonly closesAfter?: number;
  readonly thresholds?: T;
  readonly reads: readonly F[];
  readonly isUrgent?: boolean;
  readonly finds: (facts: Facts<F>, at: At<keyof T & string>) => readonly Finding[];
  readonly turns?: (facts: Facts<F>, at: At<keyof T & string>) => number | null;
}

/** When fewer than `needed` of what happened at these times will lie within `windowMs`; null: they are fewer now. */
export function fewerThan(needed: number, timesMs: readonly number[], windowMs: number, nowMs: number): number | null {
  const within = timesMs.filter((ms) => ms > nowMs - windowMs).sort((a, b) => b - a);
  const last = within[needed - 1];
  return last === undefined ? null : last + windowMs;
}

const LONGEST_HOLD_MIN = 7 * 24 * 60;

/** A row with what is left out put in. */
export function rule<const T extends Readonly<Record<string, Threshold>>, const F extends Fact = never>(
  row: Row<T, F>,
): Rule {
  const { severity, per = "machine", about, opensAfter, closesAfter, thresholds, reads, isUrgent = false, finds } = row;
  const { turns = () => null } = row;
  const hold = (preset: number, what: string): Threshold => ({
    preset,
    least: 0,
    most: LONGEST_HOLD_MIN,
    about: `Minutes for which its cause must be ${what} without a break`,
  });
  return {
    ...{ severity, per, about, reads, isUrgent, finds, turns },
    thresholds: {
      ...thresholds,
      ...(opensAfter === undefined ? {} : { openAfterMinutes: hold(opensAfter, "there") }),
      ...(closesAfter === undefined ? {} : { closeAfterMinutes: hold(closesAfter, "gone") }),
    },
  };
}
