/**
 * The books of one machine made anew beside those that are kept: temporary tables of the same names, which hide the
 * kept ones from every statement of the transaction, so that rebuilding writes with the functions that booking does.
 */
import { booleans, instant, millis } from "./cursors.js";
import type { Sql, Transaction } from "./databases.js";
import type { CursorRow, TimeQuality } from "./rows.js";

/** Derived tables, what is compared of each, and the key by which a difference is named. */
export const DERIVED = Object.freeze({
  transactions: `id, booked_at, operator_id, slot_code, product_id, product_number, planogram_version, amount, paid,
    change, currency, tax_rate, payment_method, payment_ref, status, dispensed_at, device_time, time_quality, sale_no,
    epoch, seq, simulated`,
  payments: "epoch, seq, operator_id, kind, amount, currency, reference, reason, transaction_id, booked_at",
  machine_faults: `epoch, raised_seq, operator_id, fault, slot_code, detail, severity, raised_at, cleared_at,
    cleared_seq`,
  machine_slots: "slot_code, product_id, quantity, max_capacity, price, in_use",
  planograms: "version, applied_epoch, applied_seq, applied_at",
  sales_quarters: "quarter, operator_id, currency, payment_method, simulated, sales, amount",
} as const);
export type DerivedTable = keyof typeof DERIVED;
const TABLES = Object.keys(DERIVED).filter((name): name is DerivedTable => name in DERIVED);

/** A row that is kept and not derived (extra), or derived and not kept (missing). */
export interface Difference {
  readonly table: DerivedTable | "sales_days";
  readonly extra: number;
  readonly missing: number;
  /** One such row, as JSON. */
  readonly example: string;
}

/** The temporary tables, for as many machines as the transaction deals with. */
export async function makeBooks(tx: Transaction): Promise<void> {
  for (const table of TABLES) {
    await tx.unsafe(`CREATE TEMP TABLE ${table} (LIKE public.${table} INCLUDING DEFAULTS INCLUDING INDEXES)
      ON COMMIT DROP`);
  }
}

/** A machine's books before any record, in those tables; its cursors come as they would be then. */
export async function openBooks(tx: Transaction, serial: string): Promise<readonly CursorRow[]> {
  await tx`
    INSERT INTO machine_slots (machine_id, operator_id, slot_code, product_id, quantity, max_capacity, price, currency,
      planned_quantity, planned_product_id, planned_price, planned_capacity)
    SELECT s.machine_id, s.operator_id, s.slot_code, s.planned_product_id, coalesce(s.planned_quantity, 0),
      s.planned_capacity, s.planned_price, s.currency, s.planned_quantity, s.planned_product_id, s.planned_price,
      s.planned_capacity
    FROM public.machine_slots s JOIN machines m ON m.id = s.machine_id
    WHERE m.serial_number = ${serial} AND s.planned_price IS NOT NULL`;
  await tx`
    INSERT INTO planograms (machine_id, version, operator_id, document, crc, created_by, created_at)
    SELECT p.machine_id, p.version, p.operator_id, p.document, p.crc, p.created_by, p.created_at
    FROM public.planograms p JOIN machines m ON m.id = p.machine_id WHERE m.serial_number = ${serial}`;
  return tx<CursorRow[]>`
    SELECT m.id AS "machineId", m.serial_number AS serial, m.operator_id AS "operatorId",
      m.operator_id AS "presentOperatorId", NULL AS owners, m.currency,
      CASE WHEN m.owned_since > '-infinity' THEN ${millis(tx, "m.owned_since")} END AS "ownedSinceMs",
      m.currency_decimals AS "currencyDecimals", m.simulated, ${millis(tx, "m.installed_at")} AS "installedMs",
      NULL::bigint AS "archivedBeforeMs", false AS restored, 0::bigint AS "oldestSeq",
      NULL::bigint AS "uptimeBoot", NULL::bigint AS "uptimeBeganMs", c.epoch, 0::bigint AS mark, 0::bigint AS chain,
      c.forked, 0::bigint AS "bootNo", NULL::bigint AS "bootWallMs", 0::smallint AS "clockQuality",
      NULL::bigint AS "lastBookedMs", 0::bigint AS "creditMinor", 0::bigint AS "creditFromSeq",
      NULL::uuid AS "lastSaleId", NULL::bigint AS "lastSaleBookedMs", false AS "lastSaleFailed",
      0::bigint AS "holdSeq", 0::bigint AS "holdMinor", NULL::uuid AS "holdSaleId", NULL::bigint AS "holdSaleBookedMs",
      0::bigint AS "planogramVersion", 0::bigint AS "planogramCrc", c.replaced_mark AS "replacedMark"
    FROM sync_cursors c JOIN machines m ON m.id = c.machine_id WHERE m.serial_number = ${serial} ORDER BY c.epoch`;
}

