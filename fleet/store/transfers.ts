/**
 * Moving a machine to another operator with the consent of both: one offers it and is given a code, the other brings
 * the code. Neither learns anything of the other but that. The acceptance concerns two tenants at once, so it is the
 * owner's role that writes it, in one transaction.
 */
import { randomBytes } from "node:crypto";
import { type Actor, recordChange } from "./audit-log.js";
import type { Databases, Transaction } from "./databases.js";
import { moveIn } from "./provision.js";
import { inTransaction } from "./transact.js";
import { hashToken } from "./users.js";

const OFFERED_FOR_MS = 7 * 86_400_000;
/** 130 bits in 26 characters of Crockford's alphabet. */
const CODE_LENGTH = 26;
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

export interface TransferRow {
  readonly id: string;
  readonly serial: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** Offers the machine, in a transaction of its operator. The code is known only now. */
export async function offerMachine(
  tx: Transaction,
  by: Actor,
  machine: { readonly id: string; readonly serial: string },
): Promise<{ readonly id: string; readonly code: string; readonly expiresAt: Date } | "already"> {
  await tx`
    UPDATE machine_transfers SET withdrawn_at = now()
    WHERE machine_id = ${machine.id} AND accepted_at IS NULL AND withdrawn_at IS NULL AND expires_at <= now()`;
  const code = [...randomBytes(CODE_LENGTH)].map((byte) => ALPHABET[byte % ALPHABET.length]).join("");
  const expiresAt = new Date(Date.now() + OFFERED_FOR_MS);
  const [row] = await tx<{ id: string }[]>`
    INSERT INTO machine_transfers (machine_id, operator_id, code_hash, created_by, expires_at)
    VALUES (${machine.id}, ${by.operatorId}, ${hashToken(code)}, ${by.userId}, ${expiresAt})
    ON CONFLICT (machine_id) WHERE accepted_at IS NULL AND withdrawn_at IS NULL DO NOTHING RETURNING id`;
  if (row === undefined) return "already";
  const after = { machine: machine.serial, expiresAt: expiresAt.toISOString() };
  await recordChange(tx, by, { action: "offered", subject: "transfer", subjectId: row.id, before: null, after });
  return { id: row.id, code, expiresAt };
}

/** Offers that can still be accepted. */
export function listOffers(tx: Transaction): Promise<readonly TransferRow[]> {
  return tx<TransferRow[]>`
    SELECT t.id, m.serial_number AS serial, t.created_at AS "createdAt", t.expires_at AS "expiresAt"
    FROM machine_transfers t JOIN machines m ON m.id = t.machine_id
    WHERE t.accepted_at IS NULL AND t.withdrawn_at IS NULL AND t.expires_at > now()
    ORDER BY t.created_at DESC LIMIT 200`;
}

/** False if there is no such offer any more. */
export async function withdrawOffer(tx: Transaction, by: Actor, id: string): Promise<boolean> {
  const [row] = await tx<{ serial: string; expiresAt: Date }[]>`
    UPDATE machine_transfers t SET withdrawn_at = now() FROM machines m
    WHERE t.id = ${id} AND m.id = t.machine_id AND t.accepted_at IS NULL AND t.withdrawn_at IS NULL
    RETURNING m.serial_number AS serial, t.expires_at AS "expiresAt"`;
  if (row === undefined) return false;
  const before = { machine: row.serial, expiresAt: row.expiresAt.toISOString() };
  await recordChange(tx, by, { action: "withdrawn", subject: "transfer", subjectId: id, before, after: null });
  return true;
}

/** Runs `work` in a transaction that may write rows of two operators at once. */
export function betweenTenants<T>(
  { migrate: sql }: Pick<Databases, "migrate">,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  return inTransaction(sql, work);
}

/** The machine of the code is `by`'s operator's from now on; on record with both. In `betweenTenants`. */
export async function acceptOffer(
  tx: Transaction,
  by: Actor,
  code: string,
): Promise<{ readonly serial: string; readonly from: string } | "unknown" | "own"> {
  const plain = code.toUpperCase().replace(/[^0-9A-Z]/g, "");
  const [offer] = await tx<{ id: string; giver: string; serial: string; owner: string }[]>`
      SELECT t.id, t.operator_id AS giver, m.serial_number AS serial, m.operator_id AS owner
      FROM machine_transfers t JOIN machines m ON m.id = t.machine_id
      WHERE t.code_hash = ${hashToken(plain)} AND t.accepted_at IS NULL AND t.withdrawn_at IS NULL
        AND t.expires_at > now() FOR UPDATE OF t, m`;
  // Somebody else's by now: what was offered is no longer the giver's to give.
  if (offer === undefined || offer.owner !== offer.giver) return "unknown";
  const { id, giver, serial } = offer;
  if (giver === by.operatorId) return "own";
  await tx`UPDATE machine_transfers SET accepted_at = now() WHERE id = ${id}`;
  await moveIn(tx, serial, by.operatorId, new Date());
  const change = { subject: "machine", subjectId: serial };
  const service = { operatorId: giver, userId: null, keyId: null };
  await recordChange(tx, service, { ...change, action: "given away", before: {}, after: null });
  await recordChange(tx, by, { ...change, action: "taken over", before: null, after: {} });
  return { serial, from: giver };
}
