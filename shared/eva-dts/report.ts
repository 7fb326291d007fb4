/**
 * The machine's audit counters as an EVA-DTS 6.1 report. One table says which counter stands in which field; what we
 * cannot count stays blank, which means "not supported". Without a source, and left out: EA1 (faults are kept while
 * they are open, not by date), the counts of EA2, MA5 and SD1 (there are no blocks of settings, no audit passwords).
 * Amounts are minor units; a number of more than eight digits rolls over, as the standard's fields do.
 */
import { deepFreeze } from "../freeze.js";
import { currencyByNumber } from "../money/currencies.js";
import type { AuditTotals } from "../records/audit.js";
import type { Durable } from "../records/durable.js";
import type { SlotAudits, SlotCounter } from "../records/slot-audits.js";
import type { PlanogramSlot } from "../wire/documents.js";
import { dateOf, timeOf } from "./dates.js";
import { type EvaReport, plain, type Segment } from "./text.js";

/** Maker's code and serial number, model and software revision as a device tells them. */
export interface EvaDevice {
  readonly serial?: string;
  readonly model?: string;
  readonly revision?: string;
}

export interface EvaFacts {
  readonly machineId: string;
  readonly model: string;
  readonly firmwareVersion: string;
  /** ISO 4217 numeric, and the decimals of an amount. */
  readonly currency: number;
  readonly decimals: number;
  readonly durable: Pick<Durable, "audit" | "tubes" | "tubesKnown" | "prices" | "faults">;
  /** In planogram order. */
  readonly products: readonly Pick<PlanogramSlot, "slot" | "name" | "priceMinor" | "capacity">[];
  /** What is known of the devices on the bus. */
  readonly changer?: EvaDevice | undefined;
  readonly validator?: EvaDevice | undefined;
  readonly readers?: readonly (EvaDevice | undefined)[];
  /** When it is read, Unix seconds. */
  readonly atS?: number;
}

const ROLLS_OVER_AT = 100_000_000;
/** Longest text fields, characters (EVA-DTS 6.1: ID101, PA101, PA103). */
const MAX_TEXT = 20;
const MAX_PRODUCT = 6;
/** The only price list there is. */
const PRICE_LIST = "0";
const ISO_COUNTRY = 1_000;

/** Counters a field can hold: those of the audit, and sums of them. */
type Figures = AuditTotals & { paidVends: number; paidVendsMinor: number; cashInMinor: number; resets: number };

/** Field: a figure since initialisation (`i`), since reset (`r`), a constant, or blank. */
type Cell = readonly [which: "i" | "r", name: keyof Figures] | string;

/**
 * Segments made of totals, in the order of their fields. Cash in is what customers put in; CA304 and CA308 stay blank,
 * because America and Europe mean different things by them. Nothing is ever kept as overpaid (CA8), no tokens are taken
 * (TA2): both are known to be 0.
 */