/** A record as it is kept. */
export interface KeptRecord {
  readonly seq: number;
  readonly operatorId: string;
  readonly kind: number;
  readonly body: Uint8Array;
  readonly chain: number;
  readonly flag: string | null;
  readonly bookedMs: number;
  readonly deviceMs: number | null;
  readonly timeQuality: TimeQuality | null;
}

/** The next records of one ledger, in order. */
export async function keptRecords(
  tx: Transaction,
  { machineId, epoch }: Pick<CursorRow, "machineId" | "epoch">,
  afterSeq: number,
  limit: number,
): Promise<readonly KeptRecord[]> {
  return tx<KeptRecord[]>`
    SELECT seq, operator_id AS "operatorId", kind, body, chain, flag, ${millis(tx, "booked_at")} AS "bookedMs",
      ${millis(tx, "device_time")} AS "deviceMs", time_quality AS "timeQuality"
    FROM ledger_records WHERE machine_id = ${machineId} AND epoch = ${epoch} AND seq > ${afterSeq}
    ORDER BY seq LIMIT ${limit}`;
}

/** What is kept and what was made anew, compared row by row. `fromMs`: older sales may have been archived. */
export async function compareBooks(tx: Transaction, machineId: string, fromMs: number): Promise<readonly Difference[]> {
  const found: Difference[] = [];
  for (const table of TABLES) {
    const rowsOf = (schema: string): string => `
      SELECT ${DERIVED[table]} FROM ${schema}.${table} WHERE machine_id = '${machineId}'
        ${table === "transactions" ? `AND booked_at >= '${instant(fromMs)}'` : ""}`;
    found.push(...(await differing(tx, table, rowsOf("public"), rowsOf("pg_temp"))));
  }
  found.push(...(await differing(tx, "sales_days", keptDays(machineId), countedDays(machineId))));
  return found;
}

/** Two queries' rows against each other: nothing, or the difference. */
async function differing(
  tx: Transaction,
  table: Difference["table"],
  kept: string,
  derived: string,
): Promise<readonly Difference[]> {
  const [row] = await tx.unsafe<{ extra: number; missing: number; example: string | null }[]>(`
    WITH extra AS (${kept} EXCEPT ALL ${derived}), missing AS (${derived} EXCEPT ALL ${kept})
    SELECT (SELECT count(*)::int FROM extra) AS extra, (SELECT count(*)::int FROM missing) AS missing,
      coalesce((SELECT to_json(extra)::text FROM extra LIMIT 1), (SELECT to_json(missing)::text FROM missing LIMIT 1))
        AS example`);
  if (row === undefined || row.extra + row.missing === 0) return [];
  return [{ table, extra: row.extra, missing: row.missing, example: row.example ?? "" }];
}

function keptDays(machineId: string): string {
  return `
    SELECT day, operator_id, currency, payment_method, time_zone, sales, amount FROM public.sales_days
    WHERE machine_id = '${machineId}' AND (sales, amount) <> (0, 0)`;
}

/** Of the quarters as they are kept, what their days count: the rest is pending (rollups.ts). */
function countedDays(machineId: string): string {
  return `
    SELECT (q.quarter AT TIME ZONE m.time_zone)::date, q.operator_id, q.currency, q.payment_method, m.time_zone,
      sum(q.day_sales), sum(q.day_amount)
    FROM public.sales_quarters q JOIN machines m ON m.id = q.machine_id
    WHERE q.machine_id = '${machineId}' GROUP BY 1, 2, 3, 4, 5
    HAVING (sum(q.day_sales), sum(q.day_amount)) <> (0, 0)`;
}

/** Those that are written; is_empty follows. */
const SLOT_COLUMNS = `machine_id, operator_id, slot_code, product_id, product_number, quantity, max_capacity, price,
  currency, planned_quantity, planned_product_id, planned_price, planned_capacity, in_use, by_planogram, price_set`;

