/** All transactions that fit a filter, newest first. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { listTransactions, type TransactionFilter, type TransactionKeyset } from "../../store/reading.js";
import { asOperator } from "../../store/tenancy.js";
import { type Column, EXPORT_PAGE, EXPORTED, sendExport } from "../exports.js";
import { mustHaveKnown } from "../machines/known.js";
import { EXPORT_FAILURES } from "../responses.js";
import { type Caller, callerOf } from "../rights.js";
import { type Transaction, TransactionExportQuery } from "./schema.js";

const COLUMNS: readonly Column<Transaction>[] = [
  { name: "id" },
  { name: "machine" },
  { name: "locationName" },
  { name: "slotCode" },
  { name: "productId" },
  { name: "productName" },
  { name: "amount", number: true },
  { name: "paid", number: true },
  { name: "change", number: true },
  { name: "currency" },
  { name: "paymentMethod" },
  { name: "paymentRef" },
  { name: "status" },
  { name: "dispensedAt" },
  { name: "bookedAt" },
  { name: "deviceTime" },
  { name: "timeQuality" },
  { name: "saleNo", number: true },
  { name: "epoch", number: true },
  { name: "seq", number: true },
  { name: "simulated" },
];

export const transactionExport: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    "/transactions/export",
    {
      // The answer to a HEAD would be the whole list, thrown away.
      exposeHeadRoute: false,
      config: { right: "sales:read" },
      schema: { querystring: TransactionExportQuery, response: { ...EXPORTED, ...EXPORT_FAILURES } },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { format, ...filter } = request.query;
      const { machine } = filter;
      if (machine !== undefined) {
        await asOperator(app.databases.app, caller, (tx) => mustHaveKnown(tx, machine));
      }
      return sendExport(reply, { format, name: "transactions", columns: COLUMNS }, pagesOf(app, caller, filter));
    },
  );
};

async function* pagesOf(
  app: FastifyInstance,
  caller: Caller,
  filter: Omit<TransactionFilter, "limit" | "before">,
): AsyncGenerator<readonly Transaction[], void, undefined> {
  for (let before: TransactionKeyset | undefined; ; ) {
    const page = await asOperator(app.databases.app, caller, (tx) =>
      listTransactions(tx, caller.operatorId, { ...filter, limit: EXPORT_PAGE, before }),
    );
    yield page.items;
    if (page.next === undefined) return;
    before = page.next;
  }
}
