/** Firmware images ordered of one machine. */
import Type from "typebox";
import { MAX_MANIFEST_BYTES } from "../../../shared/wire/update-order.js";
import { Order } from "../orders/schema.js";

/** Four characters for three bytes, the last ones filled up. */
const MAX_BASE64 = 4 * Math.ceil(MAX_MANIFEST_BYTES / 3);

export const UpdateBody = Type.Object(
  {
    manifest: Type.String({
      pattern: "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
      minLength: 4,
      maxLength: MAX_BASE64,
      description: "As whoever releases images has signed it, in Base64; the board alone judges the signature",
    }),
  },
  { additionalProperties: false },
);

export const UpdateOrdered = Type.Object({
  order: Order,
  image: Type.Object({
    board: Type.String(),
    version: Type.String(),
    sizeBytes: Type.Integer(),
    sha256: Type.String({ description: "Of the image, in hexadecimal digits" }),
    url: Type.String({ description: "Where the machine fetches it" }),
  }),
});
