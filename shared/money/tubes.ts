/**
 * Coin stock as the payable set and the coin plan see it: what counts, in which unit, up to which bounds.
 */
import { commonUnitMinor } from "./scaling.js";

/** Coins of one type. `valueMinor` 0 stands for a token or an unused type and is never paid. */
export interface Tube {
  readonly valueMinor: number;
  readonly count: number;
}

/** Coin types of one changer (MDB types 0–15). */
export const MAX_TYPES = 16;

/** Kinds of pieces in one plan: four stores of 16 types each. */
export const MAX_TUBES = 64;

/** Coins of one type that are reckoned with, more are ignored: an MDB tube count is one byte. */
export const MAX_COINS_PER_TYPE = 255;

/** Greatest amount, in common units, of a payable set and of one exact plan: $40.96 at 1 ¢, $204.80 at 5 ¢. */
export const MAX_UNITS = 4096;

/** A type that can pay, in units of the stock. `index` is its place among the tubes (the MDB coin type). */
export interface Stack {
  readonly index: number;
  readonly valueUnits: number;
  readonly count: number;
}

export interface Stock {
  /** Greatest common divisor of all payable coins; 1 if there are none. */
  readonly unitMinor: number;
  /** Ascending by value, and by index among equals. */
  readonly stacks: readonly Stack[];
}

/**
 * The types that can pay: positive value up to `maxMinor`, count above 0. RangeError for more than `MAX_TUBES` tubes,
 * for a value or count that is no integer, or is negative.
 */
export function stockOf(tubes: readonly Tube[], maxMinor: number): Stock {
  if (tubes.length > MAX_TUBES) throw new RangeError(`${tubes.length} coin types`);
  const paying: number[] = [];
  for (let index = 0; index < tubes.length; index++) {
    const { valueMinor = 0, count = 0 } = tubes[index] ?? {};
    if (!Number.isInteger(valueMinor) || !Number.isInteger(count) || valueMinor < 0 || count < 0) {
      throw new RangeError(`tube ${index}: ${count} × ${valueMinor}`);
    }
    if (count > 0 && valueMinor > 0 && valueMinor <= maxMinor) paying.push(index);
  }
  const unitMinor = commonUnitMinor(paying.map((index) => tubes[index]?.valueMinor ?? 0)) || 1;
  const stacks = paying.map((index) => {
    const { valueMinor = 0, count = 0 } = tubes[index] ?? {};
    return { index, valueUnits: valueMinor / unitMinor, count: Math.min(count, MAX_COINS_PER_TYPE) };
  });
  stacks.sort((left, right) => left.valueUnits - right.valueUnits || left.index - right.index);
  return { unitMinor, stacks };
}
