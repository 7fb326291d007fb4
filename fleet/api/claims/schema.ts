/** Claim codes: by one a board becomes a machine, once. */
import Type, { type Static } from "typebox";
import { Cursor, Instant, Limit, NextCursor, nullable, Serial, Uuid } from "../common.js";

export const MAX_SERIALS = 1_000;
const MAX_HOURS = 720;

export const ClaimBody = Type.Object(
  {
    serials: Type.Array(Serial, {
      minItems: 1,
      maxItems: MAX_SERIALS,
      uniqueItems: true,
      description: "Cabinets the code is good for: one of them, once. One that has a board already gets a new one.",
    }),
    expiresInHours: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_HOURS, default: 72 })),
    note: Type.Optional(Type.String({ maxLength: 200 })),
  },
  { additionalProperties: false },
);

export const ClaimParams = Type.Object({ id: Uuid });
export const ClaimQuery = Type.Object({ limit: Type.Optional(Limit), cursor: Type.Optional(Cursor) });

const about = {
  id: Uuid,
  serials: Type.Array(Serial),
  note: Type.String(),
  state: Type.Enum(["open", "used", "expired", "revoked"]),
  createdAt: Instant,
  expiresAt: Instant,
  usedAt: nullable(Instant),
  usedBy: nullable(Serial),
};

export const Claim = Type.Object(about);
export type Claim = Static<typeof Claim>;

export const NewClaim = Type.Object({
  ...about,
  code: Type.String({ description: "To be typed; shown only now" }),
  digits: Type.String({ description: "The same code, to be typed where a board has no letters" }),
  path: Type.String({
    description: "Of the page that shows the digits at the board, how to type them, and what came of it",
  }),
  link: nullable(Type.String({ description: "The same, whole; null without SPIRAL_PUBLIC_URL" })),
  qrSvg: nullable(Type.String({ description: "A QR of that link as an SVG element, for a phone at the board" })),
});
export type NewClaim = Static<typeof NewClaim>;

export const ClaimList = Type.Object({ claims: Type.Array(Claim), nextCursor: NextCursor });
export type ClaimList = Static<typeof ClaimList>;
