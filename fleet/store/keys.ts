/** Keys of programs: shown once, kept as SHA-256 (256 random bits need no slow hash), found through one narrow door. */
import type { Role } from "../api/roles.js";
import { randomSecret } from "./data-folder.js";
import type { Sql, Transaction } from "./databases.js";
import type { Page } from "./reading.js";
import { asOperator, type Scope } from "./tenancy.js";
import { hashToken } from "./users.js";

/** So that a key found in a file or a log is known for what it is. */
const MARK = "spk_";
const PREFIX_LENGTH = 12;
/** Live ones of one operator. */
export const MAX_KEYS = 200;
/** Between two notes of its use. */
const NOTE_USE_EVERY_MS = 300_000;
/** No key is for ever at hand of a listener: it shows itself anew at least so often. */
const LONGEST_MS = 86_400_000;

/** A key in force, and who made it: null for one that no person made. */
export interface FoundKey extends Scope {
  readonly id: string;
  readonly scopes: readonly string[];
  readonly maker: { readonly role: Role } | null;
  readonly requestsPerMinute: number;
  readonly expiresMs: number;
  readonly lastUsedMs: number;
}

/** As it is shown, without the key itself. */
export interface KeyRow {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly scopes: readonly string[];
  readonly tags: readonly string[] | null;
  readonly requestsPerMinute: number;
  readonly createdBy: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly lastUsedAt: Date | null;
}

export interface NewKey {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly tags: readonly string[] | null;
  readonly requestsPerMinute: number;
  readonly expiresAt: Date | null;
}

/** True for text that could be a key of ours. */
export function isKey(text: string): boolean {
  return text.length === MARK.length + 43 && text.startsWith(MARK);
}

/** The key, if it is in force. */
export async function findKey(app: Sql, key: string): Promise<FoundKey | undefined> {
  const [row] = await app<
    (Omit<FoundKey, "maker" | "expiresMs" | "lastUsedMs"> & {
      expiresAt: Date | null;
      lastUsedAt: Date | null;
      makerRole: Role | null;
      makerTags: string[] | null;
    })[]
  >`
    SELECT id, operator_id AS "operatorId", scopes, tags, requests_per_minute AS "requestsPerMinute",
      expires_at AS "expiresAt", last_used_at AS "lastUsedAt", maker_role AS "makerRole", maker_tags AS "makerTags"
    FROM find_key(${hashToken(key)})`;
  if (row === undefined) return undefined;
  const { makerRole, makerTags, expiresAt, lastUsedAt, tags, ...rest } = row;
  const anewMs = Date.now() + LONGEST_MS;
  return {
    ...rest,
    tags: both(tags, makerTags),
    maker: makerRole === null ? null : { role: makerRole },
    expiresMs: Math.min(expiresAt?.getTime() ?? anewMs, anewMs),
    lastUsedMs: lastUsedAt?.getTime() ?? 0,
  };
}

/** Tags that both let see; null lets see all. */
function both(one: readonly string[] | null, other: readonly string[] | null): readonly string[] | null {
  if (one === null || other === null) return one ?? other;
  return one.filter((tag) => other.includes(tag));
}

/** Coarse, so that a busy key costs no write a request. */
export async function noteUse(app: Sql, { id, operatorId, lastUsedMs }: FoundKey): Promise<void> {
  if (Date.now() - lastUsedMs < NOTE_USE_EVERY_MS) return;
  await asOperator(
    app,
    { operatorId, tags: null },
    (tx) => tx`UPDATE api_keys SET last_used_at = now() WHERE id = ${id}`,
  );
}

const KEY = `
  SELECT k.id, k.name, k.prefix, k.scopes, k.tags, k.requests_per_minute AS "requestsPerMinute",
    u.name AS "createdBy", k.created_at AS "createdAt", k.expires_at AS "expiresAt", k.revoked_at AS "revokedAt",
    k.last_used_at AS "lastUsedAt", k.created_at::text AS key
  FROM api_keys k LEFT JOIN users u ON u.id = k.created_by`;

