/** Signing in and out. The session is an HttpOnly, SameSite=Strict cookie; no token ever reaches a script. */
import Type, { type Static } from "typebox";
import { Instant } from "../common.js";
import { ROLES } from "../roles.js";

export const SignIn = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100 }),
    password: Type.String({ minLength: 1, maxLength: 200 }),
  },
  { additionalProperties: false },
);
export type SignIn = Static<typeof SignIn>;

export const Session = Type.Object({
  user: Type.Object({ name: Type.String(), role: Type.Enum([...ROLES]) }),
  operator: Type.Object({ name: Type.String() }),
  expiresAt: Instant,
});
export type Session = Static<typeof Session>;
