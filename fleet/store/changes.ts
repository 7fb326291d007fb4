/**
 * The feed of changes: appended to in the transaction of each change, numbered afterwards by one sequencer at a time,
 * read by number. A row is never numbered before everything numbered below it can be read.
 */
import { codedArray, plainArray } from "./arrays.js";
import { instant } from "./cursors.js";
import type { Sql, Transaction } from "./databases.js";
import type { SaleKey, ShelfStep, SlotChange, TransactionRow } from "./rows.js";
import { inTransaction } from "./transact.js";

/** Rows are kept so long. */
export const KEPT_DAYS = 30;
/** Rows numbered in one go. */
export const MAX_NUMBERED_AT_ONCE = 5_000;

/** Sales and restocks of one commit: one statement for each kind that there is, as a rule one. */
export async function appendChanges(
  tx: Transaction,
  {
    transactions,
    refunded,
    restocks,
  }: {
    readonly transactions: readonly TransactionRow[];
    readonly refunded: readonly SaleKey[];
    readonly restocks: readonly Restock[];
  },
): Promise<void> {
  if (transactions.length > 0) {
    const machines = codedArray(transactions, (r) => r.machineId);
    const operators = codedArray(transactions, (r) => r.operatorId);
    await tx`
      INSERT INTO changes (operator_id, kind, machine_id, subject, detail)
      SELECT (${operators.values}::uuid[])[operator], 'sale', (${machines.values}::uuid[])[machine], id,
        jsonb_build_object('at', at)
      FROM (SELECT unnest(${operators.places}::int[]) AS operator, unnest(${machines.places}::int[]) AS machine,
        unnest(${plainArray(transactions, (r) => r.id)}::uuid[]) AS id,
        unnest(${plainArray(transactions, (r) => instant(r.bookedMs))}::text[]) AS at) n`;
  }
  if (refunded.length > 0) {
    await tx`
      INSERT INTO changes (operator_id, kind, machine_id, subject, detail)
      SELECT t.operator_id, 'sale', t.machine_id, t.id, jsonb_build_object('at', n.at)
      FROM unnest(${refunded.map(({ id }) => id)}::uuid[],
        ${refunded.map(({ bookedMs }) => instant(bookedMs))}::text[]) AS n (id, at)
      JOIN transactions t ON t.id = n.id AND t.booked_at = n.at::timestamptz`;
  }
  if (restocks.length > 0) {
    await tx`
      INSERT INTO changes (operator_id, kind, machine_id, detail)
      SELECT m.operator_id, 'restock', m.id, n.detail::jsonb
      FROM unnest(${restocks.map(({ machineId }) => machineId)}::uuid[],
        ${restocks.map(({ slots }) => JSON.stringify({ slots }))}::text[]) AS n (machine_id, detail)
      JOIN machines m ON m.id = n.machine_id`;
  }
}

/** Counts that a person set, by machine. */
export interface Restock {
  readonly machineId: string;
  readonly slots: readonly { readonly slotCode: string; readonly quantity: number }[];
}

export function restocksOf(steps: readonly ShelfStep[], last: Iterable<SlotChange>): readonly Restock[] {
  const byMachine = new Map<string, { slotCode: string; quantity: number }[]>();
  const counts = [...steps.flatMap((step) => (step.is === "counts" ? step.changes : [])), ...last];
  for (const { machineId, slot, set } of counts) {
    if (set === null) continue;
    const slots = byMachine.get(machineId) ?? [];
    slots.push({ slotCode: slot, quantity: set });
    byMachine.set(machineId, slots);
  }
  return [...byMachine].map(([machineId, slots]) => ({ machineId, slots }));
}

export interface Numbered {
  /** Those that have news. */
  readonly operators: readonly string[];
  /** There may be more to number. */
  readonly isFull: boolean;
}

/** Numbers what is committed and has no number yet; undefined if somebody else is at it. */
export async function numberChanges(owner: Sql): Promise<Numbered | undefined> {
  return inTransaction(owner, async (tx) => {
    // By itself: what is numbered next is seen as the sequencer before us has left it.
    const [lock] = await tx<{ ours: boolean }[]>`
      SELECT pg_try_advisory_xact_lock(hashtextextended('number changes', 0)) AS ours`;
    return lock?.ours === true ? numberLocked(tx) : undefined;
  });
}

