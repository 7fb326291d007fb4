/** The changer's payout mechanism: coins are pushed out one by one; a cycle ends when the last one has been tried. */
import type { Rng } from "./rng.js";
import type { CoinTubes } from "./tubes.js";
import type { Timer, World } from "./world.js";

/** From the order to the first coin, between coins, from the last coin to the end of the cycle; microseconds. */
const FIRST_COIN_US = [110_000, 190_000] as const;
const NEXT_COIN_US = 120_000;
const LAST_COIN_US = [50_000, 110_000] as const;
/** A cycle of any length ends within this: a changer must speak again within its 2 s (MDB 4.2 §5.3, p70). */
const CYCLE_MAX_US = 1_700_000;

/** How a cycle ended. `failed`: a coin did not come and the changer noticed. */
export interface PayoutEnd {
  readonly paidMinor: number;
  readonly failed: boolean;
}

export class Payout {
  readonly #world: World;
  readonly #rng: Rng;
  readonly #tubes: CoinTubes;
  readonly #ended: (end: PayoutEnd) => void;
  #timer: Timer | undefined;
  #left: number[] = [];
  #paidMinor = 0;
  #failed = false;
  #byValue = false;
  /** Coins paid by type since last read and ACKed (0F 03), and their value since last asked (0F 04); by value only. */
  readonly counts: number[] = new Array<number>(16).fill(0);
  valueSincePollMinor = 0;

  constructor(world: World, rng: Rng, tubes: CoinTubes, ended: (end: PayoutEnd) => void) {
    this.#world = world;
    this.#rng = rng;
    this.#tubes = tubes;
    this.#ended = ended;
  }

  get busy(): boolean {
    return this.#timer !== undefined;
  }

  /** Pays one coin of each type listed, in order. byValue: it is told by 0F 03 and 0F 04 what was paid. */
  start(types: readonly number[], byValue = false): void {
    this.#left = [...types];
    this.#byValue = byValue;
    this.#paidMinor = 0;
    this.#failed = false;
    const gapUs = Math.min(NEXT_COIN_US, Math.floor(CYCLE_MAX_US / types.length));
    this.#timer = this.#world.after(this.#rng.between(...FIRST_COIN_US), () => this.#next(gapUs));
  }

  /** No power: what is not out stays in. */
  stop(): void {
    this.#world.cancel(this.#timer);
    this.#timer = undefined;
    this.#left = [];
  }

  /** A payout by value begins: its status and its value polls are about nothing older. */
  forget(): void {
    this.counts.fill(0);
    this.valueSincePollMinor = 0;
  }

  /**
   * Types of the coins a changer picks for a value by itself: the largest first, the smallest first, or each from the
   * fullest tube. What it cannot pay is left.
   */
  pick(valueMinor: number, how: "largest" | "smallest" | "fullestTube" = "largest"): number[] {
    const have = this.#tubes.types.map(({ capacity }, type) => (capacity > 0 ? this.#tubes.count(type) : 0));
    const worth = (type: number): number => this.#tubes.types[type]?.valueMinor ?? 0;
    const rank = (type: number): number => {
      if (how === "fullestTube") return have[type] ?? 0;
      return how === "largest" ? worth(type) : -worth(type);
    };
    const picked: number[] = [];
    let left = valueMinor;
    for (;;) {
      const fitting = have.map((_, type) => type).filter((type) => (have[type] ?? 0) > 0 && worth(type) <= left);
      const [first] = fitting.sort((one, other) => rank(other) - rank(one));
      if (first === undefined || worth(first) === 0) return picked;
      picked.push(first);
      have[first] = (have[first] ?? 0) - 1;
      left -= worth(first);
    }
  }

  #countIn(type: number, valueMinor: number): void {
    this.valueSincePollMinor += valueMinor;
    this.counts[type] = (this.counts[type] ?? 0) + 1;
  }

  #next(gapUs: number): void {
    const type = this.#left.shift();
    if (type === undefined) {
      this.#timer = undefined;
      this.#ended({ paidMinor: this.#paidMinor, failed: this.#failed });
      return;
    }
    if (this.#tubes.eject(type, "cup")) {
      const valueMinor = this.#tubes.types[type]?.valueMinor ?? 0;
      this.#paidMinor += valueMinor;
      if (this.#byValue) this.#countIn(type, valueMinor);
    } else {
      this.#failed ||= this.#tubes.jamOf(type)?.noticed ?? true;
      // it does not try further coins of a tube that does not pay
      this.#left = this.#left.filter((other) => other !== type);
    }
    const waitUs = this.#left.length > 0 ? gapUs : this.#rng.between(...LAST_COIN_US);
    this.#timer = this.#world.after(waitUs, () => this.#next(gapUs));
  }
}
