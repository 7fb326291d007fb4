/** Sync cursors: how far each machine's ledger has been committed. Locked in machine order, so no two commits cross. */
import { plainArray } from "./arrays.js";
import type { Sql, Transaction } from "./databases.js";
import type { CursorRow } from "./rows.js";

export interface CursorKey {
  readonly serial: string;
  readonly epoch: number;
}

/**
 * The cursors of `keys`, locked until the transaction ends. A key of no machine or of an epoch never issued is absent.
 */
export async function lockCursors(tx: Transaction, keys: readonly CursorKey[]): Promise<readonly CursorRow[]> {
  // Machines first, each by its serial: joined to all cursors of an epoch they cost hundreds of times as much.
  return tx<CursorRow[]>`
    WITH asked AS MATERIALIZED (
      SELECT m.id, k.epoch
      FROM unnest(${plainArray(keys, ({ serial }) => serial)}::text[],
        ${plainArray(keys, ({ epoch }) => epoch)}::bigint[]) AS k (serial, epoch)
      JOIN machines m ON m.serial_number = k.serial
    )
    SELECT m.id AS "machineId", m.serial_number AS serial, m.operator_id AS "operatorId",
      m.operator_id AS "presentOperatorId", m.currency,
      CASE WHEN m.owned_since > '-infinity' THEN ${millis(tx, "m.owned_since")} END AS "ownedSinceMs",
      CASE WHEN m.owned_since > '-infinity' THEN (
        SELECT json_agg(json_build_object('fromMs', CASE WHEN o.from_at > '-infinity' THEN ${millis(tx, "o.from_at")}
          END, 'operatorId', o.operator_id) ORDER BY o.from_at DESC)
        FROM machine_owners o WHERE o.machine_id = m.id) END AS owners,
      m.currency_decimals AS "currencyDecimals", m.simulated, ${millis(tx, "m.installed_at")} AS "installedMs",
      (SELECT CASE WHEN s.archived_before > '-infinity' THEN ${millis(tx, "s.archived_before")} END
        FROM fleet_settings s) AS "archivedBeforeMs",
      (SELECT s.incarnation > 1 FROM fleet_settings s) AS restored,
      CASE WHEN m.birth_epoch = c.epoch THEN m.birth_oldest_seq ELSE 0 END AS "oldestSeq",
      CASE WHEN c.replaced_mark IS NULL THEN m.uptime_boot END AS "uptimeBoot",
      ${millis(tx, "m.uptime_began_at")} AS "uptimeBeganMs",
      c.epoch, c.mark, c.chain, c.forked, c.boot_no AS "bootNo", c.boot_wall_ms AS "bootWallMs",
      c.clock_quality AS "clockQuality", ${millis(tx, "c.last_booked_at")} AS "lastBookedMs",
      c.credit_minor AS "creditMinor", c.credit_from_seq AS "creditFromSeq", c.last_sale_id AS "lastSaleId",
      ${millis(tx, "c.last_sale_booked_at")} AS "lastSaleBookedMs", c.last_sale_failed AS "lastSaleFailed",
      c.hold_seq AS "holdSeq", c.hold_minor AS "holdMinor", c.hold_sale_id AS "holdSaleId",
      ${millis(tx, "c.hold_sale_booked_at")} AS "holdSaleBookedMs",
      c.planogram_version AS "planogramVersion", c.planogram_crc AS "planogramCrc", c.replaced_mark AS "replacedMark"
    FROM asked k JOIN machines m ON m.id = k.id
    JOIN sync_cursors c ON c.machine_id = k.id AND c.epoch = k.epoch
    ORDER BY c.machine_id, c.epoch
    FOR UPDATE OF c
  `;
}

/**
 * Holds all of a machine's ledgers until the transaction ends. Before its row: whoever books locks in this order, too.
 */
export async function lockLedgers(tx: Transaction, serial: string): Promise<void> {
  await tx`
    SELECT 1 FROM sync_cursors c JOIN machines m ON m.id = c.machine_id WHERE m.serial_number = ${serial}
    ORDER BY c.machine_id, c.epoch FOR UPDATE OF c`;
}

