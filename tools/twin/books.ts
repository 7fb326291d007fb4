/**
 * One machine's books in SQL against its ledger and what happened in its cabinet, when its day is over and everything
 * is booked. Reads as the owner of the tables. What rot took of a ledger is excused as `sim/judge.ts` says; then only
 * sequences, set-aside batches and the fleet's copy are asked for.
 */

import type { Sql } from "../../fleet/store/databases.js";
import type { Durable } from "../../shared/records/durable.js";
import type { LedgerRecord } from "../../shared/records/kinds.js";
import type { SimCabinet } from "../sim/sim-cabinet.js";
import type { HeldRecord } from "./real-fleet.js";

export interface Books {
  readonly held: readonly (HeldRecord & { readonly flag: string | null })[];
  readonly sales: readonly BookedSale[];
  /** Minor units by kind of payment. */
  readonly paymentsMinor: ReadonlyMap<string, number>;
  readonly stock: ReadonlyMap<string, number>;
  readonly mark: number;
  readonly setAside: number;
  /** By quarters of an hour. */
  readonly summed: { readonly sales: number; readonly amountMinor: number };
}

const PAID: readonly string[] = Object.freeze(["cash", "card"]);

interface BookedSale {
  readonly seq: number;
  readonly status: string;
  readonly method: string;
  readonly slot: string;
  readonly amountMinor: number;
  readonly quality: string;
}

/** `decimals`: of the machine's currency. */
export async function readBooks(owner: Sql, serial: string, decimals: number): Promise<Books> {
  const scale = 10 ** decimals;
  const held = await owner<(HeldRecord & { readonly flag: string | null })[]>`
    SELECT r.kind AS code, r.body, r.chain, r.flag FROM ledger_records r JOIN machines m ON m.id = r.machine_id
    WHERE m.serial_number = ${serial} ORDER BY r.epoch, r.seq`;
  const sales = await owner<BookedSale[]>`
    SELECT t.seq, t.status, t.payment_method AS method, t.slot_code AS slot, t.time_quality AS quality,
      (t.amount * ${scale})::bigint AS "amountMinor"
    FROM transactions t JOIN machines m ON m.id = t.machine_id WHERE m.serial_number = ${serial}`;
  const payments = await owner<{ kind: string; minor: number }[]>`
    SELECT p.kind, (sum(p.amount) * ${scale})::bigint AS minor FROM payments p JOIN machines m ON m.id = p.machine_id
    WHERE m.serial_number = ${serial} GROUP BY p.kind`;
  const slots = await owner<{ slot: string; quantity: number }[]>`
    SELECT s.slot_code AS slot, s.quantity FROM machine_slots s JOIN machines m ON m.id = s.machine_id
    WHERE m.serial_number = ${serial}`;
  const [sums] = await owner<{ mark: number; setAside: number; sales: number; amountMinor: number }[]>`
    SELECT c.mark, (SELECT count(*)::int FROM set_aside a WHERE a.machine_id = m.id) AS "setAside",
      (SELECT coalesce(sum(q.sales), 0)::int FROM sales_quarters q WHERE q.machine_id = m.id) AS sales,
      (SELECT (coalesce(sum(q.amount), 0) * ${scale})::bigint FROM sales_quarters q WHERE q.machine_id = m.id)
        AS "amountMinor"
    FROM machines m JOIN sync_cursors c ON c.machine_id = m.id WHERE m.serial_number = ${serial}`;
  return {
    held: held.map(({ code, body, chain, flag }) => ({ code, body: Uint8Array.from(body), chain, flag })),
    sales,
    paymentsMinor: new Map(payments.map(({ kind, minor }) => [kind, minor])),
    stock: new Map(slots.map(({ slot, quantity }) => [slot, quantity])),
    mark: sums?.mark ?? 0,
    setAside: sums?.setAside ?? 0,
    summed: { sales: sums?.sales ?? 0, amountMinor: sums?.amountMinor ?? 0 },
  };
}

/** Without test and free vends, as the machine counts. */
export function paidSalesOf({ sales }: Books): readonly BookedSale[] {
  return sales.filter(({ status, method }) => status === "completed" && PAID.includes(method));
}

/** Everything in the books that is not what happened. */
export function judgeBooks(books: Books, cabinet: SimCabinet): string[] {
  const { history, durable } = cabinet;
  const found: string[] = [];
  if (books.mark !== books.held.length) found.push(`the mark is ${books.mark}, of ${books.held.length} records`);
  found.push(...summed(books));
  if (history.rotten) return found;
  const { records } = history;
  if (books.setAside > 0) found.push(`${books.setAside} batches were set aside`);
  const flagged = books.held.filter(({ flag }) => flag !== null).map(({ flag }) => flag);
  if (flagged.length > 0) found.push(`${flagged.length} records are flagged: ${flagged[0] ?? ""}`);
  if (books.held.length !== records.length)
    found.push(`${books.held.length} records are booked of ${records.length} in the ledger`);
  found.push(...judgeSales(books.sales, records), ...judgeMoney(books, durable));
  for (const [slot, quantity] of Object.entries(durable.stock)) {
    const booked = books.stock.get(slot);
    if (booked !== quantity) found.push(`slot ${slot} holds ${quantity}, in the books ${booked ?? "nothing"}`);
  }
  return found;
}

