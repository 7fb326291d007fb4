/**
 * A hopper's bowls as things: coins thrown in by hand, pushed out one by one past a sensor that counts them. What the
 * hopper believes to hold is what it was told at the filling less what the sensor saw go. They keep their coins, and
 * the belief, without power.
 */
import type { Coin, Truth } from "./truth.js";
import type { CoinTypeSpec } from "./tubes.js";

/** A STATUS count has two bytes. */
const COUNT_MAX = 0xffff;

/** What came of turning the disc for one coin. */
export type Turned = "coin" | "nothing";

export class HopperBowls {
  readonly types: readonly CoinTypeSpec[];
  readonly #truth: Truth;
  readonly #coins: Coin[][] = [];
  readonly #believed: number[] = [];
  readonly #jams = new Map<number, number>();
  /** The next coin of the type brings a second one with it that the sensor does not part from it. */
  readonly #doubles = new Set<number>();
  /** The sensor sees a coin that does not come. */
  readonly #ghosts = new Set<number>();
  readonly #defective = new Set<number>();

  constructor(truth: Truth, types: readonly CoinTypeSpec[]) {
    this.#truth = truth;
    this.types = types;
    types.forEach(({ count = 0 }, type) => {
      this.#coins.push([]);
      this.#believed.push(0);
      this.fill(type, count);
    });
  }

  /** Coins that are in it. */
  count(type: number): number {
    return this.#coins[type]?.length ?? 0;
  }

  /** Coins that it says are in it. */
  believed(type: number): number {
    return this.#believed[type] ?? 0;
  }

  /** The service person throws coins in and keys in how many, as many as fit. Returns how many. */
  fill(type: number, count: number): number {
    const spec = this.types[type];
    if (spec === undefined) return 0;
    const fitting = Math.max(0, Math.min(count, spec.capacity - this.count(type)));
    for (let n = 0; n < fitting; n++) {
      const coin = this.#truth.newCoin(spec.valueMinor, "operator");
      this.#truth.moveCoin(coin, "hopper");
      this.#coins[type]?.push(coin);
    }
    this.#believed[type] = Math.min(COUNT_MAX, this.believed(type) + fitting);
    return fitting;
  }

  /** Coins taken out by hand without a word to the hopper. Returns how many there were. */
  empty(type: number, count: number): number {
    const taken = this.#coins[type]?.splice(0, count) ?? [];
    for (const coin of taken) this.#truth.moveCoin(coin, "operator");
    return taken.length;
  }

  /** The service person keys in what is in it. */
  recount(): void {
    this.types.forEach((_, type) => {
      this.#believed[type] = this.count(type);
    });
  }

  /** Turns for one coin into the cup or a service person's hand. */
  turn(type: number, to: "cup" | "operator"): Turned {
    const jam = this.#jams.get(type);
    if (jam !== undefined && jam <= 0) return "nothing";
    if (this.#ghosts.delete(type)) {
      this.#truth.phantomCoinsMinor += this.types[type]?.valueMinor ?? 0;
      this.#less(type);
      return "coin";
    }
    if (!this.#out(type, to)) return "nothing";
    if (jam !== undefined) this.#jams.set(type, jam - 1);
    this.#less(type);
    if (this.#doubles.delete(type) && this.#out(type, to)) {
      this.#truth.uncountedCoinsMinor += this.types[type]?.valueMinor ?? 0;
    }
    return "coin";
  }

  /** No coin comes after so many more. */
  jam(type: number, afterCoins = 0): void {
    this.#jams.set(type, afterCoins);
  }

  unjam(type: number): void {
    this.#jams.delete(type);
  }

  isJammed(type: number): boolean {
    const jam = this.#jams.get(type);
    return jam !== undefined && jam <= 0;
  }

  doubleNext(type: number): void {
    this.#doubles.add(type);
  }

  ghostNext(type: number): void {
    this.#ghosts.add(type);
  }

  /** Mishaps still to come do not come. */
  clearMishaps(): void {
    this.#doubles.clear();
    this.#ghosts.clear();
  }

  /** It says full and 0. */
  setDefective(type: number, defective: boolean): void {
    if (defective) this.#defective.add(type);
    else this.#defective.delete(type);
  }

  get anyDefective(): boolean {
    return this.#defective.size > 0;
  }

  /** What STATUS says, so many types. */
  report(types: number): { readonly fullMask: number; readonly counts: readonly number[] } {
    let fullMask = 0;
    const counts: number[] = [];
    for (let type = 0; type < types; type++) {
      const defective = this.#defective.has(type);
      const capacity = this.types[type]?.capacity ?? 0;
      if (defective || (capacity > 0 && this.believed(type) >= capacity)) fullMask |= 1 << type;
      counts.push(defective ? 0 : this.believed(type));
    }
    return { fullMask, counts };
  }

  #out(type: number, to: "cup" | "operator"): boolean {
    const coin = this.#coins[type]?.shift();
    if (coin === undefined) return false;
    this.#truth.moveCoin(coin, to);
    return true;
  }

  #less(type: number): void {
    this.#believed[type] = Math.max(0, this.believed(type) - 1);
  }
}