/**
 * Planned anew each time, and by the rows' places: a plan of the day when the table held little would read all of it
 * for every row.
 */
async function numberLocked(tx: Transaction): Promise<Numbered> {
  const rows = await tx.unsafe<{ operatorId: string; total: number }[]>(
    `WITH fresh AS MATERIALIZED (
      SELECT place, operator_id, row_number() OVER (PARTITION BY operator_id ORDER BY id) AS n,
        count(*) OVER (PARTITION BY operator_id) AS total
      FROM (SELECT ctid AS place, id, operator_id FROM changes WHERE seq IS NULL
        ORDER BY id LIMIT ${MAX_NUMBERED_AT_ONCE}) f
    ), counted AS (
      INSERT INTO change_counters AS k (operator_id, seq) SELECT operator_id, max(total) FROM fresh GROUP BY 1
      ON CONFLICT (operator_id) DO UPDATE SET seq = k.seq + excluded.seq RETURNING operator_id, seq
    ), numbered AS (
      UPDATE changes c SET seq = k.seq - f.total + f.n FROM fresh f JOIN counted k USING (operator_id)
      WHERE c.ctid = f.place RETURNING c.operator_id
    )
    SELECT operator_id AS "operatorId", count(*)::int AS total FROM numbered GROUP BY 1`,
  );
  const total = rows.reduce((sum, row) => sum + row.total, 0);
  return { operators: rows.map(({ operatorId }) => operatorId), isFull: total === MAX_NUMBERED_AT_ONCE };
}

export interface ChangeRow {
  readonly seq: number;
  readonly kind: "sale" | "restock" | "alert" | "status";
  readonly machine: string | null;
  readonly subject: string | null;
  readonly detail: unknown;
  readonly recordedAt: Date;
}

/** Which changes are wanted. */
export interface Wanted {
  readonly limit: number;
  /** Absent: all. */
  readonly kinds?: readonly string[];
  /** None above it. */
  readonly upTo?: number;
}

/** Those behind `after`, in order of their numbers. */
export async function listChanges(
  tx: Transaction,
  operatorId: string,
  after: number,
  { limit, kinds, upTo }: Wanted,
): Promise<readonly ChangeRow[]> {
  const wanted = kinds === undefined ? null : [...kinds];
  return tx<ChangeRow[]>`
    SELECT c.seq, c.kind, m.serial_number AS machine, c.subject, c.detail, c.recorded_at AS "recordedAt"
    FROM changes c LEFT JOIN known_machines m ON m.id = c.machine_id
    WHERE c.operator_id = ${operatorId} AND c.seq > ${after}
      AND (${upTo ?? null}::bigint IS NULL OR c.seq <= ${upTo ?? null}::bigint)
      AND (${wanted}::text[] IS NULL OR c.kind = ANY (${wanted}::text[]))
    ORDER BY c.seq LIMIT ${limit}`;
}

/** Where the feed stands: what began it and what it ends with. */
export interface FeedState {
  /** Raised by a restore: numbers may then have been given out twice. */
  readonly incarnation: number;
  /** Highest number. */
  readonly newest: number;
  /** Lowest one that is still kept; above `newest` if nothing is. */
  readonly oldest: number;
}

export async function feedState(tx: Transaction, operatorId: string): Promise<FeedState> {
  const [row] = await tx<FeedState[]>`
    SELECT s.incarnation, coalesce(k.seq, 0) AS newest,
      coalesce((SELECT c.seq FROM changes c WHERE c.operator_id = ${operatorId} AND c.seq IS NOT NULL
        ORDER BY c.seq LIMIT 1), k.seq + 1, 1) AS oldest
    FROM fleet_settings s LEFT JOIN change_counters k ON k.operator_id = ${operatorId}`;
  if (row === undefined) throw new Error("the fleet has no settings");
  return row;
}

/** Forgets rows that are old enough, at most `atMost`; returns how many. */
export async function sweepChanges(owner: Sql, atMost: number): Promise<number> {
  const rows = await owner`
    DELETE FROM changes WHERE id IN (
      SELECT id FROM changes WHERE seq IS NOT NULL AND recorded_at < now() - make_interval(days => ${KEPT_DAYS})
      ORDER BY id LIMIT ${atMost}) RETURNING 1`;
  return rows.length;
}
