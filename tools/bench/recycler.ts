/**
 * The bill recycler inside a simulated validator (MDB 4.2 §6, PDF p104-114): drums with real bills that customers paid
 * with, paid out again one by one, with the time that takes and what goes wrong with it. They keep their bills without
 * power.
 */
import { BILL_TYPES } from "../../shared/mdb/bill-validator.js";
import type { Rng } from "./rng.js";
import type { Bill, Truth } from "./truth.js";
import type { Timer, World } from "./world.js";

/** One bill type's drum. */
export interface DrumSpec {
  /** Bills it holds; 0 = this type is not recycled. */
  readonly capacity: number;
  /** Bills in it at the start. */
  readonly count?: number;
}

export interface RecyclerRules {
  valueOf(type: number): number;
  /** A bill has come out, or the payout has stopped at a jam. */
  stirred(): void;
}

/** From one bill to the next, microseconds; a recycler may take 30 s (p104-114). */
const BILL_US: readonly [number, number] = [1_200_000, 3_000_000];

export class BillRecycler {
  readonly drums: readonly DrumSpec[];
  /** Microseconds a bill takes, least and most. */
  billUs: readonly [number, number] = BILL_US;
  /** It stops before the bill after so many more. */
  jamAfter: number | undefined;
  /** Jammed, and says so. */
  jammed = false;
  readonly #world: World;
  readonly #rng: Rng;
  readonly #truth: Truth;
  readonly #rules: RecyclerRules;
  readonly #bills: Bill[][] = [];
  #queue: number[] = [];
  #timer: Timer | undefined;
  /** Bills that came out since the newest order, by type; and their value since it was last asked. */
  #paid: number[] = new Array<number>(BILL_TYPES).fill(0);
  #paidMinor = 0;

  constructor(world: World, rng: Rng, truth: Truth, drums: readonly DrumSpec[], rules: RecyclerRules) {
    this.#world = world;
    this.#rng = rng;
    this.#truth = truth;
    this.#rules = rules;
    this.drums = drums;
    for (let type = 0; type < drums.length; type++) {
      this.#bills.push([]);
      for (let n = 0; n < (drums[type]?.count ?? 0); n++) {
        this.put(truth.newBill(rules.valueOf(type), "operator"), type);
      }
    }
  }

  /** Bit n: type n has a drum. */
  get mask(): number {
    return this.drums.reduce((mask, { capacity }, type) => (capacity > 0 ? mask | (1 << type) : mask), 0);
  }

  get busy(): boolean {
    return this.#timer !== undefined;
  }

  count(type: number): number {
    return this.#bills[type]?.length ?? 0;
  }

  hasRoom(type: number): boolean {
    return this.count(type) < (this.drums[type]?.capacity ?? 0);
  }

  /** DISPENSER STATUS: full bits and counts. */
  get counts(): number[] {
    return Array.from({ length: BILL_TYPES }, (_, type) => this.count(type));
  }

  get fullMask(): number {
    return this.drums.reduce((mask, { capacity }, type) => {
      return capacity > 0 && !this.hasRoom(type) ? mask | (1 << type) : mask;
    }, 0);
  }

  /** PAYOUT STATUS. */
  get paid(): readonly number[] {
    return this.#paid;
  }

  /** PAYOUT VALUE POLL: what came and was not yet ACKed, minor units. */
  get untoldMinor(): number {
    return this.#paidMinor;
  }

  /** The VMC has ACKed so much of it. */
  told(minor: number): void {
    this.#paidMinor -= minor;
  }

  /** A bill rolls in. */
  put(bill: Bill, type: number): void {
    this.#bills[type]?.push(bill);
    this.#truth.moveBill(bill, "recycler");
  }

  /** A bill leaves without a customer, into the cash box or a service person's hand; undefined if there is none. */
  take(type: number): Bill | undefined {
    return this.#bills[type]?.pop();
  }

  /** Begins to pay; false if it is at it already. */
  dispense(types: readonly number[]): boolean {
    if (this.busy) return false;
    this.#paid = new Array<number>(BILL_TYPES).fill(0);
    this.#paidMinor = 0;
    this.#queue = [...types];
    this.#next();
    return true;
  }

  /** DISPENSE by value: dearest bills first, as far as they go. */
  dispenseValue(valueMinor: number): boolean {
    const types: number[] = [];
    let left = valueMinor;
    for (let type = this.drums.length - 1; type >= 0; type--) {
      const each = this.#rules.valueOf(type);
      for (let n = 0; each > 0 && n < this.count(type) && each <= left; n++) {
        types.push(type);
        left -= each;
      }
    }
    return this.dispense(types);
  }

  /** No power, a reset, or PAYOUT CANCEL: what has not come out stays. */
  stop(): void {
    this.#world.cancel(this.#timer);
    this.#timer = undefined;
    this.#queue = [];
  }

  /** The service person clears the jam. */
  unjam(): void {
    this.jammed = false;
    this.jamAfter = undefined;
  }

  #next(): void {
    const type = this.#queue.shift();
    if (type === undefined) return this.stop();
    const [low, high] = this.billUs;
    this.#timer = this.#world.after(this.#rng.between(low, high), () => this.#out(type));
  }

  #out(type: number): void {
    if (this.jamAfter !== undefined && this.jamAfter <= 0) {
      this.jammed = true;
      this.stop();
      return this.#rules.stirred();
    }
    const bill = this.#bills[type]?.shift();
    if (bill !== undefined) {
      if (this.jamAfter !== undefined) this.jamAfter -= 1;
      this.#paid[type] = (this.#paid[type] ?? 0) + 1;
      this.#paidMinor += bill.valueMinor;
      this.#truth.moveBill(bill, "customer");
    }
    this.#timer = undefined;
    this.#next();
    this.#rules.stirred();
  }
}
