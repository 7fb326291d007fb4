/**
 * How other parts of the fleet tell the alerts what only they see of a machine (`SIGNALS`): two boards with one
 * identity, records that are missing. A signal stands until it is cleared; it is not a fault, which machines tell of
 * themselves.
 */
import type { Signal } from "../alerts/facts.js";
import type { Sql, Transaction } from "./databases.js";

export interface RaisedSignal {
  readonly serial: string;
  readonly signal: Signal;
  /** Ends up in the alert's sentence: plain English, no secret. */
  readonly detail: string;
  /** It is over by itself once the machine's ledger is booked beyond. */
  readonly untilMark?: number;
}

/** Said again it only brings what is said of it up to date. With the ingest role. */
export async function raiseSignal(sql: Sql | Transaction, raised: RaisedSignal): Promise<void> {
  const { serial, signal, detail, untilMark = null } = raised;
  await sql`
    WITH raised AS (
      INSERT INTO alert_signals AS s (machine_id, signal, operator_id, detail, until_mark)
      SELECT id, ${signal}, operator_id, ${detail}, ${untilMark}::bigint FROM machines WHERE serial_number = ${serial}
      ON CONFLICT (machine_id, signal) DO UPDATE SET detail = excluded.detail, until_mark = excluded.until_mark,
        raised_at = CASE WHEN s.until_mark IS DISTINCT FROM excluded.until_mark THEN now() ELSE s.raised_at END
      RETURNING machine_id, operator_id
    )
    INSERT INTO alert_states (machine_id, operator_id) SELECT machine_id, operator_id FROM raised
    ON CONFLICT (machine_id) DO UPDATE SET due_at = now()`;
}

export async function clearSignal(sql: Sql | Transaction, serial: string, signal: Signal): Promise<void> {
  await sql`
    WITH cleared AS (
      DELETE FROM alert_signals s USING machines m
      WHERE m.id = s.machine_id AND m.serial_number = ${serial} AND s.signal = ${signal} RETURNING s.machine_id
    )
    UPDATE alert_states a SET due_at = now() FROM cleared c WHERE a.machine_id = c.machine_id`;
}
