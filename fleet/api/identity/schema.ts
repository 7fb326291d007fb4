/** What a machine is known by, and whether it is let in. */
import Type, { type Static } from "typebox";
import { Instant, nullable, Serial } from "../common.js";

export const MachineIdentity = Type.Object({
  serial: Serial,
  epoch: Type.Integer(),
  suspension: nullable(
    Type.Object({
      reason: Type.Enum(["clonedIdentity"], { description: "There seem to be two boards with this identity" }),
      evidence: Type.String(),
      raisedAt: Instant,
    }),
  ),
  certificates: Type.Array(
    Type.Object({
      fingerprint: Type.String({ description: "SHA-256 of the certificate, hex" }),
      epoch: Type.Integer(),
      issuedAt: Instant,
      notAfter: Instant,
      revokedAt: nullable(Instant),
      revokedWhy: nullable(Type.Enum(["replaced", "superseded", "revoked"])),
    }),
    { description: "The newest, most recent first" },
  ),
});
export type MachineIdentity = Static<typeof MachineIdentity>;

export const Revocation = Type.Object({
  certificates: Type.Integer({ description: "How many ended by this; the password ended too" }),
});
