/**
 * Claims: made and listed by an operator, used once by a board. Using one registers the machine if it is new, gives it
 * its next epoch if another board had it, and revokes what that board had, in one transaction: two boards with one code
 * cannot both pass, and a kill leaves all or nothing.
 */
import { randomBytes } from "node:crypto";
import { chainStart } from "../../shared/records/codec.js";
import type { ClaimRefusal } from "../../shared/wire/claim.js";
import { type Actor, recordChange } from "./audit-log.js";
import { insertCertificate, type NewCertificate, revokeAll } from "./certificates.js";
import { lockLedgers } from "./cursors.js";
import type { Sql, Transaction } from "./databases.js";
import { allOf, asOperator } from "./tenancy.js";

const FIRST_EPOCH = 1;
export type ClaimState = "open" | "used" | "expired" | "revoked";

export interface ClaimRow {
  readonly id: string;
  readonly serials: readonly string[];
  readonly note: string;
  readonly state: ClaimState;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly usedAt: Date | null;
  /** Of the machine that used it. */
  readonly usedBy: string | null;
}

export interface NewClaim {
  readonly codeHash: Uint8Array;
  readonly serials: readonly string[];
  readonly note: string;
  readonly expiresAt: Date;
}

const COLUMNS = `
  SELECT c.id, c.serials, c.note, c.created_at AS "createdAt", c.expires_at AS "expiresAt", c.used_at AS "usedAt",
    m.serial_number AS "usedBy", CASE WHEN c.used_at IS NOT NULL THEN 'used'
      WHEN c.revoked_at IS NOT NULL THEN 'revoked' WHEN c.expires_at <= now() THEN 'expired' ELSE 'open' END AS state
  FROM machine_claims c LEFT JOIN machines m ON m.id = c.machine_id
`;

export async function addClaim(tx: Transaction, actor: Actor, claim: NewClaim): Promise<ClaimRow> {
  const { codeHash, serials, note, expiresAt } = claim;
  const [made] = await tx<{ id: string }[]>`
    INSERT INTO machine_claims (operator_id, code_hash, serials, note, created_by, created_key, expires_at)
    VALUES (${actor.operatorId}, ${Buffer.from(codeHash)}, ${[...serials]}, ${note}, ${actor.userId}, ${actor.keyId},
      ${expiresAt})
    RETURNING id
  `;
  const row = made === undefined ? undefined : await readClaim(tx, made.id);
  if (row === undefined) throw new Error("the claim was not made");
  const after = { serials, note, expiresAt: expiresAt.toISOString() };
  await recordChange(tx, actor, { action: "created", subject: "claim", subjectId: row.id, before: null, after });
  return row;
}

export interface ClaimKey {
  readonly createdAt: string;
  readonly id: string;
}

/** Newest first, after `before`. */
export async function listClaims(
  tx: Transaction,
  limit: number,
  before: ClaimKey | undefined,
): Promise<{ readonly items: readonly ClaimRow[]; readonly next: ClaimKey | undefined }> {
  const rows = await tx<(ClaimRow & { at: string })[]>`
    SELECT l.*, l."createdAt"::text AS at FROM (${tx.unsafe(COLUMNS)}) l
    ${before === undefined ? tx`` : tx`WHERE (l."createdAt", l.id) < (${before.createdAt}::timestamptz, ${before.id})`}
    ORDER BY l."createdAt" DESC, l.id DESC LIMIT ${limit + 1}
  `;
  const items = rows.slice(0, limit);
  const last = rows.length > limit ? items.at(-1) : undefined;
  return { items, next: last === undefined ? undefined : { createdAt: last.at, id: last.id } };
}

export async function readClaim(tx: Transaction, id: string): Promise<ClaimRow | undefined> {
  const [row] = await tx<ClaimRow[]>`SELECT * FROM (${tx.unsafe(COLUMNS)}) l WHERE l.id = ${id}`;
  return row;
}

