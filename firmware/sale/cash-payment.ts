/** Payment by coins and bills: credit in the ledger is what is paid; a bill in escrow is what may wait. */

import { MEANS_CASH } from "../../shared/records/fold-sale.js";
import type { PayoutReason } from "../../shared/records/kinds.js";
import type { PaymentStrategy } from "./payment.js";
import type { SaleEffect } from "./state.js";

const giveBack = (reason: PayoutReason): SaleEffect => ({ do: "cash", order: { cash: "return", reason } });

export const CASH_PAYMENT: PaymentStrategy = Object.freeze<PaymentStrategy>({
  means: MEANS_CASH,
  paidMinor: (facts) => facts.durable.creditMinor,
  lacksChange: (facts, priceMinor) => {
    const changeMinor = facts.durable.creditMinor - priceMinor;
    return changeMinor > 0 && !facts.forcedVend && !facts.changePayable(changeMinor);
  },
  open: (priceMinor) => ({ do: "cash", order: { cash: "open", priceMinor } }),
  close: () => ({ do: "cash", order: { cash: "close" } }),
  waits: (facts) => facts.moneyPending,
  secure: () => ({ phase: "securing", effects: [{ do: "cash", order: { cash: "bill", stack: true } }] }),
  release: () => ({ do: "cash", order: { cash: "bill", stack: false } }),
  settle: (priceMinor, item) => [
    giveBack("change"),
    { do: "card", order: { card: "cashSale", amountMinor: priceMinor, item } },
  ],
  refund: giveBack,
});
