/**
 * What each ledger record means in the fleet's tables: sales, payments, slot counts, faults. Pure: folds a record into
 * a cursor and a set of rows. Whatever is derived here can be rebuilt from `ledger_records`.
 */
import { hash } from "node:crypto";
import { FAULTS, faultOf } from "../../shared/faults.js";
import {
  CLAIM_CAUSES,
  type LedgerRecord,
  type LedgerRecordOf,
  PAYMENT_MEANS,
  PAYOUT_REASONS,
  READERS,
} from "../../shared/records/kinds.js";
import { decimalOf } from "../store/amounts.js";
import type { PaymentKind } from "../store/rows.js";
import type { Dated } from "./dating.js";
import { type CardRecord, deriveCard, failedByCard, isCardRecord, paidByCard } from "./derive-cards.js";
import { answerOf } from "./derive-orders.js";
import { changeSlot, documentApplied, priceSet } from "./derive-shelves.js";
import { isLate, payment, type Rows, type Running } from "./derived.js";
import type { Known } from "./known.js";

export { emptyRows, type Rows, type Running } from "./derived.js";

/** Why a record that decodes cannot be booked all the same. */
export type Refusal = string | undefined;

const CASH = PAYMENT_MEANS.indexOf("cash");
const CARD = PAYMENT_MEANS.indexOf("card");
const CHANGE = PAYOUT_REASONS.indexOf("change");
const EMPTIED = PAYOUT_REASONS.indexOf("emptied");
const MOVED_OUT = 0;
const CLAIM_BILL = CLAIM_CAUSES.indexOf("bill");
const CLAIM_VEND = CLAIM_CAUSES.indexOf("vend");

/** Says what is wrong with the values of a record whose form is right; undefined if nothing is. */
export function refusalOf(record: LedgerRecord): Refusal {
  if ("slot" in record && record.slot !== undefined && !isSlotCode(record.slot)) return "slot";
  if ("means" in record && PAYMENT_MEANS[record.means] === undefined) return "means";
  if ("reason" in record && PAYOUT_REASONS[record.reason] === undefined) return "reason";
  if ("reader" in record && READERS[record.reader] === undefined) return "reader";
  return undefined;
}

function isSlotCode(text: string): boolean {
  return /^[\x21-\x7e]{1,5}$/.test(text);
}

/** Product number a record speaks of, to be looked up before deriving. */
export function productNumberOf(record: LedgerRecord): number | undefined {
  return "productId" in record ? record.productId : undefined;
}

/** First digit of a UUID's variant, by its two free bits. */
const VARIANTS = "89ab";

/** Same input, same id: rebuilding makes the same rows. A name-based UUID (RFC 9562, version 8) of SHA-256. */
export function transactionId(machineId: string, epoch: number, seq: number): string {
  const hex = hash("sha256", `${machineId}/${epoch}/${seq}`);
  const variant = VARIANTS.charAt(Number.parseInt(hex.charAt(16), 16) & 3);
  const tail = `${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${tail}`;
}

/** Folds one record into `running` and `rows`. */
export function derive(record: LedgerRecord, dated: Dated, running: Running, rows: Rows, known: Known): void {
  switch (record.kind) {
    case "coinIn":
      return moneyIn(record.seq, record.valueMinor, "coin", dated, running, rows);
    case "billStacked":
      return moneyIn(record.seq, record.valueMinor, "bill", dated, running, rows);
    case "coinsManuallyDispensed":
    case "coinFilled":
    case "storeFilled":
    case "recyclerMoved":
    case "cashBoxTaken":
      return serviceMoney(record, dated, running, rows);
    case "saleSettled":
    case "saleFailed":
    case "outcomeUnknown":
      return sale(record, dated, running, rows, known);
    case "strayDrop":
    case "extraDrop":
      if (record.slot === undefined) return;
      changeSlot({ seq: record.seq, slot: record.slot }, running, rows, (change) => change.delta--);
      return;
    case "payoutDone":
    case "voucherIssued":
    case "claimOpened":
      return moneyOut(record, dated, running, rows);
    default:
      if (isCardRecord(record)) deriveCard(record, dated, running, rows);
      else life(record, dated, running, rows, known);
  }
}

type ServiceMoney = LedgerRecordOf<
  "coinsManuallyDispensed" | "coinFilled" | "storeFilled" | "recyclerMoved" | "cashBoxTaken"
