/** Faults of machines, open and cleared; sentences come from the shared catalogue. Newest first, keyset pages. */
import Type, { type Static } from "typebox";
import { Cursor, Instant, Limit, NextCursor, nullable, Serial } from "../common.js";

export const FaultSeverity = Type.Enum(["info", "warning", "error", "critical"]);
export type FaultSeverity = Static<typeof FaultSeverity>;

export const Fault = Type.Object({
  machine: Serial,
  code: Type.Integer(),
  name: nullable(Type.String({ description: "Name in the catalogue; null for a code of a later version" })),
  severity: FaultSeverity,
  text: Type.String({ description: "The operator's sentence" }),
  slotCode: nullable(Type.String()),
  raisedAt: Instant,
  clearedAt: nullable(Instant),
  epoch: Type.Integer(),
  raisedSeq: Type.Integer(),
});
export type Fault = Static<typeof Fault>;

export const FaultQuery = Type.Object({
  machine: Type.Optional(Serial),
  open: Type.Optional(Type.Boolean()),
  limit: Type.Optional(Limit),
  cursor: Type.Optional(Cursor),
});

export const FaultList = Type.Object({ faults: Type.Array(Fault), nextCursor: NextCursor });
export type FaultList = Static<typeof FaultList>;
