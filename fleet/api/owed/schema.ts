/** What a machine could not give its customers: vouchers, claims, card money due back. Newest first, keyset pages. */
import Type, { type Static } from "typebox";
import { Amount, Currency, Cursor, Instant, Limit, NextCursor, nullable } from "../common.js";

/**
 * voucher: change or refund that the tubes could not pay, worth money on sight. claim: nobody knows whether money or
 * product came out; support decides. refundDue: a card's money that nobody can say went back.
 */
export const OwedKind = Type.Enum(["voucher", "claim", "refundDue"]);
export type OwedKind = Static<typeof OwedKind>;

export const Owed = Type.Object({
  kind: OwedKind,
  amount: Amount,
  currency: Currency,
  reference: nullable(Type.String({ description: "The customer's code; of card money the number of the hold" })),
  reason: nullable(Type.String({ description: "Why, in the ledger's word" })),
  slotCode: nullable(Type.String()),
  bookedAt: Instant,
  redeemedAt: nullable(Instant),
  epoch: Type.Integer(),
  seq: Type.Integer(),
});
export type Owed = Static<typeof Owed>;

export const OwedQuery = Type.Object({ limit: Type.Optional(Limit), cursor: Type.Optional(Cursor) });

export const OwedList = Type.Object({ owed: Type.Array(Owed), nextCursor: NextCursor });
export type OwedList = Static<typeof OwedList>;
