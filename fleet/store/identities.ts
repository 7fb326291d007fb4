/** Who people are at an identity provider, in transactions of their operator; users.ts finds them by it. */
import type { Transaction } from "./databases.js";

export interface IdentityRow {
  readonly issuer: string;
  readonly subject: string;
  readonly linkedAt: Date;
}

export function listIdentities(tx: Transaction, userId: string): Promise<readonly IdentityRow[]> {
  return tx<IdentityRow[]>`
    SELECT issuer, subject, linked_at AS "linkedAt" FROM user_identities WHERE user_id = ${userId}
    ORDER BY linked_at LIMIT 100`;
}

/** Nobody else changes his until the transaction ends. */
export async function lockIdentities(tx: Transaction, userId: string): Promise<void> {
  await tx`SELECT pg_advisory_xact_lock(hashtextextended(${`identities ${userId}`}, 0))`;
}

/** False if it is somebody's already, whoever's. */
export async function linkIdentity(
  tx: Transaction,
  owner: { readonly userId: string; readonly operatorId: string },
  issuer: string,
  subject: string,
): Promise<boolean> {
  await lockIdentities(tx, owner.userId);
  const rows = await tx`
    INSERT INTO user_identities (issuer, subject, user_id, operator_id)
    VALUES (${issuer}, ${subject}, ${owner.userId}, ${owner.operatorId}) ON CONFLICT DO NOTHING RETURNING 1`;
  return rows.length > 0;
}

/** All of a person's; how many there were. */
export async function unlinkIdentities(tx: Transaction, userId: string): Promise<number> {
  return (await tx`DELETE FROM user_identities WHERE user_id = ${userId} RETURNING 1`).length;
}
