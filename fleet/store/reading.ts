/**
 * What the pages read, in a transaction of the app role (tenancy.ts): slots, transactions, faults; keyset pages.
 * Machines are in machine-list.ts, sums in revenue.ts. What live events read is of all operators, with the ingest role.
 */
import { FAULTS, faultOf, faultSentence } from "../../shared/faults.js";
import type { Fault } from "../api/faults/schema.js";
import type { Slot } from "../api/slots/schema.js";
import type { Transaction } from "../api/transactions/schema.js";
import { trimDecimal } from "./amounts.js";
import type { Sql, Transaction as Tx } from "./databases.js";
import type { RecordKey, SaleKey } from "./rows.js";
import { planOnce } from "./tenancy.js";

/** A page and the key of its last row, undefined on the last page. */
export interface Page<T, K> {
  readonly items: readonly T[];
  readonly next: K | undefined;
}

/**
 * A page's length as it stands in the statement: of one that is planned before its length is known, the planner takes a
 * tenth of all rows for the page, and sorts them.
 */
export function literal(tx: Tx, count: number) {
  if (!Number.isSafeInteger(count)) throw new RangeError(`${count} is no count`);
  return tx.unsafe(String(count));
}

/** The machine's slots in order of their codes. */
export async function listSlots(tx: Tx, operatorId: string, serial: string): Promise<readonly Slot[]> {
  planOnce(tx);
  const rows = await tx<(Slot & { decimals: number })[]>`
    SELECT s.slot_code AS "slotCode", s.product_id AS "productId", p.name AS "productName", p.category,
      p.image_url AS "imageUrl", s.quantity, s.max_capacity AS "maxCapacity", s.price::text AS price, s.currency,
      m.currency_decimals AS decimals
    FROM machine_slots s JOIN machines m ON m.id = s.machine_id LEFT JOIN products p ON p.id = s.product_id
    WHERE m.operator_id = ${operatorId} AND m.serial_number = ${serial} AND s.in_use
    ORDER BY s.slot_code
  `;
  return rows.map(({ decimals, ...slot }) => ({ ...slot, price: trimDecimal(slot.price, decimals) }));
}

export interface TransactionFilter {
  readonly machine?: string | undefined;
  readonly slot?: string | undefined;
  readonly status?: string | undefined;
  readonly method?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly limit: number;
  readonly before?: TransactionKeyset | undefined;
}

/** Position in the list: `at` keeps microseconds, as text. Sales of one instant stand in the order of the ledger. */
export interface TransactionKeyset {
  readonly at: string;
  readonly seq: number;
  readonly id: string;
}

/**
 * `machines`: for the app role `known_machines`, which also has those that were the operator's; for the ingest role
 * `machines`. Where a machine stands is told to its owner only.
 */
const transactionsOf = (machines: "known_machines" | "machines", sales = "transactions"): string => `
  SELECT t.id, m.serial_number AS machine,
    CASE WHEN m.operator_id = t.operator_id THEN m.location_name ELSE '' END AS "locationName",
    t.slot_code AS "slotCode",
    t.product_id AS "productId", p.name AS "productName", t.amount::text AS amount, t.paid::text AS paid,
    t.change::text AS change, t.currency, t.payment_method AS "paymentMethod", t.payment_ref AS "paymentRef", t.status,
    t.dispensed_at AS "dispensedAt", t.booked_at AS "bookedAt", t.device_time AS "deviceTime",
    t.time_quality AS "timeQuality", t.sale_no AS "saleNo", t.epoch, t.seq, t.simulated,
    m.currency_decimals AS decimals, t.booked_at::text AS key, t.operator_id AS "operatorId"
  FROM ${sales} t
  JOIN LATERAL (SELECT * FROM ${machines} k WHERE k.id = t.machine_id LIMIT 1) m ON true
  LEFT JOIN products p ON p.id = t.product_id
`;

type TransactionRow = Omit<Transaction, "dispensedAt" | "bookedAt" | "deviceTime"> & {
  dispensedAt: Date | null;
  bookedAt: Date;
  deviceTime: Date | null;
  decimals: number;
  key: string;
  operatorId: string;
};

function transactionOf(raw: TransactionRow): Transaction {
  const { decimals, key: _, operatorId: __, dispensedAt, bookedAt, deviceTime, ...row } = raw;
  return {
    ...row,
    amount: trimDecimal(row.amount, decimals),
    paid: trimDecimal(row.paid, decimals),
    change: trimDecimal(row.change, decimals),
    dispensedAt: dispensedAt?.toISOString() ?? null,
    bookedAt: bookedAt.toISOString(),
    deviceTime: deviceTime?.toISOString() ?? null,
  };
}

