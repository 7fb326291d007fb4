/** Telemetry rows, and presence of machines: the newest birth, deaths that match it, silence. */
import type { StatusMessage } from "../../shared/wire/messages.js";
import { bytesOf, plainArray, textArray } from "./arrays.js";
import { instant, millis } from "./cursors.js";
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

/** What storing telemetry came to. */
export interface Stored {
  /** Machines whose status or presence is another now. */
  readonly changed: readonly MachineState[];
  /** Whose the machines are, by serial. A serial that is no machine's is not in it: nothing of it was stored. */
  readonly owners: ReadonlyMap<string, string>;
}

/**
 * Stores `rows` and marks their machines as heard from; at most one row a machine. Unknown serials are passed over, so
 * are boards that were replaced (what they say of themselves is not the machine's state), and what has waited for so
 * long that its hour may be summed is not kept.
 */
export async function insertTelemetry(ingest: Sql, rows: readonly TelemetryRow[]): Promise<Stored> {
  if (rows.length === 0) return { changed: [], owners: new Map() };
  const { bytes, begins, lengths } = bytesOf(rows, (r) => r.body);
  const told = await ingest<{ operatorId: string; serials: string; changed: readonly ChangedState[] }[]>`
    WITH t AS (
      SELECT m.id, m.operator_id, m.status AS old_status, m.online AS old_online,
        to_timestamp(r.received / 1e3) AS received_at,
        to_timestamp(r.began / 1e3) AS began_at, r.epoch, r.seq, r.boot, r.state, r.temp_milli_c, r.revenue_minor,
        r.vends, substr(${bytes}::bytea, r.begins, r.bytes) AS body
      FROM (SELECT unnest(${plainArray(rows, (r) => r.serial)}::text[]) AS serial,
          unnest(${begins}::int[]) AS begins, unnest(${lengths}::int[]) AS bytes,
          unnest(${plainArray(rows, (r) => r.receivedMs)}::float8[]) AS received,
          unnest(${plainArray(rows, (r) => r.epoch)}::bigint[]) AS epoch,
          unnest(${plainArray(rows, (r) => r.seq)}::bigint[]) AS seq,
          unnest(${plainArray(rows, (r) => r.boot)}::bigint[]) AS boot,
          unnest(${plainArray(rows, (r) => r.receivedMs - r.uptimeS * 1_000)}::float8[]) AS began,
          unnest(${textArray(rows, (r) => r.state.slice(0, 32))}::text[]) AS state,
          unnest(${plainArray(rows, (r) => r.tempMilliC)}::int[]) AS temp_milli_c,
          unnest(${plainArray(rows, (r) => r.revenueMinor)}::bigint[]) AS revenue_minor,
          unnest(${plainArray(rows, (r) => r.vends)}::bigint[]) AS vends) r
      JOIN machines m ON m.serial_number = r.serial AND m.epoch <= r.epoch
      -- In machine order, as booking does in another process: neither ever waits for the other in a circle.
      ORDER BY m.id FOR NO KEY UPDATE OF m
    ), stored AS (
      INSERT INTO telemetry (machine_id, operator_id, received_at, epoch, seq, body, state, temp_milli_c,
        revenue_minor, vends)
      SELECT id, operator_id, received_at, epoch, seq, body, state, temp_milli_c, revenue_minor, vends
      FROM t WHERE received_at > now() - make_interval(secs => ${TELEMETRY_LATE_MS / 1_000})
    ), touched AS (
      UPDATE machines m SET
        last_heartbeat = greatest(m.last_heartbeat, t.received_at),
        uptime_began_at = CASE WHEN m.uptime_boot = t.boot THEN least(m.uptime_began_at, t.began_at)
          ELSE t.began_at END,
        uptime_boot = t.boot,
        online = true,
        -- Of a machine that was online the status follows from door and faults, and booking has judged those.
        status = CASE WHEN t.old_online THEN m.status ELSE machine_status(m.id, true, m.door_open) END
      FROM t WHERE m.id = t.id
      RETURNING m.id, m.serial_number, m.operator_id, m.status, m.online, m.last_heartbeat,
        (m.status <> t.old_status OR m.online <> t.old_online) AS changed
    )
    -- Serials hold no comma; of the many nothing more is asked.
    SELECT operator_id AS "operatorId", string_agg(serial_number, ',') AS serials,
      coalesce(json_agg(json_build_object('machineId', id, 'serial', serial_number, 'status', status, 'online', online,
        'heartbeatMs', ${millis(ingest, "last_heartbeat")})) FILTER (WHERE changed), '[]') AS changed
    FROM touched GROUP BY operator_id
  `;
  const owners = new Map<string, string>();
  const changed: MachineState[] = [];
  for (const { operatorId, serials, changed: states } of told) {
    for (const serial of serials.split(",")) owners.set(serial, operatorId);
    for (const { heartbeatMs, ...state } of states) {
      changed.push({ ...state, operatorId, lastHeartbeat: new Date(heartbeatMs), changed: true });
    }
  }
  return { changed, owners };
}

interface ChangedState {
  readonly machineId: string;
  readonly serial: string;
  readonly status: string;
  readonly online: boolean;
  readonly heartbeatMs: number;
}

