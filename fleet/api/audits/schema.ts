/** EVA-DTS reports of a machine: ordered, and read as the machine wrote them. */
import Type from "typebox";
import { Cursor, Instant, Limit, NextCursor, SerialParams } from "../common.js";

export const AuditBody = Type.Object(
  { reset: Type.Optional(Type.Boolean({ description: "Begin the counters since reset anew, once they are read" })) },
  { additionalProperties: false },
);

export const AuditList = Type.Object({
  audits: Type.Array(
    Type.Object({
      epoch: Type.Integer(),
      counter: Type.Integer({ description: "Of the order that asked for it" }),
      seq: Type.Integer({ description: "Newest ledger record it includes" }),
      receivedAt: Instant,
      bytes: Type.Integer(),
    }),
  ),
  nextCursor: NextCursor,
});

export const AuditQuery = Type.Object({ limit: Type.Optional(Limit), cursor: Type.Optional(Cursor) });
export const AuditParams = Type.Object({
  ...SerialParams.properties,
  epoch: Type.Integer({ minimum: 1 }),
  counter: Type.Integer({ minimum: 1 }),
});
