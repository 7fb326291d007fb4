/** Records of the ledger that could not be booked, and which version has last tried. */
import { instant } from "./cursors.js";
import type { Sql, Transaction } from "./databases.js";
import { unknownProduct } from "./rows.js";

/** Flags that say that nothing was derived from a record. */
const UNBOOKED: readonly string[] = Object.freeze(["unknownKind", "malformed", "rejected"]);
/** Of one machine in one go: bounds memory. */
const MAX_FLAGGED = 10_000;

export interface FlaggedRecord {
  readonly epoch: number;
  readonly seq: number;
  readonly kind: number;
  readonly body: Uint8Array;
  readonly operatorId: string;
  readonly bookedMs: number;
}

/** The next serial behind `after` of a machine that has such records. */
export async function nextFlagged(owner: Sql, after: string): Promise<string | undefined> {
  const [row] = await owner<{ serial: string }[]>`
    SELECT min(m.serial_number) AS serial FROM ledger_records r JOIN machines m ON m.id = r.machine_id
    WHERE r.flag = ANY (${[...UNBOOKED]}::text[]) AND m.serial_number > ${after}`;
  return row?.serial ?? undefined;
}

export async function flaggedRecords(owner: Sql, serial: string): Promise<readonly FlaggedRecord[]> {
  return owner<FlaggedRecord[]>`
    SELECT r.epoch, r.seq, r.kind, r.body, r.operator_id AS "operatorId",
      (extract(epoch FROM r.booked_at) * 1000)::bigint AS "bookedMs"
    FROM ledger_records r JOIN machines m ON m.id = r.machine_id
    WHERE m.serial_number = ${serial} AND r.flag = ANY (${[...UNBOOKED]}::text[])
    ORDER BY r.epoch, r.seq LIMIT ${MAX_FLAGGED}`;
}

/** Takes the flags away, holding the machine's cursors as booking does: nothing of it is booked meanwhile. */
export async function unflag(
  tx: Transaction,
  serial: string,
  records: readonly (FlaggedRecord & { readonly unknownProduct: number | null })[],
): Promise<void> {
  await tx`
    SELECT 1 FROM sync_cursors c JOIN machines m ON m.id = c.machine_id WHERE m.serial_number = ${serial}
    ORDER BY c.machine_id, c.epoch FOR UPDATE OF c`;
  const all = <T>(pick: (record: (typeof records)[number]) => T): T[] => records.map(pick);
  await tx`
    UPDATE ledger_records r SET flag = n.flag, flag_detail = n.detail, booked_at = n.booked_at
    FROM unnest(${all(({ epoch }) => epoch)}::bigint[], ${all(({ seq }) => seq)}::bigint[],
      ${all(({ unknownProduct: number }) => (number === null ? null : "unknownProduct"))}::text[],
      ${all(({ unknownProduct: number }) => (number === null ? null : unknownProduct(number)))}::text[],
      ${all(({ bookedMs }) => instant(bookedMs))}::timestamptz[]) AS n (epoch, seq, flag, detail, booked_at),
      machines m
    WHERE m.serial_number = ${serial} AND r.machine_id = m.id AND r.epoch = n.epoch AND r.seq = n.seq`;
}

/** The newest migration: what the tables can hold. */
export async function schemaVersion(owner: Sql): Promise<string> {
  const [row] = await owner<{ name: string }[]>`SELECT max(name) AS name FROM schema_migrations`;
  return row?.name ?? "";
}

export async function lastTried(owner: Sql): Promise<string | null> {
  const [row] = await owner<{ by: string | null }[]>`SELECT reprocessed_by AS by FROM fleet_settings`;
  return row?.by ?? null;
}

export async function noteTried(owner: Sql, version: string): Promise<void> {
  await owner`UPDATE fleet_settings SET reprocessed_by = ${version}`;
}
