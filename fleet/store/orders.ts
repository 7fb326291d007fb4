/**
 * The outbox of orders to machines. An order is queued in the transaction of the change it belongs to, sent again and
 * again, and ended by the machine's own record, booked in the transaction of its ledger; an answer that comes late
 * still counts.
 */
import type { PendingQuery, Row } from "postgres";
import { DOCUMENTS, ORDER_KINDS } from "../../shared/records/kinds.js";
import { instant } from "./cursors.js";
import type { Sql, Transaction } from "./databases.js";
import type { Page } from "./reading.js";
import type { OrderAnswer } from "./rows.js";
import { inTransaction } from "./transact.js";

export type OrderState = "QUEUED" | "SENT" | "SUCCEEDED" | "FAILED" | "REJECTED" | "EXPIRED";

/** Waiting for one machine at once: its window of counters is 64 wide, and one that falls out is never taken. */
export const MAX_WAITING_ORDERS = 32;
/** Pause before an order is sent again, doubled each time. */
const REPEAT_FIRST_S = 15;
const REPEAT_MAX_S = 900;

export interface NewOrder {
  readonly machineId: string;
  readonly kind: (typeof ORDER_KINDS)[number];
  /** CBOR of the kind's own. */
  readonly args: Uint8Array;
  readonly userId: string | null;
  readonly keyId: string | null;
  /** Undefined: repeated until it is answered. */
  readonly expiresAt?: Date;
  /** What a putDocument brings. */
  readonly document?: { readonly name: (typeof DOCUMENTS)[number]; readonly version: number };
}

export interface OrderRow {
  readonly id: string;
  readonly machine: string;
  readonly epoch: number;
  readonly counter: number;
  readonly kind: number;
  readonly document: number | null;
  readonly documentVersion: number | null;
  readonly state: OrderState;
  readonly result: string | null;
  readonly sends: number;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly sentAt: Date | null;
  readonly answeredAt: Date | null;
  /** `createdAt` with its microseconds. */
  readonly key: string;
}

const ORDER = `
  SELECT o.id, m.serial_number AS machine, o.epoch, o.counter, o.kind, o.document,
    o.document_version AS "documentVersion", o.state, o.result, o.sends, o.created_at AS "createdAt",
    o.expires_at AS "expiresAt", o.sent_at AS "sentAt", o.answered_at AS "answeredAt", o.created_at::text AS key
  FROM orders o JOIN machines m ON m.id = o.machine_id
`;

/**
 * Queues an order, in a transaction of the operator. The counter goes on above what was given out and what the machine
 * has reported, so that a database put back from a copy gives none out twice. Undefined: too many wait already.
 */
export async function queueOrder(tx: Transaction, order: NewOrder): Promise<OrderRow | undefined> {
  const { machineId, kind, args, userId, keyId, expiresAt, document } = order;
  await lockOrders(tx, machineId);
  const doc = document === undefined ? null : DOCUMENTS.indexOf(document.name);
  if (doc !== null) {
    await tx`
      UPDATE orders SET state = 'EXPIRED', result = 'superseded'
      WHERE machine_id = ${machineId} AND document = ${doc} AND state IN ('QUEUED', 'SENT')`;
  }
  const [made] = await tx<{ id: string }[]>`
    INSERT INTO orders (operator_id, machine_id, epoch, counter, kind, payload, created_by, created_key, expires_at,
      document, document_version)
    SELECT m.operator_id, m.id, m.epoch, ${nextCounter(tx)}, ${ORDER_KINDS.indexOf(kind)}, ${Buffer.from(args)},
      ${userId}, ${keyId}, ${expiresAt ?? null}, ${doc}, ${document?.version ?? null}
    FROM machines m WHERE m.id = ${machineId} AND (
      SELECT count(*) FROM orders w WHERE w.machine_id = m.id AND w.state IN ('QUEUED', 'SENT')) < ${MAX_WAITING_ORDERS}
    RETURNING id`;
  if (made === undefined) return undefined;
  const [row] = await tx<OrderRow[]>`${tx.unsafe(ORDER)} WHERE o.id = ${made.id}`;
  return row;
}

/** Whether an order of this kind waits for the machine or is under way there; holds its orders until the end. */
export async function waitsFor(tx: Transaction, machineId: string, kind: NewOrder["kind"]): Promise<boolean> {
  await lockOrders(tx, machineId);
  const [row] = await tx`
    SELECT 1 FROM orders WHERE machine_id = ${machineId} AND kind = ${ORDER_KINDS.indexOf(kind)}
      AND state IN ('QUEUED', 'SENT') LIMIT 1`;
  return row !== undefined;
}

