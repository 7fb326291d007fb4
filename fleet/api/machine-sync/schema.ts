/** What machines send and get by HTTP where MQTT is blocked. Bodies are CBOR by the tables of `shared/wire/sync.ts`. */
import Type from "typebox";
import { MAX_POLL_S } from "../../../shared/wire/sync.js";

export const CBOR = "application/cbor";

const bytes = (description: string) => ({
  content: { [CBOR]: { schema: Type.Unsafe<Uint8Array>({ description }) } },
});

export const SyncBody = bytes(
  "At most one envelope of each channel, as by MQTT: status (birth), telemetry, audit, events (one batch)",
);
export const Answered = {
  description: "What the fleet would have published: acks, after the commit, and orders",
  ...bytes("Envelopes for `acks` and `commands`, as by MQTT"),
};

export const RequestHeaders = Type.Object({
  authorization: Type.String({
    maxLength: 1_024,
    default: "",
    description:
      "`Spiral SERIAL.FINGERPRINT.PROOF`: SHA-256 of the machine's certificate in hexadecimal, and in base64 the " +
      "signature (RSASSA-PKCS1-v1_5, SHA-256) of its key over the lines 'spiral-request-1', METHOD TARGET, number, " +
      "FINGERPRINT, SHA-256 of the body in hexadecimal, each ended by a line feed. `Basic` where passwords open " +
      "the broker, too",
  }),
  "spiral-number": Type.Integer({
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
    description: "Above that of the request before; of sync and orders each for itself",
  }),
});

export const OrdersQuery = Type.Object(
  {
    waitS: Type.Integer({
      minimum: 0,
      maximum: MAX_POLL_S,
      default: 0,
      description: "How long to wait for an order if none is due",
    }),
  },
  { additionalProperties: false },
);
