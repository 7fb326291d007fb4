/** An operator's people, in transactions of the operator: who they are, what they may, their links to a password. */
import type { Role } from "../api/roles.js";
import { randomSecret } from "./data-folder.js";
import type { Sql, Transaction } from "./databases.js";
import type { Page } from "./reading.js";
import { hashToken } from "./users.js";

/** Of one operator, disabled ones included. */
export const MAX_PEOPLE = 2_000;
/** Of one person at a time; the oldest goes. */
export const MAX_LINKS = 3;

export interface PersonRow {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly tags: readonly string[] | null;
  readonly email: string | null;
  readonly secondFactor: boolean;
  readonly createdAt: Date;
  readonly disabledAt: Date | null;
  readonly passwordChangedAt: Date | null;
}

export interface PersonFields {
  readonly role: Role;
  readonly tags: readonly string[] | null;
  readonly email: string | null;
}

const PERSON = `SELECT id, name, role, tags, email, totp_since IS NOT NULL AS "secondFactor", created_at AS "createdAt",
  disabled_at AS "disabledAt", password_changed_at AS "passwordChangedAt" FROM users`;

/** In order of their names. */
export async function listPeople(
  tx: Transaction,
  limit: number,
  after: string | undefined,
): Promise<Page<PersonRow, string>> {
  const rows = await tx<PersonRow[]>`
    ${tx.unsafe(PERSON)} WHERE ${after ?? null}::text IS NULL OR name > ${after ?? ""}
    ORDER BY name LIMIT ${limit + 1}`;
  const items = rows.slice(0, limit);
  return { items, next: rows.length > limit ? items.at(-1)?.name : undefined };
}

export async function readPerson(tx: Transaction, id: string): Promise<PersonRow | undefined> {
  const [row] = await tx<PersonRow[]>`${tx.unsafe(PERSON)} WHERE id = ${id}`;
  return row;
}

/** One change of an operator's people at a time, so that the last owner and the limit are seen. */
export async function lockPeople(tx: Transaction, operatorId: string): Promise<void> {
  await tx`SELECT pg_advisory_xact_lock(hashtextextended(${`people ${operatorId}`}, 0))`;
}

/** Makes a person without a password; after `lockPeople`. Names are one list over all operators. */
export async function addPerson(
  tx: Transaction,
  operatorId: string,
  name: string,
  { role, tags, email }: PersonFields,
): Promise<{ readonly id: string } | "taken" | "too many"> {
  const [all] = await tx<{ count: number }[]>`SELECT count(*)::int AS count FROM users`;
  if ((all?.count ?? 0) >= MAX_PEOPLE) return "too many";
  const [row] = await tx<{ id: string }[]>`
    INSERT INTO users (operator_id, name, role, tags, email)
    VALUES (${operatorId}, ${name}, ${role}, ${tags === null ? null : [...tags]}, ${email})
    ON CONFLICT (name) DO NOTHING RETURNING id`;
  return row ?? "taken";
}

/** After `lockPeople`. False: he is the last owner who can sign in, and would be none any more. */
export async function changePerson(
  tx: Transaction,
  id: string,
  { role, tags, email, disabled }: PersonFields & { readonly disabled: boolean },
): Promise<boolean> {
  if (role !== "owner" || disabled) {
    const [others] = await tx<{ owners: number }[]>`
      SELECT count(*)::int AS owners FROM users WHERE role = 'owner' AND disabled_at IS NULL AND id <> ${id}`;
    if ((others?.owners ?? 0) === 0) return false;
  }
  await tx`
    UPDATE users SET role = ${role}, tags = ${tags === null ? null : [...tags]}, email = ${email},
      disabled_at = CASE WHEN ${disabled} THEN coalesce(disabled_at, now()) END
    WHERE id = ${id}`;
  return true;
}

/** A link by which the person sets a password; its token is known only now. */
export async function addLink(
  tx: Transaction,
  by: { readonly operatorId: string; readonly userId: string },
  ttlMs: number,
): Promise<{ readonly token: string; readonly expiresAt: Date }> {
  const token = randomSecret();
  const expiresAt = new Date(Date.now() + ttlMs);
  await tx`
    DELETE FROM password_links WHERE expires_at < now() OR token_hash IN (
      SELECT token_hash FROM password_links WHERE user_id = ${by.userId}
      ORDER BY created_at DESC OFFSET ${MAX_LINKS - 1})`;
  await tx`
    INSERT INTO password_links (token_hash, user_id, operator_id, expires_at)
    VALUES (${hashToken(token)}, ${by.userId}, ${by.operatorId}, ${expiresAt})`;
  return { token, expiresAt };
}

export interface LinkOwner {
  readonly id: string;
  readonly name: string;
  readonly operatorId: string;
}

/** Whose link this is, if it still counts. Before his operator is known. */
export async function findLink(app: Sql, token: string): Promise<LinkOwner | undefined> {
  const [row] = await app<LinkOwner[]>`
    SELECT id, name, operator_id AS "operatorId" FROM find_link(${hashToken(token)})`;
  return row;
}

/** Takes the link, once; false if somebody was faster, or it is over. */
export async function takeLink(tx: Transaction, token: string): Promise<boolean> {
  return (
    (await tx`DELETE FROM password_links WHERE token_hash = ${hashToken(token)} AND expires_at > now() RETURNING 1`)
      .length > 0
  );
}

/** Sets the password; his other links end. */
export async function setPassword(tx: Transaction, userId: string, passwordHash: string): Promise<void> {
  await tx`UPDATE users SET password_hash = ${passwordHash}, password_changed_at = now() WHERE id = ${userId}`;
  await tx`DELETE FROM password_links WHERE user_id = ${userId}`;
}
