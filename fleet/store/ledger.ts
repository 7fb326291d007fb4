/** What one commit writes: raw ledger records, and the rows derived from them in the same transaction. */
import { toHex } from "../../shared/bytes.js";
import { booleans, instant } from "./cursors.js";
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

export async function insertRecords(tx: Transaction, rows: readonly RecordRow[]): Promise<void> {
  if (rows.length === 0) return;
  const all = columns(rows);
  // Bodies as hex text: postgres.js takes an array of Buffers for one bytea.
  await tx`
    INSERT INTO ledger_records (machine_id, epoch, seq, operator_id, kind, body, chain, flag, flag_detail, booked_at,
      device_time, time_quality)
    SELECT machine_id, epoch, seq, operator_id, kind, decode(body, 'hex'), chain, flag, flag_detail, booked_at,
      device_time, time_quality
    FROM unnest(${all((r) => r.machineId)}::uuid[], ${all((r) => r.epoch)}::bigint[], ${all((r) => r.seq)}::bigint[],
      ${all((r) => r.operatorId)}::uuid[], ${all((r) => r.kind)}::smallint[], ${all((r) => toHex(r.body))}::text[],
      ${all((r) => r.chain)}::bigint[], ${all((r) => r.flag)}::text[], ${all((r) => r.flagDetail)}::text[],
      ${all((r) => instant(r.bookedMs))}::timestamptz[], ${all((r) => instant(r.deviceMs))}::timestamptz[],
      ${all((r) => r.timeQuality)}::text[])
      AS r (machine_id, epoch, seq, operator_id, kind, body, chain, flag, flag_detail, booked_at, device_time,
        time_quality)
  `;
}

export async function insertTransactions(tx: Transaction, rows: readonly TransactionRow[]): Promise<void> {
  if (rows.length === 0) return;
  const all = columns(rows);
  await tx`
    INSERT INTO transactions (id, booked_at, operator_id, machine_id, slot_code, product_id, product_number,
      planogram_version, amount, paid, change, currency, tax_rate, payment_method, status, dispensed_at, device_time,
      time_quality, sale_no, epoch, seq, simulated)
    SELECT id, booked_at, operator_id, machine_id, slot_code, product_id, product_number, planogram_version, amount,
      paid, change, currency, tax_ppm / 1000000.0, payment_method, status,
      CASE WHEN status = 'completed' THEN booked_at END, device_time, time_quality, sale_no, epoch, seq, simulated
    FROM unnest(${all((r) => r.id)}::uuid[], ${all((r) => instant(r.bookedMs))}::timestamptz[],
      ${all((r) => r.operatorId)}::uuid[], ${all((r) => r.machineId)}::uuid[], ${all((r) => r.slot)}::text[],
      ${all((r) => r.productId)}::uuid[], ${all((r) => r.productNumber)}::bigint[],
      ${all((r) => r.planogramVersion)}::bigint[], ${all((r) => r.amount)}::numeric[], ${all((r) => r.paid)}::numeric[],
      ${all((r) => r.change)}::numeric[], ${all((r) => r.currency)}::text[], ${all((r) => r.taxRatePpm)}::bigint[],
      ${all((r) => r.method)}::text[], ${all((r) => r.status)}::text[],
      ${all((r) => instant(r.deviceMs))}::timestamptz[], ${all((r) => r.timeQuality)}::text[],
      ${all((r) => r.saleNo)}::bigint[], ${all((r) => r.epoch)}::bigint[], ${all((r) => r.seq)}::bigint[],
      ${booleans(
        tx,
        all((r) => r.simulated),
      )})
      AS r (id, booked_at, operator_id, machine_id, slot_code, product_id, product_number, planogram_version, amount,
        paid, change, currency, tax_ppm, payment_method, status, device_time, time_quality, sale_no, epoch, seq,
        simulated)
  `;
}

export async function insertPayments(tx: Transaction, rows: readonly PaymentRow[]): Promise<void> {
  if (rows.length === 0) return;
  const all = columns(rows);
  await tx`
    INSERT INTO payments (machine_id, epoch, seq, operator_id, kind, amount, currency, reference, reason,
      transaction_id, booked_at)
    SELECT * FROM unnest(${all((r) => r.machineId)}::uuid[], ${all((r) => r.epoch)}::bigint[],
      ${all((r) => r.seq)}::bigint[], ${all((r) => r.operatorId)}::uuid[], ${all((r) => r.kind)}::text[],
      ${all((r) => r.amount)}::numeric[], ${all((r) => r.currency)}::text[], ${all((r) => r.reference)}::text[],
      ${all((r) => r.reason)}::text[], ${all((r) => r.transactionId)}::uuid[],
      ${all((r) => instant(r.bookedMs))}::timestamptz[])
  `;
}

/** Says which sale the coins and bills in a range, or a hold, paid for: one that did is a capture then. */
export async function linkPayments(tx: Transaction, links: readonly PaymentLink[]): Promise<void> {
  if (links.length === 0) return;
  const all = columns(links);
  await tx`
    UPDATE payments p SET transaction_id = l.transaction_id,
      kind = CASE l.means WHEN 'capture' THEN 'capture' ELSE p.kind END
    FROM unnest(${all((l) => l.machineId)}::uuid[], ${all((l) => l.epoch)}::bigint[],
      ${all((l) => l.fromSeq)}::bigint[], ${all((l) => l.toSeq)}::bigint[], ${all((l) => l.transactionId)}::uuid[],
      ${all((l) => l.by)}::text[])
      AS l (machine_id, epoch, from_seq, to_seq, transaction_id, means)
    WHERE p.machine_id = l.machine_id AND p.epoch = l.epoch AND p.seq BETWEEN l.from_seq AND l.to_seq
      AND p.transaction_id IS NULL
      AND CASE l.means WHEN 'cash' THEN p.kind IN ('coin', 'bill') ELSE p.kind = 'hold' END
  `;
}

