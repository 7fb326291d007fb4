/** Transactions: every sale that was settled, failed or ended unknown; newest first, keyset pages. */
import Type, { type Static } from "typebox";
import { Amount, Currency, Cursor, Instant, Limit, NextCursor, nullable, Serial, Uuid } from "../common.js";
import { ExportFormat } from "../exports.js";

export const TransactionStatus = Type.Enum(["completed", "refunded", "failed", "unknown"]);
export type TransactionStatus = Static<typeof TransactionStatus>;

export const PaymentMethod = Type.Enum(["cash", "card", "mobile", "wallet", "free", "test", "mixed"]);
export type PaymentMethod = Static<typeof PaymentMethod>;

/**
 * One sale. `amount`: the price. `paid` and `change`: what the customer had put in and what was owed back.
 * `bookedAt`: when it counts; `deviceTime`: what the machine's clock said, with its `timeQuality`.
 */
export const Transaction = Type.Object({
  id: Uuid,
  machine: Serial,
  locationName: Type.String(),
  slotCode: Type.String(),
  productId: nullable(Uuid),
  productName: nullable(Type.String()),
  amount: Amount,
  paid: Amount,
  change: Amount,
  currency: Currency,
  paymentMethod: PaymentMethod,
  paymentRef: nullable(Type.String()),
  status: TransactionStatus,
  dispensedAt: nullable(Instant),
  bookedAt: Instant,
  deviceTime: nullable(Instant),
  timeQuality: Type.Enum(["synced", "kept", "estimated", "received"]),
  saleNo: Type.Integer(),
  epoch: Type.Integer(),
  seq: Type.Integer(),
  simulated: Type.Boolean(),
});
export type Transaction = Static<typeof Transaction>;

export const TransactionQuery = Type.Object({
  machine: Type.Optional(Serial),
  slot: Type.Optional(Type.String({ minLength: 1, maxLength: 5 })),
  status: Type.Optional(TransactionStatus),
  method: Type.Optional(PaymentMethod),
  from: Type.Optional(Instant),
  to: Type.Optional(Instant),
  limit: Type.Optional(Limit),
  cursor: Type.Optional(Cursor),
});

const { limit: _, cursor: __, ...filters } = TransactionQuery.properties;
export const TransactionExportQuery = Type.Object({ format: ExportFormat, ...filters });

export const TransactionList = Type.Object({ transactions: Type.Array(Transaction), nextCursor: NextCursor });
export type TransactionList = Static<typeof TransactionList>;
