/** Moneys that random machines take, and how one of several things is drawn. */
import { deepFreeze } from "../../shared/freeze.js";
import type { Rng } from "../bench/rng.js";

export interface Money {
  readonly code: string;
  readonly currency: number;
  readonly decimals: number;
  /** BCD as in SETUP. */
  readonly country: number;
  readonly coins: readonly number[];
  readonly coinScaling: number;
  readonly bills: readonly number[];
  readonly billScaling: number;
  /** Prices are multiples of it. */
  readonly step: number;
  readonly pricesFrom: number;
  readonly pricesTo: number;
}

export const MONEY: readonly Money[] = deepFreeze([
  {
    code: "USD",
    currency: 840,
    decimals: 2,
    country: 0x1840,
    coins: [5, 10, 25, 100],
    coinScaling: 5,
    bills: [100, 500, 1_000, 2_000],
    billScaling: 100,
    step: 5,
    pricesFrom: 50,
    pricesTo: 400,
  },
  {
    code: "EUR",
    currency: 978,
    decimals: 2,
    country: 0x1978,
    coins: [5, 10, 20, 50, 100, 200],
    coinScaling: 5,
    bills: [500, 1_000, 2_000],
    billScaling: 100,
    step: 10,
    pricesFrom: 50,
    pricesTo: 600,
  },
  {
    code: "JPY",
    currency: 392,
    decimals: 0,
    country: 0x1392,
    coins: [10, 50, 100, 500],
    coinScaling: 10,
    bills: [1_000],
    billScaling: 1_000,
    step: 10,
    pricesFrom: 80,
    pricesTo: 500,
  },
  {
    code: "KWD",
    currency: 414,
    decimals: 3,
    country: 0x1414,
    coins: [5, 10, 20, 50, 100],
    coinScaling: 5,
    bills: [250, 500, 1_000],
    billScaling: 50,
    step: 5,
    pricesFrom: 50,
    pricesTo: 900,
  },
]);

export function pick<T>(rng: Rng, from: readonly T[]): T {
  const drawn = from[rng.below(from.length)];
  if (drawn === undefined) throw new RangeError("sim: nothing to draw from");
  return drawn;
}
