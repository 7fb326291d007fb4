/**
 * Who signs in, and their sessions: found through doors that let one row through, since their operator is not known
 * yet. Passwords are argon2id hashes; of a session only the hash of its token is kept. What an operator does with his
 * people is in people.ts.
 */
import { createHash } from "node:crypto";
import type { Role } from "../api/roles.js";
import type { Databases, Sql, Transaction } from "./databases.js";
import { asOperator, type Scope } from "./tenancy.js";
import { inTransaction } from "./transact.js";

/** A person, with the tags of the machines he sees. */
export interface User extends Scope {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly operatorName: string;
  /** By the operator, of all who sign in by password. */
  readonly secondFactorRequired: boolean;
  readonly secondFactor: boolean;
}

export type SignInMeans = "password" | "oidc";

export interface UserSession extends User {
  readonly sessionId: string;
  readonly means: SignInMeans;
  readonly expiresMs: number;
}

/** Where a session begins. */
export interface SignInPlace {
  readonly means: SignInMeans;
  /** At most 64 characters. */
  readonly address: string;
  /** At most 200 characters. */
  readonly userAgent: string;
}

export interface FoundUser {
  readonly user: User;
  /** Null: he has no password. */
  readonly passwordHash: string | null;
  /** Sealed. */
  readonly totpSecret: Uint8Array | null;
  readonly email: string | null;
}

const USER = `id, name, role, tags, operator_id AS "operatorId", operator_name AS "operatorName",
  second_factor_required AS "secondFactorRequired", second_factor AS "secondFactor"`;

/** The user with this name; undefined if there is none, or he is disabled. */
export async function findUser(app: Sql, name: string): Promise<FoundUser | undefined> {
  const [row] = await app<(User & Omit<FoundUser, "user">)[]>`
    SELECT ${app.unsafe(USER)}, password_hash AS "passwordHash", totp_secret AS "totpSecret", email
    FROM find_user(${name})`;
  if (row === undefined) return undefined;
  const { passwordHash, totpSecret, email, ...user } = row;
  return { user, passwordHash, totpSecret, email };
}

/** Whose this identity at a provider is. */
export async function findByIdentity(app: Sql, issuer: string, subject: string): Promise<User | undefined> {
  const [row] = await app<User[]>`SELECT ${app.unsafe(USER)} FROM find_identity(${issuer}, ${subject})`;
  return row;
}

/** Makes the user if missing; true if made. */
export async function addUser(
  { migrate: sql }: Pick<Databases, "migrate">,
  operatorId: string,
  name: string,
  passwordHash: string,
  role: Role = "owner",
): Promise<boolean> {
  const rows = await sql`
    INSERT INTO users (operator_id, name, password_hash, role, password_changed_at)
    VALUES (${operatorId}, ${name}, ${passwordHash}, ${role}, now())
    ON CONFLICT (name) DO NOTHING RETURNING id
  `;
  return rows.length > 0;
}

export async function hasUsers({ migrate: sql }: Pick<Databases, "migrate">): Promise<boolean> {
  return (await sql`SELECT 1 FROM users LIMIT 1`).length > 0;
}

/**
 * For the installer: sets the hash, takes the second factor off, ends every session; false if there is no such user. He
 * who has lost everything, and has no owner who could help, is let in by it.
 */
export async function setPasswordHash(
  { migrate: sql }: Pick<Databases, "migrate">,
  name: string,
  passwordHash: string,
): Promise<boolean> {
  return inTransaction(sql, async (tx) => {
    const [row] = await tx<{ id: string }[]>`
      UPDATE users SET password_hash = ${passwordHash}, password_changed_at = now(), totp_secret = NULL,
        totp_since = NULL
      WHERE name = ${name} RETURNING id
    `;
    if (row === undefined) return false;
    await tx`DELETE FROM sessions WHERE user_id = ${row.id}`;
    await tx`DELETE FROM password_links WHERE user_id = ${row.id}`;
    await tx`DELETE FROM recovery_codes WHERE user_id = ${row.id}`;
    return true;
  });
}

/** The same password under other parameters: nothing else changes by it. */
export async function renewPasswordHash(app: Sql, user: User, before: string, after: string): Promise<void> {
  // The old hash is not the app's to read; who changed the password meanwhile has set the time.
  const found = await findUser(app, user.name);
  if (found?.passwordHash !== before) return;
  await asOperator(app, user, (tx) => tx`UPDATE users SET password_hash = ${after} WHERE id = ${user.id}`);
}

