/**
 * The coin tubes as things: coins stacked in glass, with sensors that may lie. They keep their coins without power.
 */
import { COIN_TYPES } from "../../shared/mdb/coin-changer.js";
import type { Coin, Truth } from "./truth.js";

export interface CoinTypeSpec {
  readonly valueMinor: number;
  /** Coins its tube holds; 0 = no tube, always to the cash box. */
  readonly capacity: number;
  /** Coins in the tube at the start. */
  readonly count?: number;
}

/** How a tube fails to pay: for good (undefined) or after so many more coins. */
export interface TubeJam {
  afterCoins: number;
  /** False: the changer does not notice (no 07). */
  readonly noticed: boolean;
}

export class CoinTubes {
  readonly types: readonly CoinTypeSpec[];
  readonly #truth: Truth;
  readonly #coins: Coin[][] = [];
  readonly #jams = new Map<number, TubeJam>();
  readonly #defective = new Set<number>();

  constructor(truth: Truth, types: readonly CoinTypeSpec[]) {
    if (types.length > COIN_TYPES) throw new RangeError("bench: at most 16 coin types");
    this.#truth = truth;
    this.types = types;
    for (let type = 0; type < types.length; type++) {
      this.#coins.push([]);
      this.fill(type, types[type]?.count ?? 0);
    }
  }

  /** Bit n: type n has a tube. */
  get mask(): number {
    return this.types.reduce((mask, { capacity }, type) => (capacity > 0 ? mask | (1 << type) : mask), 0);
  }

  count(type: number): number {
    return this.#coins[type]?.length ?? 0;
  }

  isFull(type: number): boolean {
    return this.count(type) >= (this.types[type]?.capacity ?? 0);
  }

  /** A coin slides in from above. */
  put(coin: Coin, type: number): void {
    this.#coins[type]?.push(coin);
    this.#truth.moveCoin(coin, "tube", type);
  }

  /** The service person puts coins in by hand, as many as fit. Returns how many. */
  fill(type: number, count: number): number {
    const spec = this.types[type];
    if (spec === undefined) return 0;
    const fitting = Math.min(count, spec.capacity - this.count(type));
    for (let i = 0; i < fitting; i++) this.put(this.#truth.newCoin(spec.valueMinor, "operator"), type);
    return fitting;
  }

  /** The service person takes coins out by hand. Returns how many there were. */
  empty(type: number, count: number): number {
    const taken = this.#coins[type]?.splice(0, count) ?? [];
    for (const coin of taken) this.#truth.moveCoin(coin, "operator");
    return taken.length;
  }

  /** The lowest coin is pushed out, into the cup or a service person's hand; false if none comes. */
  eject(type: number, to: "cup" | "operator"): boolean {
    const jam = this.#jams.get(type);
    if (jam !== undefined && jam.afterCoins <= 0) return false;
    const coin = this.#coins[type]?.shift();
    if (coin === undefined) return false;
    if (jam !== undefined) jam.afterCoins -= 1;
    this.#truth.moveCoin(coin, to);
    return true;
  }

  jam(type: number, jam: Partial<TubeJam> = {}): void {
    this.#jams.set(type, { afterCoins: jam.afterCoins ?? 0, noticed: jam.noticed ?? true });
  }

  unjam(type: number): void {
    this.#jams.delete(type);
  }

  jamOf(type: number): TubeJam | undefined {
    return this.#jams.get(type);
  }

  /** A defective sensor shows as full bit with count 0 (TUBE STATUS). */
  setDefective(type: number, defective: boolean): void {
    if (defective) this.#defective.add(type);
    else this.#defective.delete(type);
  }

  isDefective(type: number): boolean {
    return this.#defective.has(type);
  }

  get anyDefective(): boolean {
    return this.#defective.size > 0;
  }

  /** What TUBE STATUS says; `settled` false: the sensors have not been read yet after a reset. */
  report(settled: boolean): { readonly fullMask: number; readonly counts: readonly number[] } {
    let fullMask = 0;
    const counts: number[] = [];
    for (let type = 0; type < COIN_TYPES; type++) {
      const hasTube = (this.types[type]?.capacity ?? 0) > 0;
      const defective = this.#defective.has(type);
      if (hasTube && settled && (defective || this.isFull(type))) fullMask |= 1 << type;
      counts.push(hasTube && settled && !defective ? Math.min(this.count(type), 255) : 0);
    }
    return { fullMask, counts };
  }
}
