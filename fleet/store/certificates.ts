/**
 * Certificates of machines as they were issued, and whether one is good now: asked at each connection, and again and
 * again of those that stay. What the broker asks is of all operators (ingest role).
 */
import { type Actor, recordChange } from "./audit-log.js";
import type { Sql, Transaction } from "./databases.js";
import { readSuspension, type Suspension } from "./suspensions.js";
import { allOf, asOperator } from "./tenancy.js";

export type RevokedWhy = "replaced" | "superseded" | "revoked";
/** Why a certificate lets nobody in; `good`: it does. */
export type Standing = "good" | "unknown" | "otherName" | "revoked" | "expired" | "suspended";

export interface NewCertificate {
  readonly operatorId: string;
  readonly machineId: string;
  readonly epoch: number;
  readonly fingerprint: Uint8Array;
  /** Generation that signed it. */
  readonly authority: number;
  readonly serialNumber: string;
  readonly der: Uint8Array;
  readonly requestHash: Uint8Array;
  readonly renewedFrom: Uint8Array | null;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export async function insertCertificate(tx: Transaction, one: NewCertificate): Promise<void> {
  await tx`
    INSERT INTO machine_certificates (fingerprint, operator_id, machine_id, epoch, authority, serial_number, der,
      request_hash, renewed_from, not_before, not_after)
    VALUES (${Buffer.from(one.fingerprint)}, ${one.operatorId}, ${one.machineId}, ${one.epoch}, ${one.authority},
      ${one.serialNumber}, ${Buffer.from(one.der)}, ${Buffer.from(one.requestHash)},
      ${one.renewedFrom === null ? null : Buffer.from(one.renewedFrom)}, ${one.notBefore}, ${one.notAfter})
  `;
}

/** Revokes what the machine has, all but `keep`; returns how many. */
export async function revokeAll(
  tx: Transaction,
  machineId: string,
  why: RevokedWhy,
  keep: readonly Uint8Array[] = [],
): Promise<number> {
  const kept = keep.map((fingerprint) => Buffer.from(fingerprint).toString("hex"));
  const rows = await tx`
    UPDATE machine_certificates SET revoked_at = now(), revoked_why = ${why}
    WHERE machine_id = ${machineId} AND revoked_at IS NULL AND encode(fingerprint, 'hex') <> ALL (${kept}::text[])
    RETURNING 1
  `;
  return rows.length;
}

/** What the certificate is worth now, shown by the machine `serial`. */
export async function standingOf(ingest: Sql, serial: string, fingerprint: Uint8Array): Promise<Standing> {
  const [row] = await ingest<{ standing: Standing }[]>`
    SELECT CASE WHEN m.serial_number <> ${serial} THEN 'otherName'
      WHEN c.revoked_at IS NOT NULL OR c.epoch <> m.epoch OR m.decommissioned_at IS NOT NULL THEN 'revoked'
      WHEN c.not_after <= now() THEN 'expired'
      WHEN s.id IS NOT NULL THEN 'suspended' ELSE 'good' END AS standing
    FROM machine_certificates c JOIN machines m ON m.id = c.machine_id
    LEFT JOIN machine_suspensions s ON s.machine_id = m.id AND s.lifted_at IS NULL
    WHERE c.fingerprint = ${Buffer.from(fingerprint)}
  `;
  return row?.standing ?? "unknown";
}

export interface Connected {
  readonly serial: string;
  /** Null: by password. */
  readonly fingerprint: Uint8Array | null;
}

/** Those among `connected` that would not be let in again. */
export async function noLongerGood(ingest: Sql, connected: readonly Connected[]): Promise<readonly string[]> {
  if (connected.length === 0) return [];
  const serials = connected.map(({ serial }) => serial);
  const prints = connected.map(({ fingerprint }) =>
    fingerprint === null ? null : Buffer.from(fingerprint).toString("hex"),
  );
  const rows = await ingest<{ serial: string }[]>`
    SELECT k.serial FROM unnest(${serials}::text[], ${prints}::text[]) AS k (serial, fingerprint)
    LEFT JOIN machines m ON m.serial_number = k.serial
    LEFT JOIN machine_certificates c ON c.fingerprint = decode(k.fingerprint, 'hex')
    WHERE m.id IS NULL OR m.decommissioned_at IS NOT NULL
      OR EXISTS (SELECT 1 FROM machine_suspensions s WHERE s.machine_id = m.id AND s.lifted_at IS NULL)
      OR (k.fingerprint IS NOT NULL AND (c.fingerprint IS NULL OR c.revoked_at IS NOT NULL OR c.epoch <> m.epoch
        OR c.not_after <= now()))
  `;
  return rows.map(({ serial }) => serial);
}

export interface CertificateRow {
  readonly fingerprint: Buffer;
  readonly epoch: number;
  readonly issuedAt: Date;
  readonly notAfter: Date;
  readonly revokedAt: Date | null;
  readonly revokedWhy: RevokedWhy | null;
}

/** Most recently issued first. */
export async function listCertificates(
  tx: Transaction,
  machineId: string,
  limit: number,
): Promise<readonly CertificateRow[]> {
  return tx<CertificateRow[]>`
    SELECT fingerprint, epoch, issued_at AS "issuedAt", not_after AS "notAfter", revoked_at AS "revokedAt",
      revoked_why AS "revokedWhy"
    FROM machine_certificates WHERE machine_id = ${machineId} ORDER BY issued_at DESC, fingerprint LIMIT ${limit}
  `;
}

/** Revokes all the machine has, and its password; returns how many certificates, undefined without such a machine. */
export async function revokeMachine(
  tx: Transaction,
  actor: Actor,
  serial: string,
  noPassword: Uint8Array,
): Promise<number | undefined> {
  const [machine] = await tx<{ id: string }[]>`
    UPDATE machines SET secret_hash = ${Buffer.from(noPassword)} WHERE serial_number = ${serial} RETURNING id
  `;
  if (machine === undefined) return undefined;
  const certificates = await revokeAll(tx, machine.id, "revoked");
  const after = { certificates };
  await recordChange(tx, actor, { action: "revoked", subject: "machine", subjectId: serial, before: null, after });
  return certificates;
}

/** Whose machine the certificate is; undefined: none of ours. */
export async function findCertificate(
  app: Sql,
  fingerprint: Uint8Array,
): Promise<{ readonly operatorId: string; readonly serial: string } | undefined> {
  const [row] = await app<{ operatorId: string; serial: string }[]>`
    SELECT operator_id AS "operatorId", serial FROM find_certificate(${Buffer.from(fingerprint)})
  `;
  return row;
}

export interface Renewal {
  readonly operatorId: string;
  /** The certificate that is shown, expired or not. */
  readonly shown: Uint8Array;
  readonly certificate: Omit<NewCertificate, "epoch" | "machineId" | "operatorId" | "renewedFrom">;
}

/**
 * Puts the next certificate beside the one shown; others the machine has had end. The same request gets the same again.
 * Undefined if the one shown is revoked, of an epoch that is over, or of a suspended machine.
 */
export async function renewCertificate(
  app: Sql,
  { operatorId, shown, certificate }: Renewal,
): Promise<{ readonly epoch: number; readonly der: Uint8Array } | undefined> {
  return asOperator(app, allOf(operatorId), async (tx) => {
    const [old] = await tx<{ machineId: string; epoch: number }[]>`
      SELECT m.id AS "machineId", m.epoch FROM machine_certificates c JOIN machines m ON m.id = c.machine_id
      WHERE c.fingerprint = ${Buffer.from(shown)} AND c.revoked_at IS NULL AND c.epoch = m.epoch
        AND m.decommissioned_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM machine_suspensions s WHERE s.machine_id = m.id AND s.lifted_at IS NULL)
      FOR UPDATE OF m
    `;
    if (old === undefined) return undefined;
    const { machineId, epoch } = old;
    const newest = await newestAfter(tx, shown, certificate.requestHash);
    if (newest?.state === "good") return { epoch, der: newest.der };
    if (newest?.state === "revoked") return undefined;
    const renewedFrom = newest?.fingerprint ?? shown;
    await revokeAll(tx, machineId, "superseded", [shown, renewedFrom]);
    await insertCertificate(tx, { ...certificate, operatorId, machineId, epoch, renewedFrom });
    return { epoch, der: certificate.der };
  });
}

interface Given {
  readonly fingerprint: Buffer;
  readonly der: Buffer;
  readonly state: "good" | "revoked" | "over";
}

/** Lives of certificates in a row of which a machine never heard: more than anybody keeps one in a store. */
const MAX_UNHEARD = 16;

/**
 * What the same request got for `shown` before. Where that is over without being revoked, the machine never heard of
 * it: then what it got for that, and so on. Undefined: nothing.
 */
async function newestAfter(tx: Transaction, shown: Uint8Array, requestHash: Uint8Array): Promise<Given | undefined> {
  let newest: Given | undefined;
  for (let unheard = 0; unheard < MAX_UNHEARD; unheard++) {
    const [given] = await tx<Given[]>`
      SELECT fingerprint, der, CASE WHEN revoked_at IS NOT NULL THEN 'revoked'
        WHEN not_after <= now() THEN 'over' ELSE 'good' END AS state
      FROM machine_certificates
      WHERE renewed_from = ${newest?.fingerprint ?? Buffer.from(shown)} AND request_hash = ${Buffer.from(requestHash)}
    `;
    if (given === undefined) return newest;
    newest = given;
    if (given.state !== "over") return newest;
  }
  return newest;
}

/** What each authority signed and is not to be believed, revoked or on hold, and not over by itself. */
export async function revokedNow(
  ingest: Sql,
): Promise<readonly { authority: number; serialNumber: string; at: Date; onHold: boolean }[]> {
  return ingest`
    SELECT c.authority, c.serial_number AS "serialNumber",
      coalesce(c.revoked_at, s.raised_at, m.decommissioned_at) AS at, c.revoked_at IS NULL AS "onHold"
    FROM machine_certificates c JOIN machines m ON m.id = c.machine_id
    LEFT JOIN machine_suspensions s ON s.machine_id = c.machine_id AND s.lifted_at IS NULL
    WHERE (c.revoked_at IS NOT NULL OR s.id IS NOT NULL OR m.decommissioned_at IS NOT NULL) AND c.not_after > now()
    ORDER BY 1, 2
  `;
}

export interface IdentityRow {
  readonly epoch: number;
  readonly suspension: Suspension | undefined;
  readonly certificates: readonly CertificateRow[];
}

/** What the machine is known by; undefined without such a machine. */
export async function readIdentity(tx: Transaction, serial: string, limit: number): Promise<IdentityRow | undefined> {
  const [machine] = await tx<{ id: string; epoch: number }[]>`
    SELECT id, epoch FROM machines WHERE serial_number = ${serial}
  `;
  if (machine === undefined) return undefined;
  const { id, epoch } = machine;
  return {
    epoch,
    suspension: await readSuspension(tx, id),
    certificates: await listCertificates(tx, id, limit),
  };
}

/**
 * Machines of which somebody has been shut out for a few minutes: revoked, suspended, out of service, or with another
 * board until then. Once that board's successor is the one that is online, there is nobody left to cut off.
 */
export async function recentlyShutOut(ingest: Sql): Promise<readonly string[]> {
  const rows = await ingest<{ serial: string }[]>`
    SELECT m.serial_number AS serial FROM machines m
    WHERE EXISTS (SELECT 1 FROM machine_suspensions s WHERE s.machine_id = m.id AND s.lifted_at IS NULL
        AND s.raised_at > now() - interval '10 minutes')
      OR EXISTS (SELECT 1 FROM machine_certificates c WHERE c.machine_id = m.id
        AND c.revoked_at > now() - interval '10 minutes' AND (c.revoked_why = 'revoked'
          OR (c.revoked_why = 'replaced' AND NOT (m.online AND m.birth_epoch = m.epoch))))
      OR m.decommissioned_at > now() - interval '10 minutes'
  `;
  return rows.map(({ serial }) => serial);
}
