/**
 * The machine's durable state: what all records so far amount to. The machine never keeps money, stock or open brackets
 * anywhere else; it folds each record after appending it, and replay at boot is the same fold. Checkpoints on flash are
 * this state in CBOR (`checkpoint.ts`).
 */
import { deepFreeze } from "../freeze.js";
import { type LedgerRecord, type LedgerRecordOf, MDB_TYPES, type NewRecordOf } from "./kinds.js";

/** Columns a machine can have, and so slots a checkpoint must hold. */
export const MAX_SLOTS = 60;
/** Faults open at once; one more is dropped from the state (not from the ledger) and counted in `faultsDropped`. */
export const MAX_OPEN_FAULTS = 32;

/**
 * Cumulative since initialisation. Names end in Minor for amounts; the rest are counts. Order is for ever: append
 * only.
 */
export const COUNTERS = deepFreeze([
  "coinsInMinor",
  "billsInMinor",
  "cashSalesMinor",
  "sales",
  "paidOutMinor",
  "vouchersMinor",
  "claimsMinor", // taken out of credit: payouts and vends of unknown outcome
  "billClaimsMinor", // bills whose fate nobody knows; never were credit
  "manualOutMinor",
  "failedSales",
  "unknownSales",
  "strayDrops",
  "extraDrops",
  "suppressedRepeats",
  "tubeShortMinor",
  "tubeOverMinor",
  "salesMinor", // by any means of payment
  "faultsDropped",
  "cashBoxMinor", // coins that went past the tubes; emptying the box does not lower it
] as const);
export type CounterName = (typeof COUNTERS)[number];

export type OpenVend = Pick<NewRecordOf<"vendStarted">, "saleNo" | "slot" | "priceMinor" | "paidMinor" | "means"> & {
  /** Turns whose `leftHome` is recorded: 0 = the spiral has not been seen to move. */
  readonly turns: number;
};
export type OpenStack = Pick<NewRecordOf<"stackStarted">, "type" | "valueMinor" | "stackerCount">;
export type OpenPayout = Omit<NewRecordOf<"payoutStarted">, "kind" | "tubes"> & {
  /** Count of every type before the DISPENSE. */
  readonly tubes: readonly number[];
  /** The door was opened since: tube counts prove nothing any more. */
  readonly doorOpened: boolean;
};
export interface OpenFault {
  readonly fault: number;
  readonly slot?: string | undefined;
}
export interface DocumentMark {
  readonly version: number;
  readonly crc: number;
}

export interface Durable {
  bootNo: number;
  /** Last number given, 0 = none yet. */
  saleNo: number;
  payoutNo: number;
  voucherNo: number;
  claimNo: number;
  /** Money owed to whoever stands in front, minor units. */
  creditMinor: number;
  vend: OpenVend | undefined;
  stack: OpenStack | undefined;
  payout: OpenPayout | undefined;
  /** Coins every tube must hold by the records, `MDB_TYPES` entries. */
  tubes: number[];
  /** False until a changer's tubes were taken over the first time. */
  tubesKnown: boolean;
  doorOpen: boolean;
  /** Newest wall time any record bears, Unix seconds; 0 = never knew it. */
  lastWallS: number;
  /** By index of `DOCUMENTS`. */
  documents: DocumentMark[];
  /** Products by slot code. */
  stock: { [slot: string]: number };
  faults: OpenFault[];
  counters: { [name in CounterName]: number };
}

export function emptyDurable(): Durable {
  return {
    bootNo: 0,
    saleNo: 0,
    payoutNo: 0,
    voucherNo: 0,
    claimNo: 0,
    creditMinor: 0,
    vend: undefined,
    stack: undefined,
    payout: undefined,
    tubes: new Array<number>(MDB_TYPES).fill(0),
    tubesKnown: false,
    doorOpen: false,
    lastWallS: 0,
    documents: [
      { version: 0, crc: 0 },
      { version: 0, crc: 0 },
    ],
    stock: {},
    faults: [],
    counters: {
      coinsInMinor: 0,
      billsInMinor: 0,
      cashSalesMinor: 0,
      sales: 0,
      paidOutMinor: 0,
      vouchersMinor: 0,
      claimsMinor: 0,
      billClaimsMinor: 0,
      manualOutMinor: 0,
      failedSales: 0,
      unknownSales: 0,
      strayDrops: 0,
      extraDrops: 0,
      suppressedRepeats: 0,
      tubeShortMinor: 0,
      tubeOverMinor: 0,
      salesMinor: 0,
      faultsDropped: 0,
      cashBoxMinor: 0,
    },
  };
}

