/**
 * The machine's durable state: what all records so far amount to. The machine never keeps money, stock or open brackets
 * anywhere else; it folds each record after appending it, and replay at boot is the same fold. Checkpoints on flash are
 * this state in CBOR (`checkpoint.ts`).
 */
import { deepFreeze } from "../freeze.js";
import { type Audit, emptyAudit } from "./audit.js";
import { DOCUMENTS, MDB_TYPES, type NewRecordOf, STORES } from "./kinds.js";

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
  "cardSales",
  "cardSalesMinor", // captured, discounts and surcharges included
  "holdsApprovedMinor",
  "holdsReleasedMinor", // of those approved
  "refundsDueMinor",
  "refundsUnapprovedMinor", // the part of them whose approval was never seen
  "cardClaimsMinor", // holds of vends of unknown outcome
  "revaluedMinor", // credit put on cards
  "filledMinor", // put in by service persons; never was credit
  "emptiedMinor", // paid out to service persons
  "testVends",
  "freeVends",
  "orders", // remote orders answered
  "creditLostMinor", // credit whose record has rotted, spent by the records behind it
] as const);
export type CounterName = (typeof COUNTERS)[number];

export type OpenVend = Pick<NewRecordOf<"vendStarted">, "saleNo" | "slot" | "priceMinor" | "paidMinor" | "means"> & {
  /** Turns whose `leftHome` is recorded: 0 = the spiral has not been seen to move. */
  readonly turns: number;
  /** `turnPaused` is recorded: up to then nothing had fallen. */
  readonly paused?: boolean;
};
export type OpenStack = Pick<NewRecordOf<"stackStarted">, "type" | "valueMinor" | "stackerCount">;
export type OpenPayout = Omit<NewRecordOf<"payoutStarted">, "kind" | "tubes" | "store"> & {
  /** Which device pays: index of STORES. */
  readonly store: number;
  /** Count of every type before the DISPENSE. */
  readonly tubes: readonly number[];
  /** The door was opened since, or shut (but for a service person): tube counts prove nothing any more. */
  readonly doorOpened: boolean;
};
/** A card's money is held, or asked for: amounts in minor units. */
export type OpenHold = Omit<NewRecordOf<"vendRequested">, "kind"> & {
  /** What the reader approved; absent while no approval is on flash. */
  readonly approvedMinor?: number;
};
/** A remote order is being carried out. */
export type OpenCommand = Omit<NewRecordOf<"commandStarted">, "kind">;
export type OpenRevalue = Omit<NewRecordOf<"revalueStarted">, "kind">;
/** A device other than the changer that holds money and pays it out. */
export interface StoreCounts {
  /** Pieces by MDB type that must be in it by the records, `MDB_TYPES` entries. */
  readonly counts: readonly number[];
  /** False until its counts were taken over the first time. */
  readonly known: boolean;
}
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
  hold: OpenHold | undefined;
  revalue: OpenRevalue | undefined;
  command: OpenCommand | undefined;
  /** Last number given, 0 = none yet. */
  holdNo: number;
  refundNo: number;
  /** Coins every tube must hold by the records, `MDB_TYPES` entries. */
  tubes: number[];
  /** False until a changer's tubes were taken over the first time. */
  tubesKnown: boolean;
  /** Recycler and hoppers: index of STORES less one, `STORES.length - 1` entries. */
  stores: StoreCounts[];
  /** Money in cash box and stacker since they were last emptied, minor units. */
  boxCoinsMinor: number;
  boxBillsMinor: number;
  /** Highest counter of a remote order seen, and the 64 below it: bit n of the window = highest − 1 − n was seen. */
  orderHighest: number;
  orderWindow: [low: number, high: number];
  doorOpen: boolean;
  /** Newest wall time any record bears, Unix seconds; 0 = never knew it. */
  lastWallS: number;
  /** Wrong codes typed in the service menu since the last right one, or since a lock was over. */
  wrongCodes: number;
  /** By index of `DOCUMENTS`. */
  documents: DocumentMark[];
  /** Prices set at the machine since the planogram took effect, by slot code. */
  prices: { [slot: string]: number };
  /** Products by slot code. */
  stock: { [slot: string]: number };
  faults: OpenFault[];
  counters: { [name in CounterName]: number };
  /** What EVA-DTS asks for. */
  audit: Audit;
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
    hold: undefined,
    revalue: undefined,
    command: undefined,
    holdNo: 0,
    refundNo: 0,
    tubes: new Array<number>(MDB_TYPES).fill(0),
    tubesKnown: false,
    stores: STORES.slice(1).map(() => ({ counts: new Array<number>(MDB_TYPES).fill(0), known: false })),
    boxCoinsMinor: 0,
    boxBillsMinor: 0,
    orderHighest: 0,
    orderWindow: [0, 0],
    doorOpen: false,
    lastWallS: 0,
    wrongCodes: 0,
    documents: DOCUMENTS.map(() => ({ version: 0, crc: 0 })),
    prices: {},
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
      cardSales: 0,
      cardSalesMinor: 0,
      holdsApprovedMinor: 0,
      holdsReleasedMinor: 0,
      refundsDueMinor: 0,
      refundsUnapprovedMinor: 0,
      cardClaimsMinor: 0,
      revaluedMinor: 0,
      filledMinor: 0,
      emptiedMinor: 0,
      testVends: 0,
      freeVends: 0,
      orders: 0,
      creditLostMinor: 0,
    },
    audit: emptyAudit(),
  };
}

export function hasFault(state: Durable, fault: number, slot?: string): boolean {
  const { faults } = state;
  for (let i = 0; i < faults.length; i += 1) {
    if (faults[i]?.fault === fault && faults[i]?.slot === slot) return true;
  }
  return false;
}

/** Promise 1 inside the ledger: every cent in is sold, paid out, a voucher, a claim or still owed. 0 when it holds. */
export function creditDifferenceMinor(state: Durable): number {
  const { coinsInMinor, billsInMinor, creditLostMinor, revaluedMinor } = state.counters;
  const { cashSalesMinor, paidOutMinor, vouchersMinor, claimsMinor } = state.counters;
  const left = cashSalesMinor + paidOutMinor + vouchersMinor + claimsMinor + revaluedMinor;
  return coinsInMinor + billsInMinor + creditLostMinor - left - state.creditMinor;
}

/** The same of cards: every approved hold is captured, released, to be refunded, a claim or still open. */
export function holdDifferenceMinor(state: Durable): number {
  const { holdsApprovedMinor, holdsReleasedMinor, cardSalesMinor, cardClaimsMinor } = state.counters;
  const refunded = state.counters.refundsDueMinor - state.counters.refundsUnapprovedMinor;
  const open = state.hold?.approvedMinor ?? 0;
  return holdsApprovedMinor - holdsReleasedMinor - cardSalesMinor - cardClaimsMinor - refunded - open;
}