const TOTALS: readonly (readonly [id: string, ...cells: Cell[]])[] = deepFreeze([
  ["VA1", ["i", "paidVendsMinor"], ["i", "paidVends"], ["r", "paidVendsMinor"], ["r", "paidVends"]],
  ["VA2", ["i", "testVendsMinor"], ["i", "testVends"], ["r", "testVendsMinor"], ["r", "testVends"]],
  ["VA3", ["i", "freeVendsMinor"], ["i", "freeVends"], ["r", "freeVendsMinor"], ["r", "freeVends"]],
  ["CA2", ["i", "cashSalesMinor"], ["i", "cashSales"], ["r", "cashSalesMinor"], ["r", "cashSales"]],
  [
    "CA3",
    ["r", "cashInMinor"],
    ["r", "boxCoinsMinor"],
    ["r", "tubeCoinsMinor"],
    "",
    ["i", "cashInMinor"],
    ["i", "boxCoinsMinor"],
    ["i", "tubeCoinsMinor"],
    "",
    ["r", "billsMinor"],
    ["i", "billsMinor"],
    ["r", "recycledBillsMinor"],
    ["i", "recycledBillsMinor"],
  ],
  ["CA4", ["r", "paidOutMinor"], ["r", "manualOutMinor"], ["i", "paidOutMinor"], ["i", "manualOutMinor"]],
  ["CA8", "0", "0"],
  ["CA9", ["r", "exactChangeMinor"], ["i", "exactChangeMinor"]],
  ["CA10", ["r", "filledMinor"], ["i", "filledMinor"]],
  ["DA2", ["i", "card1SalesMinor"], ["i", "card1Sales"], ["r", "card1SalesMinor"], ["r", "card1Sales"]],
  ["DA4", ["i", "revalued1Minor"], ["r", "revalued1Minor"]],
  [
    "DA5",
    ["r", "discounts1Minor"],
    ["r", "discounts1"],
    ["i", "discounts1Minor"],
    ["i", "discounts1"],
    ["r", "surcharges1Minor"],
    ["r", "surcharges1"],
    ["i", "surcharges1Minor"],
    ["i", "surcharges1"],
  ],
  ["DB2", ["i", "card2SalesMinor"], ["i", "card2Sales"], ["r", "card2SalesMinor"], ["r", "card2Sales"]],
  ["DB4", ["i", "revalued2Minor"], ["r", "revalued2Minor"]],
  [
    "DB5",
    ["r", "discounts2Minor"],
    ["r", "discounts2"],
    ["i", "discounts2Minor"],
    ["i", "discounts2"],
    ["r", "surcharges2Minor"],
    ["r", "surcharges2"],
    ["i", "surcharges2Minor"],
    ["i", "surcharges2"],
  ],
  ["TA2", "0", "0", "0", "0", "0", "0", "0", "0"],
  ["EA7", ["r", "powerOutages"], ["i", "powerOutages"]],
] as const);

/** The report as of now: the read that it is for is not yet counted in it. */
export function auditReport(facts: EvaFacts): EvaReport {
  const { audit } = facts.durable;
  const figures = { i: figuresOf(audit.since, audit.resets), r: figuresOf(audit.sinceReset, audit.resets) };
  const totals = TOTALS.map(([id, ...cells]): Segment => {
    return [id, ...cells.map((cell) => (typeof cell === "string" ? cell : digits(figures[cell[0]][cell[1]])))];
  });
  return {
    segments: [
      ...identity(facts),
      ...totals,
      ...coins(facts),
      ...products(facts),
      ...events(facts),
      reads(facts, figures.r.reads),
    ],
  };
}

function figuresOf(totals: AuditTotals, resets: number): Figures {
  const { cashSales, card1Sales, card2Sales, cashSalesMinor, card1SalesMinor, card2SalesMinor } = totals;
  return {
    ...totals,
    resets,
    paidVends: cashSales + card1Sales + card2Sales,
    paidVendsMinor: cashSalesMinor + card1SalesMinor + card2SalesMinor,
    cashInMinor: totals.boxCoinsMinor + totals.tubeCoinsMinor + totals.billsMinor,
  };
}

function identity(facts: EvaFacts): Segment[] {
  const { machineId, model, firmwareVersion, currency, decimals, changer, validator, readers = [], atS } = facts;
  const serial = plain(machineId, MAX_TEXT);
  const code = currencyByNumber(currency)?.code ?? "";
  const segments: Segment[] = [
    ["ID1", serial, plain(model, MAX_TEXT)],
    ["ID4", String(decimals), String(ISO_COUNTRY + currency), code],
    ["CB1", serial, plain(model, MAX_TEXT), plain(firmwareVersion, MAX_TEXT)],
    device("CA1", changer),
    device("BA1", validator),
    device("DA1", readers[0]),
  ];
  if (readers[1] !== undefined) segments.push(device("DB1", readers[1]));
  if (atS !== undefined) segments.push(["ID5", dateOf(atS), timeOf(atS)]);
  return segments;
}

function device(id: string, { serial = "", model = "", revision = "" }: EvaDevice = {}): Segment {
  return [id, plain(serial, MAX_TEXT), plain(model, MAX_TEXT), plain(revision, MAX_TEXT)];
}