export async function addSession(
  app: Sql,
  token: string,
  user: User,
  expiresMs: number,
  place: SignInPlace = NOWHERE,
): Promise<UserSession> {
  const { means, address, userAgent } = place;
  const rows = await asOperator(
    app,
    user,
    (tx) => tx<{ id: string }[]>`
      INSERT INTO sessions (token_hash, user_id, operator_id, expires_at, means, address, user_agent)
      VALUES (${hashToken(token)}, ${user.id}, ${user.operatorId}, ${new Date(expiresMs)}, ${means}, ${address},
        ${userAgent})
      RETURNING id
    `,
  );
  return { ...user, sessionId: rows[0]?.id ?? "", means, expiresMs };
}

const NOWHERE: SignInPlace = { means: "password", address: "", userAgent: "" };

/** The session of this token; undefined if it never was, was ended, or is over. */
export async function findSession(app: Sql, token: string): Promise<UserSession | undefined> {
  const [row] = await app<(Omit<UserSession, "expiresMs"> & { expiresAt: Date })[]>`
    SELECT ${app.unsafe(USER)}, session_id AS "sessionId", means, expires_at AS "expiresAt"
    FROM find_session(${hashToken(token)})
  `;
  if (row === undefined) return undefined;
  const { expiresAt, ...user } = row;
  return { ...user, expiresMs: expiresAt.getTime() };
}

/** Ends this session, and forgets all that are over. */
export async function dropSession(app: Sql, token: string): Promise<void> {
  await app`SELECT end_session(${hashToken(token)})`;
}

/** One of a person's own sessions. */
export interface SessionRow {
  readonly id: string;
  readonly means: SignInMeans;
  readonly address: string;
  readonly userAgent: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** Newest first; the latest hundred. */
export function listSessions(tx: Transaction, userId: string): Promise<readonly SessionRow[]> {
  return tx<SessionRow[]>`
    SELECT id, means, address, user_agent AS "userAgent", created_at AS "createdAt", expires_at AS "expiresAt"
    FROM sessions WHERE user_id = ${userId} AND expires_at > now() ORDER BY created_at DESC, id LIMIT 100`;
}

/** Ends a person's sessions, or one of them, or all but one; the hashes of their tokens, to be forgotten elsewhere. */
export async function endSessions(
  tx: Transaction,
  userId: string,
  which: { readonly only?: string; readonly except?: string } = {},
): Promise<readonly Uint8Array[]> {
  const rows = await tx<{ hash: Uint8Array }[]>`
    DELETE FROM sessions WHERE user_id = ${userId}
      AND (${which.only ?? null}::uuid IS NULL OR id = ${which.only ?? null})
      AND (${which.except ?? null}::uuid IS NULL OR id <> ${which.except ?? null})
    RETURNING token_hash AS hash`;
  return rows.map(({ hash }) => hash);
}

/** Failures of one name that cost nothing: from one address, and from all together. */
export const FREE_FAILURES = { fromAddress: 5, everywhere: 50 } as const;

/** One attempt to sign in, as the guard knows it. */
export interface Attempt {
  readonly pair: Buffer;
  readonly everywhere: Buffer;
}

export function attemptOf(name: string, address: string): Attempt {
  return { pair: hashToken(`sign-in ${name}\n${address}`), everywhere: hashToken(`sign-in ${name}`) };
}

/** Counts the attempt as failed until `endAttempt`; until when it is of no use, undefined if it may be made. */
export async function beginAttempt(app: Sql, { pair, everywhere }: Attempt): Promise<Date | undefined> {
  const [row] = await app<{ until: Date | null }[]>`
    SELECT begin_sign_in(${pair}, ${everywhere}, ${FREE_FAILURES.fromAddress}, ${FREE_FAILURES.everywhere}) AS until`;
  return row?.until ?? undefined;
}

/** It was right; `good`: he is in. */
export async function endAttempt(app: Sql, { pair, everywhere }: Attempt, good: boolean): Promise<void> {
  await app`SELECT end_sign_in(${pair}, ${everywhere}, ${good})`;
}

/** What stands for a token wherever it is kept. */
export function hashToken(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
