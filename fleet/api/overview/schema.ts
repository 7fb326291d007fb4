/** The fleet at one look. */
import Type, { type Static } from "typebox";
import { Amount, Currency } from "../common.js";

/** Machines by status, simulated ones included. */
export const StatusCounts = Type.Object({
  operational: Type.Integer(),
  error: Type.Integer(),
  offline: Type.Integer(),
  maintenance: Type.Integer(),
});
export type StatusCounts = Static<typeof StatusCounts>;

/** Sums of today over the whole fleet, real and simulated machines apart. */
export const RevenueTotal = Type.Object({
  currency: Currency,
  simulated: Type.Boolean(),
  machines: Type.Integer(),
  revenueToday: Amount,
  salesToday: Type.Integer(),
});
export type RevenueTotal = Static<typeof RevenueTotal>;

export const Overview = Type.Object({
  statuses: StatusCounts,
  totals: Type.Array(RevenueTotal),
  openAlerts: Type.Integer(),
});
export type Overview = Static<typeof Overview>;