/** Of `m` of machines in scope. */
function nextCounter(tx: Transaction) {
  return tx`1 + greatest(CASE WHEN m.birth_epoch = m.epoch THEN m.birth_order_counter ELSE 0 END,
    (SELECT coalesce(max(p.counter), 0) FROM orders p WHERE p.machine_id = m.id AND p.epoch = m.epoch))`;
}

async function lockOrders(tx: Transaction, machineId: string): Promise<void> {
  await tx`SELECT pg_advisory_xact_lock(hashtextextended(${`orders ${machineId}`}, 0))`;
}

export interface OrderKeyset {
  readonly at: string;
  readonly id: string;
}

/** Newest first. */
export async function listOrders(
  tx: Transaction,
  operatorId: string,
  filter: {
    readonly machine?: string | undefined;
    readonly state?: string | undefined;
    readonly limit: number;
    readonly before?: OrderKeyset | undefined;
  },
): Promise<Page<OrderRow, OrderKeyset>> {
  const { machine = null, state = null, limit, before } = filter;
  const rows = await tx<OrderRow[]>`
    ${tx.unsafe(ORDER)}
    WHERE o.operator_id = ${operatorId} AND (${machine}::text IS NULL OR m.serial_number = ${machine})
      AND (${state}::text IS NULL OR o.state = ${state})
      AND (${before?.at ?? null}::timestamptz IS NULL OR (o.created_at, o.id)
        < (${before?.at ?? null}::timestamptz, ${before?.id ?? null}::uuid))
    ORDER BY o.created_at DESC, o.id DESC LIMIT ${limit + 1}`;
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return { items: rows.slice(0, limit), next: last === undefined ? undefined : { at: last.key, id: last.id } };
}

export async function readOrder(tx: Transaction, operatorId: string, id: string): Promise<OrderRow | undefined> {
  const [row] = await tx<OrderRow[]>`${tx.unsafe(ORDER)} WHERE o.operator_id = ${operatorId} AND o.id = ${id}`;
  return row;
}

/** What is to be signed and sent now. */
export interface DueOrder {
  readonly id: string;
  readonly serial: string;
  readonly epoch: number;
  readonly counter: number;
  readonly kind: number;
  readonly args: Uint8Array;
  readonly expiresAt: Date | null;
  /** Of the machine's latest birth. */
  readonly nonce: number | null;
}

/**
 * Takes up to `limit` orders whose machines are there, and notes that they are sent: who dies before the sending leaves
 * them due again a pause later. Those of machines that are away wait for their births.
 */
export async function takeDue(ingest: Sql, limit: number): Promise<readonly DueOrder[]> {
  return takeDueWhere(ingest, limit, ingest`NOT m.birth_by_http`);
}

/** The same for one machine that asks by HTTP. */
export async function takeDueOf(ingest: Sql, serial: string, limit: number): Promise<readonly DueOrder[]> {
  return takeDueWhere(ingest, limit, ingest`m.serial_number = ${serial}`);
}

/** Those among `serials` for which something is due. */
export async function withDue(ingest: Sql, serials: readonly string[]): Promise<readonly string[]> {
  const rows = await ingest<{ serial: string }[]>`
    SELECT DISTINCT m.serial_number AS serial FROM orders o JOIN machines m ON m.id = o.machine_id
    WHERE m.serial_number = ANY (${serials}::text[]) AND o.state IN ('QUEUED', 'SENT') AND o.due_at <= now()
      AND (o.expires_at IS NULL OR o.expires_at > now()) AND o.epoch = m.epoch`;
  return rows.map(({ serial }) => serial);
}

