/** The machines' own truth against the fleet's books, machine by machine, counted in SQL. */
import type { Sql } from "../../fleet/store/databases.js";
import type { MachineTruth } from "./orders.js";
import { serialOf } from "./roster.js";
import { CURRENCY_DECIMALS } from "./selling-ledger.js";

export interface Comparison {
  readonly machines: number;
  readonly records: number;
  readonly sales: number;
  readonly revenueMinor: number;
  /**
   * Records that the fleet acknowledged, or that exist at a machine that was drained, and that are not in the books.
   */
  readonly lost: number;
  /** Records, sales and payments that are there once more than they happened. */
  readonly doubled: number;
  /** Machines whose sums differ though nothing is lost or doubled. */
  readonly wrong: number;
  /** The first machines of which something is told, in words. */
  readonly examples: readonly string[];
}

interface Books {
  serial: string;
  records: number;
  newest: number;
  sales: number;
  revenueMinor: number;
  payments: number;
  netMinor: number;
  stock: number;
}

const MOST_EXAMPLES = 5;

/**
 * `drained`: every machine's records should be there; otherwise those acknowledged. Reads as the owner of the tables.
 */
export async function compareBooks(
  owner: Sql,
  truths: readonly MachineTruth[],
  { drained }: { readonly drained: boolean },
): Promise<Comparison> {
  const books = new Map((await readBooks(owner)).map((row) => [row.serial, row]));
  const examples: string[] = [];
  const total = { records: 0, sales: 0, revenueMinor: 0, lost: 0, doubled: 0, wrong: 0 };
  for (const truth of truths) {
    const serial = serialOf(truth.index);
    const row = books.get(serial) ?? { ...NO_BOOKS, serial };
    const owed = drained ? truth.newestSeq : truth.mark;
    const lost = Math.max(0, owed - row.records) + (drained ? Math.max(0, truth.sales - row.sales) : 0);
    const doubled =
      Math.max(0, row.records - row.newest) +
      Math.max(0, row.sales - truth.sales) +
      Math.max(0, row.payments - truth.payments);
    const wrong = drained && lost + doubled === 0 && differs(truth, row) ? 1 : 0;
    total.records += row.records;
    total.sales += row.sales;
    total.revenueMinor += row.revenueMinor;
    total.lost += lost;
    total.doubled += doubled;
    total.wrong += wrong;
    if (lost + doubled + wrong > 0 && examples.length < MOST_EXAMPLES) {
      examples.push(`${serial}: the machine says ${JSON.stringify(truth)}, the books ${JSON.stringify(row)}`);
    }
  }
  return { machines: truths.length, ...total, examples };
}

const NO_BOOKS = { records: 0, newest: 0, sales: 0, revenueMinor: 0, payments: 0, netMinor: 0, stock: 0 } as const;

function differs(truth: MachineTruth, row: Books): boolean {
  return (
    truth.newestSeq !== row.newest ||
    truth.sales !== row.sales ||
    truth.payments !== row.payments ||
    truth.revenueMinor !== row.revenueMinor ||
    truth.revenueMinor !== row.netMinor ||
    truth.stock !== row.stock
  );
}

async function readBooks(owner: Sql): Promise<readonly Books[]> {
  const scale = 10 ** CURRENCY_DECIMALS;
  return owner<Books[]>`
    SELECT m.serial_number AS serial, coalesce(r.records, 0) AS records, coalesce(r.newest, 0) AS newest,
      coalesce(t.sales, 0) AS sales, coalesce(t.revenue, 0)::bigint AS "revenueMinor",
      coalesce(p.payments, 0) AS payments, coalesce(p.net, 0)::bigint AS "netMinor", coalesce(s.stock, 0) AS stock
    FROM machines m
    LEFT JOIN (SELECT machine_id, count(*)::bigint AS records, max(seq) AS newest FROM ledger_records GROUP BY 1) r
      ON r.machine_id = m.id
    LEFT JOIN (SELECT machine_id, count(*)::bigint AS sales, sum(amount) * ${scale} AS revenue FROM transactions
      WHERE status = 'completed' GROUP BY 1) t ON t.machine_id = m.id
    LEFT JOIN (SELECT machine_id, count(*)::bigint AS payments, sum(amount) * ${scale} AS net FROM payments
      GROUP BY 1) p
      ON p.machine_id = m.id
    LEFT JOIN (SELECT machine_id, sum(quantity)::bigint AS stock FROM machine_slots GROUP BY 1) s ON s.machine_id = m.id
    WHERE m.serial_number LIKE 'LOAD-%'`;
}

/** What a comparison says against the books, a sentence each; none if every record is there once. */
export function brokenBooks({
  lost,
  doubled,
  wrong,
}: Pick<Comparison, "lost" | "doubled" | "wrong">): readonly string[] {
  const found: string[] = [];
  if (lost > 0) found.push(`${lost} records, sales or payments are lost`);
  if (doubled > 0) found.push(`${doubled} are there twice`);
  if (wrong > 0) found.push(`${wrong} machines have sums that are not their own`);
  return found;
}
