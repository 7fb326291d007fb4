/**
 * What was answered to a POST that bears an Idempotency-Key. The answer is kept in the transaction of the change: a
 * process that dies in between leaves neither, one that dies later leaves both.
 */
import type { Sql, Transaction } from "./databases.js";

/** How long an answer is given again. */
export const KEPT_HOURS = 24;

export interface KeyUse {
  readonly operatorId: string;
  /** User or API key: nobody else is given the answer. */
  readonly callerId: string;
  readonly route: string;
  readonly key: string;
}

export interface KeptAnswer {
  /** SHA-256 of the request. */
  readonly requestHash: Uint8Array;
  readonly status: number;
  /** As JSON. */
  readonly body: string;
}

/** True if nobody else carries out a request with this key now; until the transaction ends nobody can. */
export async function claimKey(tx: Transaction, use: KeyUse): Promise<boolean> {
  const name = JSON.stringify(["idempotency", use.operatorId, use.callerId, use.route, use.key]);
  const [row] = await tx<{ ours: boolean }[]>`
    SELECT pg_try_advisory_xact_lock(hashtextextended(${name}, 0)) AS ours`;
  return row?.ours ?? false;
}

export async function keptAnswer(tx: Transaction, use: KeyUse): Promise<KeptAnswer | undefined> {
  const [row] = await tx<KeptAnswer[]>`
    SELECT request_hash AS "requestHash", status, body FROM idempotency_keys
    WHERE operator_id = ${use.operatorId} AND caller_id = ${use.callerId} AND route = ${use.route} AND key = ${use.key}
      AND kept_until > now()`;
  return row;
}

export async function keepAnswer(tx: Transaction, use: KeyUse, answer: KeptAnswer): Promise<void> {
  const { operatorId, callerId, route, key } = use;
  // One that is over and was not swept yet gives way.
  await tx`
    INSERT INTO idempotency_keys (operator_id, caller_id, route, key, request_hash, status, body, kept_until)
    VALUES (${operatorId}, ${callerId}, ${route}, ${key}, ${Buffer.from(answer.requestHash)}, ${answer.status},
      ${answer.body}, now() + make_interval(hours => ${KEPT_HOURS}))
    ON CONFLICT (operator_id, caller_id, route, key) DO UPDATE SET request_hash = excluded.request_hash,
      status = excluded.status, body = excluded.body, kept_until = excluded.kept_until`;
}

/** Forgets answers whose time is over, of all operators; returns how many. */
export async function sweepKeys(owner: Sql, atMost: number): Promise<number> {
  const rows = await owner`
    DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM idempotency_keys WHERE kept_until <= now() LIMIT ${atMost})) RETURNING 1`;
  return rows.length;
}