/** Position in the list: `at` keeps microseconds, as text. */
export interface KeyKeyset {
  readonly at: string;
  readonly id: string;
}

/** Newest first, revoked ones too. */
export async function listKeys(
  tx: Transaction,
  limit: number,
  before: KeyKeyset | undefined,
): Promise<Page<KeyRow, KeyKeyset>> {
  const rows = await tx<(KeyRow & { key: string })[]>`
    ${tx.unsafe(KEY)}
    WHERE ${before?.at ?? null}::timestamptz IS NULL
      OR (k.created_at, k.id) < (${before?.at ?? null}::timestamptz, ${before?.id ?? null}::uuid)
    ORDER BY k.created_at DESC, k.id DESC LIMIT ${limit + 1}`;
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return { items: rows.slice(0, limit), next: last === undefined ? undefined : { at: last.key, id: last.id } };
}

export async function readKey(tx: Transaction, id: string): Promise<KeyRow | undefined> {
  const [row] = await tx<KeyRow[]>`${tx.unsafe(KEY)} WHERE k.id = ${id}`;
  return row;
}

/** One change of an operator's keys at a time, so that names and the limit hold. */
export async function lockKeys(tx: Transaction, operatorId: string): Promise<void> {
  await tx`SELECT pg_advisory_xact_lock(hashtextextended(${`keys ${operatorId}`}, 0))`;
}

/** Makes a key; the text is known only now. A word says what stands against it. */
export async function addKey(
  tx: Transaction,
  by: { readonly operatorId: string; readonly userId: string | null },
  wanted: NewKey,
): Promise<{ readonly id: string; readonly key: string } | "taken" | "too many"> {
  await lockKeys(tx, by.operatorId);
  const [live] = await tx<{ count: number; taken: boolean }[]>`
    SELECT count(*)::int AS count, coalesce(bool_or(name = ${wanted.name}), false) AS taken
    FROM api_keys WHERE revoked_at IS NULL`;
  if (live?.taken === true) return "taken";
  if ((live?.count ?? 0) >= MAX_KEYS) return "too many";
  const key = `${MARK}${randomSecret()}`;
  const { name, scopes, tags, requestsPerMinute, expiresAt } = wanted;
  const [row] = await tx<{ id: string }[]>`
    INSERT INTO api_keys (operator_id, name, prefix, key_hash, scopes, tags, requests_per_minute, created_by,
      expires_at)
    VALUES (${by.operatorId}, ${name}, ${key.slice(0, PREFIX_LENGTH)}, ${hashToken(key)}, ${[...scopes]},
      ${tags === null ? null : [...tags]}, ${requestsPerMinute}, ${by.userId}, ${expiresAt})
    RETURNING id`;
  if (row === undefined) throw new Error("the database returned no row");
  return { id: row.id, key };
}

/** Sets what is given; false if the name is another live key's. Tags stay: a key with others is another key. */
export async function changeKey(
  tx: Transaction,
  id: string,
  { name, scopes, requestsPerMinute, expiresAt }: Omit<NewKey, "tags">,
): Promise<boolean> {
  const [taken] = await tx`SELECT 1 FROM api_keys WHERE name = ${name} AND id <> ${id} AND revoked_at IS NULL`;
  if (taken !== undefined) return false;
  await tx`
    UPDATE api_keys SET name = ${name}, scopes = ${[...scopes]}, requests_per_minute = ${requestsPerMinute},
      expires_at = ${expiresAt}
    WHERE id = ${id}`;
  return true;
}

/** Ends a key for good; false if it was ended before. */
export async function revokeKey(tx: Transaction, id: string): Promise<boolean> {
  return (await tx`UPDATE api_keys SET revoked_at = now() WHERE id = ${id} AND revoked_at IS NULL`).count > 0;
}
