/** Movements of money at machines, as the books have them: in the order of each machine's ledger. */
import { trimDecimal } from "./amounts.js";
import type { Transaction } from "./databases.js";
import { literal, type Page } from "./reading.js";
import type { PaymentKind } from "./rows.js";

export interface PaymentFilter {
  /** Serial; undefined: of all machines that are or were the operator's. */
  readonly machine?: string | undefined;
  readonly kind?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Position in the ledger of a machine, by its serial. */
export interface PaymentKeyset {
  readonly machine: string;
  readonly epoch: number;
  readonly seq: number;
}

/** Movements, and machines without any, that are looked at for a page: then it ends, however short it is. */
export const MAX_EXAMINED = 10_000;

export interface ShownPayment {
  readonly machine: string;
  readonly epoch: number;
  readonly seq: number;
  readonly kind: PaymentKind;
  /** Positive in, negative out. */
  readonly amount: string;
  readonly currency: string;
  readonly reference: string | null;
  readonly reason: string | null;
  readonly transactionId: string | null;
  readonly bookedAt: string;
}

/**
 * Machine by machine in the order of serials, each from the beginning of its ledger. A page costs the same however few
 * movements fit: it is short, or empty, though there is a next one, where `examined` hold too few of them.
 */
export async function listPayments(
  tx: Transaction,
  operatorId: string,
  { machine, kind, from, to }: PaymentFilter,
  limit: number,
  after: PaymentKeyset | undefined,
  examined = MAX_EXAMINED,
): Promise<Page<ShownPayment, PaymentKeyset>> {
  const isFiltered = kind !== undefined || from !== undefined || to !== undefined;
  const most = Math.max(examined, limit + 1);
  // A machine behind the one of `after` is read from its beginning, that one from `after` on: by the key, both.
  const behind =
    after === undefined
      ? tx``
      : tx`AND (b.epoch, b.seq) > (CASE WHEN m.serial_number = ${after.machine} THEN ${after.epoch}::bigint ELSE -1 END,
          CASE WHEN m.serial_number = ${after.machine} THEN ${after.seq}::bigint ELSE -1 END)`;
  // Machines come in order, so no more of them are read than the page takes; one without a movement is a row, too.
  const rows = await tx<PaymentRow[]>`
    SELECT machine, epoch, seq, kind, amount::text AS amount, currency, reference, reason,
      transaction_id AS "transactionId", booked_at AS "bookedAt", decimals, fits, at
    FROM (
      SELECT m.serial_number AS machine, m.currency_decimals AS decimals, p.*,
        p.seq IS NOT NULL ${kind === undefined ? tx`` : tx`AND p.kind = ${kind}`}
          ${from === undefined ? tx`` : tx`AND p.booked_at >= ${from}`}
          ${to === undefined ? tx`` : tx`AND p.booked_at < ${to}`} AS fits,
        row_number() OVER (ORDER BY m.serial_number, p.epoch, p.seq) AS at
      FROM (
        SELECT id, serial_number, currency_decimals FROM known_machines
        WHERE true ${machine === undefined ? tx`` : tx`AND serial_number = ${machine}`}
          ${after === undefined ? tx`` : tx`AND serial_number >= ${after.machine}`}
        ORDER BY serial_number LIMIT ${literal(tx, most)}
      ) m
      LEFT JOIN LATERAL (
        SELECT * FROM payments b WHERE b.machine_id = m.id AND b.operator_id = ${operatorId} ${behind}
        ORDER BY b.epoch, b.seq LIMIT ${literal(tx, isFiltered ? most : limit + 1)}
      ) p ON true
      ORDER BY m.serial_number, p.epoch, p.seq LIMIT ${literal(tx, most)}
    ) e
    WHERE fits OR at = ${literal(tx, most)} ORDER BY machine, epoch, seq LIMIT ${literal(tx, limit + 1)}`;
  const fitting = rows.filter(({ fits }) => fits);
  const last = fitting.length > limit ? fitting[limit - 1] : rows.find(({ at }) => at === most);
  return { items: fitting.slice(0, limit).map(paymentOf), next: last === undefined ? undefined : keyOf(last) };
}

interface PaymentRow extends Omit<ShownPayment, "bookedAt"> {
  readonly bookedAt: Date;
  readonly decimals: number;
  readonly fits: boolean;
  readonly at: number;
}

function paymentOf({ decimals, bookedAt, fits: _, at: __, ...row }: PaymentRow): ShownPayment {
  return { ...row, amount: trimDecimal(row.amount, decimals), bookedAt: bookedAt.toISOString() };
}

/** Of a machine without a movement: before its first. */
function keyOf({ machine, epoch, seq }: PaymentRow): PaymentKeyset {
  return { machine, epoch: epoch ?? 0, seq: seq ?? 0 };
}
