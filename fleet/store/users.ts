/** Users and their sessions. Passwords are argon2id hashes; of a session only the hash of its token is kept. */
import { createHash } from "node:crypto";
import type { Role } from "../api/roles.js";
import type { Databases, Sql } from "./databases.js";
import { asOperator } from "./tenancy.js";
import { inTransaction } from "./transact.js";

export interface User {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** Of the machines he sees; null: all. */
  readonly tags: readonly string[] | null;
  readonly operatorId: string;
  readonly operatorName: string;
}

export interface UserSession extends User {
  readonly sessionId: string;
  readonly expiresMs: number;
}

/** Where a session began. */
export interface SignInPlace {
  readonly means: "password" | "oidc";
  /** At most 64 characters. */
  readonly address: string;
  /** At most 200 characters. */
  readonly userAgent: string;
}

/** The user with this name and the hash of the password; undefined if there is none. */
export async function findUser(
  app: Sql,
  name: string,
): Promise<{ readonly user: User; readonly passwordHash: string } | undefined> {
  const [row] = await app<(User & { passwordHash: string })[]>`
    SELECT id, name, role, tags, operator_id AS "operatorId", operator_name AS "operatorName",
      password_hash AS "passwordHash"
    FROM find_user(${name})
  `;
  if (row === undefined) return undefined;
  const { passwordHash, ...user } = row;
  return { user, passwordHash };
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
    INSERT INTO users (operator_id, name, password_hash, role)
    VALUES (${operatorId}, ${name}, ${passwordHash}, ${role})
    ON CONFLICT (name) DO NOTHING RETURNING id
  `;
  return rows.length > 0;
}

export async function hasUsers({ migrate: sql }: Pick<Databases, "migrate">): Promise<boolean> {
  return (await sql`SELECT 1 FROM users LIMIT 1`).length > 0;
}

/** Sets the hash and ends every session of the user; false if there is no such user. */
export async function setPasswordHash(
  { migrate: sql }: Pick<Databases, "migrate">,
  name: string,
  passwordHash: string,
): Promise<boolean> {
  return inTransaction(sql, async (tx) => {
    const [row] = await tx<{ id: string }[]>`
      UPDATE users SET password_hash = ${passwordHash} WHERE name = ${name} RETURNING id
    `;
    if (row === undefined) return false;
    await tx`DELETE FROM sessions WHERE user_id = ${row.id}`;
    return true;
  });
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
  return { ...user, sessionId: rows[0]?.id ?? "", expiresMs };
}

const NOWHERE: SignInPlace = { means: "password", address: "", userAgent: "" };

/** The session of this token; undefined if it never was, was ended, or is over. */
export async function findSession(app: Sql, token: string): Promise<UserSession | undefined> {
  const [row] = await app<(Omit<UserSession, "expiresMs"> & { expiresAt: Date })[]>`
    SELECT id, name, role, tags, operator_id AS "operatorId", operator_name AS "operatorName",
      session_id AS "sessionId", expires_at AS "expiresAt"
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

/** What stands for a token wherever it is kept. */
export function hashToken(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