/** Until the transaction ends: a board that uses it at the same moment has won already, or will find what was done. */
export async function lockClaim(tx: Transaction, id: string): Promise<ClaimRow | undefined> {
  await tx`SELECT 1 FROM machine_claims WHERE id = ${id} FOR UPDATE`;
  return readClaim(tx, id);
}

/** Ends an open claim; after `lockClaim`. */
export async function revokeClaim(tx: Transaction, actor: Actor, { id, serials, state }: ClaimRow): Promise<void> {
  await tx`UPDATE machine_claims SET revoked_at = now() WHERE id = ${id}`;
  const before = { serials, state };
  await recordChange(tx, actor, { action: "revoked", subject: "claim", subjectId: id, before, after: null });
}

/** Whose claim has this hash; undefined: nobody's. */
export async function findClaim(
  app: Sql,
  codeHash: Uint8Array,
): Promise<{ readonly id: string; readonly operatorId: string } | undefined> {
  const [row] = await app<{ id: string; operatorId: string }[]>`
    SELECT id, operator_id AS "operatorId" FROM find_claim(${Buffer.from(codeHash)})
  `;
  return row;
}

export interface Claimed {
  readonly epoch: number;
  readonly der: Uint8Array;
  /** Another board had this identity until now: its connection must be cut. */
  readonly replaced: boolean;
}

export type ClaimTaken =
  | ({ readonly is: "taken" } & Claimed)
  | { readonly is: "refused"; readonly why: Exclude<ClaimRefusal, "unknown"> };

export interface ClaimUse {
  readonly claimId: string;
  readonly operatorId: string;
  readonly serial: string;
  /** Whether the certificate (DER) is for the key that asks now. */
  readonly isForKey: (certificate: Uint8Array) => boolean;
  /** Signed already: the transaction waits for nothing. */
  readonly certificate: Omit<NewCertificate, "epoch" | "machineId" | "operatorId" | "renewedFrom">;
}

/** Uses the claim, or says why it may not be used (any more) for this machine with this key. */
export async function takeClaim(app: Sql, use: ClaimUse): Promise<ClaimTaken> {
  const { claimId, operatorId, serial, certificate } = use;
  return asOperator(app, allOf(operatorId), async (tx) => {
    const [claim] = await tx<ClaimLock[]>`
      SELECT serials, created_at AS "createdAt", expires_at > now() AS fresh, revoked_at IS NOT NULL AS revoked,
        used_at IS NOT NULL AS used, fingerprint
      FROM machine_claims WHERE id = ${claimId} FOR UPDATE
    `;
    if (claim?.used) return repeated(tx, use, claim);
    const why = refusalOf(claim, serial);
    if (why !== undefined) return { is: "refused", why };
    const machine = await machineFor(tx, operatorId, serial);
    if (claim === undefined || machine === undefined) return { is: "refused", why: "otherMachine" };
    const { id: machineId, epoch, replaced } = machine;
    await revokeAll(tx, machineId, "replaced");
    await insertCertificate(tx, { ...certificate, operatorId, machineId, epoch, renewedFrom: null });
    await tx`
      UPDATE machine_claims SET used_at = now(), machine_id = ${machineId},
        fingerprint = ${Buffer.from(certificate.fingerprint)}, request_hash = ${Buffer.from(certificate.requestHash)}
      WHERE id = ${claimId}
    `;
    // Who made this claim after the suspension has decided: the new board is the one.
    await tx`
      UPDATE machine_suspensions SET lifted_at = now()
      WHERE machine_id = ${machineId} AND lifted_at IS NULL AND raised_at < ${claim.createdAt}
    `;
    const after = { claim: claimId, epoch, certificate: Buffer.from(certificate.fingerprint).toString("hex") };
    const change = { action: "claimed", subject: "machine", subjectId: serial, before: null, after };
    await recordChange(tx, { operatorId, userId: null, keyId: null }, change);
    return { is: "taken", epoch, der: certificate.der, replaced };
  });
}

