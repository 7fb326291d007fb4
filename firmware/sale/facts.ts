/** What the purchase states may know of the rest of the machine: read-only, made by `firmware/machine`. */
import type { Durable } from "../../shared/records/durable.js";
import type { PlanogramSlot } from "../../shared/wire/documents.js";
import type { Cards } from "./cards-state.js";
import type { OutCause } from "./state.js";

export interface SaleFacts {
  readonly durable: Readonly<Durable>;
  readonly planogramVersion: number;
  /** Slot of the newest vend since power-up, "" before it. */
  readonly lastSlot: string;
  /** Inactivity after which money goes back, ms. */
  readonly cancelAfterMs: number;
  readonly forcedVend: boolean;
  /** Why the machine may not sell now; undefined if it may. */
  readonly outOfService: OutCause | undefined;
  /** Cash: a bill moves, waits in escrow or a payout runs: the inactivity time stands still. */
  readonly moneyPending: boolean;
  /** The panel asks for exact change; for the audit (EVA-DTS CA9). */
  readonly exactChangeOnly: boolean;
  /** Readers and the hold. */
  readonly cards: Cards;
  slot(code: string): PlanogramSlot | undefined;
  /** Number a reader is told of the slot: its place in the planogram, from 1; 0xFFFF = unknown. */
  itemOf(code: string): number;
  /** The slot is closed by a fault of its own. */
  slotFaulty(code: string): boolean;
  changePayable(amountMinor: number): boolean;
  /**
   * A slot without a fault of its own whose spiral stands away from home; undefined while a spiral turns, and while the
   * ledger would refuse the note that closes the slot.
   */
  readonly slotOffHome: PlanogramSlot | undefined;
  /** The same of slots that are closed, too; the next one behind `after`, as the planogram has them. */
  slotAway(after: string | undefined): PlanogramSlot | undefined;
  /** The spiral of this column stands away from home. */
  awayFromHome(column: number): boolean;
  /** Code under which the fleet settles a claim of this number and amount. */
  claimCode(claimNo: number, amountMinor: number): string;
}

/** Products left; 0 for a slot never filled. */
export function stockOf(facts: SaleFacts, slot: string): number {
  return facts.durable.stock[slot] ?? 0;
}