/** The quarters of an hour against the sales. */
function summed({ sales, summed: sums }: Books): string[] {
  const completed = sales.filter(({ status }) => status === "completed");
  const amountMinor = completed.reduce((sum, sale) => sum + sale.amountMinor, 0);
  return sums.sales === completed.length && sums.amountMinor === amountMinor
    ? []
    : [`${completed.length} sales of ${amountMinor} are summed as ${sums.sales} of ${sums.amountMinor}`];
}

const STATUSES: Readonly<Record<string, readonly string[]>> = Object.freeze({
  saleSettled: ["completed"],
  saleFailed: ["failed", "refunded"],
  outcomeUnknown: ["unknown"],
});

/** Each sale of the ledger is exactly one transaction, with its price and its end. */
function judgeSales(sales: readonly BookedSale[], records: readonly LedgerRecord[]): string[] {
  const found: string[] = [];
  const booked = new Map<number, BookedSale>();
  for (const sale of sales) {
    if (booked.has(sale.seq)) found.push(`record ${sale.seq} is booked twice`);
    booked.set(sale.seq, sale);
  }
  for (const record of records) {
    const { kind, seq } = record;
    if (kind !== "saleSettled" && kind !== "saleFailed" && kind !== "outcomeUnknown") continue;
    const sale = booked.get(seq);
    booked.delete(seq);
    const same = sale?.amountMinor === record.priceMinor && sale.slot === record.slot;
    if (same && STATUSES[kind]?.includes(sale.status) === true) continue;
    found.push(`${kind} ${seq} of ${record.priceMinor} from ${record.slot} is booked as ${JSON.stringify(sale)}`);
  }
  for (const seq of booked.keys()) found.push(`a sale is booked that the ledger has not: record ${seq}`);
  return found;
}

/** Payments by kind against the ledger's counters, which the simulator's judge has held against coins, bills, cards. */
function judgeMoney({ paymentsMinor, sales }: Books, { counters, creditMinor, hold }: Durable): string[] {
  const sum = (...kinds: readonly string[]): number =>
    kinds.reduce((minor, kind) => minor + (paymentsMinor.get(kind) ?? 0), 0);
  const completed = (...methods: readonly string[]): number =>
    sales.reduce(
      (minor, { status, method, amountMinor }) =>
        status === "completed" && methods.includes(method) ? minor + amountMinor : minor,
      0,
    );
  const refundedMinor = counters.refundsDueMinor - counters.refundsUnapprovedMinor;
  const claimedMinor = counters.claimsMinor + counters.billClaimsMinor + counters.cardClaimsMinor;
  const pairs: readonly (readonly [what: string, booked: number, counted: number])[] = [
    ["coins in", sum("coin"), counters.coinsInMinor],
    ["bills in", sum("bill"), counters.billsInMinor],
    ["paid out", sum("change", "refund"), -counters.paidOutMinor],
    ["vouchers", sum("voucher"), -counters.vouchersMinor],
    ["claims", sum("claim"), -claimedMinor],
    ["holds", sum("hold", "capture"), counters.holdsApprovedMinor],
    ["holds given back", sum("release", "refundDue"), -counters.holdsReleasedMinor - refundedMinor],
    ["put on cards", sum("revalue"), -counters.revaluedMinor],
    ["emptied", sum("emptied"), -counters.emptiedMinor],
    ["cash sales", completed("cash"), counters.cashSalesMinor],
    ["card sales", completed("card"), counters.cardSalesMinor],
  ];
  const found = pairs
    .filter(([, booked, counted]) => booked !== counted)
    .map(([what, booked, counted]) => `${what}: ${booked} in the books, ${counted} in the ledger`);
  // What customers gave and did not get back is what was sold, but for credit that lies in the machine.
  const givenMinor = sum("coin", "bill", "hold", "capture");
  const backMinor = sum("change", "refund", "voucher", "claim", "release", "refundDue", "revalue");
  const openMinor = creditMinor + (hold?.approvedMinor ?? 0) - counters.billClaimsMinor;
  const leftMinor = givenMinor + backMinor - completed(...PAID) - openMinor;
  if (leftMinor !== 0) found.push(`the books do not balance: ${leftMinor} too much`);
  return found;
}
