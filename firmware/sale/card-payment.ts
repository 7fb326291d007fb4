/**
 * Payment by card or phone: what a reader holds pays the whole price of the one product it was asked for; credit that
 * is in as well goes back. Nothing is asked before column and beam are ready.
 */
import { MEANS_CARD } from "../../shared/records/fold-sale.js";
import { isAsking, offerOf } from "./cards-state.js";
import type { PaymentStrategy } from "./payment.js";

export const CARD_PAYMENT: PaymentStrategy = Object.freeze<PaymentStrategy>({
  means: MEANS_CARD,
  // A reader may approve less or more than it was asked for: a discount or a surcharge, the price is paid all the same.
  // It was asked for this slot at this price: for any other it pays nothing.
  paidMinor: ({ durable: { hold } }, slot) => {
    const isFor = hold !== undefined && hold.slot === slot?.slot && hold.amountMinor === slot.priceMinor;
    return isFor && hold.approvedMinor !== undefined ? hold.amountMinor : 0;
  },
  lacksChange: () => false,
  open: (_, anew) => ({ do: "card", order: { card: "open", anew } }),
  close: () => ({ do: "card", order: { card: "close" } }),
  waits: ({ cards }) => isAsking(cards) || offerOf(cards) !== undefined,
  secure: (facts, { slot, priceMinor: amountMinor }) => {
    const offer = offerOf(facts.cards);
    if (offer === undefined) return { phase: "collecting", effects: [] };
    const { reader, invited } = offer;
    const item = facts.itemOf(slot);
    const request = { do: "card", order: { card: "request", reader, invited, slot, item, amountMinor } } as const;
    // Until a card comes, coins may come instead; once one is there, it is one means a sale.
    if (invited) return { phase: "inviting", effects: [request] };
    return { phase: "securing", effects: [{ do: "cash", order: { cash: "close" } }, request] };
  },
  release: () => ({ do: "card", order: { card: "release" } }),
  settle: () => [
    { do: "card", order: { card: "settle" } },
    { do: "cash", order: { cash: "return", reason: "change" } },
  ],
  refund: () => ({ do: "card", order: { card: "close" } }),
});
