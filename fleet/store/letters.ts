/**
 * The outbox of letters to persons: put in by the transaction that makes a link, taken by one sender at a time. Whoever
 * takes one holds it for a while; if he dies, it is due again. What is sent, over, or refused for good is gone, and so
 * is a letter whose link is.
 */
import type { Sql, Transaction } from "./databases.js";
import { hashToken } from "./users.js";

/** Longer than sending MAX_HELD letters can take. */
export const LEASE_MS = 300_000;
const MAX_HELD = 8;

/** After its link was added, in the same transaction. */
export interface NewLetter {
  readonly operatorId: string;
  readonly userId: string;
  readonly token: string;
  readonly sealedToken: Uint8Array;
  /** Of the link. */
  readonly expiresAt: Date;
}

export interface Letter {
  readonly id: string;
  readonly userId: string;
  readonly sealedToken: Uint8Array;
  readonly expiresAt: Date;
  readonly createdAt: Date;
  /** This one counted. */
  readonly tries: number;
  readonly name: string;
  /** Null: he has none any more, or is disabled. */
  readonly email: string | null;
}

export async function putLetter(
  tx: Transaction,
  { operatorId, userId, token, sealedToken, expiresAt }: NewLetter,
): Promise<void> {
  await tx`
    INSERT INTO letters (operator_id, user_id, token_hash, sealed_token, expires_at)
    VALUES (${operatorId}, ${userId}, ${hashToken(token)}, ${sealedToken}, ${expiresAt})`;
}

/** Some that are due at `nowMs`, ours from now on for LEASE_MS. Those whose link is over are dropped. */
export async function holdLetters(ingest: Sql, nowMs: number): Promise<readonly Letter[]> {
  const now = new Date(nowMs);
  await ingest`DELETE FROM letters WHERE expires_at <= ${now}`;
  return ingest<Letter[]>`
    UPDATE letters l SET due_at = ${new Date(nowMs + LEASE_MS)}, tries = l.tries + 1 FROM users u
    WHERE u.id = l.user_id AND l.id IN (
      SELECT id FROM letters WHERE due_at <= ${now} ORDER BY due_at LIMIT ${MAX_HELD} FOR UPDATE SKIP LOCKED)
    RETURNING l.id, l.user_id AS "userId", l.sealed_token AS "sealedToken", l.expires_at AS "expiresAt",
      l.created_at AS "createdAt", l.tries, u.name, CASE WHEN u.disabled_at IS NULL THEN u.email END AS email`;
}

export async function dropLetter(ingest: Sql, id: string): Promise<void> {
  await ingest`DELETE FROM letters WHERE id = ${id}`;
}

export async function tryLetterAgain(ingest: Sql, id: string, dueMs: number): Promise<void> {
  await ingest`UPDATE letters SET due_at = ${new Date(dueMs)} WHERE id = ${id}`;
}
