/** What a person does with his own account: password, second factor, sessions. For sessions only, never for keys. */
import Type, { type Static } from "typebox";
import { Instant, Uuid } from "../common.js";
import { SecondFactorCode } from "../session/schema.js";

const Password = Type.String({ minLength: 1, maxLength: 200 });

export const PasswordChange = Type.Object(
  { present: Password, wanted: Password, code: Type.Optional(SecondFactorCode) },
  { additionalProperties: false },
);

export const OwnSession = Type.Object({
  id: Uuid,
  current: Type.Boolean(),
  means: Type.Enum(["password", "oidc"]),
  address: Type.String(),
  userAgent: Type.String(),
  createdAt: Instant,
  expiresAt: Instant,
});
export type OwnSession = Static<typeof OwnSession>;
export const OwnSessions = Type.Object({ sessions: Type.Array(OwnSession) });
export const SessionParams = Type.Object({ id: Uuid });

export const TotpOffer = Type.Object({
  secret: Type.String({ description: "Base32, for typing in" }),
  uri: Type.String({ description: "otpauth:// to be shown as a QR code" }),
});
export const ByPassword = Type.Object({ password: Password }, { additionalProperties: false });
export const ByCode = Type.Object({ code: SecondFactorCode }, { additionalProperties: false });
export const RecoveryCodes = Type.Object({
  recoveryCodes: Type.Array(Type.String(), { description: "Shown this once; each works once" }),
});

/** A lost password: by name a link is mailed, by the link's token a new one is set. */
export const ResetRequest = Type.Object(
  { name: Type.String({ minLength: 1, maxLength: 100 }) },
  { additionalProperties: false },
);
export const NewPassword = Type.Object(
  { token: Type.String({ minLength: 1, maxLength: 100 }), password: Password },
  { additionalProperties: false },
);

export const Identity = Type.Object({ issuer: Type.String(), subject: Type.String(), linkedAt: Instant });
export const Identities = Type.Object({ identities: Type.Array(Identity) });

export const JourneyStart = Type.Object({
  url: Type.String({ description: "The page goes there: signed in there, the person comes back linked" }),
});
