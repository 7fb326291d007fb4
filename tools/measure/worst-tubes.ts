/**
 * Stocks that make payable sets and coin plans work hardest at 1 ¢ up to $20.00. Benches measure them on Node and on
 * XS; plain data, so that it can be measured alone.
 */
import { deepFreeze } from "../../shared/freeze.js";
import { MAX_COINS_PER_TYPE, MAX_TYPES, type Tube } from "../../shared/money/tubes.js";

export const WORST_CASE_MINOR = 2000;

export interface WorstCase {
  readonly name: string;
  readonly tubes: readonly Tube[];
}

/** Sixteen types of full tubes, each value from `valueMinor(type)`. */
function fullTubes(valueMinor: (type: number) => number): Tube[] {
  return Array.from({ length: MAX_TYPES }, (_, type) => ({ valueMinor: valueMinor(type), count: MAX_COINS_PER_TYPE }));
}

/** Named so that a bench can say which one was the worst. */
export function worstCaseTubes(): readonly WorstCase[] {
  return deepFreeze([
    { name: "values 1 to 16", tubes: fullTubes((type) => type + 1) },
    { name: "values 7 to 22", tubes: fullTubes((type) => type + 7) },
    { name: "fifteen tubes of 8 and one of 9", tubes: [...fullTubes(() => 8).slice(1), { valueMinor: 9, count: 255 }] },
    { name: "sixteen tubes of 1", tubes: fullTubes(() => 1) },
    { name: "values 97 and up", tubes: fullTubes((type) => 97 + 8 * type) },
    {
      name: "primes",
      tubes: fullTubes((type) => [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53][type] ?? 1),
    },
    {
      name: "values 1 to 16, the upper tubes nearly empty",
      tubes: [255, 255, 255, 255, 38, 26, 52, 23, 12, 20, 59, 19, 19, 3, 3, 29].map((count, type) => ({
        valueMinor: type + 1,
        count,
      })),
    },
    {
      name: "US coins in sixteen tubes",
      tubes: fullTubes((type) => [1, 5, 10, 25, 50, 100, 1, 5, 10, 25, 50, 100, 1, 5, 10, 25][type] ?? 1),
    },
    { name: "US coins", tubes: [1, 5, 10, 25, 100].map((valueMinor) => ({ valueMinor, count: MAX_COINS_PER_TYPE })) },
  ]);
}