>;

/** What service persons put in and take out: never a customer's. */
function serviceMoney(record: ServiceMoney, dated: Dated, running: Running, rows: Rows): void {
  const add = (kind: PaymentKind, minor: number): void => {
    rows.payments.push(payment(record.seq, kind, minor, dated, running));
  };
  switch (record.kind) {
    case "coinFilled":
      return add("fill", record.valueMinor);
    case "storeFilled":
      return add("fill", record.valueMinor * record.count);
    case "cashBoxTaken":
      return add("boxTaken", -(record.coinsMinor + record.billsMinor));
    case "recyclerMoved":
      // Over to the cash box it stays in the machine.
      if (record.to === MOVED_OUT) add("manual", -record.valueMinor * record.count);
      return;
    case "coinsManuallyDispensed":
      return add("manual", -record.valueMinor * record.count);
  }
}

function moneyIn(seq: number, valueMinor: number, kind: PaymentKind, dated: Dated, running: Running, rows: Rows): void {
  if (running.creditMinor <= 0) running.creditFromSeq = seq;
  running.creditMinor += valueMinor;
  rows.payments.push(payment(seq, kind, valueMinor, dated, running));
}

type Sale = LedgerRecordOf<"saleSettled" | "saleFailed" | "outcomeUnknown">;

/** True for records that become a row of `transactions`. */
export function isSaleRecord(record: LedgerRecord): record is Sale {
  return record.kind in STATUS_OF;
}

const STATUS_OF = { saleSettled: "completed", saleFailed: "failed", outcomeUnknown: "unknown" } as const;

function sale(record: Sale, dated: Dated, running: Running, rows: Rows, known: Known): void {
  const { machineId, operatorId, epoch, currency, currencyDecimals: decimals, simulated } = running;
  const id = transactionId(machineId, epoch, record.seq);
  const settled = record.kind === "saleSettled";
  const changeMinor = settled ? record.changeMinor : record.kind === "saleFailed" ? 0 : owedAfter(record);
  rows.transactions.push({
    id,
    machineId,
    operatorId,
    epoch,
    seq: record.seq,
    bookedMs: dated.bookedMs,
    slot: record.slot,
    productId: known.productId(operatorId, record.productId),
    productNumber: record.productId,
    planogramVersion: record.planogramVersion,
    amount: decimalOf(record.priceMinor, decimals),
    paid: decimalOf(record.paidMinor, decimals),
    change: decimalOf(changeMinor, decimals),
    currency,
    taxRatePpm: settled ? (record.taxRatePpm ?? 0) : 0,
    method: PAYMENT_MEANS[record.means] ?? "cash",
    status: STATUS_OF[record.kind],
    deviceMs: dated.deviceMs ?? null,
    timeQuality: dated.quality,
    saleNo: record.saleNo,
    simulated,
  });
  // What goes out afterwards is change or refund of a cash sale only; beside a card it is credit that comes back.
  const byCash = record.means === CASH;
  running.lastSaleId = byCash ? id : null;
  running.lastSaleBookedMs = byCash ? dated.bookedMs : null;
  running.lastSaleFailed = byCash && record.kind === "saleFailed";
  if (settled) changeSlot(record, running, rows, (change) => change.delta--);
  if (record.means === CARD) {
    if (record.kind === "saleFailed") failedByCard(id, dated, running);
    else paidByCard(record, id, dated, running, rows);
    return;
  }
  if (!byCash || record.kind === "saleFailed") return;
  running.creditMinor -= record.priceMinor;
  link(id, record.seq, running, rows);
  if (record.kind !== "outcomeUnknown") return;
  // The price is neither the customer's nor ours until the claim is settled.
  rows.payments.push({
    ...payment(record.seq, "claim", -record.priceMinor, dated, running),
    reason: CLAIM_CAUSES[CLAIM_VEND] ?? null,
    reference: record.code,
    transactionId: id,
  });
}

function owedAfter(record: LedgerRecordOf<"outcomeUnknown">): number {
  return Math.max(0, record.paidMinor - record.priceMinor);
}

