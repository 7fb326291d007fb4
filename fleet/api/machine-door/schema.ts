/** What boards and machines send and get where nobody is signed in. Binary values are base64 (RFC 4648 §4). */
import Type, { type Static } from "typebox";
import { Instant, Serial } from "../common.js";

const base64 = (maxLength: number, description: string) =>
  Type.String({ minLength: 4, maxLength, pattern: "^[A-Za-z0-9+/]+={0,2}$", description });

const Request = base64(
  2_736,
  "PKCS #10 certificate request in DER: RSA-2048 or more, SHA-256, its one name the serial",
);

export const ClaimUse = Type.Object(
  {
    code: Type.String({ minLength: 1, maxLength: 64, description: "As typed or scanned" }),
    serial: Serial,
    request: Request,
  },
  { additionalProperties: false },
);

export const RenewalBody = Type.Object(
  {
    certificate: base64(5_464, "The machine's certificate in DER, expired or not"),
    request: Request,
    proof: base64(
      688,
      "Signature (RSASSA-PKCS1-v1_5, SHA-256) by the certificate's key over the bytes 'spiral-renewal-1', 0, SHA-256 " +
        "of the certificate, SHA-256 of the request",
    ),
  },
  { additionalProperties: false },
);

const about = {
  serial: Serial,
  epoch: Type.Integer({ description: "The ledger's epoch; a board that replaces another begins a new one" }),
  certificate: Type.String({ description: "PEM" }),
  authorities: Type.Array(Type.String(), {
    description: "PEM; all are to be believed. The first vouches for the broker today",
  }),
  broker: Type.Object({ host: Type.String(), port: Type.Integer() }),
  renewAfter: Instant,
};

export const Identity = Type.Object({
  ...about,
  keys: Type.Object(
    { version: Type.Integer(), order: Type.String(), voucher: Type.String() },
    { description: "By which the machine knows its orders and signs vouchers in this epoch; hex" },
  ),
});
export type Identity = Static<typeof Identity>;

export const Renewed = Type.Object(about);
export type Renewed = Static<typeof Renewed>;