/** PAYMENT_MEANS index of cash: the only means that moves credit. */
export const MEANS_CASH = 0;
/** CLAIM_CAUSES indexes. */
export const CLAIM_PAYOUT = 0;
export const CLAIM_BILL = 1;
export const CLAIM_VEND = 2;

/** Folds one record into `state`, in place. Total: a record that makes no sense here changes only what it names. */
export function applyRecord(state: Durable, record: LedgerRecord): void {
  if (record.wallS !== undefined && record.wallS > state.lastWallS) state.lastWallS = record.wallS;
  switch (record.kind) {
    case "coinIn":
    case "coinsManuallyDispensed":
    case "stackStarted":
    case "billStacked":
    case "billReturned":
    case "repeatSuppressed":
      return applyMoneyIn(state, record);
    case "vendStarted":
    case "leftHome":
    case "saleSettled":
    case "saleFailed":
    case "outcomeUnknown":
    case "strayDrop":
    case "extraDrop":
      return applySale(state, record);
    case "payoutStarted":
    case "payoutDone":
    case "voucherIssued":
    case "claimOpened":
    case "tubeAudit":
      return applyMoneyOut(state, record);
    default:
      return applyLife(state, record);
  }
}

type LifeKind =
  | "boot"
  | "clockSet"
  | "documentApplied"
  | "doorOpened"
  | "doorClosed"
  | "faultRaised"
  | "faultCleared"
  | "stockSet"
  | "unreadable";

function applyLife(state: Durable, record: LedgerRecordOf<LifeKind>): void {
  switch (record.kind) {
    case "boot":
      state.bootNo = record.bootNo;
      return;
    case "documentApplied":
      if (record.doc >= state.documents.length) return;
      state.documents[record.doc] = { version: record.version, crc: record.crc };
      return;
    case "doorOpened":
      state.doorOpen = true;
      if (state.payout !== undefined) state.payout = { ...state.payout, doorOpened: true };
      return;
    case "doorClosed":
      state.doorOpen = false;
      return;
    case "faultRaised":
      if (hasFault(state, record.fault, record.slot)) return;
      if (state.faults.length >= MAX_OPEN_FAULTS) state.counters.faultsDropped++;
      else state.faults.push({ fault: record.fault, slot: record.slot });
      return;
    case "faultCleared":
      state.faults = state.faults.filter((open) => open.fault !== record.fault || open.slot !== record.slot);
      return;
    case "stockSet":
      if (record.slot in state.stock || Object.keys(state.stock).length < MAX_SLOTS) {
        state.stock[record.slot] = record.quantity;
      }
      return;
    case "clockSet":
    case "unreadable":
      return;
  }
}

type MoneyInKind =
  | "coinIn"
  | "coinsManuallyDispensed"
  | "stackStarted"
  | "billStacked"
  | "billReturned"
  | "repeatSuppressed";

function applyMoneyIn(state: Durable, record: LedgerRecordOf<MoneyInKind>): void {
  const { counters } = state;
  switch (record.kind) {
    case "coinIn":
      state.creditMinor += record.valueMinor;
      counters.coinsInMinor += record.valueMinor;
      // The changer's own count is not believed here: it is compared with ours by the tube audit.
      if (record.path === 1) addToTube(state, record.type, 1);
      else counters.cashBoxMinor += record.valueMinor;
      return;
    case "coinsManuallyDispensed":
      counters.manualOutMinor += record.valueMinor * record.count;
      addToTube(state, record.type, -record.count);
      return;
    case "stackStarted":
      state.stack = { type: record.type, valueMinor: record.valueMinor, stackerCount: record.stackerCount };
      return;
    case "billStacked":
      state.stack = undefined;
      state.creditMinor += record.valueMinor;
      counters.billsInMinor += record.valueMinor;
      return;
    case "billReturned":
      state.stack = undefined;
      return;
    case "repeatSuppressed":
      counters.suppressedRepeats++;
      return;
  }
}

