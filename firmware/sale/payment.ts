/**
 * One means of payment behind one interface (Strategy). A purchase state never asks which means it deals with.
 * Order of calls: open … (secure | release)? … settle | refund; `close` whenever no money may be taken.
 */
import type { PayoutReason } from "../../shared/records/kinds.js";
import type { SaleFacts } from "./facts.js";
import type { SaleEffect } from "./state.js";

export interface PaymentStrategy {
  /** Index into PAYMENT_MEANS. */
  readonly means: number;
  /** Secured and usable for a sale, minor units. */
  paidMinor(facts: SaleFacts): number;
  /** Take payment, for this price or, without a selection, towards any. */
  open(priceMinor: number | undefined): SaleEffect;
  close(): SaleEffect;
  /** A payment waits for the other start conditions: take it for good. */
  secure(): SaleEffect;
  /** A payment waits, but the sale cannot be: give it back as it came. */
  release(): SaleEffect;
  /** The product fell and is recorded: end the payment, give change. */
  settle(): SaleEffect;
  /** No sale: give everything back. */
  refund(reason: PayoutReason): SaleEffect;
}
