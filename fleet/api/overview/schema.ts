/** The fleet at one look. */
import Type, { type Static } from "typebox";
import { RevenueTotal } from "../machines/schema.js";

/** Machines by status, simulated ones included. */
export const StatusCounts = Type.Object({
  operational: Type.Integer(),
  error: Type.Integer(),
  offline: Type.Integer(),
  maintenance: Type.Integer(),
});
export type StatusCounts = Static<typeof StatusCounts>;

export const Overview = Type.Object({
  statuses: StatusCounts,
  totals: Type.Array(RevenueTotal),
  openAlerts: Type.Integer(),
});
export type Overview = Static<typeof Overview>;
