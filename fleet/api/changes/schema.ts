/**
 * The feed of changes: sales, restocks, alerts, states of machines, each once and in order, from wherever one left off.
 * A sale is shown as it is when it is read: one that is refunded later comes again.
 */
import Type, { type Static } from "typebox";
import { Instant, nullable, Serial } from "../common.js";
import { Transaction } from "../transactions/schema.js";

export const MAX_CHANGES = 1_000;
export const DEFAULT_CHANGES = 200;

export const ChangeCursor = Type.String({
  pattern: "^[0-9]{1,15}-[0-9]{1,15}$",
  description: "`cursor` of the last change that was taken; absent: from the oldest that is kept",
});

export const ChangeKind = Type.Enum(["sale", "restock", "alert", "status"]);

export const Change = Type.Object({
  cursor: Type.String(),
  kind: ChangeKind,
  machine: nullable(Serial),
  recordedAt: Instant,
  transaction: Type.Optional(nullable(Transaction)),
  alertId: Type.Optional(Type.String()),
  detail: Type.Optional(Type.Unknown()),
});
export type Change = Static<typeof Change>;

export const ChangeQuery = Type.Object({
  after: Type.Optional(ChangeCursor),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_CHANGES, default: DEFAULT_CHANGES })),
});
export const StreamQuery = Type.Object({ after: Type.Optional(ChangeCursor) });
export const StreamHeaders = Type.Object({ "last-event-id": Type.Optional(ChangeCursor) });
