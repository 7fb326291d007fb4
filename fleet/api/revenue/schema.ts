/** Revenue over time: what customers paid for what they got, free and test vends left out. */
import Type, { type Static } from "typebox";
import { Amount, Currency, nullable, Serial } from "../common.js";

/** Most days a series may span. */
export const MAX_SERIES_DAYS = 800;
/** Days of a series whose beginning is not given. */
export const DEFAULT_SERIES_DAYS = 30;

/** A machine's own day. */
const Day = Type.String({ format: "date", description: "Day in the machine's time zone, YYYY-MM-DD" });

export const RevenueQuery = Type.Object({
  from: Type.Optional(Day),
  to: Type.Optional(Day),
  step: Type.Optional(Type.Enum(["day", "week", "month"], { default: "day", description: "Weeks begin on Monday" })),
  machine: Type.Optional(Serial),
  by: Type.Optional(Type.Enum(["method"], { description: "Split by means of payment" })),
  simulated: Type.Optional(Type.Boolean({ default: false, description: "Virtual machines instead of real ones" })),
});
export type RevenueQuery = Static<typeof RevenueQuery>;

/** `period`: its first day. `paymentMethod`: null where it is not asked for. */
export const RevenuePeriod = Type.Object({
  period: Day,
  currency: Currency,
  paymentMethod: nullable(Type.String()),
  sales: Type.Integer(),
  amount: Amount,
});
export type RevenuePeriod = Static<typeof RevenuePeriod>;

export const RevenueSeries = Type.Object({
  from: Day,
  to: Day,
  series: Type.Array(RevenuePeriod, { description: "Oldest first; periods without a sale are left out" }),
});
export type RevenueSeries = Static<typeof RevenueSeries>;