type SaleKind =
  | "vendStarted"
  | "leftHome"
  | "saleSettled"
  | "saleFailed"
  | "outcomeUnknown"
  | "strayDrop"
  | "extraDrop";

function applySale(state: Durable, record: LedgerRecordOf<SaleKind>): void {
  const { counters } = state;
  switch (record.kind) {
    case "vendStarted": {
      const { saleNo, slot, priceMinor, paidMinor, means } = record;
      state.saleNo = saleNo;
      state.vend = { saleNo, slot, priceMinor, paidMinor, means, turns: 0 };
      return;
    }
    case "leftHome":
      if (state.vend !== undefined) state.vend = { ...state.vend, turns: record.turn };
      return;
    case "saleSettled":
      state.vend = undefined;
      if (record.means === MEANS_CASH) {
        state.creditMinor -= record.priceMinor;
        counters.cashSalesMinor += record.priceMinor;
      }
      counters.sales++;
      counters.salesMinor += record.priceMinor;
      takeFromStock(state, record.slot);
      return;
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

type MoneyOutKind = "payoutStarted" | "payoutDone" | "voucherIssued" | "claimOpened" | "tubeAudit";

function applyMoneyOut(state: Durable, record: LedgerRecordOf<MoneyOutKind>): void {
  const { counters } = state;
  switch (record.kind) {
    case "payoutStarted": {
      const { payoutNo, reason, dueMinor, type, count, valueMinor, tubes } = record;
      state.payoutNo = payoutNo;
      const before = Array.from(tubes);
      state.payout = { payoutNo, reason, dueMinor, type, count, valueMinor, tubes: before, doorOpened: false };
      return;
    }
    case "payoutDone":
      state.payout = undefined;
      state.creditMinor -= record.paidMinor;
      counters.paidOutMinor += record.paidMinor;
      state.tubes = Array.from(record.tubes);
      return;
    case "voucherIssued":
      state.voucherNo = record.voucherNo;
      state.creditMinor -= record.amountMinor;
      counters.vouchersMinor += record.amountMinor;
      return;
    case "claimOpened":
      state.claimNo = record.claimNo;
      if (record.cause === CLAIM_BILL) {
        state.stack = undefined;
        counters.billClaimsMinor += record.amountMinor;
        return;
      }
      state.payout = undefined;
      state.creditMinor -= record.amountMinor;
      counters.claimsMinor += record.amountMinor;
      return;
    case "tubeAudit": {
      const difference = (record.found - record.expected) * record.valueMinor;
      if (record.type < MDB_TYPES) state.tubes[record.type] = record.found;
      if (record.following !== undefined) {
        if (record.following === 0) state.tubesKnown = true;
        return;
      }
      if (difference < 0) counters.tubeShortMinor -= difference;
      if (difference > 0) counters.tubeOverMinor += difference;
      return;
    }
  }
}

export function hasFault(state: Durable, fault: number, slot?: string): boolean {
  return state.faults.some((open) => open.fault === fault && open.slot === slot);
}

/** Promise 1 inside the ledger: every cent in is sold, paid out, a voucher, a claim or still owed. 0 when it holds. */
export function creditDifferenceMinor(state: Durable): number {
  const { coinsInMinor, billsInMinor, cashSalesMinor, paidOutMinor, vouchersMinor, claimsMinor } = state.counters;
  return coinsInMinor + billsInMinor - cashSalesMinor - paidOutMinor - vouchersMinor - claimsMinor - state.creditMinor;
}

function addToTube(state: Durable, type: number, count: number): void {
  if (type < MDB_TYPES) state.tubes[type] = Math.max(0, (state.tubes[type] ?? 0) + count);
}

function takeFromStock(state: Durable, slot: string): void {
  const quantity = state.stock[slot];
  if (quantity !== undefined && quantity > 0) state.stock[slot] = quantity - 1;
}
