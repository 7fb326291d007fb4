/** Faults of the operator's machines, newest first. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import Type from "typebox";
import { listFaults } from "../../store/reading.js";
import { asOperator } from "../../store/tenancy.js";
import { DEFAULT_PAGE } from "../common.js";
import { decodeCursor, encodeCursor } from "../cursor.js";
import { mustHaveKnown } from "../machines/known.js";
import { ONE_FAILURES } from "../responses.js";
import { callerOf } from "../rights.js";
import { FaultList, FaultQuery } from "./schema.js";

const Before = Type.Object({
  at: Type.String({ pattern: "^[0-9]{4,6}-[0-9]{2}-[0-9]{2} [0-9:.]+[+-][0-9:]+$" }),
  machineId: Type.String({ pattern: "^[0-9a-f-]{36}$" }),
  seq: Type.Integer(),
});

export const faultRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    "/faults",
    {
      config: { right: "faults:read" },
      schema: { querystring: FaultQuery, response: { 200: FaultList, ...ONE_FAILURES } },
    },
    async (request) => {
      const caller = callerOf(request);
      const { operatorId } = caller;
      const { limit = DEFAULT_PAGE, cursor, machine, open } = request.query;
      const before = decodeCursor(Before, cursor);
      const page = await asOperator(app.databases.app, caller, async (tx) => {
        const found = await listFaults(tx, operatorId, { machine, open, limit, before });
        if (machine !== undefined && found.items.length === 0) await mustHaveKnown(tx, machine);
        return found;
      });
      return { faults: [...page.items], nextCursor: encodeCursor(page.next) };
    },
  );
};
