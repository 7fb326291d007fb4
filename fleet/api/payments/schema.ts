/** Movements of money at a machine: what each kind adds to the sum, migration 0003 says. */
import Type from "typebox";
import { Amount, Currency, Cursor, Instant, Limit, NextCursor, nullable, Serial, Uuid } from "../common.js";
import { ExportFormat } from "../exports.js";

export const PaymentKind = Type.Enum([
  "coin",
  "bill",
  "change",
  "refund",
  "voucher",
  "claim",
  "manual",
  "hold",
  "capture",
  "release",
  "refundDue",
  "revalue",
  "fill",
  "emptied",
  "boxTaken",
]);

export const Payment = Type.Object({
  machine: Serial,
  epoch: Type.Integer(),
  seq: Type.Integer(),
  kind: PaymentKind,
  amount: Amount,
  currency: Currency,
  reference: nullable(Type.String()),
  reason: nullable(Type.String()),
  transactionId: nullable(Uuid),
  bookedAt: Instant,
});

const filters = {
  machine: Type.Optional(Serial),
  kind: Type.Optional(PaymentKind),
  from: Type.Optional(Instant),
  to: Type.Optional(Instant),
};

export const PaymentQuery = Type.Object({
  ...filters,
  limit: Type.Optional(Limit),
  cursor: Type.Optional(Cursor),
});
export const PaymentExportQuery = Type.Object({ format: ExportFormat, ...filters });
export const PaymentList = Type.Object(
  { payments: Type.Array(Payment), nextCursor: NextCursor },
  {
    description:
      "By machine and in the order of its ledger. With a filter a page may be short, or empty, and have a next",
  },
);
