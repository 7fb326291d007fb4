/** Places where machines stand. */
import Type, { type Static } from "typebox";
import { Cursor, Limit, NextCursor, nullable, Uuid } from "../common.js";

export const LocationType = Type.Enum([
  "office",
  "factory",
  "gym",
  "airport",
  "station",
  "school",
  "university",
  "hospital",
  "hotel",
  "shop",
  "street",
  "other",
]);

/** Decimal degrees as text, at most seven decimals. */
export const Latitude = Type.String({ pattern: "^-?([0-8]?[0-9](\\.[0-9]{1,7})?|90(\\.0{1,7})?)$" });
export const Longitude = Type.String({ pattern: "^-?((1[0-7][0-9]|[0-9]{1,2})(\\.[0-9]{1,7})?|180(\\.0{1,7})?)$" });

export const TimeZone = Type.String({
  minLength: 1,
  maxLength: 64,
  description: "IANA name, e.g. America/New_York: days of the place are reckoned in it",
});

const Name = Type.String({ minLength: 1, maxLength: 255, pattern: "^[^\\u0000]*$" });
const Address = Type.String({ maxLength: 1_000, pattern: "^[^\\u0000]*$" });
const Region = Type.String({
  maxLength: 100,
  pattern: "^[^\\u0000]*$",
  description: "Territory or town, as the operator divides the country",
});

export const Location = Type.Object({
  id: Uuid,
  name: Type.String(),
  type: LocationType,
  address: Type.String(),
  region: Type.String(),
  timeZone: Type.String(),
  latitude: nullable(Type.String()),
  longitude: nullable(Type.String()),
  machines: Type.Integer({ description: "How many stand there" }),
});
export type Location = Static<typeof Location>;

export const LocationBody = Type.Object(
  {
    name: Name,
    type: Type.Optional(LocationType),
    address: Type.Optional(Address),
    region: Type.Optional(Region),
    timeZone: TimeZone,
    latitude: Type.Optional(nullable(Latitude)),
    longitude: Type.Optional(nullable(Longitude)),
  },
  { additionalProperties: false },
);
export type LocationBody = Static<typeof LocationBody>;

export const LocationPatch = Type.Partial(LocationBody, { additionalProperties: false, minProperties: 1 });
export type LocationPatch = Static<typeof LocationPatch>;

export const LocationQuery = Type.Object({
  region: Type.Optional(Type.String({ maxLength: 100 })),
  type: Type.Optional(LocationType),
  limit: Type.Optional(Limit),
  cursor: Type.Optional(Cursor),
});

export const LocationList = Type.Object({ locations: Type.Array(Location), nextCursor: NextCursor });
export const IdParams = Type.Object({ id: Uuid });