/** What is in the tubes; the MDB manual fill and payout reports are CA1704 and CA1705 (MDB 4.2 §5.3, 0F 06 and 07). */
function coins({ durable }: EvaFacts): Segment[] {
  const { audit, tubes, tubesKnown } = durable;
  if (!tubesKnown) return [];
  const segments: Segment[] = [];
  let valueMinor = 0;
  audit.coins.forEach((coin, type) => {
    if (coin === undefined) return;
    const count = tubes[type] ?? 0;
    valueMinor += count * coin.valueMinor;
    segments.push([
      "CA17",
      String(type),
      digits(coin.valueMinor),
      digits(count),
      digits(coin.filled),
      digits(coin.manualOut),
    ]);
  });
  return [["CA15", digits(valueMinor)], ...segments];
}

function products({ products: planogram, durable }: EvaFacts): Segment[] {
  const segments: Segment[] = [];
  const { slots } = durable.audit;
  for (const { slot, name, priceMinor, capacity } of planogram) {
    const price = durable.prices[slot] ?? priceMinor;
    segments.push(...product(slot, [digits(price), plain(name, MAX_TEXT), String(capacity)], slots));
  }
  // What was sold from slots that are no longer there still belongs to the totals.
  for (const slot of slots.codes) {
    if (planogram.some((known) => known.slot === slot)) continue;
    segments.push(...product(slot, ["", "", ""], slots));
  }
  return segments;
}

function product(slot: string, about: readonly [string, string, string], audits: SlotAudits): Segment[] {
  const number = plain(slot, MAX_PRODUCT);
  const soldOutS = audits.soldOutS(slot);
  const of = (name: SlotCounter): [string, string] => [
    digits(audits.since(slot, name)),
    digits(audits.sinceReset(slot, name)),
  ];
  const [cash, cashReset] = of("cashSales");
  const [cashMinor, cashMinorReset] = of("cashSalesMinor");
  const sold = both((name) => audits.since(slot, name));
  const soldReset = both((name) => audits.sinceReset(slot, name));
  const [price] = about;
  const [tests, testsReset] = of("testVends");
  const [frees, freesReset] = of("freeVends");
  const segments: Segment[] = [
    ["PA1", number, ...about],
    ["PA2", digits(sold.sales), digits(sold.minor), digits(soldReset.sales), digits(soldReset.minor)],
    ["PA3", tests, "", testsReset],
    ["PA4", frees, "", freesReset],
  ];
  if (soldOutS > 0) segments.push(["PA5", dateOf(soldOutS), timeOf(soldOutS)]);
  segments.push(["PA7", number, "CA", PRICE_LIST, price, cash, cashMinor, cashReset, cashMinorReset]);
  if (audits.since(slot, "cardSales") > 0) {
    const [card, cardReset] = of("cardSales");
    const [cardMinor, cardMinorReset] = of("cardSalesMinor");
    // Both readers together.
    segments.push(["PA7", number, "DA", PRICE_LIST, price, card, cardMinor, cardReset, cardMinorReset]);
  }
  segments.push(["LA1", PRICE_LIST, number, price, digits(soldReset.sales), digits(sold.sales)]);
  return segments;
}

function both(of: (name: SlotCounter) => number): { readonly sales: number; readonly minor: number } {
  return { sales: of("cashSales") + of("cardSales"), minor: of("cashSalesMinor") + of("cardSalesMinor") };
}

/** Every fault that is open, under our own number; EA205 1 = active. How often it came is not counted. */
function events({ durable }: EvaFacts): Segment[] {
  const codes = new Set(durable.faults.map(({ fault }) => fault));
  return Array.from(codes, (code): Segment => ["EA2", `F${code}`, "", "", "", "1"]);
}

/** Reads with reset; this read; the one before it; reads since reset and since initialisation. */
function reads({ durable, atS }: EvaFacts, sinceReset: number): Segment {
  const { audit } = durable;
  const now = atS === undefined ? ["", ""] : [dateOf(atS), timeOf(atS)];
  const lastS = audit.lastRead?.atS ?? 0;
  const last = lastS === 0 ? ["", ""] : [dateOf(lastS), timeOf(lastS)];
  const by = audit.lastRead === undefined ? "" : String(audit.lastRead.by);
  return ["EA3", digits(audit.resets), ...now, "", ...last, by, digits(sinceReset), digits(audit.since.reads)];
}

/** A number as a field: 0 where nothing was ever counted. */
function digits(value = 0): string {
  return String(value % ROLLS_OVER_AT);
}
