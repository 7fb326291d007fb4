/** What machines could not give their customers, as the pages read it: derived from payments. */
import type { Owed } from "../api/owed/schema.js";
import { trimDecimal } from "./amounts.js";
import type { Transaction } from "./databases.js";
import type { Page } from "./reading.js";

/** Position in the list: `at` keeps microseconds, as text. */
export interface OwedKeyset {
  readonly at: string;
  readonly epoch: number;
  readonly seq: number;
}

type OwedRow = Omit<Owed, "bookedAt" | "redeemedAt"> & {
  bookedAt: Date;
  redeemedAt: Date | null;
  decimals: number;
  key: string;
};

/**
 * Newest first. A refund due whose approval nobody saw moved no money: its amount stands behind the colon of its
 * reference (migration 0003).
 */
export async function listOwed(
  tx: Transaction,
  operatorId: string,
  serial: string,
  limit: number,
  before: OwedKeyset | undefined,
): Promise<Page<Owed, OwedKeyset>> {
  const rows = await tx<OwedRow[]>`
    SELECT p.kind, p.currency, p.reason, p.epoch, p.seq, t.slot_code AS "slotCode", p.booked_at AS "bookedAt",
      split_part(p.reference, ': ', 1) AS reference, m.currency_decimals AS decimals, p.booked_at::text AS key,
      r.redeemed_at AS "redeemedAt",
      CASE WHEN p.amount = 0 THEN coalesce(nullif(split_part(p.reference, ': ', 2), ''), '0')
        ELSE (-p.amount)::text END AS amount
    FROM payments p JOIN known_machines m ON m.id = p.machine_id
    LEFT JOIN transactions t ON t.id = p.transaction_id AND t.machine_id = p.machine_id
    LEFT JOIN voucher_redemptions r
      ON p.kind = 'voucher' AND r.machine_id = p.machine_id AND r.epoch = p.epoch AND r.code = p.reference
    WHERE p.operator_id = ${operatorId} AND m.serial_number = ${serial}
      AND p.kind IN ('voucher', 'claim', 'refundDue')
      AND (${before?.at ?? null}::timestamptz IS NULL OR (p.booked_at, p.epoch, p.seq)
        < (${before?.at ?? null}::timestamptz, ${before?.epoch ?? null}::bigint, ${before?.seq ?? null}::bigint))
    ORDER BY p.booked_at DESC, p.epoch DESC, p.seq DESC LIMIT ${limit + 1}
  `;
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  const items = rows.slice(0, limit).map(
    ({ decimals, key: _, bookedAt, redeemedAt, ...row }): Owed => ({
      ...row,
      amount: trimDecimal(row.amount, decimals),
      bookedAt: bookedAt.toISOString(),
      redeemedAt: redeemedAt?.toISOString() ?? null,
    }),
  );
  return { items, next: last === undefined ? undefined : { at: last.key, epoch: last.epoch, seq: last.seq } };
}
