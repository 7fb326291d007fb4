/** The fold of records about money going out: payouts, vouchers, claims, audits, the cash box. */
import type { Durable } from "./durable.js";
import { STORE_CHANGER } from "./fold-money-in.js";
import { CLAIM_CAUSES, type LedgerRecordOf, MDB_TYPES, PAYOUT_REASONS } from "./kinds.js";

type MoneyOutKind =
  | "payoutStarted"
  | "payoutDone"
  | "payoutTold"
  | "voucherIssued"
  | "claimOpened"
  | "tubeAudit"
  | "cashBoxTaken";

const BYTE_MAX = 255;

/** CLAIM_CAUSES indexes. */
export const CLAIM_PAYOUT = CLAIM_CAUSES.indexOf("payout");
export const CLAIM_BILL = CLAIM_CAUSES.indexOf("bill");
export const CLAIM_VEND = CLAIM_CAUSES.indexOf("vend");
export const CLAIM_REVALUE = CLAIM_CAUSES.indexOf("revalue");
export const PAYOUT_EMPTIED = PAYOUT_REASONS.indexOf("emptied");

export function foldMoneyOut(state: Durable, record: LedgerRecordOf<MoneyOutKind>): void {
  const { counters } = state;
  switch (record.kind) {
    case "payoutStarted": {
      const { payoutNo, reason, dueMinor, type, count, valueMinor, store = STORE_CHANGER, device } = record;
      state.payoutNo = payoutNo;
      const tubes = countsOf(record.tubes);
      const open = { payoutNo, reason, dueMinor, type, count, valueMinor, store, tubes, doorOpened: false };
      // A spread that adds a key makes V8 a new hidden class each time; whatever reads the state then has to search.
      state.payout = device === undefined ? open : Object.assign(open, { device });
      return;
    }
    case "payoutDone":
      setStore(state, record.store ?? STORE_CHANGER, countsOf(record.tubes), record.paidMinor);
      state.payout = undefined;
      if (record.reason === PAYOUT_EMPTIED) {
        counters.emptiedMinor += record.paidMinor;
        return;
      }
      state.creditMinor -= record.paidMinor;
      counters.paidOutMinor += record.paidMinor;
      return;
    case "payoutTold":
      // The tubes decide.
      return;
    case "voucherIssued":
      state.voucherNo = record.voucherNo;
      state.creditMinor -= record.amountMinor;
      counters.vouchersMinor += record.amountMinor;
      return;
    case "claimOpened":
      return foldClaim(state, record);
    case "tubeAudit":
      return foldAudit(state, record);
    case "cashBoxTaken":
      state.boxCoinsMinor = 0;
      state.boxBillsMinor = 0;
      return;
  }
}

function foldClaim(state: Durable, record: LedgerRecordOf<"claimOpened">): void {
  const { counters } = state;
  state.claimNo = record.claimNo;
  if (record.cause === CLAIM_BILL) {
    state.stack = undefined;
    counters.billClaimsMinor += record.amountMinor;
    return;
  }
  if (record.cause === CLAIM_REVALUE) state.revalue = undefined;
  else state.payout = undefined;
  state.creditMinor -= record.amountMinor;
  counters.claimsMinor += record.amountMinor;
}

function foldAudit(state: Durable, record: LedgerRecordOf<"tubeAudit">): void {
  const { type, store = STORE_CHANGER, found, expected, following } = record;
  const known = following === 0;
  if (store === STORE_CHANGER) {
    if (type < MDB_TYPES) state.tubes[type] = found;
    if (known) state.tubesKnown = true;
  } else {
    const held = state.stores[store - 1];
    if (held === undefined) return;
    const counts = held.counts.map((old, of) => (of === type ? found : old));
    state.stores[store - 1] = { counts, known: held.known || known };
  }
  if (following !== undefined) return;
  const difference = (found - expected) * record.valueMinor;
  if (difference < 0) state.counters.tubeShortMinor -= difference;
  if (difference > 0) state.counters.tubeOverMinor += difference;
}

/** Counts by type as they stand in a record: one byte each, trailing zeros left out. */
export function countsOf(bytes: Uint8Array): number[] {
  const counts = new Array<number>(MDB_TYPES).fill(0);
  for (let type = 0; type < MDB_TYPES && type < bytes.length; type++) counts[type] = bytes[type] ?? 0;
  return counts;
}

/** The bytes of counts by type for a record. 255 = 255 or more. */
export function countBytes(counts: readonly number[]): Uint8Array {
  let length = Math.min(counts.length, MDB_TYPES);
  while (length > 0 && (counts[length - 1] ?? 0) === 0) length--;
  return Uint8Array.from(counts.slice(0, length), (count) => Math.min(255, count));
}

/** The counts a payout left. A byte holds no more than 255: beyond it what was paid is taken off what was there. */
function setStore(state: Durable, store: number, counts: readonly number[], paidMinor: number): void {
  if (store === STORE_CHANGER) {
    state.tubes = counts.slice();
    return;
  }
  const held = state.stores[store - 1];
  if (held === undefined) return;
  const { type: paidType = -1, valueMinor = 0 } = state.payout ?? {};
  const paid = valueMinor > 0 ? Math.floor(paidMinor / valueMinor) : 0;
  const left = counts.map((count, type) => {
    const reckoned = (held.counts[type] ?? 0) - (type === paidType ? paid : 0);
    return count < BYTE_MAX ? count : Math.max(count, reckoned);
  });
  state.stores[store - 1] = { ...held, counts: left };
}
