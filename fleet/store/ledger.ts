/** What one commit writes: raw ledger records, and the rows derived from them in the same transaction. */
import { bytesOf, codedArray, plainArray, sparseArray, textArray } from "./arrays.js";
import { instant } from "./cursors.js";
import type { Transaction } from "./databases.js";
import type {
  FaultChange,
  MachineTouch,
  PaymentLink,
  PaymentRow,
  RecordKey,
  RecordRow,
  SaleKey,
  SlotChange,
  TransactionRow,
} from "./rows.js";

// Instants are Unix ms here and doubles in SQL: cheaper than text, and exact to the microsecond.

/** Records in the order of their sequences, of each ledger: of a sequence only where it begins is told. */
export async function insertRecords(tx: Transaction, rows: readonly RecordRow[]): Promise<void> {
  if (rows.length === 0) return;
  const { ledgers, places } = stretchesOf(rows);
  const { bytes, begins, lengths } = bytesOf(rows, (r) => r.body);
  await tx`
    INSERT INTO ledger_records (machine_id, epoch, seq, operator_id, kind, body, chain, flag, flag_detail, booked_at,
      device_time, time_quality)
    SELECT c.machines[r.ledger], c.epochs[r.ledger], c.seqs[r.ledger] + r.n, c.operators[r.ledger], r.kind,
      substr(c.bytes, r.begins, r.bytes), r.chain, r.flag, r.flag_detail, to_timestamp(r.booked / 1e3),
      to_timestamp(r.device / 1e3), r.time_quality
    FROM (SELECT ${plainArray(ledgers, (l) => l.machineId)}::uuid[] AS machines,
        ${plainArray(ledgers, (l) => l.epoch)}::bigint[] AS epochs,
        ${plainArray(ledgers, (l) => l.beforeSeq)}::bigint[] AS seqs,
        ${plainArray(ledgers, (l) => l.operatorId)}::uuid[] AS operators,
        ${bytes}::bytea AS bytes) c,
      (SELECT generate_series(1, ${rows.length}::int) AS n, unnest(${places}::int[]) AS ledger,
        unnest(${begins}::int[]) AS begins, unnest(${lengths}::int[]) AS bytes,
        unnest(${plainArray(rows, (r) => r.kind)}::smallint[]) AS kind,
        unnest(${plainArray(rows, (r) => r.chain)}::bigint[]) AS chain,
        unnest(${sparseArray(rows, (r) => r.flag)}::text[]) AS flag,
        unnest(${rows.some((r) => r.flagDetail !== null) ? textArray(rows, (r) => r.flagDetail) : "{}"}::text[])
          AS flag_detail,
        unnest(${plainArray(rows, (r) => r.bookedMs)}::float8[]) AS booked,
        unnest(${plainArray(rows, (r) => r.deviceMs)}::float8[]) AS device,
        unnest(${plainArray(rows, (r) => r.timeQuality)}::text[]) AS time_quality) r
  `;
}

interface Stretch {
  readonly machineId: string;
  readonly operatorId: string;
  readonly epoch: number;
  /** Of what a row's number is added to, to be its sequence. */
  readonly beforeSeq: number;
}

/** Stretches of one owner's records without a hole, and in which of them each row is, from 1. */
function stretchesOf(rows: readonly RecordRow[]): { readonly ledgers: readonly Stretch[]; readonly places: string } {
  const ledgers: Stretch[] = [];
  let last: Stretch | undefined;
  let number = 0;
  const places = plainArray(rows, ({ machineId, operatorId, epoch, seq }) => {
    number += 1;
    const beforeSeq = seq - number;
    const goesOn =
      last?.beforeSeq === beforeSeq &&
      last.machineId === machineId &&
      last.operatorId === operatorId &&
      last.epoch === epoch;
    if (!goesOn) {
      last = { machineId, operatorId, epoch, beforeSeq };
      ledgers.push(last);
    }
    return ledgers.length;
  });
  return { ledgers, places };
}