/** Of a claim that nobody has used. */
function refusalOf(claim: ClaimLock | undefined, serial: string): "revoked" | "expired" | "otherMachine" | undefined {
  if (claim === undefined || claim.revoked) return "revoked";
  if (!claim.fresh) return "expired";
  return claim.serials.includes(serial) ? undefined : "otherMachine";
}

interface ClaimLock {
  readonly serials: readonly string[];
  readonly createdAt: Date;
  readonly fresh: boolean;
  readonly revoked: boolean;
  readonly used: boolean;
  readonly fingerprint: Buffer | null;
}

/**
 * The answer got lost, or never came to be kept on the board: the same key of the same machine gets what it got before,
 * as long as that certificate is in force. Not only as long as the code is: power may be gone for longer, nothing new
 * is given, and a second code would begin a second epoch.
 */
async function repeated(
  tx: Transaction,
  { serial, isForKey }: ClaimUse,
  { fingerprint }: ClaimLock,
): Promise<ClaimTaken> {
  const [row] = await tx<{ epoch: number; der: Buffer }[]>`
    SELECT c.epoch, c.der FROM machine_certificates c JOIN machines m ON m.id = c.machine_id
    WHERE c.fingerprint = ${fingerprint} AND m.serial_number = ${serial} AND c.revoked_at IS NULL
      AND c.not_after > now() AND m.decommissioned_at IS NULL
  `;
  if (row === undefined || !isForKey(row.der)) return { is: "refused", why: "used" };
  return { is: "taken", ...row, replaced: false };
}

interface ClaimedMachine {
  readonly id: string;
  readonly epoch: number;
  readonly replaced: boolean;
}

/**
 * The machine, made if nobody has it: undefined if it is another operator's or out of service. One that has spoken or
 * been certified before has had a board with a ledger of its own, so this one's begins in the next epoch. No password
 * stays good.
 */
async function machineFor(tx: Transaction, operatorId: string, serial: string): Promise<ClaimedMachine | undefined> {
  const noPassword = randomBytes(32);
  const [made] = await tx<{ id: string }[]>`
    INSERT INTO machines (operator_id, serial_number, secret_hash, epoch, installed_at)
    VALUES (${operatorId}, ${serial}, ${noPassword}, ${FIRST_EPOCH}, date_trunc('second', now()))
    ON CONFLICT (serial_number) DO NOTHING RETURNING id
  `;
  if (made !== undefined) {
    await addCursor(tx, made.id, operatorId, FIRST_EPOCH);
    await tx`
      INSERT INTO machine_owners (machine_id, from_at, operator_id) VALUES (${made.id}, '-infinity', ${operatorId})
    `;
    return { id: made.id, epoch: FIRST_EPOCH, replaced: false };
  }
  await lockLedgers(tx, serial);
  const [known] = await tx<{ id: string; epoch: number; had: boolean }[]>`
    SELECT m.id, m.epoch, (m.birth_epoch > 0 OR c.mark IS NULL OR c.mark > 0 OR EXISTS (
      SELECT 1 FROM machine_certificates o WHERE o.machine_id = m.id AND o.epoch = m.epoch)) AS had
    FROM machines m LEFT JOIN sync_cursors c ON c.machine_id = m.id AND c.epoch = m.epoch
    WHERE m.serial_number = ${serial} AND m.decommissioned_at IS NULL FOR UPDATE OF m
  `;
  if (known === undefined) return undefined;
  const epoch = known.had ? known.epoch + 1 : known.epoch;
  await tx`UPDATE machines SET epoch = ${epoch}, secret_hash = ${noPassword} WHERE id = ${known.id}`;
  if (known.had) await addCursor(tx, known.id, operatorId, epoch);
  return { id: known.id, epoch, replaced: known.had };
}

async function addCursor(tx: Transaction, machineId: string, operatorId: string, epoch: number): Promise<void> {
  await tx`
    INSERT INTO sync_cursors (machine_id, epoch, operator_id, chain)
    VALUES (${machineId}, ${epoch}, ${operatorId}, ${chainStart(epoch)})
  `;
}
