/**
 * Audit counters as EVA-DTS 6.1 asks for them: values and counts since initialisation and since the last reset, for the
 * whole machine, per product (slot) and per coin type. Fed by records alone, so replay gives the same; part of the
 * durable state, kept in checkpoints (`audit-codec.ts`). Amounts in minor units.
 */
import { deepFreeze } from "../freeze.js";
import {
  AUDIT_READERS,
  BOOT_CAUSES,
  type LedgerRecord,
  type LedgerRecordOf,
  MDB_TYPES,
  ORDER_KINDS,
  ORDER_RESULTS,
  PAYMENT_MEANS,
  PAYOUT_REASONS,
} from "./kinds.js";
import { SlotAudits } from "./slot-audits.js";

/** Of the whole machine. Names end in Minor for amounts, the rest are counts. Order is for ever: append only. */
export const AUDIT_TOTALS = deepFreeze([
  "cashSales",
  "cashSalesMinor",
  "card1Sales", // reader 10h, and what is paid by phone
  "card1SalesMinor",
  "card2Sales", // reader 60h
  "card2SalesMinor",
  "testVends",
  "testVendsMinor",
  "freeVends",
  "freeVendsMinor",
  "boxCoinsMinor", // coins to the cash box
  "tubeCoinsMinor", // coins to the tubes
  "billsMinor", // all bills taken
  "recycledBillsMinor", // of those, what went to the recycler
  "paidOutMinor", // to customers
  "manualOutMinor", // by hand at the device, or emptied in the service menu
  "filledMinor",
  "revalued1Minor", // credit put on cards, by reader
  "revalued2Minor",
  "discounts1", // captured less than the price, by reader
  "discounts1Minor",
  "surcharges1",
  "surcharges1Minor",
  "discounts2",
  "discounts2Minor",
  "surcharges2",
  "surcharges2Minor",
  "vouchers",
  "vouchersMinor",
  "boxTakenMinor", // taken out of cash box and stacker
  "powerOutages",
  "reads",
  "exactChangeMinor", // sold while only exact change was taken
] as const);
export type AuditTotal = (typeof AUDIT_TOTALS)[number];
export type AuditTotals = { [name in AuditTotal]: number };

/** Of one MDB coin type of the changer, since initialisation. */
export interface CoinAudit {
  valueMinor: number;
  /** Pieces filled in and let out by hand. */
  filled: number;
  manualOut: number;
}

/** A data read: by whom (AUDIT_READERS) and when, Unix seconds, 0 = the clock was unknown. */
export interface AuditRead {
  readonly by: number;
  readonly atS: number;
}

export interface Audit {
  readonly since: AuditTotals;
  readonly sinceReset: AuditTotals;
  /** Reads that began the "since reset" counters anew. */
  resets: number;
  /** The newest read, and the one before it. */
  lastRead: AuditRead | undefined;
  readBefore: AuditRead | undefined;
  readonly slots: SlotAudits;
  /** By MDB type; no entry for a type no record has named. */
  coins: (CoinAudit | undefined)[];
}

/** What the fold looks up in the state before the record. */
export interface BeforeRecord {
  readonly bootNo: number;
  readonly hold?: { readonly reader: number } | undefined;
  readonly stock: { readonly [slot: string]: number };
}

const CASH = PAYMENT_MEANS.indexOf("cash");
const FREE = PAYMENT_MEANS.indexOf("free");
const TEST = PAYMENT_MEANS.indexOf("test");
const BY_POWER = BOOT_CAUSES.indexOf("power");
const EMPTIED = PAYOUT_REASONS.indexOf("emptied");
const BY_REMOTE = AUDIT_READERS.indexOf("remote");
const READ_AUDIT = ORDER_KINDS.indexOf("readAudit");
const DONE = ORDER_RESULTS.indexOf("done");
const PATH_TUBE = 1;
const ROUTE_RECYCLER = 1;
const TO_CASH_BOX = 1;
const SECOND_READER = 1;

export function emptyAudit(): Audit {
  return {
    since: zeros(AUDIT_TOTALS),
    sinceReset: zeros(AUDIT_TOTALS),
    resets: 0,
    lastRead: undefined,
    readBefore: undefined,
    slots: new SlotAudits(),
    coins: [],
  };
}

/** A counter of 0 for every name. */
function zeros<N extends string>(names: readonly N[]): { [name in N]: number };
function zeros(names: readonly string[]): { [name: string]: number } {
  const counters: { [name: string]: number } = {};
  for (const name of names) counters[name] = 0;
  return counters;
}

