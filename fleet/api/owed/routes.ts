/** What one machine owes its customers. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import Type from "typebox";
import { listOwed } from "../../store/owed.js";
import { asOperator } from "../../store/tenancy.js";
import { DEFAULT_PAGE, SerialParams } from "../common.js";
import { decodeCursor, encodeCursor } from "../cursor.js";
import { mustHaveKnown } from "../machines/known.js";
import { ONE_FAILURES } from "../responses.js";
import { callerOf } from "../rights.js";
import { OwedList, OwedQuery } from "./schema.js";

const Before = Type.Object({
  at: Type.String({ pattern: "^[0-9]{4,6}-[0-9]{2}-[0-9]{2} [0-9:.]+[+-][0-9:]+$" }),
  epoch: Type.Integer(),
  seq: Type.Integer(),
});

export const owedRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    "/machines/:serial/owed",
    {
      config: { right: "sales:read" },
      schema: { params: SerialParams, querystring: OwedQuery, response: { 200: OwedList, ...ONE_FAILURES } },
    },
    async (request) => {
      const caller = callerOf(request);
      const { operatorId } = caller;
      const { serial } = request.params;
      const { limit = DEFAULT_PAGE, cursor } = request.query;
      const before = decodeCursor(Before, cursor);
      const page = await asOperator(app.databases.app, caller, async (tx) => {
        const found = await listOwed(tx, operatorId, serial, limit, before);
        if (found.items.length === 0) await mustHaveKnown(tx, serial);
        return found;
      });
      return { owed: [...page.items], nextCursor: encodeCursor(page.next) };
    },
  );
};
