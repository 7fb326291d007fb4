/** Payment by coins and bills: credit in the ledger is what is paid; a bill in escrow is what may wait. */

import { MEANS_CASH } from "../../shared/records/durable.js";
import { PAYOUT_REASONS, type PayoutReason } from "../../shared/records/kinds.js";
import type { PaymentStrategy } from "./payment.js";
import type { SaleEffect } from "./state.js";

const giveBack = (reason: PayoutReason): SaleEffect => ({ do: "cash", order: { cash: "return", reason } });

export const CASH_PAYMENT: PaymentStrategy = Object.freeze<PaymentStrategy>({
  means: MEANS_CASH,
  paidMinor: (facts) => facts.durable.creditMinor,
  open: (priceMinor) => ({ do: "cash", order: { cash: "open", priceMinor } }),
  close: () => ({ do: "cash", order: { cash: "close" } }),
  secure: () => ({ do: "cash", order: { cash: "bill", stack: true } }),
  release: () => ({ do: "cash", order: { cash: "bill", stack: false } }),
  settle: () => giveBack(PAYOUT_REASONS[0]),
  refund: giveBack,
});