/** A birth or a last will as it came. */
export interface PresenceRow {
  readonly serial: string;
  readonly message: StatusMessage;
  readonly receivedMs: number;
  /** Not by the broker. */
  readonly byHttp?: boolean;
  /** The broker had kept it: it may be older than what came by HTTP since. */
  readonly retained?: boolean;
}

/** `rows` in turns in which each machine has one at most: what came together still counts one after the other. */
export function turnsOf(rows: readonly PresenceRow[]): readonly (readonly PresenceRow[])[] {
  const turns: PresenceRow[][] = [];
  const had = new Map<string, number>();
  for (const row of rows) {
    const turn = had.get(row.serial) ?? 0;
    had.set(row.serial, turn + 1);
    const others = turns[turn];
    if (others === undefined) turns.push([row]);
    else others.push(row);
  }
  return turns;
}

/** Births and deaths in the order in which they came; returns the machines of which one counted. */
export async function recordPresence(ingest: Sql, rows: readonly PresenceRow[]): Promise<readonly MachineState[]> {
  const states: MachineState[] = [];
  for (const turn of turnsOf(rows)) {
    const births = turn.filter(({ message }) => message.online);
    const deaths = turn.filter(({ message }) => !message.online);
    states.push(...(await recordBirths(ingest, births)), ...(await recordDeaths(ingest, deaths)));
  }
  return states;
}

/** A birth at least as new as the newest seen: the machine is online. One that is older, of a replaced
 * board or nobody's is passed over. */
async function recordBirths(ingest: Sql, rows: readonly PresenceRow[]): Promise<readonly MachineState[]> {
  if (rows.length === 0) return [];
  return ingest<MachineState[]>`
    WITH b AS MATERIALIZED (
      SELECT m.id, m.status, m.online, n.* FROM unnest(${textArray(rows, (r) => r.serial)}::text[],
        ${plainArray(rows, (r) => r.message.epoch)}::bigint[], ${plainArray(rows, (r) => r.message.boot)}::bigint[],
        ${plainArray(rows, (r) => r.message.connection)}::bigint[],
        ${textArray(rows, (r) => r.message.firmware)}::text[], ${textArray(rows, (r) => r.message.model)}::text[],
        ${plainArray(rows, (r) => r.message.nonce)}::bigint[],
        ${plainArray(rows, (r) => r.message.orderCounter)}::bigint[],
        ${plainArray(rows, (r) => r.message.oldestSeq)}::bigint[],
        ${plainArray(rows, (r) => r.receivedMs)}::float8[],
        ${plainArray(rows, (r) => r.byHttp ?? false)}::boolean[])
        AS n (serial, epoch, boot, connection, firmware, model, nonce, order_counter, oldest_seq, received, by_http)
      JOIN machines m ON m.serial_number = n.serial
      WHERE n.epoch >= m.epoch AND (m.birth_epoch, m.birth_boot, m.birth_connection) <= (n.epoch, n.boot, n.connection)
      ORDER BY m.id FOR NO KEY UPDATE OF m
    )
    UPDATE machines m SET online = true, birth_epoch = b.epoch, birth_boot = b.boot, birth_connection = b.connection,
      firmware_version = left(b.firmware, 20), model = left(b.model, 50), birth_nonce = b.nonce,
      birth_oldest_seq = b.oldest_seq, birth_by_http = b.by_http,
      birth_order_counter = CASE WHEN m.birth_epoch = b.epoch
        THEN greatest(m.birth_order_counter, b.order_counter) ELSE b.order_counter END,
      last_heartbeat = greatest(m.last_heartbeat, to_timestamp(b.received / 1e3)),
      status = machine_status(m.id, true, m.door_open)
    FROM b WHERE m.id = b.id
    RETURNING m.id AS "machineId", m.serial_number AS serial, m.operator_id AS "operatorId", m.status, m.online,
      m.last_heartbeat AS "lastHeartbeat", (m.status <> b.status OR m.online <> b.online) AS changed
  `;
}

/** A death counts only if it is of the newest birth: an older connection's will says nothing of the present one. */
async function recordDeaths(ingest: Sql, rows: readonly PresenceRow[]): Promise<readonly MachineState[]> {
  if (rows.length === 0) return [];
  return ingest<MachineState[]>`
    WITH b AS MATERIALIZED (
      SELECT m.id, m.status, m.online FROM unnest(${textArray(rows, (r) => r.serial)}::text[],
        ${plainArray(rows, (r) => r.message.epoch)}::bigint[], ${plainArray(rows, (r) => r.message.boot)}::bigint[],
        ${plainArray(rows, (r) => r.message.connection)}::bigint[]) AS n (serial, epoch, boot, connection)
      JOIN machines m ON m.serial_number = n.serial AND m.birth_epoch = n.epoch AND m.birth_boot = n.boot
        AND m.birth_connection = n.connection
      ORDER BY m.id FOR NO KEY UPDATE OF m
    )
    UPDATE machines m SET online = false, status = 'offline' FROM b WHERE m.id = b.id
    RETURNING m.id AS "machineId", m.serial_number AS serial, m.operator_id AS "operatorId", m.status, m.online,
      m.last_heartbeat AS "lastHeartbeat", (m.status <> b.status OR m.online <> b.online) AS changed
  `;
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
