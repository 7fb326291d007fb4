/**
 * An operator's people. A new one has no password: the answer holds a link, shown once, by which he sets one (also sent
 * by e-mail where that is set up). Nobody is deleted, since what he did stays on record: he is disabled.
 */
import Type, { type Static } from "typebox";
import { Cursor, Instant, Limit, NextCursor, nullable, Uuid } from "../common.js";
import { ScopeTags } from "../keys/schema.js";
import { ROLES } from "../roles.js";

const Role = Type.Enum([...ROLES]);
export const Email = Type.String({ format: "email", maxLength: 254 });

export const User = Type.Object({
  id: Uuid,
  name: Type.String(),
  role: Role,
  tags: nullable(Type.Array(Type.String(), { description: "Sees only machines with one of these; null: all" })),
  email: nullable(Type.String()),
  secondFactor: Type.Boolean(),
  createdAt: Instant,
  disabledAt: nullable(Instant),
  passwordChangedAt: nullable(Instant),
});
export type User = Static<typeof User>;

/** `path` is appended to where the pages are: it leads to the form that takes the token. */
export const PasswordLink = Type.Object({
  token: Type.String({ description: "Shown this once" }),
  path: Type.String(),
  expiresAt: Instant,
  mailed: Type.Boolean({ description: "On its way to the user's e-mail address, too" }),
});
export const MadeUser = Type.Object({ user: User, link: PasswordLink });

export const NewUser = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100, pattern: "^\\S(.*\\S)?$" }),
    role: Role,
    tags: Type.Optional(ScopeTags),
    email: Type.Optional(nullable(Email)),
  },
  { additionalProperties: false },
);

export const UserChange = Type.Object(
  {
    role: Type.Optional(Role),
    tags: Type.Optional(ScopeTags),
    email: Type.Optional(nullable(Email)),
    disabled: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false, minProperties: 1 },
);

export const UserParams = Type.Object({ id: Uuid });
export const UserQuery = Type.Object({ limit: Type.Optional(Limit), cursor: Type.Optional(Cursor) });
export const UserList = Type.Object({ users: Type.Array(User), nextCursor: NextCursor });
