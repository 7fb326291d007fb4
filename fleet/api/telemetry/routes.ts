/** A machine's telemetry as a series; also of one that was the operator's, as long as it was. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { MAX_POINTS, planSeries, readSeries } from "../../store/telemetry-series.js";
import { asOperator } from "../../store/tenancy.js";
import { SerialParams } from "../common.js";
import { mustHaveKnown } from "../machines/known.js";
import { ProblemError } from "../problems.js";
import { ONE_FAILURES } from "../responses.js";
import { callerOf } from "../rights.js";
import { SeriesQuery, TelemetrySeries } from "./schema.js";

const DAY_MS = 86_400_000;

export const telemetryRoutes: FastifyPluginAsyncTypebox<{ readonly reportDays: number }> = async (
  app,
  { reportDays },
) => {
  app.get(
    "/machines/:serial/telemetry",
    {
      config: { right: "telemetry:read" },
      schema: { params: SerialParams, querystring: SeriesQuery, response: { 200: TelemetrySeries, ...ONE_FAILURES } },
    },
    async (request) => {
      const { from, to, step } = request.query;
      const nowMs = Date.now();
      const toMs = to === undefined ? nowMs : Date.parse(to);
      const query = {
        fromMs: from === undefined ? toMs - DAY_MS : Date.parse(from),
        toMs,
        stepMs: step === undefined ? undefined : step * 1_000,
        reportsFromMs: nowMs - reportDays * DAY_MS,
      };
      const plan = planSeries(query);
      if (plan.is === "empty") throw new ProblemError("bad-request", "`from` is not before `to`");
      if (plan.is === "tooMany") {
        const detail = `${plan.points} points are more than ${MAX_POINTS}: take a longer step or a shorter time`;
        throw new ProblemError("bad-request", detail);
      }
      const series = await asOperator(app.databases.app, callerOf(request), async (tx) => {
        const { machineId, currencyDecimals } = await mustHaveKnown(tx, request.params.serial);
        return readSeries(tx, machineId, currencyDecimals, query, plan);
      });
      return { source: series.source, step: series.stepMs / 1_000, points: [...series.points] };
    },
  );
};
