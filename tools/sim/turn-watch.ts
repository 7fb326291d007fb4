/**
 * What turns of spirals come to, seen from outside: whether a power cut fell into a sale's drop window, whether anybody
 * was at the beam in that turn, and how long after its payment a product fell.
 */
import type { Spirals } from "../bench/spirals.js";
import type { Product } from "../bench/truth.js";

/** A moment at which the power died. */
export interface Cut {
  readonly atUs: number;
  /** Of the sale that was open then. */
  readonly saleNo: number | undefined;
  /** That sale's. */
  readonly column: number | undefined;
  /** Its spiral had left home for it: a product may have fallen since. */
  readonly inWindow: boolean;
  /** In that turn something covered the beam or shone at it. */
  readonly blind: boolean;
}

/** A drop of a sale in which nothing was wrong. */
export interface Drop {
  /** From the payment's record, or the choice if that came later, to the tray, ms. */
  readonly afterPaymentMs: number;
  /** Of that, the motor's own turn took so much. */
  readonly turnMs: number;
}

interface WatchedSale {
  readonly saleNo: number;
  readonly column: number;
  /** Somebody's, not a test or a gift. */
  readonly paid: boolean;
  /** Departures of its spiral before it. */
  readonly departures: number;
  turnAtUs: number | undefined;
  dropped: boolean;
}

export class TurnWatch {
  readonly drops: Drop[] = [];
  /** Columns whose home switch has ever lied. */
  readonly lyingSwitches = new Set<number>();
  /** Columns with which something has ever been wrong. */
  readonly troubled = new Set<number>();
  readonly #spirals: Spirals;
  readonly #disturbed = { blocked: false, sunlit: false };
  #sale: WatchedSale | undefined;
  /** Since the turn began somebody has been at the beam. */
  #blind = false;
  #readyAtUs = 0;
  /** Troubles under way. */
  #troubles = 0;
  /** Of the newest trouble's begin or end. */
  #lastTroubleUs = 0;

  constructor(spirals: Spirals) {
    this.#spirals = spirals;
  }

  /** Begun last. */
  get sale(): { readonly saleNo: number; readonly column: number } | undefined {
    return this.#sale;
  }

  get blind(): boolean {
    return this.#blind;
  }

  /** A payment is on flash, or something was chosen: the turn may begin from now on. */
  ready(nowUs: number): void {
    this.#readyAtUs = nowUs;
  }

  saleStarted(saleNo: number, column: number, paid: boolean): void {
    const departures = this.#spirals.departuresOf(column);
    this.#sale = { saleNo, column, paid, departures, turnAtUs: undefined, dropped: false };
  }

  motorStarted(column: number, nowUs: number): void {
    this.#blind = this.#disturbed.blocked || this.#disturbed.sunlit;
    if (this.#sale?.column === column) this.#sale.turnAtUs ??= nowUs;
  }

  disturbed(how: "blocked" | "sunlit", on: boolean): void {
    this.#disturbed[how] = on;
    this.#blind ||= on;
  }

  troubleBegins(nowUs: number): void {
    this.#troubles += 1;
    this.#lastTroubleUs = nowUs;
  }

  troubleEnds(nowUs: number): void {
    this.#troubles -= 1;
    this.#lastTroubleUs = nowUs;
  }

  /** It is over when it has begun. */
  troubleStrikes(nowUs: number): void {
    this.#lastTroubleUs = nowUs;
  }

  /** openSale: number of the sale that is open by the records. */
  cut(atUs: number, openSale: number | undefined): Cut {
    this.troubleStrikes(atUs);
    const sale = this.#sale;
    const known = sale !== undefined && sale.saleNo === openSale;
    const left = known && this.#spirals.departuresOf(sale.column) > sale.departures;
    const inWindow = left || (known && this.lyingSwitches.has(sale.column));
    const column = known ? sale.column : undefined;
    return { atUs, saleNo: openSale, column, inWindow, blind: this.#blind };
  }

  /** A product has come to lie in the tray. */
  fell({ column }: Product, nowUs: number): void {
    const sale = this.#sale;
    if (sale === undefined || sale.column !== column || sale.dropped || sale.turnAtUs === undefined) return;
    sale.dropped = true;
    const { turnAtUs, paid } = sale;
    const quiet = this.#troubles === 0 && this.#lastTroubleUs < this.#readyAtUs && !this.troubled.has(column);
    if (!paid || !quiet || turnAtUs < this.#readyAtUs) return;
    const ownUs = Math.min(nowUs - turnAtUs, this.#spirals.turnMsOf(column) * 1_000);
    this.drops.push({ afterPaymentMs: (nowUs - this.#readyAtUs) / 1_000, turnMs: ownUs / 1_000 });
  }
}
