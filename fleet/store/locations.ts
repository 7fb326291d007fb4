/** Places where machines stand. A change of name, zone or position takes the machines along (migration 0006). */
import type { Location, LocationBody } from "../api/locations/schema.js";
import type { Transaction } from "./databases.js";
import type { Page } from "./reading.js";

const LOCATION = `
  SELECT l.id, l.name, l.type, l.address, l.region, l.time_zone AS "timeZone", l.latitude::text AS latitude,
    l.longitude::text AS longitude,
    (SELECT count(*)::int FROM machines m WHERE m.location_id = l.id) AS machines
  FROM locations l
`;

export interface LocationFilter {
  readonly region?: string | undefined;
  readonly type?: string | undefined;
  readonly limit: number;
  /** Name and id of the last one of the page before. */
  readonly after?: readonly [name: string, id: string] | undefined;
}

/** In order of their names. */
export async function listLocations(
  tx: Transaction,
  operatorId: string,
  filter: LocationFilter,
): Promise<Page<Location, readonly [string, string]>> {
  const { region = null, type = null, limit, after } = filter;
  const rows = await tx<Location[]>`
    ${tx.unsafe(LOCATION)}
    WHERE l.operator_id = ${operatorId} AND (${region}::text IS NULL OR l.region = ${region})
      AND (${type}::text IS NULL OR l.type = ${type})
      AND (${after?.[1] ?? null}::uuid IS NULL OR (l.name, l.id) > (${after?.[0] ?? ""}, ${after?.[1] ?? null}::uuid))
    ORDER BY l.name, l.id LIMIT ${limit + 1}`;
  const items = rows.slice(0, limit);
  const last = rows.length > limit ? items.at(-1) : undefined;
  return { items, next: last === undefined ? undefined : [last.name, last.id] };
}

/** `lock`: nobody else changes it until the transaction ends. */
export async function readLocation(
  tx: Transaction,
  operatorId: string,
  id: string,
  lock = false,
): Promise<Location | undefined> {
  const [row] = await tx<Location[]>`
    ${tx.unsafe(LOCATION)} WHERE l.operator_id = ${operatorId} AND l.id = ${id}
    ${lock ? tx`FOR UPDATE OF l` : tx``}`;
  return row;
}

/** Id of the one with this name. */
export async function findLocation(tx: Transaction, operatorId: string, name: string): Promise<string | undefined> {
  const [row] = await tx<{ id: string }[]>`
    SELECT id FROM locations WHERE operator_id = ${operatorId} AND name = ${name}`;
  return row?.id;
}

/** Id of the new one; undefined if its name is taken. */
export async function addLocation(
  tx: Transaction,
  operatorId: string,
  { name, type, address, region, timeZone, latitude, longitude }: LocationBody,
): Promise<string | undefined> {
  const [row] = await tx<{ id: string }[]>`
    INSERT INTO locations (operator_id, name, type, address, region, time_zone, latitude, longitude)
    VALUES (${operatorId}, ${name}, ${type ?? "other"}, ${address ?? ""}, ${region ?? ""}, ${timeZone},
      ${latitude ?? null}, ${longitude ?? null})
    ON CONFLICT (operator_id, name) DO NOTHING RETURNING id`;
  return row?.id;
}

/** False if its name is another's. */
export async function changeLocation(tx: Transaction, operatorId: string, location: Location): Promise<boolean> {
  const { id, name, type, address, region, timeZone, latitude, longitude } = location;
  const rows = await tx`
    UPDATE locations SET name = ${name}, type = ${type}, address = ${address}, region = ${region},
      time_zone = ${timeZone}, latitude = ${latitude}, longitude = ${longitude}
    WHERE operator_id = ${operatorId} AND id = ${id} AND NOT EXISTS (
      SELECT 1 FROM locations o WHERE o.operator_id = ${operatorId} AND o.name = ${name} AND o.id <> ${id})
    RETURNING id`;
  return rows.length > 0;
}

/** Only where no machine stands: the database refuses otherwise. */
export async function dropLocation(tx: Transaction, operatorId: string, id: string): Promise<void> {
  await tx`DELETE FROM locations WHERE operator_id = ${operatorId} AND id = ${id}`;
}