/** Writes the cursors back. */
export async function saveCursors(tx: Transaction, cursors: readonly CursorRow[]): Promise<void> {
  if (cursors.length === 0) return;
  await tx`
    UPDATE sync_cursors c SET mark = n.mark, chain = n.chain, forked = n.forked, boot_no = n.boot_no,
      boot_wall_ms = n.boot_wall_ms, clock_quality = n.clock_quality,
      last_booked_at = to_timestamp(n.last_booked / 1e3),
      credit_minor = n.credit_minor, credit_from_seq = n.credit_from_seq, last_sale_id = n.last_sale_id,
      last_sale_booked_at = to_timestamp(n.last_sale_booked / 1e3), last_sale_failed = n.last_sale_failed,
      hold_seq = n.hold_seq, hold_minor = n.hold_minor, hold_sale_id = n.hold_sale_id,
      hold_sale_booked_at = to_timestamp(n.hold_sale_booked / 1e3), planogram_version = n.planogram_version,
      planogram_crc = n.planogram_crc, updated_at = now()
    FROM unnest(${plainArray(cursors, (c) => c.machineId)}::uuid[], ${plainArray(cursors, (c) => c.epoch)}::bigint[],
      ${plainArray(cursors, (c) => c.mark)}::bigint[], ${plainArray(cursors, (c) => c.chain)}::bigint[],
      ${plainArray(cursors, (c) => c.forked)}::boolean[], ${plainArray(cursors, (c) => c.bootNo)}::bigint[],
      ${plainArray(cursors, (c) => c.bootWallMs)}::bigint[], ${plainArray(cursors, (c) => c.clockQuality)}::smallint[],
      ${plainArray(cursors, (c) => c.lastBookedMs)}::float8[], ${plainArray(cursors, (c) => c.creditMinor)}::bigint[],
      ${plainArray(cursors, (c) => c.creditFromSeq)}::bigint[], ${plainArray(cursors, (c) => c.lastSaleId)}::uuid[],
      ${plainArray(cursors, (c) => c.lastSaleBookedMs)}::float8[],
      ${plainArray(cursors, (c) => c.lastSaleFailed)}::boolean[], ${plainArray(cursors, (c) => c.holdSeq)}::bigint[],
      ${plainArray(cursors, (c) => c.holdMinor)}::bigint[], ${plainArray(cursors, (c) => c.holdSaleId)}::uuid[],
      ${plainArray(cursors, (c) => c.holdSaleBookedMs)}::float8[],
      ${plainArray(cursors, (c) => c.planogramVersion)}::bigint[],
      ${plainArray(cursors, (c) => c.planogramCrc)}::bigint[])
      AS n (machine_id, epoch, mark, chain, forked, boot_no, boot_wall_ms, clock_quality, last_booked, credit_minor,
        credit_from_seq, last_sale_id, last_sale_booked, last_sale_failed, hold_seq, hold_minor, hold_sale_id,
        hold_sale_booked, planogram_version, planogram_crc)
    WHERE c.machine_id = n.machine_id AND c.epoch = n.epoch
  `;
}

/** Chain CRC that is stored after each of these sequences of one machine and epoch; null where no record is held. */
export async function storedChain(
  tx: Transaction,
  machineId: string,
  epoch: number,
  seq: number,
): Promise<number | undefined> {
  const [row] = await tx<{ chain: number }[]>`
    SELECT chain FROM ledger_records WHERE machine_id = ${machineId} AND epoch = ${epoch} AND seq = ${seq}
  `;
  return row?.chain;
}

/** The fleet's incarnation: raised by a restore. */
export async function readIncarnation(sql: Sql): Promise<number> {
  const [row] = await sql<{ incarnation: number }[]>`SELECT incarnation FROM fleet_settings`;
  return row?.incarnation ?? 1;
}

/** postgres.js takes an array of booleans for one boolean, unless it is told. */
export function booleans(tx: Transaction, values: readonly (boolean | null)[]) {
  return tx.typed([...values], BOOLEANS_OID);
}

/** The type boolean[]. */
const BOOLEANS_OID = 1000;

/** Unix ms of a timestamp column, null if it is null. */
export function millis(tx: Sql | Transaction, column: string) {
  return tx.unsafe(`(date_part('epoch', ${column}) * 1000)::bigint`);
}

/** What a timestamptz parameter takes. */
export function instant(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
