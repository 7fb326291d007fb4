/**
 * Machines of which there seem to be two: nobody with that identity is let in until an operator has decided. Raised by
 * what the fleet sees (ingest role), read by alerts, lifted by an operator.
 */
import { clearSignal, raiseSignal } from "./alert-signals.js";
import { plainArray, textArray } from "./arrays.js";
import { type Actor, recordChange } from "./audit-log.js";
import type { Sql, Transaction } from "./databases.js";
import { type PresenceRow, turnsOf } from "./telemetry.js";
import { inTransaction } from "./transact.js";

/** Births within a day that did not follow the one before: one is a board brought back to an older state. */
const WENT_BACK_LIMIT = 2;

export interface Suspension {
  readonly reason: "clonedIdentity";
  readonly evidence: string;
  readonly raisedAt: Date;
}

/** Suspends the machine; false if it is already, or unknown. What led to it is not counted again once it is lifted. */
export async function suspend(ingest: Sql, serial: string, evidence: string): Promise<boolean> {
  return inTransaction(ingest, async (tx) => {
    const isNew = await insertSuspension(tx, serial, evidence);
    if (isNew) await raiseSignal(tx, { serial, signal: "clonedIdentity", detail: evidence });
    return isNew;
  });
}

async function insertSuspension(tx: Transaction, serial: string, evidence: string): Promise<boolean> {
  const rows = await tx`
    WITH machine AS (SELECT id, operator_id FROM machines WHERE serial_number = ${serial}),
      forgotten AS (UPDATE machine_births b SET went_back = 0 FROM machine m WHERE b.machine_id = m.id)
    INSERT INTO machine_suspensions (operator_id, machine_id, reason, evidence)
    SELECT operator_id, id, 'clonedIdentity', ${evidence} FROM machine
    ON CONFLICT (machine_id) WHERE lifted_at IS NULL DO NOTHING RETURNING 1
  `;
  return rows.length > 0;
}

/**
 * Takes note of births, in the order in which they came. Boot and connection only rise: a birth that lies below the one
 * before, or has its numbers but another nonce, comes from another board or from one that has forgotten. Returns what
 * speaks for two boards, by serial.
 */
export async function noteBirths(ingest: Sql, births: readonly PresenceRow[]): Promise<ReadonlyMap<string, string>> {
  const twins = new Map<string, string>();
  for (const turn of turnsOf(births)) {
    for (const { serial, boot, connection } of await noteOnce(ingest, turn)) {
      twins.set(serial, `births of two boards: boot ${boot}, connection ${connection} does not follow the one before`);
    }
  }
  return twins;
}

/** At most one birth a machine. Returns those that came after too many that did not follow. */
async function noteOnce(ingest: Sql, births: readonly PresenceRow[]) {
  return ingest<{ serial: string; boot: number; connection: number }[]>`
    WITH noted AS (
      INSERT INTO machine_births AS b (machine_id, operator_id, epoch, boot, connection, nonce)
      SELECT m.id, m.operator_id, n.epoch, n.boot, n.connection, n.nonce
      FROM unnest(${textArray(births, (b) => b.serial)}::text[],
        ${plainArray(births, (b) => b.message.epoch)}::bigint[],
        ${plainArray(births, (b) => b.message.boot)}::bigint[],
        ${plainArray(births, (b) => b.message.connection)}::bigint[],
        ${plainArray(births, (b) => b.message.nonce)}::bigint[],
        ${plainArray(births, (b) => b.retained ?? false)}::boolean[])
        AS n (serial, epoch, boot, connection, nonce, kept)
      -- What the broker has kept of a machine that now speaks by HTTP is its own, from before.
      JOIN machines m ON m.serial_number = n.serial AND m.epoch = n.epoch AND NOT (n.kept AND m.birth_by_http)
      ORDER BY m.id
      ON CONFLICT (machine_id) DO UPDATE SET epoch = excluded.epoch, boot = excluded.boot,
        connection = excluded.connection, nonce = excluded.nonce,
        went_back = CASE WHEN excluded.epoch > b.epoch THEN 0
          WHEN (excluded.boot, excluded.connection) > (b.boot, b.connection)
            OR (excluded.boot, excluded.connection, excluded.nonce) = (b.boot, b.connection, b.nonce) THEN b.went_back
          WHEN b.went_back_at > now() - interval '1 day' THEN least(b.went_back + 1, 100) ELSE 1 END,
        went_back_at = CASE
          WHEN (excluded.epoch, excluded.boot, excluded.connection) > (b.epoch, b.boot, b.connection)
            OR (excluded.boot, excluded.connection, excluded.nonce) = (b.boot, b.connection, b.nonce)
          THEN b.went_back_at ELSE now() END
      RETURNING b.machine_id, b.boot, b.connection, b.went_back
    )
    SELECT m.serial_number AS serial, noted.boot, noted.connection
    FROM noted JOIN machines m ON m.id = noted.machine_id WHERE noted.went_back >= ${WENT_BACK_LIMIT}
  `;
}

/** The machine's open suspension. */
export async function readSuspension(tx: Transaction, machineId: string): Promise<Suspension | undefined> {
  const [row] = await tx<Suspension[]>`
    SELECT reason, evidence, raised_at AS "raisedAt" FROM machine_suspensions
    WHERE machine_id = ${machineId} AND lifted_at IS NULL
  `;
  return row;
}

/** Lifts it; false if there is none. */
export async function liftSuspension(tx: Transaction, actor: Actor, serial: string): Promise<boolean> {
  const [row] = await tx<Suspension[]>`
    UPDATE machine_suspensions s SET lifted_at = now(), lifted_by = ${actor.userId}, lifted_key = ${actor.keyId}
    FROM machines m WHERE m.id = s.machine_id AND m.serial_number = ${serial} AND s.lifted_at IS NULL
    RETURNING s.reason, s.evidence, s.raised_at AS "raisedAt"
  `;
  if (row === undefined) return false;
  const before = { reason: row.reason, evidence: row.evidence, raisedAt: row.raisedAt.toISOString() };
  await recordChange(tx, actor, { action: "lifted", subject: "suspension", subjectId: serial, before, after: null });
  return true;
}

/** Once nobody is suspended any more, there is nothing to be alarmed about. */
export async function clearIfLifted(ingest: Sql, serial: string): Promise<void> {
  const [open] = await ingest`
    SELECT 1 FROM machine_suspensions s JOIN machines m ON m.id = s.machine_id
    WHERE m.serial_number = ${serial} AND s.lifted_at IS NULL
  `;
  if (open === undefined) await clearSignal(ingest, serial, "clonedIdentity");
}
