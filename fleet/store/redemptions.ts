/**
 * Redeemed vouchers. The primary key pays each once; an advisory lock of the machine keeps a redemption and the commit
 * that brings its record from passing each other unseen.
 */
import { type Actor, recordChange } from "./audit-log.js";
import type { Sql, Transaction } from "./databases.js";
import type { PaymentRow } from "./rows.js";
import { asOperator, type Scope } from "./tenancy.js";

export interface RedeemingMachine {
  readonly id: string;
  readonly epoch: number;
  readonly currency: string;
  readonly decimals: number;
}

export async function redeemingMachine(app: Sql, scope: Scope, serial: string): Promise<RedeemingMachine | undefined> {
  return asOperator(app, scope, async (tx) => {
    const [row] = await tx<RedeemingMachine[]>`
      SELECT id, epoch, currency, currency_decimals AS decimals FROM machines
      WHERE operator_id = ${scope.operatorId} AND serial_number = ${serial}`;
    return row;
  });
}

/** What is asked for. code: as the machine made it. amount: decimal text. */
export interface RedemptionRequest {
  readonly machineId: string;
  readonly epoch: number;
  readonly code: string;
  readonly caller: Actor & Scope;
  readonly idempotencyKey: string;
  readonly amount: string;
  readonly currency: string;
}

export interface RedemptionRow {
  readonly state: "pending" | "redeemed";
  readonly amount: string;
  readonly currency: string;
  readonly idempotencyKey: string;
  readonly redeemedAt: Date | null;
}

/** What the fleet knows of the code: its record's amount, and its redemption. */
export interface KnownVoucher {
  readonly issued: { readonly amount: string; readonly currency: string } | undefined;
  readonly redemption: RedemptionRow | undefined;
}

/** What is to be kept after a look; undefined: nothing. */
export type Decision = "pending" | "redeemed" | undefined;

/**
 * Looks, lets `decide`, and keeps what it says, in one transaction. Returns what was known before, and what is kept
 * now.
 */
export async function redeem(
  app: Sql,
  request: RedemptionRequest,
  decide: (known: KnownVoucher) => Decision,
): Promise<RedemptionRow | undefined> {
  return asOperator(app, request.caller, async (tx) => {
    await lockVouchers(tx, [request.machineId]);
    const known = { issued: await issuedOf(tx, request), redemption: await redemptionOf(tx, request) };
    const state = decide(known);
    if (state === undefined) return known.redemption;
    const { machineId, epoch, code, idempotencyKey, amount, currency } = request;
    const { operatorId, userId, keyId } = request.caller;
    await tx`
      INSERT INTO voucher_redemptions (machine_id, epoch, code, operator_id, amount, currency, state, idempotency_key,
        requested_by, requested_key, redeemed_at)
      VALUES (${machineId}, ${epoch}, ${code}, ${operatorId}, ${amount}, ${currency}, ${state}, ${idempotencyKey},
        ${userId}, ${keyId}, CASE WHEN ${state} = 'redeemed' THEN now() END)`;
    const after = { machineId, epoch, amount, currency, state };
    const about = { action: state, subject: "voucher", subjectId: code, before: null, after };
    await recordChange(tx, request.caller, about);
    return redemptionOf(tx, request);
  });
}

/** Records of vouchers have been booked: redemptions that waited for them are done. */
export async function settlePending(tx: Transaction, payments: readonly PaymentRow[]): Promise<void> {
  const vouchers = payments.filter(({ kind }) => kind === "voucher");
  if (vouchers.length === 0) return;
  await lockVouchers(
    tx,
    vouchers.map(({ machineId }) => machineId),
  );
  await tx`
    UPDATE voucher_redemptions r SET state = 'redeemed', redeemed_at = now()
    FROM unnest(${vouchers.map(({ machineId }) => machineId)}::uuid[], ${vouchers.map(({ epoch }) => epoch)}::bigint[],
      ${vouchers.map(({ reference }) => reference)}::text[]) AS v (machine_id, epoch, code)
    WHERE r.machine_id = v.machine_id AND r.epoch = v.epoch AND r.code = v.code AND r.state = 'pending'`;
}

/** In the order of the machines, so that no two transactions wait for each other. */
async function lockVouchers(tx: Transaction, machineIds: readonly string[]): Promise<void> {
  for (const id of [...new Set(machineIds)].sort()) {
    await tx`SELECT pg_advisory_xact_lock(hashtextextended(${`voucher ${id}`}, 0))`;
  }
}

async function issuedOf(
  tx: Transaction,
  { machineId, epoch, code }: RedemptionRequest,
): Promise<KnownVoucher["issued"]> {
  const [row] = await tx<{ amount: string; currency: string }[]>`
    SELECT (-amount)::text AS amount, currency FROM payments
    WHERE machine_id = ${machineId} AND epoch = ${epoch} AND kind = 'voucher' AND reference = ${code}`;
  return row;
}

async function redemptionOf(
  tx: Transaction,
  { machineId, epoch, code }: RedemptionRequest,
): Promise<RedemptionRow | undefined> {
  const [row] = await tx<RedemptionRow[]>`
    SELECT state, amount::text, currency, idempotency_key AS "idempotencyKey", redeemed_at AS "redeemedAt"
    FROM voucher_redemptions WHERE machine_id = ${machineId} AND epoch = ${epoch} AND code = ${code}`;
  return row;
}
