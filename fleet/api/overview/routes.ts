/** How many machines are well, what they took today, how many alerts wait. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { countOpenAlerts, fleetToday } from "../../store/revenue.js";
import { asOperator } from "../../store/tenancy.js";
import { ALLOWED_FAILURES } from "../responses.js";
import { callerOf } from "../rights.js";
import { Overview } from "./schema.js";

export const overviewRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    "/overview",
    { config: { right: "machines:read" }, schema: { response: { 200: Overview, ...ALLOWED_FAILURES } } },
    async (request) => {
      const caller = callerOf(request);
      const { operatorId } = caller;
      return asOperator(app.databases.app, caller, async (tx) => ({
        ...(await fleetToday(tx, operatorId)),
        openAlerts: await countOpenAlerts(tx, operatorId),
      }));
    },
  );
};
