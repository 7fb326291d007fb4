/**
 * Signing in and out. The session is an HttpOnly, SameSite=Strict cookie; no token ever reaches a script. The page's
 * way: POST /session with name and password. 401 `code-needed`: ask for the code of the person's device, or a recovery
 * code, and post all three. With the session in hand, `secondFactor.required` without `secondFactor.on` means that
 * everything but /account is refused with `second-factor-needed`: lead him through POST /account/totp (show `uri` as a
 * QR code), then PUT /account/totp with a code, and show the recovery codes. Where GET /session/providers names one, a
 * link to /api/v1/session/oidc signs in there and comes back to the pages; ?failed=CODE says that it did not work.
 */
import Type, { type Static } from "typebox";
import { Instant, nullable } from "../common.js";
import { ROLES } from "../roles.js";

export const SecondFactorCode = Type.String({
  minLength: 6,
  maxLength: 40,
  description: "Six digits of the person's device, or one of his recovery codes",
});

export const SignIn = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100 }),
    password: Type.String({ minLength: 1, maxLength: 200 }),
    code: Type.Optional(SecondFactorCode),
  },
  { additionalProperties: false },
);
export type SignIn = Static<typeof SignIn>;

export const Session = Type.Object({
  user: Type.Object({ name: Type.String(), role: Type.Enum([...ROLES]) }),
  operator: Type.Object({ name: Type.String() }),
  rights: Type.Array(Type.String({ description: "What the page may offer" })),
  tags: nullable(Type.Array(Type.String(), { description: "Only machines with one of these are seen; null: all" })),
  secondFactor: Type.Object({ on: Type.Boolean(), required: Type.Boolean() }),
  expiresAt: Instant,
});
export type Session = Static<typeof Session>;

export const Providers = Type.Object({
  oidc: nullable(Type.Object({ issuer: Type.String(), startUrl: Type.String() })),
});
