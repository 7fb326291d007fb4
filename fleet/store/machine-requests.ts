/**
 * Requests of machines by HTTP: whose certificate is shown, and the numbers by which a replay is known. Taking a number
 * is hearing the machine. Asked before anybody is known (ingest role).
 */
import type { Sql } from "./databases.js";
import type { MachineState } from "./ledger.js";

/** Addresses count apart: a request that waits for orders must not hold up the others. */
export type RequestKind = "sync" | "orders";

/** No number may leave so many out: else a stolen key could use up all there are, and shut out the next board. */
export const MAX_NUMBER_STEP = 1_000_000;
/** What was heard so lately need not be written once more. */
const HEARD_EVERY_S = 20;

/** The certificate in DER; undefined: none of ours. */
export async function shownCertificate(ingest: Sql, fingerprint: Uint8Array): Promise<Uint8Array | undefined> {
  const [row] = await ingest<{ der: Buffer }[]>`
    SELECT der FROM machine_certificates WHERE fingerprint = ${Buffer.from(fingerprint)}
  `;
  return row?.der;
}

export type Numbered =
  | { readonly is: "taken"; readonly state: MachineState }
  /** The number is used, or too far ahead. */
  | { readonly is: "repeated"; readonly next: number };

/** Takes `number`, once: of two requests that bear it one is refused. The machine has been heard by it. */
export async function takeNumber(ingest: Sql, serial: string, kind: RequestKind, number: number): Promise<Numbered> {
  const column = kind === "sync" ? ingest`sync_number` : ingest`orders_number`;
  const [state] = await ingest<MachineState[]>`
    UPDATE machines m SET ${column} = ${number}::bigint, online = true,
      last_heartbeat = CASE WHEN m.last_heartbeat > now() - make_interval(secs => ${HEARD_EVERY_S})
        THEN m.last_heartbeat ELSE now() END,
      status = CASE WHEN m.online THEN m.status ELSE machine_status(m.id, true, m.door_open) END
    FROM machines b
    WHERE m.serial_number = ${serial} AND b.id = m.id AND m.${column} < ${number}::bigint
      AND m.${column} + ${MAX_NUMBER_STEP}::bigint >= ${number}::bigint
    RETURNING m.id AS "machineId", m.serial_number AS serial, m.operator_id AS "operatorId", m.status, m.online,
      m.last_heartbeat AS "lastHeartbeat", (m.status <> b.status OR m.online <> b.online) AS changed
  `;
  if (state !== undefined) return { is: "taken", state };
  const [row] = await ingest<{ next: number }[]>`
    SELECT ${column} + 1 AS next FROM machines WHERE serial_number = ${serial}
  `;
  return { is: "repeated", next: Number(row?.next ?? 1) };
}
