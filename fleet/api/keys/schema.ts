/**
 * Keys of programs. `Authorization: Bearer spk_…` in place of the sign-in's cookie. A key does what is among its
 * scopes and what its maker may do at the time: a maker who loses a right, or is disabled, takes it from the key.
 */
import Type, { type Static } from "typebox";
import { Cursor, Instant, Limit, NextCursor, nullable, Uuid } from "../common.js";
import { PERSONAL_RIGHTS, RIGHT_NAMES } from "../rights.js";

export const Tag = Type.String({ pattern: "^[a-z0-9][a-z0-9 ._:/-]{0,39}$" });
/** Of machines that may be seen; null: all. */
export const ScopeTags = nullable(Type.Array(Tag, { maxItems: 50, uniqueItems: true }));

export const KeyScope = Type.Enum(RIGHT_NAMES.filter((right) => !PERSONAL_RIGHTS.includes(right)));
const Name = Type.String({ minLength: 1, maxLength: 100, pattern: "\\S" });
const Scopes = Type.Array(KeyScope, { minItems: 1, uniqueItems: true });
const RequestsPerMinute = Type.Integer({ minimum: 1, maximum: 60_000 });

export const Key = Type.Object({
  id: Uuid,
  name: Type.String(),
  prefix: Type.String({ description: "The key's beginning, to tell one from another" }),
  scopes: Type.Array(Type.String()),
  tags: nullable(Type.Array(Type.String())),
  requestsPerMinute: Type.Integer(),
  createdBy: nullable(Type.String({ description: "Name of the person" })),
  createdAt: Instant,
  expiresAt: nullable(Instant),
  revokedAt: nullable(Instant),
  lastUsedAt: nullable(Instant),
});
export type Key = Static<typeof Key>;

export const MadeKey = Type.Object({
  ...Key.properties,
  key: Type.String({ description: "Shown this once: keep it" }),
});

export const NewKey = Type.Object(
  {
    name: Name,
    scopes: Scopes,
    tags: Type.Optional(ScopeTags),
    requestsPerMinute: Type.Optional(RequestsPerMinute),
    expiresAt: Type.Optional(nullable(Instant)),
  },
  { additionalProperties: false },
);

export const KeyChange = Type.Object(
  {
    name: Type.Optional(Name),
    scopes: Type.Optional(Scopes),
    requestsPerMinute: Type.Optional(RequestsPerMinute),
    expiresAt: Type.Optional(nullable(Instant)),
  },
  { additionalProperties: false, minProperties: 1 },
);

export const KeyParams = Type.Object({ id: Uuid });
export const KeyQuery = Type.Object({ limit: Type.Optional(Limit), cursor: Type.Optional(Cursor) });
export const KeyList = Type.Object({ keys: Type.Array(Key), nextCursor: NextCursor });
