/** Movements of money: of one machine in pages, or of all machines as an export, machine by machine. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import Type from "typebox";
import {
  listPayments,
  nextKnownSerials,
  type PaymentFilter,
  type PaymentKeyset,
  type ShownPayment,
} from "../../store/payments.js";
import { asOperator } from "../../store/tenancy.js";
import { DEFAULT_PAGE } from "../common.js";
import { decodeCursor, encodeCursor } from "../cursor.js";
import { type Column, EXPORT_PAGE, EXPORTED, sendExport } from "../exports.js";
import { mustHaveKnown } from "../machines/known.js";
import { EXPORT_FAILURES, ONE_FAILURES } from "../responses.js";
import { type Caller, callerOf } from "../rights.js";
import { PaymentExportQuery, PaymentList, PaymentQuery } from "./schema.js";

const After = Type.Object({ epoch: Type.Integer(), seq: Type.Integer() });

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
      const { machine, limit = DEFAULT_PAGE, cursor, ...filter } = request.query;
      const after = decodeCursor(After, cursor);
      const page = await asOperator(app.databases.app, caller, async (tx) => {
        const found = await listPayments(tx, caller.operatorId, machine, filter, limit, after);
        if (found.items.length === 0) await mustHaveKnown(tx, machine);
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
      const { format, machine, ...filter } = request.query;
      if (machine !== undefined) {
        await asOperator(app.databases.app, caller, (tx) => mustHaveKnown(tx, machine));
      }
      const serials = machine === undefined ? allSerials(app, caller) : [machine];
      return sendExport(
        reply,
        { format, name: "payments", columns: COLUMNS },
        paymentPages(app, caller, serials, filter),
      );
    },
  );
};

async function* allSerials(app: FastifyInstance, caller: Caller): AsyncGenerator<string, void, undefined> {
  for (let after = ""; ; ) {
    const serials = await asOperator(app.databases.app, caller, (tx) => nextKnownSerials(tx, after, EXPORT_PAGE));
    yield* serials;
    const last = serials.at(-1);
    if (last === undefined || serials.length < EXPORT_PAGE) return;
    after = last;
  }
}

async function* paymentPages(
  app: FastifyInstance,
  caller: Caller,
  serials: AsyncIterable<string> | Iterable<string>,
  filter: PaymentFilter,
): AsyncGenerator<readonly ShownPayment[], void, undefined> {
  for await (const serial of serials) {
    for (let after: PaymentKeyset | undefined; ; ) {
      const page = await asOperator(app.databases.app, caller, (tx) =>
        listPayments(tx, caller.operatorId, serial, filter, EXPORT_PAGE, after),
      );
      yield page.items;
      if (page.next === undefined) break;
      after = page.next;
    }
  }
}
