/**
 * One means of payment behind one interface (Strategy). A purchase state never asks which means it deals with.
 * Order of calls: open … (secure | release)? … settle | refund; `close` whenever nothing may be paid.
 */
import type { PayoutReason } from "../../shared/records/kinds.js";
import type { PlanogramSlot } from "../../shared/wire/documents.js";
import type { SaleFacts } from "./facts.js";
import type { AcceptingPhase, SaleEffect } from "./state.js";

export interface PaymentStrategy {
  /** Index into PAYMENT_MEANS. */
  readonly means: number;
  /** Secured and usable for a sale of this slot, minor units. */
  paidMinor(facts: SaleFacts, slot?: PlanogramSlot): number;
  /** What is paid above the price could not be given back. */
  lacksChange(facts: SaleFacts, priceMinor: number): boolean;
  /** Take payment, for this price or, without a selection, towards any. anew: something was chosen just now. */
  open(priceMinor: number | undefined, anew: boolean): SaleEffect;
  close(): SaleEffect;
  /** A payment that was offered or asked for can still come. */
  waits(facts: SaleFacts): boolean;
  /** A payment waits for the other start conditions: take it for good. phase: in which its outcome is awaited. */
  secure(facts: SaleFacts, slot: PlanogramSlot): { readonly phase: AcceptingPhase; readonly effects: SaleEffect[] };
  /** A payment waits, but the sale cannot be: give it back as it came. */
  release(): SaleEffect;
  /** The product fell and is recorded: end the payment, give change. */
  settle(priceMinor: number, item: number): SaleEffect[];
  /** No sale: give everything back. */
  refund(reason: PayoutReason): SaleEffect;
}