export async function insertTransactions(tx: Transaction, rows: readonly TransactionRow[]): Promise<void> {
  if (rows.length === 0) return;
  const machines = codedArray(rows, (r) => r.machineId);
  const operators = codedArray(rows, (r) => r.operatorId);
  const products = codedArray(rows, (r) => r.productId);
  await tx`
    INSERT INTO transactions (id, booked_at, operator_id, machine_id, slot_code, product_id, product_number,
      planogram_version, amount, paid, change, currency, tax_rate, payment_method, status, dispensed_at, device_time,
      time_quality, sale_no, epoch, seq, simulated)
    SELECT id, to_timestamp(booked / 1e3), (${operators.values}::uuid[])[operator],
      (${machines.values}::uuid[])[machine], slot_code, (${products.values}::uuid[])[product], product_number,
      planogram_version, amount, paid, change, currency, tax_ppm / 1000000.0, payment_method, status,
      CASE WHEN status = 'completed' THEN to_timestamp(booked / 1e3) END, to_timestamp(device / 1e3), time_quality,
      sale_no, epoch, seq, simulated
    FROM (SELECT unnest(${plainArray(rows, (r) => r.id)}::uuid[]) AS id,
      unnest(${plainArray(rows, (r) => r.bookedMs)}::float8[]) AS booked,
      unnest(${operators.places}::int[]) AS operator, unnest(${machines.places}::int[]) AS machine,
      unnest(${textArray(rows, (r) => r.slot)}::text[]) AS slot_code, unnest(${products.places}::int[]) AS product,
      unnest(${plainArray(rows, (r) => r.productNumber)}::bigint[]) AS product_number,
      unnest(${plainArray(rows, (r) => r.planogramVersion)}::bigint[]) AS planogram_version,
      unnest(${plainArray(rows, (r) => r.amount)}::numeric[]) AS amount,
      unnest(${plainArray(rows, (r) => r.paid)}::numeric[]) AS paid,
      unnest(${plainArray(rows, (r) => r.change)}::numeric[]) AS change,
      unnest(${plainArray(rows, (r) => r.currency)}::text[]) AS currency,
      unnest(${plainArray(rows, (r) => r.taxRatePpm)}::bigint[]) AS tax_ppm,
      unnest(${plainArray(rows, (r) => r.method)}::text[]) AS payment_method,
      unnest(${plainArray(rows, (r) => r.status)}::text[]) AS status,
      unnest(${plainArray(rows, (r) => r.deviceMs)}::float8[]) AS device,
      unnest(${plainArray(rows, (r) => r.timeQuality)}::text[]) AS time_quality,
      unnest(${plainArray(rows, (r) => r.saleNo)}::bigint[]) AS sale_no,
      unnest(${plainArray(rows, (r) => r.epoch)}::bigint[]) AS epoch,
      unnest(${plainArray(rows, (r) => r.seq)}::bigint[]) AS seq,
      unnest(${plainArray(rows, (r) => r.simulated)}::boolean[]) AS simulated) r
  `;
}