/** Failed sales whose money has been given back. */
export async function markRefunded(tx: Transaction, sales: readonly SaleKey[]): Promise<void> {
  if (sales.length === 0) return;
  const all = columns(sales);
  await tx`
    UPDATE transactions t SET status = 'refunded'
    FROM unnest(${all((s) => s.id)}::uuid[], ${all((s) => instant(s.bookedMs))}::timestamptz[]) AS s (id, booked_at)
    WHERE t.id = s.id AND t.booked_at = s.booked_at AND t.status = 'failed'
  `;
}

export interface SlotCount {
  readonly machineId: string;
  readonly slotCode: string;
  readonly quantity: number;
}

/** Brings slot counts up to date; returns the new counts. A slot nobody has planned yet is made by `set` only. */
export async function applySlotChanges(tx: Transaction, changes: readonly SlotChange[]): Promise<readonly SlotCount[]> {
  if (changes.length === 0) return [];
  const set = columns(changes.filter((change) => change.set !== null));
  const all = columns(changes);
  await tx`
    INSERT INTO machine_slots (machine_id, operator_id, slot_code, quantity, max_capacity, currency)
    SELECT s.machine_id, m.operator_id, s.slot_code, s.quantity, s.quantity, s.currency
    FROM unnest(${set((c) => c.machineId)}::uuid[], ${set((c) => c.slot)}::text[],
      ${set((c) => c.set)}::smallint[], ${set((c) => c.currency)}::text[])
      AS s (machine_id, slot_code, quantity, currency) JOIN machines m ON m.id = s.machine_id
    ON CONFLICT (machine_id, slot_code) DO UPDATE SET quantity = excluded.quantity
  `;
  return tx<SlotCount[]>`
    UPDATE machine_slots s SET quantity = greatest(0, s.quantity + c.delta)
    FROM unnest(${all((c) => c.machineId)}::uuid[], ${all((c) => c.slot)}::text[], ${all((c) => c.delta)}::int[])
      AS c (machine_id, slot_code, delta)
    WHERE s.machine_id = c.machine_id AND s.slot_code = c.slot_code
    RETURNING s.machine_id AS "machineId", s.slot_code AS "slotCode", s.quantity
  `;
}

/** Opens and closes faults in ledger order; returns the rows touched. */
export async function applyFaults(tx: Transaction, changes: readonly FaultChange[]): Promise<readonly RecordKey[]> {
  const touched: RecordKey[] = [];
  // One at a time: a fault may be raised, cleared and raised again in one batch, and they are rare.
  for (const change of changes) {
    const { machineId, operatorId, epoch, seq, fault, slot, detail, severity } = change;
    const at = instant(change.atMs);
    const rows = change.raised
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

/** Heard from these machines: heartbeat, door and the status that follows. */
export async function touchMachines(
  tx: Transaction,
  touches: readonly MachineTouch[],
  nowMs: number,
): Promise<readonly MachineState[]> {
  if (touches.length === 0) return [];
  const all = columns(touches);
  return tx<MachineState[]>`
    UPDATE machines m SET
      last_heartbeat = greatest(m.last_heartbeat, ${instant(nowMs)}::timestamptz),
      door_open = coalesce(t.door_open, m.door_open),
      status = machine_status(m.id, m.online, coalesce(t.door_open, m.door_open))
    FROM unnest(${all((t) => t.machineId)}::uuid[], ${booleans(
      tx,
      all((t) => t.doorOpen),
    )}) AS t (machine_id, door_open)
    -- In machine order, as telemetry does in another process: neither ever waits for the other in a circle.
    JOIN (SELECT id, status FROM machines WHERE id = ANY(${all((t) => t.machineId)}::uuid[])
      ORDER BY id FOR NO KEY UPDATE) b ON b.id = t.machine_id
    WHERE m.id = t.machine_id
    RETURNING m.id AS "machineId", m.serial_number AS serial, m.operator_id AS "operatorId", m.status, m.online,
      m.last_heartbeat AS "lastHeartbeat", m.status <> b.status AS changed
  `;
}

/** Products by number, of the operators given. */
export async function productIds(
  tx: Transaction,
  wanted: readonly { readonly operatorId: string; readonly number: number }[],
): Promise<ReadonlyMap<string, string>> {
  if (wanted.length === 0) return new Map();
  const all = columns(wanted);
  const rows = await tx<{ operatorId: string; number: number; id: string }[]>`
    SELECT p.operator_id AS "operatorId", p.number, p.id FROM products p
    JOIN (SELECT DISTINCT * FROM unnest(${all((w) => w.operatorId)}::uuid[], ${all((w) => w.number)}::bigint[])
      AS w (operator_id, number)) w USING (operator_id, number)
  `;
  return new Map(rows.map(({ operatorId, number, id }) => [productKey(operatorId, number), id]));
}

export function productKey(operatorId: string, number: number): string {
  return `${operatorId}/${number}`;
}

function columns<R>(rows: readonly R[]): <T>(pick: (row: R) => T) => T[] {
  return (pick) => rows.map(pick);
}
