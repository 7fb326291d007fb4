/** What has been ordered of machines. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { listOrders, readOrder } from "../../store/orders.js";
import { asOperator } from "../../store/tenancy.js";
import { DEFAULT_PAGE } from "../common.js";
import { decodeCursor, encodeCursor, Newest } from "../cursor.js";
import { ProblemError } from "../problems.js";
import { ALLOWED_FAILURES, ONE_FAILURES } from "../responses.js";
import { callerOf } from "../rights.js";
import { Order, OrderList, OrderParams, OrderQuery, orderView } from "./schema.js";

export const orderRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    "/orders",
    {
      config: { right: "orders:read" },
      schema: { querystring: OrderQuery, response: { 200: OrderList, ...ALLOWED_FAILURES } },
    },
    async (request) => {
      const { operatorId } = callerOf(request);
      const { limit = DEFAULT_PAGE, cursor, ...filter } = request.query;
      const before = decodeCursor(Newest, cursor);
      const page = await asOperator(app.databases.app, callerOf(request), (tx) =>
        listOrders(tx, operatorId, { ...filter, limit, before }),
      );
      return { orders: page.items.map(orderView), nextCursor: encodeCursor(page.next) };
    },
  );

  app.get(
    "/orders/:id",
    {
      config: { right: "orders:read" },
      schema: { params: OrderParams, response: { 200: Order, ...ONE_FAILURES } },
    },
    async (request) => {
      const { operatorId } = callerOf(request);
      const { id } = request.params;
      const found = await asOperator(app.databases.app, callerOf(request), (tx) => readOrder(tx, operatorId, id));
      if (found === undefined) throw new ProblemError("no-such-order", id);
      return orderView(found);
    },
  );
};
