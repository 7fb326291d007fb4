/** The operator itself: what its pages and new things begin with. */
import Type, { type Static } from "typebox";
import { Currency, Uuid } from "../common.js";

const settings = {
  name: Type.String({ minLength: 1, maxLength: 255, pattern: "\\S" }),
  currency: Currency,
  units: Type.Enum(["imperial", "metric"]),
  timeZone: Type.String({ maxLength: 64, description: "IANA name, e.g. America/New_York" }),
  secondFactorRequired: Type.Boolean({
    description: "Whoever signs in by password gets in with a second factor only; he may set one up then",
  }),
};

export const Operator = Type.Object({ id: Uuid, ...settings });
export type Operator = Static<typeof Operator>;

export const OperatorChange = Type.Partial(Type.Object(settings), { additionalProperties: false, minProperties: 1 });
