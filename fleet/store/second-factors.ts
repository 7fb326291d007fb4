/** Second factors of people, in transactions of their operator: what is sealed stays sealed here. */
import type { Transaction } from "./databases.js";
import { hashToken } from "./users.js";

/** The secret that waits to be confirmed, or counts. */
export async function readTotp(
  tx: Transaction,
  userId: string,
): Promise<{ readonly sealed: Uint8Array; readonly since: Date | null } | undefined> {
  const [row] = await tx<{ sealed: Uint8Array | null; since: Date | null }[]>`
    SELECT totp_secret AS sealed, totp_since AS since FROM users WHERE id = ${userId}`;
  return row === undefined || row.sealed === null ? undefined : { sealed: row.sealed, since: row.since };
}

/** Keeps a secret that counts once it is confirmed; false if one counts already. */
export async function offerTotp(tx: Transaction, userId: string, sealed: Uint8Array): Promise<boolean> {
  return (
    (
      await tx`UPDATE users SET totp_secret = ${Buffer.from(sealed)}
        WHERE id = ${userId} AND totp_since IS NULL RETURNING 1`
    ).length > 0
  );
}

/** From now on the secret counts; false if it does already. */
export async function confirmTotp(tx: Transaction, userId: string): Promise<boolean> {
  return (
    (await tx`UPDATE users SET totp_since = now() WHERE id = ${userId} AND totp_since IS NULL RETURNING 1`).length > 0
  );
}

/** False if there was none. */
export async function removeTotp(tx: Transaction, userId: string): Promise<boolean> {
  await tx`DELETE FROM recovery_codes WHERE user_id = ${userId}`;
  const rows = await tx`
    UPDATE users SET totp_secret = NULL, totp_since = NULL
    WHERE id = ${userId} AND totp_secret IS NOT NULL RETURNING 1`;
  return rows.length > 0;
}

/** Takes a step, once; false if it, or a later one, was taken. */
export async function takeStep(tx: Transaction, userId: string, step: number): Promise<boolean> {
  const rows = await tx`
    UPDATE users SET totp_last_step = ${step} WHERE id = ${userId} AND totp_last_step < ${step} RETURNING 1`;
  return rows.length > 0;
}

export async function takeRecoveryCode(tx: Transaction, userId: string, code: string): Promise<boolean> {
  const rows = await tx`
    DELETE FROM recovery_codes WHERE user_id = ${userId} AND code_hash = ${hashToken(code)} RETURNING 1`;
  return rows.length > 0;
}

/** In place of those there were. */
export async function keepRecoveryCodes(
  tx: Transaction,
  { id, operatorId }: { readonly id: string; readonly operatorId: string },
  codes: readonly string[],
): Promise<void> {
  await tx`DELETE FROM recovery_codes WHERE user_id = ${id}`;
  const hashes = codes.map((code) => hashToken(code).toString("hex"));
  await tx`
    INSERT INTO recovery_codes (user_id, operator_id, code_hash)
    SELECT ${id}, ${operatorId}, decode(hash, 'hex') FROM unnest(${hashes}::text[]) AS hash`;
}
