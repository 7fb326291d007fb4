/** Transactions of the operator, newest first. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import Type from "typebox";
import { listTransactions, readMachine } from "../../store/reading.js";
import { DEFAULT_PAGE } from "../common.js";
import { decodeCursor, encodeCursor } from "../cursor.js";
import { ProblemError } from "../problems.js";
import { ONE_FAILURES } from "../responses.js";
import { userOf } from "../session/plugin.js";
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
    { schema: { querystring: TransactionQuery, response: { 200: TransactionList, ...ONE_FAILURES } } },
    async (request) => {
      const { operatorId } = userOf(request);
      const { limit = DEFAULT_PAGE, cursor, ...filter } = request.query;
      const before = decodeCursor(Before, cursor);
      const page = await listTransactions(app.databases.app, operatorId, { ...filter, limit, before });
      const { machine } = filter;
      if (machine !== undefined && page.items.length === 0) {
        const known = await readMachine(app.databases.app, operatorId, machine);
        if (known === undefined) throw new ProblemError("no-such-machine", machine);
      }
      return { transactions: [...page.items], nextCursor: encodeCursor(page.next) };
    },
  );
};
