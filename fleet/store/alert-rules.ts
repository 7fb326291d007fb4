/** What an operator sets about its alerts: rules, hours and units, what is to be still. Within the caller's scope. */
import type { RuleSetting } from "../alerts/evaluate.js";
import type { AlertSettings, Mute, MuteBody } from "../api/alert-rules/schema.js";
import type { Actor } from "./audit-log.js";
import type { Transaction } from "./databases.js";

export async function ruleSettings(tx: Transaction, operatorId: string): Promise<ReadonlyMap<string, RuleSetting>> {
  const rows = await tx<(RuleSetting & { rule: string })[]>`
    SELECT rule, enabled, severity, thresholds FROM alert_rules WHERE operator_id = ${operatorId}`;
  return new Map(rows.map(({ rule, ...setting }) => [rule, setting]));
}

/** Nobody else changes the operator's rules and hours until the transaction ends. */
export async function lockAlertSettings(tx: Transaction, operatorId: string): Promise<void> {
  await tx`SELECT pg_advisory_xact_lock(hashtextextended(${`alert settings ${operatorId}`}, 0))`;
}

/** Nor the machine's mutes. */
export async function lockMutes(tx: Transaction, serial: string): Promise<void> {
  await tx`SELECT pg_advisory_xact_lock(hashtextextended(${`mutes ${serial}`}, 0))`;
}

export async function setRule(
  tx: Transaction,
  operatorId: string,
  rule: string,
  { enabled, severity, thresholds }: RuleSetting,
): Promise<void> {
  await tx`
    INSERT INTO alert_rules (operator_id, rule, enabled, severity, thresholds)
    VALUES (${operatorId}, ${rule}, ${enabled}, ${severity}, ${JSON.stringify(thresholds)}::text::jsonb)
    ON CONFLICT (operator_id, rule) DO UPDATE SET enabled = excluded.enabled, severity = excluded.severity,
      thresholds = excluded.thresholds`;
}

/** Every machine of the operator is looked at anew, and soon. */
export async function lookAtFleet(tx: Transaction): Promise<void> {
  await tx`UPDATE alert_states SET due_at = now()`;
}

export async function readAlertSettings(tx: Transaction, operatorId: string): Promise<AlertSettings> {
  const [row] = await tx<AlertSettings[]>`
    SELECT time_zone AS "timeZone", quiet_from AS "quietFromMinute", quiet_to AS "quietToMinute",
      temperature_unit AS "temperatureUnit"
    FROM alert_settings WHERE operator_id = ${operatorId}`;
  return row ?? { timeZone: "UTC", quietFromMinute: null, quietToMinute: null, temperatureUnit: "F" };
}

export async function setAlertSettings(tx: Transaction, operatorId: string, settings: AlertSettings): Promise<void> {
  const { timeZone, quietFromMinute, quietToMinute, temperatureUnit } = settings;
  await tx`
    INSERT INTO alert_settings (operator_id, time_zone, quiet_from, quiet_to, temperature_unit)
    VALUES (${operatorId}, ${timeZone}, ${quietFromMinute}, ${quietToMinute}, ${temperatureUnit})
    ON CONFLICT (operator_id) DO UPDATE SET time_zone = excluded.time_zone, quiet_from = excluded.quiet_from,
      quiet_to = excluded.quiet_to, temperature_unit = excluded.temperature_unit`;
}

export async function machineMutes(tx: Transaction, serial: string): Promise<readonly Mute[]> {
  const rows = await tx<(Omit<Mute, "untilAt"> & { untilAt: Date })[]>`
    SELECT x.rule, x.until_at AS "untilAt", x.note FROM alert_mutes x JOIN machines m ON m.id = x.machine_id
    WHERE m.serial_number = ${serial} AND x.until_at > now() ORDER BY x.rule`;
  return rows.map(({ untilAt, ...row }) => ({ ...row, untilAt: untilAt.toISOString() }));
}

/** `rule` "all": maintenance. Said again it lasts as said last. */
export async function muteMachine(
  tx: Transaction,
  actor: Actor,
  serial: string,
  rule: string,
  { untilAt, note = "" }: MuteBody,
): Promise<void> {
  await lockMutes(tx, serial);
  await tx`
    INSERT INTO alert_mutes (machine_id, rule, operator_id, until_at, note, created_by)
    SELECT id, ${rule}, operator_id, ${untilAt}, ${note}, ${actor.userId} FROM machines WHERE serial_number = ${serial}
    ON CONFLICT (machine_id, rule) DO UPDATE SET until_at = excluded.until_at, note = excluded.note,
      created_by = excluded.created_by, created_at = now()`;
  await lookAtMachine(tx, serial);
}

/** True if it was muted. */
export async function unmuteMachine(tx: Transaction, serial: string, rule: string): Promise<boolean> {
  await lockMutes(tx, serial);
  const rows = await tx`
    DELETE FROM alert_mutes x USING machines m
    WHERE m.id = x.machine_id AND m.serial_number = ${serial} AND x.rule = ${rule} RETURNING x.rule`;
  await lookAtMachine(tx, serial);
  return rows.length > 0;
}

async function lookAtMachine(tx: Transaction, serial: string): Promise<void> {
  await tx`
    UPDATE alert_states s SET due_at = now() FROM machines m
    WHERE m.id = s.machine_id AND m.serial_number = ${serial}`;
}
