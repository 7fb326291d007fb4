/** What an operator says of a machine. */
import Type, { type Static } from "typebox";
import { Instant, nullable, Serial, Uuid } from "../common.js";
import { Latitude, Longitude, TimeZone } from "../locations/schema.js";

export const MachineProfile = Type.Object({
  serial: Serial,
  model: Type.String(),
  locationId: nullable(Uuid),
  locationName: Type.String(),
  timeZone: Type.String(),
  latitude: nullable(Type.String()),
  longitude: nullable(Type.String()),
  telemetryPeriodS: Type.Integer(),
  decommissionedAt: nullable(Instant),
});
export type MachineProfile = Static<typeof MachineProfile>;

/** Name, zone and position of a machine with a location are the location's: they cannot be given beside it. */
export const ProfilePatch = Type.Object(
  {
    model: Type.Optional(Type.String({ maxLength: 50, pattern: "^[^\\u0000]*$" })),
    locationId: Type.Optional(nullable(Uuid)),
    locationName: Type.Optional(Type.String({ maxLength: 255, pattern: "^[^\\u0000]*$" })),
    timeZone: Type.Optional(TimeZone),
    latitude: Type.Optional(nullable(Latitude)),
    longitude: Type.Optional(nullable(Longitude)),
    telemetryPeriodS: Type.Optional(
      Type.Integer({ minimum: 10, maximum: 86_400, description: "Silent for three of them, it is offline" }),
    ),
    decommissioned: Type.Optional(
      Type.Boolean({ description: "Out of service for good: its credentials open nothing, its history stays" }),
    ),
  },
  { additionalProperties: false, minProperties: 1 },
);
export type ProfilePatch = Static<typeof ProfilePatch>;
