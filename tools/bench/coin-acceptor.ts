/**
 * A coin's way from the slot to tube, cash box or cup: validated one after another, gated, then falling (MDB 4.2 §5).
 * Gravity needs no power: a coin past the gate arrives whether or not anybody can report it.
 */
import type { Rng } from "./rng.js";
import type { Coin, Truth } from "./truth.js";
import type { CoinTubes } from "./tubes.js";
import type { Timer, World } from "./world.js";

/** What the next coin does instead of arriving well. `noCredit`: passes validation and is pulled back on its string. */
export type CoinMishap = "noCredit" | "routingError" | "jam";

/** How a coin's way ended, for the changer to report. */
export type CoinFate =
  | { readonly fate: "slug" | "noCredit" | "jam" }
  | { readonly fate: "rejected"; readonly type: number }
  /** `astray`: meant for its tube and gone to the cash box. */
  | { readonly fate: "arrived"; readonly type: number; readonly path: "tube" | "cashBox"; readonly astray: boolean };

export interface GateRule {
  /** Asked at the gate: power, bus enable and mask; a coin is let through only by this. */
  mayPass(type: number): boolean;
  /** Told at the end of the way, powered or not. */
  ended(coin: Coin, fate: CoinFate): void;
}

export class CoinAcceptor {
  /** Good coins refused by chance, per million. */
  refusesPerMillion = 0;
  /** Unplugged, or jammed: nothing is recognised, all falls into the cup. */
  unplugged = false;
  readonly #world: World;
  readonly #rng: Rng;
  readonly #truth: Truth;
  readonly #tubes: CoinTubes;
  readonly #rule: GateRule;
  readonly #mishaps: CoinMishap[] = [];
  #jammed: Coin | undefined;
  #freeAtUs = 0;

  constructor(world: World, rng: Rng, truth: Truth, tubes: CoinTubes, rule: GateRule) {
    this.#world = world;
    this.#rng = rng;
    this.#truth = truth;
    this.#tubes = tubes;
    this.#rule = rule;
  }

  get jammed(): boolean {
    return this.#jammed !== undefined;
  }

  /** A customer lets a coin of this value into the slot. Coins follow each other at 90 ms at least. */
  insert(valueMinor: number): Coin {
    const coin = this.#truth.newCoin(valueMinor, "customer");
    this.#truth.moveCoin(coin, "acceptor");
    const atGateUs = Math.max(this.#world.nowUs + this.#rng.between(90_000, 150_000), this.#freeAtUs + 90_000);
    this.#freeAtUs = atGateUs;
    this.#world.schedule(atGateUs, () => this.#gate(coin));
    return coin;
  }

  /** Applies to a coin that is not yet at the gate. */
  nextCoin(mishap: CoinMishap): void {
    this.#mishaps.push(mishap);
  }

  /** Mishaps still to come do not come. */
  clearMishaps(): void {
    this.#mishaps.splice(0);
  }

  /** Someone frees the jammed coin; it falls into the cup. */
  clearJam(): void {
    if (this.#jammed !== undefined) this.#truth.moveCoin(this.#jammed, "cup");
    this.#jammed = undefined;
  }

  #gate(coin: Coin): void {
    const type = this.#tubes.types.findIndex(({ valueMinor }) => valueMinor === coin.valueMinor);
    if (this.unplugged || this.jammed) return this.#drop(coin, undefined);
    if (type < 0 || this.#rng.chance(this.refusesPerMillion)) return this.#drop(coin, { fate: "slug" });
    if (!this.#rule.mayPass(type)) return this.#drop(coin, { fate: "rejected", type });
    const mishap = this.#mishaps.shift();
    if (mishap === "jam") {
      this.#jammed = coin;
      this.#rule.ended(coin, { fate: "jam" });
      return;
    }
    if (mishap === "noCredit") return this.#drop(coin, { fate: "noCredit" });
    this.#truth.moveCoin(coin, "chute");
    const toTube = !this.#tubes.isFull(type) && (this.#tubes.types[type]?.capacity ?? 0) > 0;
    const astray = mishap === "routingError" && toTube;
    this.#fall(() => this.#arrive(coin, type, toTube && !astray ? "tube" : "cashBox", astray));
  }

  #fall(arrive: () => void): Timer {
    return this.#world.after(this.#rng.between(110_000, 240_000), arrive);
  }

  #arrive(coin: Coin, type: number, path: "tube" | "cashBox", astray: boolean): void {
    // coins in the chute were counted on when this one passed the gate; the last one over the brim slides on
    const end = path === "tube" && this.#tubes.isFull(type) ? "cashBox" : path;
    if (end === "tube") this.#tubes.put(coin, type);
    else this.#truth.moveCoin(coin, "cashBox");
    this.#rule.ended(coin, { fate: "arrived", type, path: end, astray });
  }

  #drop(coin: Coin, fate: CoinFate | undefined): void {
    this.#fall(() => this.#truth.moveCoin(coin, "cup"));
    if (fate !== undefined) this.#rule.ended(coin, fate);
  }
}