/** Newest first. */
export async function listTransactions(
  tx: Tx,
  operatorId: string,
  filter: TransactionFilter,
): Promise<Page<Transaction, TransactionKeyset>> {
  const { machine, slot, status, method, from, to, limit, before } = filter;
  // A page by time alone is cut out by the same plan for everybody; how many a filter leaves differs.
  if (slot === undefined && status === undefined && method === undefined) planOnce(tx);
  // Only what is asked for stands in the statement, and the page is cut before anything is joined to it: otherwise all
  // that lies before and behind it is read, too.
  const rows = await tx<TransactionRow[]>`
    WITH page AS (
    SELECT * FROM transactions t WHERE t.operator_id = ${operatorId}
      ${
        machine === undefined
          ? tx``
          : tx`AND t.machine_id = (SELECT k.id FROM known_machines k WHERE k.serial_number = ${machine})`
      }
      ${slot === undefined ? tx`` : tx`AND t.slot_code = ${slot}`}
      ${status === undefined ? tx`` : tx`AND t.status = ${status}`}
      ${method === undefined ? tx`` : tx`AND t.payment_method = ${method}`}
      ${from === undefined ? tx`` : tx`AND t.booked_at >= ${from}`}
      ${to === undefined ? tx`` : tx`AND t.booked_at < ${to}`}
      ${
        before === undefined
          ? tx``
          : tx`AND (t.booked_at, t.seq, t.id) < (${before.at}::timestamptz, ${before.seq}::bigint, ${before.id}::uuid)`
      }
    ORDER BY t.booked_at DESC, t.seq DESC, t.id DESC LIMIT ${literal(tx, limit + 1)}
    )
    ${tx.unsafe(transactionsOf("known_machines", "page"))}
    ORDER BY t.booked_at DESC, t.seq DESC, t.id DESC
  `;
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  const next = last === undefined ? undefined : { at: last.key, seq: last.seq, id: last.id };
  return { items: rows.slice(0, limit).map(transactionOf), next };
}

/** Of the operator whose transaction it is; those that are not here any more are absent. */
export async function readOwnSales(
  tx: Tx,
  keys: readonly Pick<SaleKey, "id" | "bookedMs">[],
): Promise<readonly Transaction[]> {
  if (keys.length === 0) return [];
  const rows = await tx<TransactionRow[]>`
    ${tx.unsafe(transactionsOf("known_machines"))}
    WHERE t.id = ANY (${keys.map(({ id }) => id)}::uuid[])
      AND t.booked_at = ANY (${keys.map(({ bookedMs }) => new Date(bookedMs).toISOString())}::timestamptz[])`;
  return rows.map(transactionOf);
}

/** Rows of one operator's live events; the order is that of booking. */
export interface Owned<T> {
  readonly operatorId: string;
  readonly value: T;
}

export async function readSales(
  ingest: Sql,
  keys: readonly Pick<SaleKey, "id" | "bookedMs">[],
): Promise<readonly Owned<Transaction>[]> {
  if (keys.length === 0) return [];
  const rows = await ingest<TransactionRow[]>`
    ${ingest.unsafe(transactionsOf("machines"))}
    WHERE t.id = ANY (${keys.map(({ id }) => id)}::uuid[])
      AND t.booked_at = ANY (${keys.map(({ bookedMs }) => new Date(bookedMs).toISOString())}::timestamptz[])
    ORDER BY m.serial_number, t.epoch, t.seq
  `;
  return rows.map((row) => ({ operatorId: row.operatorId, value: transactionOf(row) }));
}

const faultsOf = (machines: "known_machines" | "machines"): string => `
  SELECT m.serial_number AS machine, f.fault AS code, f.severity, f.slot_code AS "slotCode", f.raised_at AS "raisedAt",
    f.cleared_at AS "clearedAt", f.epoch, f.raised_seq AS "raisedSeq", f.operator_id AS "operatorId",
    f.raised_at::text AS key, f.machine_id AS "machineId"
  FROM machine_faults f JOIN ${machines} m ON m.id = f.machine_id
`;

type FaultRow = Omit<Fault, "raisedAt" | "clearedAt" | "name" | "text"> & {
  raisedAt: Date;
  clearedAt: Date | null;
  operatorId: string;
  machineId: string;
  key: string;
};

function faultOfRow(row: FaultRow): Fault {
  const { raisedAt, clearedAt, operatorId: _, machineId: __, key: ___, ...rest } = row;
  const name = faultOf(row.code);
  return {
    ...rest,
    name: name ?? null,
    severity: name === undefined ? rest.severity : FAULTS[name].severity,
    text: faultSentence(row.code, row.machine, row.slotCode ?? undefined),
    raisedAt: raisedAt.toISOString(),
    clearedAt: clearedAt?.toISOString() ?? null,
  };
}

export interface FaultKeyset {
  readonly at: string;
  readonly machineId: string;
  readonly seq: number;
}