async function takeDueWhere(ingest: Sql, limit: number, whose: PendingQuery<Row[]>): Promise<readonly DueOrder[]> {
  const rows = await ingest<(DueOrder & { away: boolean })[]>`
    WITH due AS (
      SELECT o.id, m.serial_number AS serial, m.birth_nonce AS nonce,
        NOT m.online OR m.epoch <> o.epoch OR m.decommissioned_at IS NOT NULL AS away
      FROM orders o JOIN machines m ON m.id = o.machine_id
      WHERE o.state IN ('QUEUED', 'SENT') AND o.due_at <= now() AND (o.expires_at IS NULL OR o.expires_at > now())
        AND ${whose}
      ORDER BY o.due_at LIMIT ${limit} FOR UPDATE OF o SKIP LOCKED
    )
    UPDATE orders o SET
      state = CASE WHEN due.away THEN o.state ELSE 'SENT' END,
      sent_at = CASE WHEN due.away THEN o.sent_at ELSE now() END,
      sends = CASE WHEN due.away THEN o.sends ELSE o.sends + 1 END,
      due_at = now() + make_interval(secs => CASE WHEN due.away THEN ${REPEAT_MAX_S}
        ELSE least(${REPEAT_MAX_S}, ${REPEAT_FIRST_S} * 2 ^ least(o.sends, 10)) END)
    FROM due WHERE o.id = due.id
    RETURNING o.id, due.serial, o.epoch, o.counter, o.kind, o.payload AS args, o.expires_at AS "expiresAt", due.nonce,
      due.away`;
  return rows.filter(({ away }) => !away).sort((a, b) => a.counter - b.counter);
}

/** The machine has come (back): what waits for it is due at once, documents also where its board is another now. */
export async function hurryOrders(ingest: Sql, serial: string): Promise<void> {
  await inTransaction(ingest, async (tx) => {
    const [machine] = await tx<{ id: string; stale: boolean }[]>`
      SELECT m.id, EXISTS (SELECT 1 FROM orders o WHERE o.machine_id = m.id AND o.state IN ('QUEUED', 'SENT')
        AND o.epoch < m.epoch) AS stale
      FROM machines m WHERE m.serial_number = ${serial} AND EXISTS (
        SELECT 1 FROM orders o WHERE o.machine_id = m.id AND o.state IN ('QUEUED', 'SENT'))`;
    if (machine === undefined) return;
    if (machine.stale) await followBoard(tx, machine.id);
    await tx`UPDATE orders SET due_at = now() WHERE machine_id = ${machine.id} AND state IN ('QUEUED', 'SENT')`;
  });
}

/** The board was replaced: documents go to the new one under new counters; what else was meant for the old one ends. */
async function followBoard(tx: Transaction, machineId: string): Promise<void> {
  await lockOrders(tx, machineId);
  await tx`
    UPDATE orders o SET state = 'EXPIRED', result = 'otherBoard' FROM machines m
    WHERE m.id = o.machine_id AND o.machine_id = ${machineId} AND o.state IN ('QUEUED', 'SENT') AND o.epoch < m.epoch
      AND o.document IS NULL`;
  const stale = await tx<{ id: string }[]>`
    SELECT o.id FROM orders o JOIN machines m ON m.id = o.machine_id
    WHERE o.machine_id = ${machineId} AND o.state IN ('QUEUED', 'SENT') AND o.epoch < m.epoch ORDER BY o.counter`;
  for (const { id } of stale) {
    await tx`
      UPDATE orders o SET state = 'QUEUED', epoch = m.epoch, counter = ${nextCounter(tx)} FROM machines m
      WHERE m.id = o.machine_id AND o.id = ${id}`;
  }
}

/** Ends what nobody answered in time; returns how many. */
export async function expireOrders(ingest: Sql): Promise<number> {
  const rows = await ingest`
    UPDATE orders SET state = 'EXPIRED', result = 'noAnswer'
    WHERE state IN ('QUEUED', 'SENT') AND expires_at <= now() RETURNING 1`;
  return rows.length;
}

/** What machines have answered, in the transaction that books their records. */
export async function answerOrders(tx: Transaction, answers: readonly OrderAnswer[]): Promise<void> {
  if (answers.length === 0) return;
  const all = <T>(pick: (answer: OrderAnswer) => T): T[] => answers.map(pick);
  await tx`
    UPDATE orders o SET state = a.state, result = a.result, answered_at = a.at
    FROM unnest(${all((a) => a.machineId)}::uuid[], ${all((a) => a.epoch)}::bigint[],
      ${all((a) => a.counter)}::bigint[], ${all((a) => a.state)}::text[], ${all((a) => a.result)}::text[],
      ${all((a) => instant(a.atMs))}::timestamptz[]) AS a (machine_id, epoch, counter, state, result, at)
    WHERE o.machine_id = a.machine_id AND o.epoch = a.epoch AND o.counter = a.counter AND o.answered_at IS NULL`;
}