export async function insertPayments(tx: Transaction, rows: readonly PaymentRow[]): Promise<void> {
  if (rows.length === 0) return;
  const machines = codedArray(rows, (r) => r.machineId);
  const operators = codedArray(rows, (r) => r.operatorId);
  await tx`
    INSERT INTO payments (machine_id, epoch, seq, operator_id, kind, amount, currency, reference, reason,
      transaction_id, booked_at)
    SELECT (${machines.values}::uuid[])[machine], epoch, seq, (${operators.values}::uuid[])[operator], kind, amount,
      currency, reference, reason, transaction_id, to_timestamp(booked / 1e3)
    FROM (SELECT unnest(${machines.places}::int[]) AS machine,
      unnest(${plainArray(rows, (r) => r.epoch)}::bigint[]) AS epoch,
      unnest(${plainArray(rows, (r) => r.seq)}::bigint[]) AS seq, unnest(${operators.places}::int[]) AS operator,
      unnest(${plainArray(rows, (r) => r.kind)}::text[]) AS kind,
      unnest(${plainArray(rows, (r) => r.amount)}::numeric[]) AS amount,
      unnest(${plainArray(rows, (r) => r.currency)}::text[]) AS currency,
      unnest(${textArray(rows, (r) => r.reference)}::text[]) AS reference,
      unnest(${textArray(rows, (r) => r.reason)}::text[]) AS reason,
      unnest(${plainArray(rows, (r) => r.transactionId)}::uuid[]) AS transaction_id,
      unnest(${plainArray(rows, (r) => r.bookedMs)}::float8[]) AS booked) p
  `;
}

/** Says which sale the coins and bills in a range, or a hold, paid for: one that did is a capture then. */
export async function linkPayments(tx: Transaction, links: readonly PaymentLink[]): Promise<void> {
  if (links.length === 0) return;
  await tx`
    UPDATE payments p SET transaction_id = l.transaction_id,
      kind = CASE l.means WHEN 'capture' THEN 'capture' ELSE p.kind END
    FROM unnest(${plainArray(links, (l) => l.machineId)}::uuid[], ${plainArray(links, (l) => l.epoch)}::bigint[],
      ${plainArray(links, (l) => l.fromSeq)}::bigint[], ${plainArray(links, (l) => l.toSeq)}::bigint[],
      ${plainArray(links, (l) => l.transactionId)}::uuid[], ${plainArray(links, (l) => l.by)}::text[])
      AS l (machine_id, epoch, from_seq, to_seq, transaction_id, means)
    WHERE p.machine_id = l.machine_id AND p.epoch = l.epoch AND p.seq BETWEEN l.from_seq AND l.to_seq
      AND p.transaction_id IS NULL
      AND CASE l.means WHEN 'cash' THEN p.kind IN ('coin', 'bill') ELSE p.kind = 'hold' END
  `;
}

/** Failed sales whose money has been given back. */
export async function markRefunded(tx: Transaction, sales: readonly SaleKey[]): Promise<void> {
  if (sales.length === 0) return;
  await tx`
    UPDATE transactions t SET status = 'refunded'
    FROM unnest(${plainArray(sales, (s) => s.id)}::uuid[], ${plainArray(sales, (s) => s.bookedMs)}::float8[])
      AS s (id, booked)
    WHERE t.id = s.id AND t.booked_at = to_timestamp(s.booked / 1e3) AND t.status = 'failed'
  `;
}

export interface SlotCount {
  readonly machineId: string;
  readonly slotCode: string;
  readonly quantity: number;
  readonly capacity: number;
  /** Null: not known, or another count was set. */
  readonly before: number | null;
}

/** Brings slot counts up to date; returns the new counts. A slot nobody has planned yet is made by `set` only. */
export async function applySlotChanges(tx: Transaction, changes: readonly SlotChange[]): Promise<readonly SlotCount[]> {
  if (changes.length === 0) return [];
  const set = changes.filter((change) => change.set !== null);
  if (set.length > 0) {
    await tx`
    INSERT INTO machine_slots (machine_id, operator_id, slot_code, quantity, max_capacity, currency)
    SELECT s.machine_id, m.operator_id, s.slot_code, s.quantity, s.quantity, s.currency
    FROM unnest(${plainArray(set, (c) => c.machineId)}::uuid[], ${textArray(set, (c) => c.slot)}::text[],
      ${plainArray(set, (c) => c.set)}::smallint[], ${plainArray(set, (c) => c.currency)}::text[])
      AS s (machine_id, slot_code, quantity, currency) JOIN machines m ON m.id = s.machine_id
    ON CONFLICT (machine_id, slot_code) DO UPDATE SET quantity = excluded.quantity
  `;
  }
  return tx<SlotCount[]>`
    UPDATE machine_slots s SET quantity = greatest(0, s.quantity + c.delta)
    FROM unnest(${plainArray(changes, (c) => c.machineId)}::uuid[], ${textArray(changes, (c) => c.slot)}::text[],
      ${plainArray(changes, (c) => c.delta)}::int[], ${plainArray(changes, (c) => c.set !== null)}::boolean[])
      AS c (machine_id, slot_code, delta, is_set)
    WHERE s.machine_id = c.machine_id AND s.slot_code = c.slot_code
    RETURNING s.machine_id AS "machineId", s.slot_code AS "slotCode", s.quantity, s.max_capacity AS capacity,
      CASE WHEN s.quantity > 0 AND NOT c.is_set THEN s.quantity - c.delta END AS before
  `;
}

