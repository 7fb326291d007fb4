/** Every means of payment there is, and what is said to all of them. */
import { MEANS_CARD, MEANS_FREE, MEANS_TEST } from "../../shared/records/fold-sale.js";
import type { PayoutReason } from "../../shared/records/kinds.js";
import { CARD_PAYMENT } from "./card-payment.js";
import { CASH_PAYMENT } from "./cash-payment.js";
import type { PaymentStrategy } from "./payment.js";
import type { SaleEffect } from "./state.js";

/** Bits of a reader's item number that say what sort of sale without a card it was (CASH SALE, MDB 4.2 §7). */
const ITEM_FREE = 0x8000;
const ITEM_TEST = 0x4000;

/** Sold for nothing: nobody pays, readers that keep the books are told. */
function uncharged(means: number, itemBit: number): PaymentStrategy {
  // A parameter could change; what a preloaded closure holds is to lie in flash.
  const bit = itemBit;
  return Object.freeze<PaymentStrategy>({
    ...CASH_PAYMENT,
    means,
    paidMinor: () => 0,
    settle: (_, item) => CASH_PAYMENT.settle(0, item | bit),
  });
}

const FREE_PAYMENT = uncharged(MEANS_FREE, ITEM_FREE);
const TEST_PAYMENT = uncharged(MEANS_TEST, ITEM_TEST);

/** means: index into PAYMENT_MEANS, as in an open vend. */
export function paymentOf(means: number): PaymentStrategy {
  switch (means) {
    case MEANS_CARD:
      return CARD_PAYMENT;
    case MEANS_FREE:
      return FREE_PAYMENT;
    case MEANS_TEST:
      return TEST_PAYMENT;
    default:
      return CASH_PAYMENT;
  }
}

export function openAll(priceMinor: number | undefined, anew: boolean): SaleEffect[] {
  return [CASH_PAYMENT.open(priceMinor, anew), CARD_PAYMENT.open(priceMinor, anew)];
}

export function closeAll(): SaleEffect[] {
  return [CASH_PAYMENT.close(), CARD_PAYMENT.close()];
}

/** Cards first: what they hold is none of the customer's credit. Ends with cash's `returned`. */
export function refundAll(reason: PayoutReason): SaleEffect[] {
  return [CARD_PAYMENT.refund(reason), CASH_PAYMENT.refund(reason)];
}
