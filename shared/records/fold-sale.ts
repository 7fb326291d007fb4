/** The fold of records about sales and drops. */
import type { Durable, OpenVend } from "./durable.js";
import { type LedgerRecordOf, PAYMENT_MEANS } from "./kinds.js";

type SaleKind =
  | "vendStarted"
  | "leftHome"
  | "turnPaused"
  | "saleSettled"
  | "saleFailed"
  | "outcomeUnknown"
  | "strayDrop"
  | "extraDrop";

/** PAYMENT_MEANS indexes. Cash is the only means that moves credit, card the only one with a hold. */
export const MEANS_CASH = PAYMENT_MEANS.indexOf("cash");
export const MEANS_CARD = PAYMENT_MEANS.indexOf("card");
export const MEANS_FREE = PAYMENT_MEANS.indexOf("free");
export const MEANS_TEST = PAYMENT_MEANS.indexOf("test");

export function foldSale(state: Durable, record: LedgerRecordOf<SaleKind>): void {
  const { counters } = state;
  switch (record.kind) {
    case "vendStarted": {
      const { saleNo, slot, priceMinor, paidMinor, means } = record;
      state.saleNo = saleNo;
      state.vend = { saleNo, slot, priceMinor, paidMinor, means, turns: 0 };
      return;
    }
    case "leftHome":
      if (state.vend !== undefined) state.vend = { ...withoutPause(state.vend), turns: record.turn };
      return;
    case "turnPaused":
      if (state.vend !== undefined) state.vend = { ...state.vend, paused: true };
      return;
    case "saleSettled":
      return foldSettled(state, record);
    case "saleFailed":
      state.vend = undefined;
      counters.failedSales++;
      return;
    case "outcomeUnknown":
      state.vend = undefined;
      state.claimNo = record.claimNo;
      counters.unknownSales++;
      if (record.means === MEANS_CASH) {
        state.creditMinor -= record.priceMinor;
        counters.claimsMinor += record.priceMinor;
      }
      if (record.means === MEANS_CARD) {
        counters.cardClaimsMinor += state.hold?.approvedMinor ?? 0;
        state.hold = undefined;
      }
      return;
    case "strayDrop":
      counters.strayDrops++;
      if (record.slot !== undefined) takeFromStock(state, record.slot);
      return;
    case "extraDrop":
      counters.extraDrops++;
      takeFromStock(state, record.slot);
      return;
  }
}

/** The spiral moves again: from now on something may fall unseen. */
function withoutPause({ saleNo, slot, priceMinor, paidMinor, means, turns }: OpenVend): OpenVend {
  return { saleNo, slot, priceMinor, paidMinor, means, turns };
}

function foldSettled(state: Durable, record: LedgerRecordOf<"saleSettled">): void {
  const { counters } = state;
  state.vend = undefined;
  takeFromStock(state, record.slot);
  switch (record.means) {
    case MEANS_TEST:
      counters.testVends++;
      return;
    case MEANS_FREE:
      counters.freeVends++;
      return;
    case MEANS_CASH:
      state.creditMinor -= record.priceMinor;
      counters.cashSalesMinor += record.priceMinor;
      break;
    case MEANS_CARD:
      counters.cardSales++;
      counters.cardSalesMinor += record.capturedMinor ?? record.priceMinor;
      state.hold = undefined;
      break;
    default:
      break;
  }
  counters.sales++;
  counters.salesMinor += record.priceMinor;
}

function takeFromStock(state: Durable, slot: string): void {
  const quantity = state.stock[slot];
  if (quantity !== undefined && quantity > 0) state.stock[slot] = quantity - 1;
}