/** Newest first. `open`: only open ones (true), only cleared ones (false). */
export async function listFaults(
  tx: Tx,
  operatorId: string,
  filter: {
    readonly machine?: string | undefined;
    readonly open?: boolean | undefined;
    readonly limit: number;
    readonly before?: FaultKeyset | undefined;
  },
): Promise<Page<Fault, FaultKeyset>> {
  const { machine, open, limit, before } = filter;
  if (machine !== undefined) planOnce(tx);
  const rows = await tx<FaultRow[]>`
    ${tx.unsafe(faultsOf("known_machines"))}
    WHERE f.operator_id = ${operatorId}
      ${machine === undefined ? tx`` : tx`AND m.serial_number = ${machine}`}
      ${open === undefined ? tx`` : open ? tx`AND f.cleared_at IS NULL` : tx`AND f.cleared_at IS NOT NULL`}
      ${
        before === undefined
          ? tx``
          : tx`AND (f.raised_at, f.raised_seq, f.machine_id)
              < (${before.at}::timestamptz, ${before.seq}::bigint, ${before.machineId}::uuid)`
      }
    ORDER BY f.raised_at DESC, f.raised_seq DESC, f.machine_id DESC LIMIT ${literal(tx, limit + 1)}
  `;
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  const next = last === undefined ? undefined : { at: last.key, machineId: last.machineId, seq: last.raisedSeq };
  return { items: rows.slice(0, limit).map(faultOfRow), next };
}

export async function readFaults(ingest: Sql, keys: readonly RecordKey[]): Promise<readonly Owned<Fault>[]> {
  if (keys.length === 0) return [];
  const rows = await ingest<FaultRow[]>`
    ${ingest.unsafe(faultsOf("machines"))}
    JOIN (SELECT DISTINCT * FROM unnest(${keys.map(({ machineId }) => machineId)}::uuid[],
      ${keys.map(({ epoch }) => epoch)}::bigint[], ${keys.map(({ seq }) => seq)}::bigint[])
      AS k (machine_id, epoch, seq)) k
      ON k.machine_id = f.machine_id AND k.epoch = f.epoch AND k.seq = f.raised_seq
    ORDER BY f.machine_id, f.epoch, f.raised_seq
  `;
  return rows.map((row) => ({ operatorId: row.operatorId, value: faultOfRow(row) }));
}

/** Newest telemetry of a machine as it came, with the moment it reached us. */
export async function newestTelemetry(
  tx: Tx,
  operatorId: string,
  serial: string,
): Promise<{ readonly body: Uint8Array; readonly receivedMs: number } | undefined> {
  const [row] = await tx<{ body: Uint8Array; receivedAt: Date }[]>`
    SELECT t.body, t.received_at AS "receivedAt" FROM machine_telemetry t
    WHERE t.operator_id = ${operatorId}
      AND t.machine_id = (SELECT id FROM machines WHERE operator_id = ${operatorId} AND serial_number = ${serial})
    ORDER BY t.received_at DESC LIMIT 1
  `;
  return row === undefined ? undefined : { body: row.body, receivedMs: row.receivedAt.getTime() };
}

export interface StoredTelemetry {
  readonly serial: string;
  readonly decimals: number;
  readonly body: Uint8Array;
  readonly receivedMs: number;
}

/**
 * Newest telemetry of a day of every machine of every operator: what live state is rebuilt from. What is older is found
 * in the store when somebody asks.
 */
export async function newestTelemetryOfAll(ingest: Sql): Promise<readonly StoredTelemetry[]> {
  const rows = await ingest<(Omit<StoredTelemetry, "receivedMs"> & { receivedAt: Date })[]>`
    SELECT m.serial_number AS serial, m.currency_decimals AS decimals, t.body, t.received_at AS "receivedAt"
    FROM machines m JOIN LATERAL (
      SELECT body, received_at FROM telemetry t
      WHERE t.machine_id = m.id AND t.received_at > now() - interval '1 day' ORDER BY received_at DESC LIMIT 1
    ) t ON true
  `;
  return rows.map(({ receivedAt, ...row }) => ({ ...row, receivedMs: receivedAt.getTime() }));
}

/** Currency decimals by serial. */
export async function readDecimals(ingest: Sql, serials: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (serials.length === 0) return new Map();
  const rows = await ingest<{ serial: string; decimals: number }[]>`
    SELECT serial_number AS serial, currency_decimals AS decimals
    FROM machines WHERE serial_number = ANY (${[...serials]}::text[])
  `;
  return new Map(rows.map(({ serial, decimals }) => [serial, decimals]));
}

const ANSWER_WITHIN_MS = 2_000;

/** True if the database answers in time. */
export async function isReachable(app: Sql, withinMs: number = ANSWER_WITHIN_MS): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), withinMs);
  });
  const answer = app`SELECT 1`.then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
