/** Alerts: what is wrong with machines, open and over, and what people did about it. Newest first, keyset pages. */
import Type, { type Static } from "typebox";
import { Cursor, Instant, Limit, NextCursor, nullable, Serial, Uuid } from "../common.js";
import { FaultSeverity } from "../faults/schema.js";

export const AlertState = Type.Enum(["open", "acknowledged", "assigned", "resolved"]);

export const Alert = Type.Object({
  id: Uuid,
  machine: nullable(Serial),
  rule: Type.String({ description: "Code of the rule, see /alert-rules" }),
  slotCode: nullable(Type.String()),
  severity: FaultSeverity,
  sentence: Type.String({ description: "What is wrong, in plain English" }),
  state: AlertState,
  assignedTo: nullable(Type.String({ description: "Name of a person" })),
  acknowledgedBy: nullable(Type.String()),
  resolvedBy: nullable(Type.String({ description: "Null: its cause is gone" })),
  openedAt: Instant,
  acknowledgedAt: nullable(Instant),
  resolvedAt: nullable(Instant),
});
export type Alert = Static<typeof Alert>;

export const AlertEvent = Type.Object({
  kind: Type.Enum(["opened", "changed", "acknowledged", "assigned", "commented", "snoozed", "resolved"]),
  at: Instant,
  by: nullable(Type.String({ description: "Name of a person; null: the service, or a program" })),
  note: Type.String(),
});
export type AlertEvent = Static<typeof AlertEvent>;

export const AlertDetail = Type.Object({ ...Alert.properties, history: Type.Array(AlertEvent) });

export const AlertQuery = Type.Object({
  open: Type.Optional(Type.Boolean()),
  machine: Type.Optional(Serial),
  rule: Type.Optional(Type.String({ maxLength: 40 })),
  severity: Type.Optional(FaultSeverity),
  assignedTo: Type.Optional(Type.String({ maxLength: 100 })),
  limit: Type.Optional(Limit),
  cursor: Type.Optional(Cursor),
});
export const AlertList = Type.Object({ alerts: Type.Array(Alert), nextCursor: NextCursor });

export const AlertParams = Type.Object({ id: Uuid });
const Note = Type.String({ maxLength: 2_000 });
const closed = { additionalProperties: false } as const;
const Person = nullable(Type.String({ maxLength: 100, description: "Name of a person; null: nobody" }));
export const AssignBody = Type.Object({ user: Person }, closed);
export const ResolveBody = Type.Object({ note: Type.Optional(Note) }, closed);
export const CommentBody = Type.Object({ note: Type.String({ minLength: 1, maxLength: 2_000 }) }, closed);
export const SnoozeBody = Type.Object(
  { untilAt: Instant, note: Type.Optional(Type.String({ maxLength: 500 })) },
  { ...closed, description: "At most 30 days ahead" },
);
