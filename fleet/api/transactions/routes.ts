/** Transactions of the operator, newest first. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import Type from "typebox";
import { listTransactions } from "../../store/reading.js";
import { asOperator } from "../../store/tenancy.js";
import { DEFAULT_PAGE } from "../common.js";
import { decodeCursor, encodeCursor } from "../cursor.js";
import { mustHaveKnown } from "../machines/known.js";
import { ONE_FAILURES } from "../responses.js";
import { callerOf } from "../rights.js";
import { TransactionList, TransactionQuery } from "./schema.js";

/** PostgreSQL's own text of a timestamp: it keeps microseconds. */
const Before = Type.Object({
  at: Type.String({ pattern: "^[0-9]{4,6}-[0-9]{2}-[0-9]{2} [0-9:.]+[+-][0-9:]+$" }),
  seq: Type.Integer(),
  id: Type.String({ pattern: "^[0-9a-f-]{36}$" }),
});

export const transactionRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    "/transactions",
    {
      config: { right: "sales:read" },
      schema: { querystring: TransactionQuery, response: { 200: TransactionList, ...ONE_FAILURES } },
    },
    async (request) => {
      const caller = callerOf(request);
      const { operatorId } = caller;
      const { limit = DEFAULT_PAGE, cursor, ...filter } = request.query;
      const before = decodeCursor(Before, cursor);
      const { machine } = filter;
      const page = await asOperator(app.databases.app, caller, async (tx) => {
        const found = await listTransactions(tx, operatorId, { ...filter, limit, before });
        if (machine !== undefined && found.items.length === 0) await mustHaveKnown(tx, machine);
        return found;
      });
      return { transactions: [...page.items], nextCursor: encodeCursor(page.next) };
    },
  );
};
