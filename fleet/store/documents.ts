/**
 * Planograms and settings of machines, every version ever made here: the bytes that a machine is given. What is wished
 * is the newest; what is in force, the machine's ledger says.
 */
import { crc32 } from "../../shared/bytes.js";
import type { DocumentName } from "../../shared/records/kinds.js";
import type { Transaction } from "./databases.js";
import type { Page } from "./reading.js";

/** What a document is made for. */
export interface DocumentMachine {
  readonly id: string;
  readonly serial: string;
  readonly currency: string;
  readonly decimals: number;
  /** Version of the planogram in force by the ledger; 0 = none that we have heard of. */
  readonly inForce: number;
}

const TABLE = { planogram: "planograms", settings: "machine_settings" } as const satisfies Record<DocumentName, string>;

/** The machine, with its documents locked: versions are given out one at a time. */
export async function documentMachine(
  tx: Transaction,
  operatorId: string,
  serial: string,
): Promise<DocumentMachine | undefined> {
  const [row] = await tx<DocumentMachine[]>`
    SELECT m.id, m.serial_number AS serial, m.currency, m.currency_decimals AS decimals,
      coalesce(c.planogram_version, 0) AS "inForce"
    FROM machines m LEFT JOIN sync_cursors c ON c.machine_id = m.id AND c.epoch = m.epoch
    WHERE m.operator_id = ${operatorId} AND m.serial_number = ${serial}`;
  if (row === undefined) return undefined;
  await tx`SELECT pg_advisory_xact_lock(hashtextextended(${`documents ${row.id}`}, 0))`;
  return row;
}

export interface DocumentRow {
  readonly version: number;
  readonly createdAt: Date;
  /** Name of who made it; null: a program, or the service. */
  readonly createdBy: string | null;
  readonly document: Uint8Array;
  /** Of planograms: when the machine said that it is in force. */
  readonly appliedAt: Date | null;
}

/** `machines`: of the operator whose transaction it is. Newest first, those below `before`. */
export async function listDocuments(
  tx: Transaction,
  name: DocumentName,
  machineId: string,
  limit: number,
  before: number | undefined,
): Promise<Page<DocumentRow, number>> {
  const rows = await tx<DocumentRow[]>`
    SELECT d.version, d.created_at AS "createdAt", u.name AS "createdBy", d.document,
      ${tx.unsafe(name === "planogram" ? "d.applied_at" : "NULL::timestamptz")} AS "appliedAt"
    FROM ${tx(TABLE[name])} d LEFT JOIN users u ON u.id = d.created_by
    WHERE d.machine_id = ${machineId} AND (${before ?? null}::bigint IS NULL OR d.version < ${before ?? null}::bigint)
    ORDER BY d.version DESC LIMIT ${limit + 1}`;
  const items = rows.slice(0, limit);
  return { items, next: rows.length > limit ? items.at(-1)?.version : undefined };
}

/** One version, or the newest. */
export async function readDocument(
  tx: Transaction,
  name: DocumentName,
  machineId: string,
  version?: number,
): Promise<DocumentRow | undefined> {
  const above = version === undefined ? undefined : version + 1;
  const [row] = (await listDocuments(tx, name, machineId, 1, above)).items;
  return version === undefined || row?.version === version ? row : undefined;
}

export async function addDocument(
  tx: Transaction,
  name: DocumentName,
  machineId: string,
  made: {
    readonly version: number;
    readonly bytes: Uint8Array;
    readonly userId: string | null;
    readonly keyId: string | null;
  },
): Promise<void> {
  const { version, bytes, userId, keyId } = made;
  await tx`
    INSERT INTO ${tx(TABLE[name])} (machine_id, version, operator_id, document, crc, created_by, created_key)
    SELECT id, ${version}, operator_id, ${Buffer.from(bytes)}, ${crc32(bytes)}, ${userId}, ${keyId}
    FROM machines WHERE id = ${machineId}`;
}

/** Products of the operator by number: what a planogram takes from the catalogue. */
export interface PlannedProduct {
  readonly number: number;
  readonly name: string;
  /** Decimal text. */
  readonly defaultPrice: string;
  readonly currency: string;
  /** Parts per million. */
  readonly taxRatePpm: number;
}

export async function plannedProducts(
  tx: Transaction,
  operatorId: string,
  numbers: readonly number[],
): Promise<ReadonlyMap<number, PlannedProduct>> {
  const rows = await tx<PlannedProduct[]>`
    SELECT number, name, default_price::text AS "defaultPrice", currency,
      (tax_rate * 1000000)::int AS "taxRatePpm"
    FROM products WHERE operator_id = ${operatorId} AND number = ANY (${[...numbers]}::bigint[])`;
  return new Map(rows.map((row) => [row.number, row]));
}
