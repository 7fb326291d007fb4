/**
 * A machine changes its operator by consent of both: the one who has it offers it and gets a code (shown once, valid a
 * week), which he gives to the other, who brings it. What was sold before stays the old one's; products, tags and
 * planogram are the new one's to make.
 */
import Type from "typebox";
import { Instant, Serial, Uuid } from "../common.js";

export const Offer = Type.Object({ id: Uuid, serial: Serial, createdAt: Instant, expiresAt: Instant });
export const OfferList = Type.Object({ transfers: Type.Array(Offer) });
export const NewOffer = Type.Object({ serial: Serial }, { additionalProperties: false });
export const MadeOffer = Type.Object({
  id: Uuid,
  code: Type.String({ description: "Shown this once; for the other operator" }),
  expiresAt: Instant,
});
export const OfferParams = Type.Object({ id: Uuid });
export const Acceptance = Type.Object(
  { code: Type.String({ minLength: 1, maxLength: 60 }) },
  { additionalProperties: false },
);
export const Accepted = Type.Object({ serial: Serial });
