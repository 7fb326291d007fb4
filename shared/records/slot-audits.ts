/**
 * Audit counters of each product (slot), since initialisation and since the last reset, as one row of numbers a slot: a
 * machine of 60 slots keeps 60 rows for ever, and an object for each would be most of its memory. Part of the durable
 * state (`audit.ts`); amounts in minor units.
 */
import { deepFreeze } from "../freeze.js";

/** Of one product. Order is for ever: append only. Card: both readers together. */
export const SLOT_COUNTERS = deepFreeze([
  "cashSales",
  "cashSalesMinor",
  "cardSales",
  "cardSalesMinor",
  "testVends",
  "freeVends",
] as const);
export type SlotCounter = (typeof SLOT_COUNTERS)[number];

/** Products counted apart; sales of one more are in the totals only. */
export const MAX_AUDIT_SLOTS = 60;

/** Of a row: the counters, then when it was last sold out. */
const SOLD_OUT_AT = SLOT_COUNTERS.length;
const WIDTH = SLOT_COUNTERS.length + 1;
/** The table grows by so many rows at once. */
const MORE_ROWS = 10;

export class SlotAudits {
  /** Row by slot code. */
  private readonly rows: { [slot: string]: number } = {};
  private count = 0;
  private table: Float64Array = new Float64Array(0);
  /** The table as it was at the last reset; undefined before the first. */
  private atReset: Float64Array | undefined;

  /** In the order in which they were first counted. */
  get codes(): string[] {
    return Object.keys(this.rows);
  }

  has(slot: string): boolean {
    return this.rows[slot] !== undefined;
  }

  since(slot: string, name: SlotCounter): number {
    return this.table[this.place(slot, name)] ?? 0;
  }

  sinceReset(slot: string, name: SlotCounter): number {
    return this.since(slot, name) - (this.atReset?.[this.place(slot, name)] ?? 0);
  }

  /** Its counters in the order of SLOT_COUNTERS: a view, to be read at once. */
  rowSince(slot: string): Float64Array {
    const row = this.rows[slot];
    const at = (row ?? 0) * WIDTH;
    return this.table.subarray(at, row === undefined ? at : at + SLOT_COUNTERS.length);
  }

  rowSinceReset(slot: string): Float64Array {
    const before = this.atReset;
    const row = this.rowSince(slot).slice();
    const at = (this.rows[slot] ?? 0) * WIDTH;
    return before === undefined ? row : row.map((value, i) => value - (before[at + i] ?? 0));
  }

  /** When it was last sold out, Unix seconds; 0 = never, or the clock was unknown. */
  soldOutS(slot: string): number {
    return this.table[(this.rows[slot] ?? -1) * WIDTH + SOLD_OUT_AT] ?? 0;
  }

  /** Counted from now on, if it is not yet. False: it is one too many. */
  open(slot: string): boolean {
    if (this.has(slot)) return true;
    if (this.count >= MAX_AUDIT_SLOTS) return false;
    if (this.count * WIDTH >= this.table.length) {
      this.table = grown(this.table);
      if (this.atReset !== undefined) this.atReset = grown(this.atReset);
    }
    this.rows[slot] = this.count;
    this.count += 1;
    return true;
  }

  add(slot: string, name: SlotCounter, amount: number): void {
    if (this.open(slot)) this.table[this.place(slot, name)] = this.since(slot, name) + amount;
  }

  noteSoldOut(slot: string, atS: number): void {
    if (this.open(slot)) this.table[(this.rows[slot] ?? 0) * WIDTH + SOLD_OUT_AT] = atS;
  }

  /** The counters since reset begin anew. */
  reset(): void {
    const at = this.table.slice();
    // A time is no count: no checkpoint holds it, and a ledger must reopen to the state that was.
    for (let row = 0; row < this.count; row += 1) at[row * WIDTH + SOLD_OUT_AT] = 0;
    this.atReset = at;
  }

  /** As read from a checkpoint, which holds both. */
  setSinceReset(slot: string, name: SlotCounter, value: number): void {
    if (this.atReset !== undefined) this.atReset[this.place(slot, name)] = this.since(slot, name) - value;
  }

  private place(slot: string, name: SlotCounter): number {
    return (this.rows[slot] ?? -1) * WIDTH + SLOT_COUNTERS.indexOf(name);
  }
}

function grown(table: Float64Array): Float64Array {
  const more = new Float64Array(table.length + MORE_ROWS * WIDTH);
  more.set(table);
  return more;
}