/** Opens and closes faults in ledger order; returns the rows touched. */
export async function applyFaults(tx: Transaction, changes: readonly FaultChange[]): Promise<readonly RecordKey[]> {
  const touched: RecordKey[] = [];
  // One at a time: a fault may be raised, cleared and raised again in one batch, and they are rare.
  for (const change of changes) {
    const { machineId, operatorId, epoch, seq, fault, slot, detail, severity } = change;
    const at = instant(change.atMs);
    const rows = change.late
      ? await applyLateFault(tx, change)
      : change.raised
        ? await tx<{ seq: number }[]>`
          INSERT INTO machine_faults (machine_id, epoch, raised_seq, operator_id, fault, slot_code, detail, severity,
            raised_at)
          VALUES (${machineId}, ${epoch}, ${seq}, ${operatorId}, ${fault}, ${slot}, ${detail}, ${severity}, ${at})
          ON CONFLICT DO NOTHING RETURNING raised_seq AS seq`
        : await tx<{ seq: number }[]>`
          UPDATE machine_faults SET cleared_at = ${at}, cleared_seq = ${seq}
          WHERE machine_id = ${machineId} AND fault = ${fault} AND slot_code IS NOT DISTINCT FROM ${slot}
            AND cleared_at IS NULL
          RETURNING raised_seq AS seq`;
    for (const row of rows) touched.push({ machineId, operatorId, epoch, seq: row.seq });
  }
  return touched;
}

/**
 * A fault of a board that was replaced meanwhile: over since then at the latest, or since its own record says so. What
 * another board raised is not touched.
 */
function applyLateFault(tx: Transaction, change: FaultChange): Promise<readonly { seq: number }[]> {
  const { machineId, operatorId, epoch, seq, raised, fault, slot, detail, severity } = change;
  const at = instant(change.atMs);
  const open = tx`
    machine_id = ${machineId} AND epoch = ${epoch} AND fault = ${fault} AND slot_code IS NOT DISTINCT FROM ${slot}
      AND cleared_seq IS NULL`;
  if (!raised) {
    return tx<{ seq: number }[]>`
      UPDATE machine_faults SET cleared_at = ${at}, cleared_seq = ${seq} WHERE ${open} RETURNING raised_seq AS seq`;
  }
  return tx<{ seq: number }[]>`
    INSERT INTO machine_faults (machine_id, epoch, raised_seq, operator_id, fault, slot_code, detail, severity,
      raised_at, cleared_at)
    SELECT ${machineId}, ${epoch}, ${seq}, ${operatorId}, ${fault}, ${slot}, ${detail}, ${severity}, ${at}::timestamptz,
      greatest(${at}::timestamptz, c.replaced_at)
    FROM sync_cursors c
    WHERE c.machine_id = ${machineId} AND c.epoch = ${epoch} AND NOT EXISTS (SELECT 1 FROM machine_faults WHERE ${open})
    RETURNING raised_seq AS seq`;
}

