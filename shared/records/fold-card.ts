/**
 * The fold of records about cards. A card's money never becomes credit: it is balanced apart, by holds (see
 * `holdDifferenceMinor`). Credit put on a card leaves the credit.
 */
import type { Durable } from "./durable.js";
import type { LedgerRecordOf } from "./kinds.js";

type CardKind = "vendRequested" | "vendApproved" | "holdReleased" | "refundDue" | "revalueStarted" | "revalueDone";

export function foldCard(state: Durable, record: LedgerRecordOf<CardKind>): void {
  const { counters } = state;
  switch (record.kind) {
    case "vendRequested": {
      const { holdNo, reader, slot, item, amountMinor } = record;
      state.holdNo = holdNo;
      state.hold = { holdNo, reader, slot, item, amountMinor };
      return;
    }
    case "vendApproved":
      if (state.hold === undefined) return;
      counters.holdsApprovedMinor += record.amountMinor;
      // No spread, see foldMoneyOut.
      state.hold = Object.assign({}, state.hold, { approvedMinor: record.amountMinor });
      return;
    case "holdReleased":
      counters.holdsReleasedMinor += state.hold?.approvedMinor ?? 0;
      state.hold = undefined;
      return;
    case "refundDue":
      state.refundNo = record.refundNo;
      counters.refundsDueMinor += record.amountMinor;
      if (state.hold?.approvedMinor === undefined) counters.refundsUnapprovedMinor += record.amountMinor;
      state.hold = undefined;
      return;
    case "revalueStarted":
      state.revalue = { reader: record.reader, amountMinor: record.amountMinor };
      return;
    case "revalueDone":
      state.revalue = undefined;
      if (!record.accepted) return;
      state.creditMinor -= record.amountMinor;
      counters.revaluedMinor += record.amountMinor;
      return;
  }
}