/** The coins and bills in the machine since its credit was last nothing, and not yet linked, paid for `id`. */
function link(id: string, beforeSeq: number, running: Running, rows: Rows): void {
  const { machineId, epoch, creditFromSeq } = running;
  if (creditFromSeq > 0 && creditFromSeq < beforeSeq) {
    rows.links.push({ by: "cash", machineId, epoch, fromSeq: creditFromSeq, toSeq: beforeSeq - 1, transactionId: id });
  }
  running.creditFromSeq = beforeSeq + 1;
}

type MoneyOut = LedgerRecordOf<"payoutDone" | "voucherIssued" | "claimOpened">;

function moneyOut(record: MoneyOut, dated: Dated, running: Running, rows: Rows): void {
  const { seq } = record;
  if (record.kind === "claimOpened") {
    const reason = CLAIM_CAUSES[record.cause] ?? null;
    // A bill whose fate nobody knows never was credit.
    if (record.cause !== CLAIM_BILL) running.creditMinor -= record.amountMinor;
    rows.payments.push({
      ...payment(seq, "claim", -record.amountMinor, dated, running),
      reason,
      reference: record.code,
    });
    return;
  }
  const reason = PAYOUT_REASONS[record.reason] ?? null;
  if (record.kind === "payoutDone" && record.reason === EMPTIED) {
    rows.payments.push({ ...payment(seq, "emptied", -record.paidMinor, dated, running), reason });
    return;
  }
  const back = record.reason !== CHANGE;
  const amountMinor = record.kind === "payoutDone" ? record.paidMinor : record.amountMinor;
  running.creditMinor -= amountMinor;
  const linked = back && !running.lastSaleFailed ? null : running.lastSaleId;
  const kind = record.kind === "voucherIssued" ? "voucher" : back ? "refund" : "change";
  const reference = record.kind === "voucherIssued" ? record.code : null;
  rows.payments.push({
    ...payment(seq, kind, -amountMinor, dated, running),
    reason,
    reference,
    transactionId: linked,
  });
  if (back && amountMinor > 0) refundFailedSale(seq, running, rows);
}

/** The money of a failed sale went back, whatever the customer pressed to get it. */
function refundFailedSale(seq: number, running: Running, rows: Rows): void {
  const { lastSaleId, lastSaleBookedMs } = running;
  if (!running.lastSaleFailed || lastSaleId === null || lastSaleBookedMs === null) return;
  rows.refunded.push({ id: lastSaleId, operatorId: running.operatorId, bookedMs: lastSaleBookedMs });
  link(lastSaleId, seq, running, rows);
  // What coins could not pay follows as a voucher: it belongs to the same sale until the credit is gone.
  if (running.creditMinor <= 0) running.lastSaleFailed = false;
}

type Life = Exclude<
  LedgerRecord,
  | ServiceMoney
  | CardRecord
  | LedgerRecordOf<
      | "coinIn"
      | "billStacked"
      | "saleSettled"
      | "saleFailed"
      | "outcomeUnknown"
      | "strayDrop"
      | "extraDrop"
      | "payoutDone"
      | "voucherIssued"
      | "claimOpened"
    >
>;

function life(record: Life, dated: Dated, running: Running, rows: Rows, known: Known): void {
  const { machineId } = running;
  switch (record.kind) {
    case "doorOpened":
    case "doorClosed":
      if (!isLate(running, record.seq)) rows.doors.set(machineId, record.kind === "doorOpened");
      return;
    case "stockSet":
      changeSlot(record, running, rows, (change) => {
        change.set = record.quantity;
        change.delta = 0;
      });
      return;
    case "commandApplied":
      rows.answers.push(answerOf(record, dated, running));
      return documentApplied(record, dated, running, rows, known);
    case "documentApplied":
      return documentApplied(record, dated, running, rows, known);
    case "priceSet":
      return priceSet(record, running, rows);
    case "faultRaised":
    case "faultCleared": {
      const { operatorId, epoch } = running;
      const name = faultOf(record.fault);
      rows.faults.push({
        machineId,
        operatorId,
        epoch,
        seq: record.seq,
        raised: record.kind === "faultRaised",
        late: isLate(running, record.seq),
        fault: record.fault,
        slot: record.slot ?? null,
        detail: record.kind === "faultRaised" ? (record.detail ?? null) : null,
        severity: name === undefined ? "warning" : FAULTS[name].severity,
        atMs: dated.bookedMs,
      });
      return;
    }
    default:
      // Brackets and audit notes: kept in the ledger, nothing is derived from them.
      return;
  }
}