/** The faults a replaced board left open: as the trigger of migration 0030 closes them. */
export async function closeReplaced(tx: Transaction, { machineId, epoch }: Replaced): Promise<void> {
  await tx`
    UPDATE machine_faults f SET cleared_at = greatest(f.raised_at, c.replaced_at)
    FROM sync_cursors c
    WHERE c.machine_id = f.machine_id AND c.epoch = f.epoch AND f.machine_id = ${machineId} AND f.epoch = ${epoch}
      AND f.cleared_at IS NULL`;
}

type Replaced = Pick<RecordKey, "machineId" | "epoch">;

export interface MachineState {
  readonly machineId: string;
  readonly serial: string;
  readonly operatorId: string;
  readonly status: string;
  readonly online: boolean;
  readonly lastHeartbeat: Date | null;
  /** Status or presence is not what it was. */
  readonly changed: boolean;
}

/** Heard from these machines: heartbeat, door and the status that follows. Returns those of which these are others. */
export async function touchMachines(
  tx: Transaction,
  touches: readonly MachineTouch[],
  nowMs: number,
): Promise<readonly MachineState[]> {
  if (touches.length === 0) return [];
  return tx<MachineState[]>`
    WITH b AS MATERIALIZED (
      -- In machine order, as telemetry does in another process: neither ever waits for the other in a circle.
      SELECT m.id, m.status, m.door_open AS door_was_open, t.door_open, t.judge
      FROM unnest(${plainArray(touches, (t) => t.machineId)}::uuid[],
        ${plainArray(touches, (t) => t.doorOpen)}::boolean[], ${plainArray(touches, (t) => t.judge)}::boolean[])
        AS t (machine_id, door_open, judge)
      JOIN machines m ON m.id = t.machine_id ORDER BY m.id FOR NO KEY UPDATE OF m
    ), touched AS (
      UPDATE machines m SET
        last_heartbeat = greatest(m.last_heartbeat, ${instant(nowMs)}::timestamptz),
        door_open = coalesce(b.door_open, m.door_open),
        status = CASE WHEN b.judge THEN machine_status(m.id, m.online, coalesce(b.door_open, m.door_open))
          ELSE m.status END
      FROM b WHERE m.id = b.id
      RETURNING m.id AS "machineId", m.serial_number AS serial, m.operator_id AS "operatorId", m.status, m.online,
        m.last_heartbeat AS "lastHeartbeat",
        (m.status <> b.status OR m.door_open <> b.door_was_open) AS changed
    )
    SELECT * FROM touched WHERE changed
  `;
}

/** By operator and number of a product: its id. */
export type ProductIds = ReadonlyMap<string, ReadonlyMap<number, string>>;

/** Products by number, of the operators given; each may be wanted many times. */
export async function productIds(
  tx: Transaction,
  wanted: readonly { readonly operatorId: string; readonly number: number }[],
): Promise<ProductIds> {
  if (wanted.length === 0) return new Map();
  const numbers = new Map<string, Set<number>>();
  for (const { operatorId, number } of wanted) of(numbers, operatorId, () => new Set()).add(number);
  const distinct = [...numbers].flatMap(([operatorId, all]) => [...all].map((number) => ({ operatorId, number })));
  const rows = await tx<{ operatorId: string; number: number; id: string }[]>`
    SELECT p.operator_id AS "operatorId", p.number, p.id FROM products p
    JOIN unnest(${plainArray(distinct, (w) => w.operatorId)}::uuid[],
      ${plainArray(distinct, (w) => w.number)}::bigint[]) AS w (operator_id, number) USING (operator_id, number)
  `;
  const ids = new Map<string, Map<number, string>>();
  for (const { operatorId, number, id } of rows) of(ids, operatorId, () => new Map()).set(number, id);
  return ids;
}

function of<K, V>(map: Map<K, V>, key: K, fresh: () => V): V {
  const found = map.get(key) ?? fresh();
  map.set(key, found);
  return found;
}
