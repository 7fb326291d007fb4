/**
 * The sums that must hold in an audit, checked in tests and after every simulated day: those of EVA-DTS between the
 * fields of a report, and between the audit counters and the ledger's own ones.
 */
import { deepFreeze } from "../freeze.js";
import { AUDIT_TOTALS } from "../records/audit.js";
import type { Durable } from "../records/durable.js";
import { MAX_AUDIT_SLOTS, SLOT_COUNTERS } from "../records/slot-audits.js";
import { digitsOf, type EvaReport, numberOf } from "./text.js";

type Field = readonly [id: string, at: number];

/** Left = sum of the right, as mdb.md and EVA-DTS 6.1 give them. A blank field counts as 0. */
const SUMS: readonly { readonly of: Field; readonly parts: readonly Field[] }[] = deepFreeze([
  {
    of: ["VA1", 1],
    parts: [
      ["CA2", 1],
      ["DA2", 1],
      ["DB2", 1],
      ["TA2", 1],
      ["TA2", 5],
    ],
  },
  {
    of: ["VA1", 2],
    parts: [
      ["CA2", 2],
      ["DA2", 2],
      ["DB2", 2],
      ["TA2", 2],
      ["TA2", 6],
    ],
  },
  {
    of: ["VA1", 3],
    parts: [
      ["CA2", 3],
      ["DA2", 3],
      ["DB2", 3],
      ["TA2", 3],
      ["TA2", 7],
    ],
  },
  {
    of: ["VA1", 4],
    parts: [
      ["CA2", 4],
      ["DA2", 4],
      ["DB2", 4],
      ["TA2", 4],
      ["TA2", 8],
    ],
  },
  {
    of: ["CA3", 1],
    parts: [
      ["CA3", 2],
      ["CA3", 3],
      ["CA3", 9],
    ],
  },
  {
    of: ["CA3", 5],
    parts: [
      ["CA3", 6],
      ["CA3", 7],
      ["CA3", 10],
    ],
  },
]);

/** Sums over the lines of all products: field of the total, line, and field there. */
const PRODUCT_SUMS: readonly { readonly of: Field; readonly over: Field; readonly device?: string }[] = deepFreeze([
  { of: ["VA1", 2], over: ["PA2", 1] },
  { of: ["VA1", 1], over: ["PA2", 2] },
  { of: ["VA1", 4], over: ["PA2", 3] },
  { of: ["VA1", 3], over: ["PA2", 4] },
  { of: ["VA2", 2], over: ["PA3", 1] },
  { of: ["VA3", 2], over: ["PA4", 1] },
  { of: ["CA2", 2], over: ["PA7", 5], device: "CA" },
  { of: ["CA2", 1], over: ["PA7", 6], device: "CA" },
]);

const ROLLS_OVER_AT = 100_000_000;

/** Sum rules a report breaks, each as a sentence; none if it is sound. */
export function reportViolations(report: EvaReport): string[] {
  const broken: string[] = [];
  const expect = (name: string, told: number, sum: number): void => {
    if (told !== sum % ROLLS_OVER_AT) broken.push(`audit: ${name} is ${told}, its parts make ${sum}`);
  };
  const read = ([id, at]: Field): number => numberOf(report, id, at) ?? 0;
  for (const { of, parts } of SUMS) {
    expect(
      nameOf(of),
      read(of),
      parts.reduce((sum, part) => sum + read(part), 0),
    );
  }
  // With more products than are counted apart their sum is less than the total.
  if (report.segments.filter(([id]) => id === "PA1").length >= MAX_AUDIT_SLOTS) return broken;
  for (const { of, over, device } of PRODUCT_SUMS) {
    let sum = 0;
    for (const segment of report.segments) {
      if (segment[0] === over[0] && (device === undefined || segment[2] === device)) {
        sum += digitsOf(segment[over[1]] ?? "") ?? 0;
      }
    }
    expect(`${nameOf(of)} over ${over[0]}`, read(of), sum);
  }
  return broken;
}

/** Where the audit counters and the ledger's own disagree, each as a sentence; none if they are sound. */
export function auditViolations({ audit, counters }: Pick<Durable, "audit" | "counters">): string[] {
  const { since, sinceReset } = audit;
  const broken: string[] = [];
  const expect = (name: string, counted: number, wanted: number): void => {
    if (counted !== wanted) broken.push(`audit: ${name} are ${counted}, the ledger counts ${wanted}`);
  };
  const cards = since.card1Sales + since.card2Sales;
  expect("sales", since.cashSales + cards, counters.sales);
  const cardsMinor = since.card1SalesMinor + since.card2SalesMinor;
  expect("sales in value", since.cashSalesMinor + cardsMinor, counters.salesMinor);
  expect("cash sales", since.cashSalesMinor, counters.cashSalesMinor);
  expect("test vends", since.testVends, counters.testVends);
  expect("free vends", since.freeVends, counters.freeVends);
  expect("coins in", since.boxCoinsMinor + since.tubeCoinsMinor, counters.coinsInMinor);
  expect("bills in", since.billsMinor, counters.billsInMinor);
  expect("coins paid out", since.paidOutMinor, counters.paidOutMinor);
  expect("coins out by hand", since.manualOutMinor, counters.manualOutMinor + counters.emptiedMinor);
  expect("coins filled", since.filledMinor, counters.filledMinor);
  expect("vouchers", since.vouchersMinor, counters.vouchersMinor);
  expect("revalues", since.revalued1Minor + since.revalued2Minor, counters.revaluedMinor);
  for (const name of AUDIT_TOTALS) {
    if (sinceReset[name] > since[name] || sinceReset[name] < 0) broken.push(`audit: ${name} is more since the reset`);
    if (audit.resets === 0 && sinceReset[name] !== since[name]) broken.push(`audit: ${name} was reset by nobody`);
  }
  const { slots } = audit;
  for (const slot of slots.codes) {
    for (const name of SLOT_COUNTERS) {
      if (slots.sinceReset(slot, name) > slots.since(slot, name)) broken.push(`audit: ${slot}: ${name}`);
    }
  }
  return broken;
}

function nameOf([id, at]: Field): string {
  return id + String(at).padStart(2, "0");
}
