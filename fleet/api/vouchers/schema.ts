/** Redeeming a voucher: the code a machine showed, against the record of its issue. */
import Type, { type Static } from "typebox";
import { Amount, Currency, Instant, nullable, Serial } from "../common.js";

export const VoucherParams = Type.Object({
  code: Type.String({ maxLength: 40, description: "As typed: upper and lower case, blanks and dashes do not matter" }),
});

export const RedemptionHeaders = Type.Object({
  "idempotency-key": Type.String({
    minLength: 1,
    maxLength: 100,
    description: "The same for every try of one redemption: it is then answered alike and paid once",
  }),
});

/** amount: what the panel said the voucher is worth; part of what the machine has signed. */
export const RedemptionBody = Type.Object({ serial: Serial, amount: Amount }, { additionalProperties: false });

export const Redemption = Type.Object({
  code: Type.String(),
  serial: Serial,
  amount: Amount,
  currency: Currency,
  state: Type.Enum(["pending", "redeemed"], {
    description: "pending: signed by the machine, whose record has not arrived yet; paid when it has",
  }),
  redeemedAt: nullable(Instant),
});
export type Redemption = Static<typeof Redemption>;
