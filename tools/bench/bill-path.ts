/**
 * A bill's way: mouth, transport, escrow, stacker, with the time each part takes (MDB 4.2 §6). The transport needs
 * power: a bill stays where it was cut off, until the validator moves it at power-up or someone takes it out.
 */
import type { Rng } from "./rng.js";
import type { Bill, Truth } from "./truth.js";
import type { Timer, World } from "./world.js";

export type BillFate =
  | { readonly fate: "unrecognised" | "pulledBack" | "jam" }
  | { readonly fate: "disabledType" | "escrowed" | "returned"; readonly type: number }
  /** `ordered`: by ESCROW 35 01; else on its own account, at recognition or power-up. */
  | { readonly fate: "stacked" | "recycled"; readonly type: number; readonly ordered: boolean };

export interface BillRule {
  /** Type of a value, −1 if not known. */
  typeOf(valueMinor: number): number;
  /** Asked when the bill has been recognised. */
  routeOf(type: number): "refuse" | "escrow" | "stack";
  stackerFull(): boolean;
  /** Takes a bill in that is to be paid out again; false: it goes into the stacker. */
  recycle(bill: Bill, type: number): boolean;
  ended(bill: Bill, fate: BillFate): void;
}

/** `in`: being recognised. `escrow`: waiting. `stacking`, `returning`: ordered. `stuck`: jammed, or without power. */
type Motion = "in" | "escrow" | "stacking" | "returning" | "stuck";

/** Transport times, microseconds: recognising, into the stacker, back out; kept within the 30 s of ESCROW. */
const TIMES_US = { in: [900_000, 1_700_000], stacking: [700_000, 1_900_000], returning: [500_000, 1_300_000] } as const;

/** The lever behind a bill that is being stacked falls after so long. */
const PULLABLE_US = 400_000;

export class BillPath {
  /** What the next bills do instead of moving well. */
  readonly #mishaps: ("jam" | "unrecognised")[] = [];
  readonly #world: World;
  readonly #rng: Rng;
  readonly #truth: Truth;
  readonly #rule: BillRule;
  #bill: { readonly bill: Bill; type: number; motion: Motion; ordered: boolean } | undefined;
  #timer: Timer | undefined;
  /** Until then a bill on its way into the stacker can be pulled out again. */
  #heldFromUs = 0;
  #stackerBills: Bill[] = [];

  constructor(world: World, rng: Rng, truth: Truth, rule: BillRule) {
    this.#world = world;
    this.#rng = rng;
    this.#truth = truth;
    this.#rule = rule;
  }

  get motion(): Motion | "empty" {
    return this.#bill?.motion ?? "empty";
  }

  get moving(): boolean {
    return this.#bill !== undefined && this.#bill.motion !== "escrow" && this.#bill.motion !== "stuck";
  }

  /** Bills in the stacker: the device's own counter, kept without power. */
  get stackerCount(): number {
    return this.#stackerBills.length;
  }

  nextBill(mishap: "jam" | "unrecognised"): void {
    this.#mishaps.push(mishap);
  }

  /** The transport pulls a bill in. Only while it is empty and powered. */
  pullIn(bill: Bill): void {
    this.#truth.moveBill(bill, "transport");
    this.#bill = { bill, type: this.#rule.typeOf(bill.valueMinor), motion: "in", ordered: false };
    this.#run("in", () => this.#recognised());
  }