/** Puts what was made anew in the place of what is kept. */
export async function replaceBooks(
  tx: Transaction,
  machineId: string,
  cursors: readonly CursorRow[],
  fromMs: number,
): Promise<void> {
  await tx`DELETE FROM public.transactions WHERE machine_id = ${machineId} AND booked_at >= ${instant(fromMs)}`;
  await tx`
    INSERT INTO public.transactions SELECT * FROM pg_temp.transactions
    WHERE machine_id = ${machineId} AND booked_at >= ${instant(fromMs)}`;
  await tx`DELETE FROM public.payments WHERE machine_id = ${machineId}`;
  await tx`INSERT INTO public.payments SELECT * FROM pg_temp.payments WHERE machine_id = ${machineId}`;
  await tx`DELETE FROM public.machine_faults WHERE machine_id = ${machineId}`;
  await tx`INSERT INTO public.machine_faults SELECT * FROM pg_temp.machine_faults WHERE machine_id = ${machineId}`;
  await tx`UPDATE public.alert_states SET due_at = now() WHERE machine_id = ${machineId}`;
  await tx`DELETE FROM public.sales_quarters WHERE machine_id = ${machineId}`;
  await tx`INSERT INTO public.sales_quarters SELECT * FROM pg_temp.sales_quarters WHERE machine_id = ${machineId}`;
  // All its quarters are dirty now: the days are summed again by their job.
  await tx`DELETE FROM public.sales_days WHERE machine_id = ${machineId}`;
  const slots = tx.unsafe(SLOT_COLUMNS);
  await tx`
    INSERT INTO public.machine_slots (${slots}) SELECT ${slots} FROM pg_temp.machine_slots
    WHERE machine_id = ${machineId}
    ON CONFLICT (machine_id, slot_code) DO UPDATE SET product_id = excluded.product_id,
      product_number = excluded.product_number, quantity = excluded.quantity,
      max_capacity = excluded.max_capacity, price = excluded.price, in_use = excluded.in_use,
      by_planogram = excluded.by_planogram, price_set = excluded.price_set`;
  await tx`
    UPDATE public.planograms p SET applied_epoch = n.applied_epoch, applied_seq = n.applied_seq,
      applied_at = n.applied_at
    FROM pg_temp.planograms n
    WHERE n.machine_id = p.machine_id AND n.version = p.version AND p.machine_id = ${machineId}`;
  await saveFolded(tx, cursors);
}

/** What is folded into a cursor beside mark and chain, which are the ledger's own. */
async function saveFolded(tx: Transaction, cursors: readonly CursorRow[]): Promise<void> {
  const all = <T>(pick: (cursor: CursorRow) => T): T[] => cursors.map(pick);
  await tx`
    UPDATE sync_cursors c SET credit_minor = n.credit_minor, credit_from_seq = n.credit_from_seq,
      last_sale_id = n.last_sale_id, last_sale_booked_at = n.last_sale_booked_at,
      last_sale_failed = n.last_sale_failed, hold_seq = n.hold_seq, hold_minor = n.hold_minor,
      hold_sale_id = n.hold_sale_id, hold_sale_booked_at = n.hold_sale_booked_at,
      planogram_version = n.planogram_version, planogram_crc = n.planogram_crc
    FROM unnest(${all((c) => c.machineId)}::uuid[], ${all((c) => c.epoch)}::bigint[],
      ${all((c) => c.creditMinor)}::bigint[], ${all((c) => c.creditFromSeq)}::bigint[],
      ${all((c) => c.lastSaleId)}::uuid[], ${all((c) => instant(c.lastSaleBookedMs))}::timestamptz[],
      ${booleans(
        tx,
        all((c) => c.lastSaleFailed),
      )}, ${all((c) => c.holdSeq)}::bigint[], ${all((c) => c.holdMinor)}::bigint[],
      ${all((c) => c.holdSaleId)}::uuid[], ${all((c) => instant(c.holdSaleBookedMs))}::timestamptz[],
      ${all((c) => c.planogramVersion)}::bigint[], ${all((c) => c.planogramCrc)}::bigint[])
      AS n (machine_id, epoch, credit_minor, credit_from_seq, last_sale_id, last_sale_booked_at, last_sale_failed,
        hold_seq, hold_minor, hold_sale_id, hold_sale_booked_at, planogram_version, planogram_crc)
    WHERE c.machine_id = n.machine_id AND c.epoch = n.epoch`;
}

/** Serials from `after` on, in order: what a check walks through. */
export async function nextSerials(sql: Sql, after: string, limit: number): Promise<readonly string[]> {
  const rows = await sql<{ serial: string }[]>`
    SELECT serial_number AS serial FROM machines WHERE serial_number > ${after} ORDER BY serial_number LIMIT ${limit}`;
  return rows.map(({ serial }) => serial);
}
