/**
 * Whether an amount can be left to somebody else's choice of coins: a changer that pays by value takes which coins it
 * likes, as long as they are not more than what is due.
 */
import type { Tube } from "./tubes.js";

/**
 * True if, whatever coins are taken first, what is still due stays payable: the smallest coin there is divides every
 * other that could be taken, and its tube alone holds the whole amount. Sufficient, not necessary.
 */
export function anyChoicePays(tubes: readonly Tube[], dueMinor: number): boolean {
  let smallest = Infinity;
  let smallCoins = 0;
  for (const { valueMinor, count } of tubes) {
    if (count === 0 || valueMinor <= 0 || valueMinor > smallest) continue;
    smallCoins = valueMinor === smallest ? smallCoins + count : count;
    smallest = valueMinor;
  }
  if (dueMinor % smallest !== 0 || smallCoins * smallest < dueMinor) return false;
  return tubes.every(({ valueMinor, count }) => count === 0 || valueMinor > dueMinor || valueMinor % smallest === 0);
}
