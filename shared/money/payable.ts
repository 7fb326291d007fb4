/**
 * The set P of all amounts that can be paid exactly from limited tubes, one bit per amount, for the acceptance rules.
 * Rebuilt once per change of a tube; a question to it costs a few steps. Memory: an eighth of a byte per common unit.
 */
import { MAX_UNITS, stockOf, type Tube } from "./tubes.js";

export interface PayableSet {
  /** All payable amounts are multiples of it. */
  readonly unitMinor: number;
  /** Greatest amount the set answers for; above it nothing is payable. */
  readonly maxMinor: number;
  /** Bit u % 32 of word u >> 5: u × unitMinor is payable. */
  readonly words: Int32Array;
}

/**
 * All amounts from 0 to `maxMinor` that `tubes` can pay exactly. Coins dearer than `maxMinor` do not matter. Beyond
 * `MAX_UNITS` common units, and beyond `MAX_COINS_PER_TYPE` coins of a type, it answers "no" rather than "yes".
 * RangeError as `stockOf`.
 */
export function payableSet(tubes: readonly Tube[], maxMinor: number): PayableSet {
  const { unitMinor, stacks } = stockOf(tubes, maxMinor);
  const maxUnits = Math.min(Math.floor(Math.max(maxMinor, 0) / unitMinor), MAX_UNITS);
  // Int32Array: on XS an unsigned word above 2^31 would become a float.
  const words = new Int32Array((maxUnits >> 5) + 1);
  words[0] = 1;
  let reachUnits = 0;
  for (const { valueUnits, count } of stacks) {
    let left = Math.min(count, Math.floor(maxUnits / valueUnits));
    // Binary splitting: 1, 2, 4, … coins and a rest make up every number of coins from 0 to count.
    for (let coins = 1; left > 0; coins *= 2) {
      const taken = Math.min(coins, left);
      left -= taken;
      reachUnits = Math.min(reachUnits + taken * valueUnits, maxUnits);
      addShifted(words, taken * valueUnits, reachUnits >> 5);
    }
  }
  // Bits beyond maxUnits in the last word stay set where reached: isPayable asks only up to maxMinor.
  return { unitMinor, maxMinor: Math.min(maxMinor, maxUnits * unitMinor), words };
}

/** True if `amountMinor` can be paid exactly; false below 0 and above the set's `maxMinor`. */
export function isPayable(set: PayableSet, amountMinor: number): boolean {
  if (amountMinor < 0 || amountMinor > set.maxMinor || amountMinor % set.unitMinor !== 0) return false;
  const units = amountMinor / set.unitMinor;
  return (((set.words[units >> 5] ?? 0) >>> (units & 31)) & 1) === 1;
}

/** Greatest payable amount not above `amountMinor`; 0 at least. */
export function largestPayable(set: PayableSet, amountMinor: number): number {
  let amount = Math.min(amountMinor, set.maxMinor);
  amount -= amount % set.unitMinor;
  while (amount > 0 && !isPayable(set, amount)) amount -= set.unitMinor;
  return Math.max(amount, 0);
}

/**
 * words |= words << shift, for words up to `top`; downwards, so that every source is still the old one. Locals stand
 * outside the loops because XS pays for each declaration inside one on every pass; this is the loop that counts.
 */
function addShifted(words: Int32Array, shift: number, top: number): void {
  const wordShift = shift >> 5;
  const bitShift = shift & 31;
  let to = top;
  let from = top - wordShift;
  if (bitShift === 0) {
    while (from >= 0) {
      words[to] = (words[to] ?? 0) | (words[from] ?? 0);
      to--;
      from--;
    }
    return;
  }
  const back = 32 - bitShift;
  let upper = words[from] ?? 0;
  let lower = 0;
  while (from > 0) {
    lower = words[--from] ?? 0;
    words[to] = (words[to] ?? 0) | (upper << bitShift) | (lower >>> back);
    upper = lower;
    to--;
  }
  if (from === 0) words[to] = (words[to] ?? 0) | (upper << bitShift);
}
