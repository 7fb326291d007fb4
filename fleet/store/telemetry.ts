/** Telemetry rows, and presence of machines: the newest birth, deaths that match it, silence. */
import { toHex } from "../../shared/bytes.js";
import type { StatusMessage } from "../../shared/wire/messages.js";
import { instant } from "./cursors.js";
import type { Sql } from "./databases.js";
import type { MachineState } from "./ledger.js";
import { TELEMETRY_LATE_MS } from "./telemetry-hours.js";

export interface TelemetryRow {
  readonly serial: string;
  readonly receivedMs: number;
  readonly epoch: number;
  readonly seq: number;
  readonly boot: number;
  readonly uptimeS: number;
  readonly state: string;
  readonly tempMilliC: number | null;
  readonly revenueMinor: number;
  readonly vends: number;
  readonly body: Uint8Array;
}

/**
 * Stores `rows` and marks their machines as heard from; at most one row a machine. Unknown serials are passed over, and
 * what has waited for so long that its hour may be summed is not kept.
 */
export async function insertTelemetry(ingest: Sql, rows: readonly TelemetryRow[]): Promise<readonly MachineState[]> {
  if (rows.length === 0) return [];
  const all = <T>(pick: (row: TelemetryRow) => T): T[] => rows.map(pick);
  return ingest<MachineState[]>`
    WITH t AS (
      SELECT m.id, m.operator_id, m.status AS old_status, m.online AS old_online, r.* FROM unnest(
        ${all((r) => r.serial)}::text[], ${all((r) => instant(r.receivedMs))}::timestamptz[],
        ${all((r) => r.epoch)}::bigint[], ${all((r) => r.seq)}::bigint[], ${all((r) => r.boot)}::bigint[],
        ${all((r) => instant(r.receivedMs - r.uptimeS * 1_000))}::timestamptz[],
        ${all((r) => r.state.slice(0, 32))}::text[], ${all((r) => r.tempMilliC)}::int[],
        ${all((r) => r.revenueMinor)}::bigint[], ${all((r) => r.vends)}::bigint[], ${all((r) => toHex(r.body))}::text[])
        AS r (serial, received_at, epoch, seq, boot, began_at, state, temp_milli_c, revenue_minor, vends, body)
      JOIN machines m ON m.serial_number = r.serial
      -- In machine order, as booking does in another process: neither ever waits for the other in a circle.
      ORDER BY m.id FOR NO KEY UPDATE OF m
    ), stored AS (
      INSERT INTO telemetry (machine_id, operator_id, received_at, epoch, seq, body, state, temp_milli_c,
        revenue_minor, vends)
      SELECT id, operator_id, received_at, epoch, seq, decode(body, 'hex'), state, temp_milli_c, revenue_minor, vends
      FROM t WHERE received_at > now() - make_interval(secs => ${TELEMETRY_LATE_MS / 1_000})
    )
    UPDATE machines m SET
      last_heartbeat = greatest(m.last_heartbeat, t.received_at),
      uptime_began_at = CASE WHEN m.uptime_boot = t.boot THEN least(m.uptime_began_at, t.began_at) ELSE t.began_at END,
      uptime_boot = t.boot,
      online = true,
      status = machine_status(m.id, true, m.door_open)
    FROM t WHERE m.id = t.id
    RETURNING m.id AS "machineId", m.serial_number AS serial, m.operator_id AS "operatorId", m.status, m.online,
      m.last_heartbeat AS "lastHeartbeat", (m.status <> t.old_status OR m.online <> t.old_online) AS changed
  `;
}

/** A birth at least as new as the newest seen: the machine is online. Undefined if it is older or nobody's. */
export async function recordBirth(
  ingest: Sql,
  serial: string,
  birth: StatusMessage,
  nowMs: number,
): Promise<MachineState | undefined> {
  const { epoch, boot, connection, firmware, model, oldestSeq, orderCounter, nonce } = birth;
  const [row] = await ingest<MachineState[]>`
    UPDATE machines m SET online = true, birth_epoch = ${epoch}, birth_boot = ${boot}, birth_connection = ${connection},
      firmware_version = left(${firmware}, 20), model = left(${model}, 50), birth_nonce = ${nonce},
      birth_oldest_seq = ${oldestSeq},
      birth_order_counter = CASE WHEN m.birth_epoch = ${epoch}
        THEN greatest(m.birth_order_counter, ${orderCounter}::bigint) ELSE ${orderCounter} END,
      last_heartbeat = greatest(m.last_heartbeat, ${instant(nowMs)}::timestamptz),
      status = machine_status(m.id, true, m.door_open)
    FROM machines b
    WHERE m.serial_number = ${serial} AND b.id = m.id
      AND (m.birth_epoch, m.birth_boot, m.birth_connection)
        <= (${epoch}::bigint, ${boot}::bigint, ${connection}::bigint)
    RETURNING m.id AS "machineId", m.serial_number AS serial, m.operator_id AS "operatorId", m.status, m.online,
      m.last_heartbeat AS "lastHeartbeat", (m.status <> b.status OR m.online <> b.online) AS changed
  `;
  return row;
}

/** A death counts only if it is of the newest birth: an older connection's will says nothing of the present one. */
export async function recordDeath(
  ingest: Sql,
  serial: string,
  death: StatusMessage,
): Promise<MachineState | undefined> {
  const { epoch, boot, connection } = death;
  const [row] = await ingest<MachineState[]>`
    UPDATE machines m SET online = false, status = 'offline'
    FROM machines b
    WHERE m.serial_number = ${serial} AND b.id = m.id AND m.birth_epoch = ${epoch} AND m.birth_boot = ${boot}
      AND m.birth_connection = ${connection}
    RETURNING m.id AS "machineId", m.serial_number AS serial, m.operator_id AS "operatorId", m.status, m.online,
      m.last_heartbeat AS "lastHeartbeat", (m.status <> b.status OR m.online <> b.online) AS changed
  `;
  return row;
}

/** Machines silent for `periods` of their telemetry are offline. */
export async function markSilent(ingest: Sql, periods: number, nowMs: number): Promise<readonly MachineState[]> {
  return ingest<MachineState[]>`
    UPDATE machines m SET online = false, status = 'offline'
    WHERE m.online
      AND m.last_heartbeat < ${instant(nowMs)}::timestamptz - make_interval(secs => m.telemetry_period_s * ${periods})
    RETURNING m.id AS "machineId", m.serial_number AS serial, m.operator_id AS "operatorId", m.status, m.online,
      m.last_heartbeat AS "lastHeartbeat", true AS changed
  `;
}
