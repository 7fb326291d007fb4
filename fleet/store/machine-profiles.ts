/** What an operator says of a machine: where it stands, its model, whether it is in service at all. */
import type { MachineProfile } from "../api/machines/profile-schema.js";
import type { Transaction } from "./databases.js";

/** `lock`: nobody else changes it until the transaction ends. */
export async function readProfile(
  tx: Transaction,
  operatorId: string,
  serial: string,
  lock = false,
): Promise<MachineProfile | undefined> {
  const [row] = await tx<(Omit<MachineProfile, "decommissionedAt"> & { decommissionedAt: Date | null })[]>`
    SELECT serial_number AS serial, model, location_id AS "locationId", location_name AS "locationName",
      time_zone AS "timeZone", latitude::text AS latitude, longitude::text AS longitude,
      telemetry_period_s AS "telemetryPeriodS", decommissioned_at AS "decommissionedAt"
    FROM machines WHERE operator_id = ${operatorId} AND serial_number = ${serial} ${lock ? tx`FOR UPDATE` : tx``}`;
  if (row === undefined) return undefined;
  return { ...row, decommissionedAt: row.decommissionedAt?.toISOString() ?? null };
}

/** With a location, name, zone and position are the location's. */
export async function changeProfile(
  tx: Transaction,
  operatorId: string,
  profile: Omit<MachineProfile, "decommissionedAt"> & { readonly decommissioned: boolean },
): Promise<void> {
  const { serial, model, locationId, locationName, timeZone, latitude, longitude, telemetryPeriodS } = profile;
  await tx`
    UPDATE machines m SET model = ${model}, location_id = ${locationId}, telemetry_period_s = ${telemetryPeriodS},
      location_name = coalesce(l.name, ${locationName}), time_zone = coalesce(l.time_zone, ${timeZone}),
      latitude = CASE WHEN l.id IS NULL THEN ${latitude}::numeric ELSE l.latitude END,
      longitude = CASE WHEN l.id IS NULL THEN ${longitude}::numeric ELSE l.longitude END,
      decommissioned_at = CASE WHEN ${profile.decommissioned} THEN coalesce(m.decommissioned_at, now()) END
    FROM machines o LEFT JOIN locations l ON l.id = ${locationId}::uuid
    WHERE m.operator_id = ${operatorId} AND m.serial_number = ${serial} AND o.id = m.id`;
}
