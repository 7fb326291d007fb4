/** Orders to machines: what was asked, whether it was sent, what the machine's own ledger says of it. */
import Type, { type Static } from "typebox";
import { DOCUMENTS, ORDER_KINDS } from "../../../shared/records/kinds.js";
import type { OrderRow } from "../../store/orders.js";
import { Cursor, Instant, Limit, NextCursor, nullable, Serial, Uuid } from "../common.js";

export const OrderState = Type.Enum(["QUEUED", "SENT", "SUCCEEDED", "FAILED", "REJECTED", "EXPIRED"], {
  description: "EXPIRED: nobody answered in time, or a newer one took its place; a late answer still counts",
});

export const Order = Type.Object({
  id: Uuid,
  machine: Serial,
  epoch: Type.Integer(),
  counter: Type.Integer({ description: "A machine takes each once" }),
  kind: Type.String(),
  document: nullable(Type.String()),
  documentVersion: nullable(Type.Integer()),
  state: OrderState,
  result: nullable(Type.String({ description: "The machine's own word, or why it was given up" })),
  sends: Type.Integer(),
  createdAt: Instant,
  expiresAt: nullable(Instant),
  sentAt: nullable(Instant),
  answeredAt: nullable(Instant),
});
export type Order = Static<typeof Order>;

export const OrderQuery = Type.Object({
  machine: Type.Optional(Serial),
  state: Type.Optional(OrderState),
  limit: Type.Optional(Limit),
  cursor: Type.Optional(Cursor),
});
export const OrderList = Type.Object({ orders: Type.Array(Order), nextCursor: NextCursor });
export const OrderParams = Type.Object({ id: Uuid });

export function orderView({ key: _, kind, document, ...row }: OrderRow): Order {
  return {
    ...row,
    kind: ORDER_KINDS[kind] ?? `kind ${kind}`,
    document: document === null ? null : (DOCUMENTS[document] ?? null),
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt?.toISOString() ?? null,
    sentAt: row.sentAt?.toISOString() ?? null,
    answeredAt: row.answeredAt?.toISOString() ?? null,
  };
}
