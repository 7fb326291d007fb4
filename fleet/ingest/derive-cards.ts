/**
 * What records about cards mean in the fleet's tables. A hold is money in once it is approved; it ends as the capture
 * of a sale, as released, or as due back, which is ours to give.
 */
import {
  CLAIM_CAUSES,
  HOLD_ENDS,
  type LedgerRecord,
  type LedgerRecordOf,
  REFUND_CAUSES,
} from "../../shared/records/kinds.js";
import { decimalOf } from "../store/amounts.js";
import type { Dated } from "./dating.js";
import { payment, type Rows, type Running } from "./derived.js";

export type CardRecord = LedgerRecordOf<
  "vendRequested" | "vendApproved" | "holdReleased" | "refundDue" | "revalueStarted" | "revalueDone"
>;

const CARD_KINDS: readonly string[] = Object.freeze([
  "vendRequested",
  "vendApproved",
  "holdReleased",
  "refundDue",
  "revalueStarted",
  "revalueDone",
]);
const CLAIM_VEND = CLAIM_CAUSES.indexOf("vend");

export function isCardRecord(record: LedgerRecord): record is CardRecord {
  return CARD_KINDS.includes(record.kind);
}

export function deriveCard(record: CardRecord, dated: Dated, running: Running, rows: Rows): void {
  switch (record.kind) {
    case "vendApproved":
      running.holdSeq = record.seq;
      running.holdMinor = record.amountMinor;
      rows.payments.push({
        ...payment(record.seq, "hold", record.amountMinor, dated, running),
        reference: `hold ${record.holdNo}`,
      });
      return;
    case "holdReleased":
      return holdOver("release", HOLD_ENDS[record.cause] ?? null, record, dated, running, rows);
    case "refundDue":
      return holdOver("refundDue", REFUND_CAUSES[record.cause] ?? null, record, dated, running, rows);
    case "revalueDone":
      if (!record.accepted) return;
      running.creditMinor -= record.amountMinor;
      rows.payments.push(payment(record.seq, "revalue", -record.amountMinor, dated, running));
      return;
    case "vendRequested":
    case "revalueStarted":
      // Asked for: no money yet.
      return;
  }
}

/** Nothing was taken, or it has to go back; a sale that failed with this hold is refunded by it. */
function holdOver(
  kind: "release" | "refundDue",
  reason: string | null,
  record: LedgerRecordOf<"holdReleased" | "refundDue">,
  dated: Dated,
  running: Running,
  rows: Rows,
): void {
  const { holdMinor, holdSaleId, holdSaleBookedMs, currencyDecimals } = running;
  // A denial moves nothing; a refund of what was never seen approved is named with its amount.
  if (holdMinor > 0 || kind === "refundDue") {
    const unseen = holdMinor > 0 ? "" : `: ${decimalOf(record.amountMinor, currencyDecimals)}`;
    rows.payments.push({
      ...payment(record.seq, kind, -holdMinor, dated, running),
      reason,
      reference: `hold ${record.holdNo}${unseen}`,
      transactionId: holdSaleId,
    });
  }
  if (holdSaleId !== null && holdSaleBookedMs !== null) {
    linkHold("hold", holdSaleId, running, rows);
    rows.refunded.push({ id: holdSaleId, operatorId: running.operatorId, bookedMs: holdSaleBookedMs });
  }
  closeHold(running);
}

/** The hold became the price of a sale, or of one whose outcome nobody knows: then the money is a claim at once. */
export function paidByCard(
  record: LedgerRecordOf<"saleSettled" | "outcomeUnknown">,
  id: string,
  dated: Dated,
  running: Running,
  rows: Rows,
): void {
  linkHold("capture", id, running, rows);
  if (record.kind === "outcomeUnknown") {
    rows.payments.push({
      ...payment(record.seq, "claim", -running.holdMinor, dated, running),
      reason: CLAIM_CAUSES[CLAIM_VEND] ?? null,
      reference: record.code,
      transactionId: id,
    });
  }
  closeHold(running);
}

/** The product did not fall: the hold is still open. */
export function failedByCard(id: string, dated: Dated, running: Running): void {
  running.holdSaleId = id;
  running.holdSaleBookedMs = dated.bookedMs;
}

function linkHold(by: "capture" | "hold", transactionId: string, running: Running, rows: Rows): void {
  const { machineId, epoch, holdSeq } = running;
  if (holdSeq > 0) rows.links.push({ by, machineId, epoch, fromSeq: holdSeq, toSeq: holdSeq, transactionId });
}

function closeHold(running: Running): void {
  running.holdSeq = 0;
  running.holdMinor = 0;
  running.holdSaleId = null;
  running.holdSaleBookedMs = null;
}
