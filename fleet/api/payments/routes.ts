/** Movements of money, in pages or as an export: machine by machine, each in the order of its ledger. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import Type from "typebox";
import { listPayments, type PaymentFilter, type PaymentKeyset, type ShownPayment } from "../../store/payments.js";
import { asOperator } from "../../store/tenancy.js";
import { DEFAULT_PAGE, Serial } from "../common.js";
import { decodeCursor, encodeCursor } from "../cursor.js";
import { type Column, EXPORT_PAGE, EXPORTED, sendExport } from "../exports.js";
import { mustHaveKnown } from "../machines/known.js";
import { EXPORT_FAILURES, ONE_FAILURES } from "../responses.js";
import { type Caller, callerOf } from "../rights.js";
import { PaymentExportQuery, PaymentList, PaymentQuery } from "./schema.js";

const After = Type.Object({ machine: Serial, epoch: Type.Integer(), seq: Type.Integer() });

const COLUMNS: readonly Column<ShownPayment>[] = [
  { name: "machine" },
  { name: "epoch", number: true },
  { name: "seq", number: true },
  { name: "kind" },
  { name: "amount", number: true },
  { name: "currency" },
  { name: "reference" },
  { name: "reason" },
  { name: "transactionId" },
  { name: "bookedAt" },
];

export const paymentRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    "/payments",
    {
      config: { right: "sales:read" },
      schema: { querystring: PaymentQuery, response: { 200: PaymentList, ...ONE_FAILURES } },
    },
    async (request) => {
      const caller = callerOf(request);
      const { limit = DEFAULT_PAGE, cursor, ...filter } = request.query;
      const after = decodeCursor(After, cursor);
      const { machine } = filter;
      const page = await asOperator(app.databases.app, caller, async (tx) => {
        const found = await listPayments(tx, caller.operatorId, filter, limit, after);
        if (machine !== undefined && found.items.length === 0) await mustHaveKnown(tx, machine);
        return found;
      });
      return { payments: [...page.items], nextCursor: encodeCursor(page.next) };
    },
  );

  app.get(
    "/payments/export",
    {
      // The answer to a HEAD would be the whole list, thrown away.
      exposeHeadRoute: false,
      config: { right: "sales:read" },
      schema: { querystring: PaymentExportQuery, response: { ...EXPORTED, ...EXPORT_FAILURES } },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { format, ...filter } = request.query;
      const { machine } = filter;
      if (machine !== undefined) {
        await asOperator(app.databases.app, caller, (tx) => mustHaveKnown(tx, machine));
      }
      return sendExport(reply, { format, name: "payments", columns: COLUMNS }, paymentPages(app, caller, filter));
    },
  );
};

async function* paymentPages(
  app: FastifyInstance,
  caller: Caller,
  filter: PaymentFilter,
): AsyncGenerator<readonly ShownPayment[], void, undefined> {
  for (let after: PaymentKeyset | undefined; ; ) {
    const page = await asOperator(app.databases.app, caller, (tx) =>
      listPayments(tx, caller.operatorId, filter, EXPORT_PAGE, after),
    );
    yield page.items;
    if (page.next === undefined) return;
    after = page.next;
  }
}