  /** Carries out ESCROW; false if no bill waits. */
  order(stack: boolean): boolean {
    if (this.#bill?.motion !== "escrow") return false;
    this.#bill.ordered = stack;
    this.#move(stack && !this.#rule.stackerFull() ? "stacking" : "returning");
    return true;
  }

  /**
   * The customer pulls the bill out of the escrow, or, by a string, out of the first part of its way into the stacker;
   * false if none can be pulled.
   */
  pullBack(): boolean {
    const inside = this.#bill;
    if (inside === undefined) return false;
    const within = inside.motion === "stacking" && this.#world.nowUs < this.#heldFromUs;
    if (inside.motion !== "escrow" && !within) return false;
    this.#world.cancel(this.#timer);
    this.#timer = undefined;
    this.#end("customer", { fate: "pulledBack" });
    return true;
  }

  /** Mishaps still to come do not come. */
  clearMishaps(): void {
    this.#mishaps.splice(0);
  }

  /** No power: everything stops where it is. */
  stop(): void {
    this.#world.cancel(this.#timer);
    this.#timer = undefined;
    if (this.#bill !== undefined) this.#bill.motion = "stuck";
  }

  /** Moves a bill left inside, at power-up or reset: out, or into the stacker. */
  clear(stack: boolean): void {
    this.#world.cancel(this.#timer);
    if (this.#bill === undefined) return;
    this.#move(stack && !this.#rule.stackerFull() ? "stacking" : "returning");
  }

  /** A bill that lies in the transport from the start: the validator moves it when power comes. */
  leaveInside(valueMinor: number): void {
    const bill = this.#truth.newBill(valueMinor, "transport");
    this.#bill = { bill, type: this.#rule.typeOf(valueMinor), motion: "stuck", ordered: false };
  }

  /** A recycled bill falls into the stacker. */
  receive(bill: Bill): void {
    this.#stackerBills.push(bill);
    this.#truth.moveBill(bill, "stacker");
  }

  /** A bill that lies in the stacker from the start. */
  load(valueMinor: number): void {
    this.#stackerBills.push(this.#truth.newBill(valueMinor, "stacker"));
  }

  /** The service person opens the validator and takes out a stuck bill, for its owner or for the office. */
  takeOut(to: "customer" | "operator"): void {
    const stuck = this.#bill;
    if (stuck?.motion !== "stuck") return;
    this.#truth.moveBill(stuck.bill, to);
    this.#bill = undefined;
  }

  /** The stacker is emptied. Returns how many bills there were. */
  emptyStacker(): number {
    const taken = this.#stackerBills;
    this.#stackerBills = [];
    for (const bill of taken) this.#truth.moveBill(bill, "operator");
    return taken.length;
  }

  #recognised(): void {
    const inside = this.#bill;
    if (inside === undefined) return;
    const mishap = this.#mishaps.shift();
    if (mishap === "jam") return this.#jam(inside.bill);
    if (inside.type < 0 || mishap === "unrecognised") return this.#end("customer", { fate: "unrecognised" });
    const route = this.#rule.routeOf(inside.type);
    if (route === "refuse") return this.#end("customer", { fate: "disabledType", type: inside.type });
    if (route === "stack") return this.#move("stacking");
    inside.motion = "escrow";
    this.#truth.moveBill(inside.bill, "escrow");
    this.#rule.ended(inside.bill, { fate: "escrowed", type: inside.type });
  }

  #jam(bill: Bill): void {
    if (this.#bill !== undefined) this.#bill.motion = "stuck";
    this.#rule.ended(bill, { fate: "jam" });
  }

  #move(motion: "stacking" | "returning"): void {
    const inside = this.#bill;
    if (inside === undefined) return;
    inside.motion = motion;
    this.#heldFromUs = this.#world.nowUs + PULLABLE_US;
    this.#run(motion, () => {
      const { type } = inside;
      if (motion === "returning") return this.#end("customer", { fate: "returned", type });
      const { ordered } = inside;
      if (this.#rule.recycle(inside.bill, type)) return this.#end("recycler", { fate: "recycled", type, ordered });
      this.#stackerBills.push(inside.bill);
      this.#end("stacker", { fate: "stacked", type, ordered });
    });
  }

  #end(to: "customer" | "stacker" | "recycler", fate: BillFate): void {
    const inside = this.#bill;
    if (inside === undefined) return;
    this.#bill = undefined;
    // Into the recycler it was moved by whoever took it.
    if (to !== "recycler") this.#truth.moveBill(inside.bill, to);
    this.#rule.ended(inside.bill, fate);
  }

  #run(motion: keyof typeof TIMES_US, then: () => void): void {
    const [low, high] = TIMES_US[motion];
    this.#timer = this.#world.after(this.#rng.between(low, high), () => {
      this.#timer = undefined;
      then();
    });
  }
}
