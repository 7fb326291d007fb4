/** Revenue by day, week or month, of the fleet or of one machine. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { revenueSeries } from "../../store/revenue.js";
import { asOperator } from "../../store/tenancy.js";
import { mustOwn } from "../machines/known.js";
import { ProblemError } from "../problems.js";
import { ONE_FAILURES } from "../responses.js";
import { callerOf } from "../rights.js";
import { DEFAULT_SERIES_DAYS, MAX_SERIES_DAYS, RevenueQuery, RevenueSeries } from "./schema.js";

const DAY_MS = 86_400_000;

export const revenueRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    "/revenue",
    {
      config: { right: "sales:read" },
      schema: { querystring: RevenueQuery, response: { 200: RevenueSeries, ...ONE_FAILURES } },
    },
    async (request) => {
      const caller = callerOf(request);
      const { operatorId } = caller;
      const { machine, step = "day", by, simulated } = request.query;
      const { from, to } = rangeOf(request.query, Date.now());
      const series = await asOperator(app.databases.app, caller, async (tx) => {
        const known = machine === undefined ? undefined : await mustOwn(tx, operatorId, machine);
        return revenueSeries(tx, operatorId, {
          from,
          to,
          step,
          machineId: known?.id,
          simulated: simulated ?? known?.simulated ?? false,
          byMethod: by === "method",
        });
      });
      return { from, to, series: [...series] };
    },
  );
};

/** Somewhere the day is already the next: without `to` it is included. Throws range-too-long. */
function rangeOf(query: RevenueQuery, nowMs: number): { readonly from: string; readonly to: string } {
  const to = query.to ?? dayOf(nowMs + DAY_MS);
  const from = query.from ?? dayOf(Date.parse(to) - DEFAULT_SERIES_DAYS * DAY_MS);
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  if (days < 1) throw new ProblemError("bad-range", `${from} is after ${to}`);
  if (days > MAX_SERIES_DAYS)
    throw new ProblemError("bad-range", `${days} days are asked for, ${MAX_SERIES_DAYS} are the most`);
  return { from, to };
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