/** Folds one record in, in place. before: the durable state without that record. Total, as `applyRecord`. */
export function foldAudit(audit: Audit, record: LedgerRecord, before: BeforeRecord): void {
  switch (record.kind) {
    case "boot":
      // The first power-up of all ends no outage.
      if (record.cause === BY_POWER && before.bootNo > 0) add(audit, "powerOutages", 1);
      return;
    case "auditRead":
      return foldRead(audit, record.by, record.reset, record.wallS);
    case "commandApplied":
      if (record.order !== READ_AUDIT || record.result !== DONE) return;
      return foldRead(audit, BY_REMOTE, record.reset ?? false, record.wallS);
    case "saleSettled":
      return foldSale(audit, record, before);
    case "strayDrop":
    case "extraDrop":
      if (record.slot !== undefined) noteSoldOut(audit, record.slot, record.wallS, before);
      return;
    case "payoutDone":
      return add(audit, record.reason === EMPTIED ? "manualOutMinor" : "paidOutMinor", record.paidMinor);
    case "voucherIssued":
      add(audit, "vouchers", 1);
      return add(audit, "vouchersMinor", record.amountMinor);
    case "revalueDone":
      if (!record.accepted) return;
      return add(audit, record.reader === SECOND_READER ? "revalued2Minor" : "revalued1Minor", record.amountMinor);
    case "cashBoxTaken":
      return add(audit, "boxTakenMinor", record.coinsMinor + record.billsMinor);
    case "tubeAudit":
      if (record.store === undefined || record.store === 0) coinOf(audit, record.type, record.valueMinor);
      return;
    case "coinIn":
      coinOf(audit, record.type, record.valueMinor);
      return add(audit, record.path === PATH_TUBE ? "tubeCoinsMinor" : "boxCoinsMinor", record.valueMinor);
    case "billStacked":
      add(audit, "billsMinor", record.valueMinor);
      if (record.route === ROUTE_RECYCLER) add(audit, "recycledBillsMinor", record.valueMinor);
      return;
    default:
      return foldByHand(audit, record);
  }
}

/** What service people move by hand. */
function foldByHand(audit: Audit, record: LedgerRecord): void {
  switch (record.kind) {
    case "coinFilled": {
      const coin = coinOf(audit, record.type, record.valueMinor);
      if (coin !== undefined && record.path === PATH_TUBE) coin.filled += 1;
      return add(audit, "filledMinor", record.valueMinor);
    }
    case "storeFilled": {
      const coin = (record.store ?? 0) === 0 ? coinOf(audit, record.type, record.valueMinor) : undefined;
      if (coin !== undefined) coin.filled += record.count;
      return add(audit, "filledMinor", record.valueMinor * record.count);
    }
    case "coinsManuallyDispensed": {
      const coin = coinOf(audit, record.type, record.valueMinor);
      if (coin !== undefined) coin.manualOut += record.count;
      return add(audit, "manualOutMinor", record.valueMinor * record.count);
    }
    case "recyclerMoved":
      if (record.to !== TO_CASH_BOX) add(audit, "manualOutMinor", record.valueMinor * record.count);
      return;
    default:
      return;
  }
}

/** A read with reset is the last thing that the counters before it know of, and the first of those after it. */
function foldRead(audit: Audit, by: number, reset: boolean, wallS = 0): void {
  audit.readBefore = audit.lastRead;
  audit.lastRead = { by: Math.min(by, AUDIT_READERS.length), atS: wallS };
  if (reset) {
    audit.resets++;
    Object.assign(audit.sinceReset, zeros(AUDIT_TOTALS));
    audit.slots.reset();
  }
  add(audit, "reads", 1);
}

function foldSale(audit: Audit, record: LedgerRecordOf<"saleSettled">, before: BeforeRecord): void {
  const { slot, priceMinor, means } = record;
  const { slots } = audit;
  noteSoldOut(audit, slot, record.wallS, before);
  if (means === TEST || means === FREE) {
    add(audit, means === TEST ? "testVends" : "freeVends", 1);
    add(audit, means === TEST ? "testVendsMinor" : "freeVendsMinor", priceMinor);
    return slots.add(slot, means === TEST ? "testVends" : "freeVends", 1);
  }
  if (record.exactChange === true) add(audit, "exactChangeMinor", priceMinor);
  if (means === CASH) {
    add(audit, "cashSales", 1);
    add(audit, "cashSalesMinor", priceMinor);
    slots.add(slot, "cashSales", 1);
    return slots.add(slot, "cashSalesMinor", priceMinor);
  }
  const second = before.hold?.reader === SECOND_READER;
  add(audit, second ? "card2Sales" : "card1Sales", 1);
  add(audit, second ? "card2SalesMinor" : "card1SalesMinor", priceMinor);
  slots.add(slot, "cardSales", 1);
  slots.add(slot, "cardSalesMinor", priceMinor);
  const overMinor = (record.capturedMinor ?? priceMinor) - priceMinor;
  if (overMinor < 0) {
    add(audit, second ? "discounts2" : "discounts1", 1);
    add(audit, second ? "discounts2Minor" : "discounts1Minor", -overMinor);
  } else if (overMinor > 0) {
    add(audit, second ? "surcharges2" : "surcharges1", 1);
    add(audit, second ? "surcharges2Minor" : "surcharges1Minor", overMinor);
  }
}

function noteSoldOut({ slots }: Audit, slot: string, wallS: number | undefined, before: BeforeRecord): void {
  if (before.stock[slot] === 1 && slots.open(slot) && wallS !== undefined) slots.noteSoldOut(slot, wallS);
}

function add(audit: Audit, name: AuditTotal, amount: number): void {
  audit.since[name] += amount;
  audit.sinceReset[name] += amount;
}

function coinOf(audit: Audit, type: number, valueMinor: number): CoinAudit | undefined {
  if (type >= MDB_TYPES) return undefined;
  const known = audit.coins[type];
  if (known !== undefined) {
    if (valueMinor > 0) known.valueMinor = valueMinor;
    return known;
  }
  const coin = { valueMinor, filled: 0, manualOut: 0 };
  while (audit.coins.length < type) audit.coins.push(undefined);
  audit.coins[type] = coin;
  return coin;
}
