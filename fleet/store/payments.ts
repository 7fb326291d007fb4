/** Movements of money at machines, as the books have them: in the order of each machine's ledger. */
import { trimDecimal } from "./amounts.js";
import type { Transaction } from "./databases.js";
import type { Page } from "./reading.js";
import type { PaymentKind } from "./rows.js";

export interface PaymentFilter {
  readonly kind?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Position in a machine's ledger. */
export interface PaymentKeyset {
  readonly epoch: number;
  readonly seq: number;
}

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

/** Of one machine, that is or was the operator's: from the beginning of its ledger. */
export async function listPayments(
  tx: Transaction,
  operatorId: string,
  serial: string,
  filter: PaymentFilter,
  limit: number,
  after: PaymentKeyset | undefined,
): Promise<Page<ShownPayment, PaymentKeyset>> {
  const { kind, from, to } = filter;
  const rows = await tx<(Omit<ShownPayment, "bookedAt"> & { bookedAt: Date; decimals: number })[]>`
    SELECT m.serial_number AS machine, p.epoch, p.seq, p.kind, p.amount::text AS amount, p.currency, p.reference,
      p.reason, p.transaction_id AS "transactionId", p.booked_at AS "bookedAt", m.currency_decimals AS decimals
    FROM payments p JOIN known_machines m ON m.id = p.machine_id
    WHERE p.operator_id = ${operatorId} AND m.serial_number = ${serial}
      ${kind === undefined ? tx`` : tx`AND p.kind = ${kind}`}
      ${from === undefined ? tx`` : tx`AND p.booked_at >= ${from}`}
      ${to === undefined ? tx`` : tx`AND p.booked_at < ${to}`}
      ${after === undefined ? tx`` : tx`AND (p.epoch, p.seq) > (${after.epoch}::bigint, ${after.seq}::bigint)`}
    ORDER BY p.machine_id, p.epoch, p.seq LIMIT ${limit + 1}`;
  const items = rows.slice(0, limit).map(
    ({ decimals, bookedAt, ...row }): ShownPayment => ({
      ...row,
      amount: trimDecimal(row.amount, decimals),
      bookedAt: bookedAt.toISOString(),
    }),
  );
  const last = rows.length > limit ? items.at(-1) : undefined;
  return { items, next: last === undefined ? undefined : { epoch: last.epoch, seq: last.seq } };
}

/** Serials of machines that are or were the operator's, behind `after`. */
export async function nextKnownSerials(tx: Transaction, after: string, limit: number): Promise<readonly string[]> {
  const rows = await tx<{ serial: string }[]>`
    SELECT serial_number AS serial FROM known_machines WHERE serial_number > ${after}
    ORDER BY serial_number LIMIT ${limit}`;
  return rows.map(({ serial }) => serial);
}
