/** The fold: what one more record makes of the durable state. One file a group of kinds. */
import { foldAudit } from "./audit.js";
import type { Durable } from "./durable.js";
import { foldCard } from "./fold-card.js";
import { foldLife } from "./fold-life.js";
import { foldMoneyIn } from "./fold-money-in.js";
import { foldMoneyOut } from "./fold-money-out.js";
import { foldSale } from "./fold-sale.js";
import type { LedgerRecord } from "./kinds.js";

/** Folds one record into `state`, in place. Total: a record that makes no sense here changes only what it names. */
export function applyRecord(state: Durable, record: LedgerRecord): void {
  foldKind(state, record);
  // More was spent than came in: what came in stands in a record that has rotted. Nobody owes it to the machine.
  if (state.creditMinor >= 0) return;
  state.counters.unreadableMinor -= state.creditMinor;
  state.creditMinor = 0;
}

function foldKind(state: Durable, record: LedgerRecord): void {
  if (record.wallS !== undefined && record.wallS > state.lastWallS) state.lastWallS = record.wallS;
  foldAudit(state.audit, record, state);
  switch (record.kind) {
    case "coinIn":
    case "coinsManuallyDispensed":
    case "stackStarted":
    case "billStacked":
    case "billReturned":
    case "repeatSuppressed":
    case "coinFilled":
    case "storeFilled":
    case "recyclerMoved":
      return foldMoneyIn(state, record);
    case "vendStarted":
    case "leftHome":
    case "turnPaused":
    case "saleSettled":
    case "saleFailed":
    case "outcomeUnknown":
    case "strayDrop":
    case "extraDrop":
      return foldSale(state, record);
    case "payoutStarted":
    case "payoutDone":
    case "payoutTold":
    case "voucherIssued":
    case "claimOpened":
    case "tubeAudit":
    case "cashBoxTaken":
      return foldMoneyOut(state, record);
    case "vendRequested":
    case "vendApproved":
    case "holdReleased":
    case "refundDue":
    case "revalueStarted":
    case "revalueDone":
      return foldCard(state, record);
    default:
      return foldLife(state, record);
  }
}
