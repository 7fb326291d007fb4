/** EVA-DTS: ask a machine for its report, list what has come, read one as text. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import Type from "typebox";
import { encodeCbor } from "../../../shared/cbor.js";
import { wakeOrders } from "../../commands/wake.js";
import { recordChange } from "../../store/audit-log.js";
import { listAuditReports, readAuditReport } from "../../store/audit-reports.js";
import { queueOrder } from "../../store/orders.js";
import { asOperator } from "../../store/tenancy.js";
import { DEFAULT_PAGE, SerialParams } from "../common.js";
import { decodeCursor, encodeCursor } from "../cursor.js";
import { IdempotencyKey, once } from "../idempotency.js";
import { mustHaveKnown } from "../machines/known.js";
import { mustTakeDocuments } from "../orders/documents.js";
import { Order, orderView } from "../orders/schema.js";
import { ProblemError } from "../problems.js";
import { MAKE_FAILURES, ONE_FAILURES } from "../responses.js";
import { callerOf } from "../rights.js";
import { AuditBody, AuditList, AuditParams, AuditQuery } from "./schema.js";

/** A machine may take so long: it may be away for a night. */
const GOOD_FOR_MS = 86_400_000;
const Below = Type.Tuple([Type.Integer(), Type.Integer()]);

export const auditRoutes: FastifyPluginAsyncTypebox = async (app) => {
  await app.register(ordering);
  await app.register(reads);
};

const ordering: FastifyPluginAsyncTypebox = async (app) => {
  app.post(
    "/machines/:serial/audits",
    {
      config: { right: "orders:write" },
      schema: {
        description: "The machine writes its EVA-DTS report; it is in the list soon after.",
        params: SerialParams,
        headers: IdempotencyKey,
        body: AuditBody,
        response: { 202: Order, ...MAKE_FAILURES },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { userId, keyId, operatorId } = caller;
      const { serial } = request.params;
      const { reset = false } = request.body;
      await once(app, request, reply, async (tx) => {
        const { id } = await mustTakeDocuments(tx, operatorId, serial);
        const args = encodeCbor(reset ? { 0: true } : {});
        const expiresAt = new Date(Date.now() + GOOD_FOR_MS);
        const queued = await queueOrder(tx, { machineId: id, kind: "readAudit", args, userId, keyId, expiresAt });
        if (queued === undefined) throw new ProblemError("too-many-orders", serial);
        const after = orderView(queued);
        const action = reset ? "read and reset" : "read";
        await recordChange(tx, caller, { action, subject: "audit", subjectId: serial, before: null, after });
        return { status: 202, body: after };
      });
      wakeOrders(app.live);
    },
  );
};

const reads: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    "/machines/:serial/audits",
    {
      config: { right: "audits:read" },
      schema: { params: SerialParams, querystring: AuditQuery, response: { 200: AuditList, ...ONE_FAILURES } },
    },
    async (request) => {
      const { operatorId } = callerOf(request);
      const { serial } = request.params;
      const { limit = DEFAULT_PAGE, cursor } = request.query;
      const below = decodeCursor(Below, cursor);
      const page = await asOperator(app.databases.app, callerOf(request), async (tx) => {
        const found = await listAuditReports(tx, operatorId, serial, limit, below);
        if (found.items.length === 0) await mustHaveKnown(tx, serial);
        return found;
      });
      const audits = page.items.map((item) => ({ ...item, receivedAt: item.receivedAt.toISOString() }));
      return { audits, nextCursor: encodeCursor(page.next) };
    },
  );

  app.get(
    "/machines/:serial/audits/:epoch/:counter",
    {
      config: { right: "audits:read" },
      schema: {
        description: "EVA-DTS 6.1, as the machine wrote it.",
        params: AuditParams,
        response: { 200: { content: { "text/plain": { schema: Type.String() } } }, ...ONE_FAILURES },
      },
    },
    async (request, reply) => {
      const { operatorId } = callerOf(request);
      const { serial, epoch, counter } = request.params;
      const text = await asOperator(app.databases.app, callerOf(request), (tx) =>
        readAuditReport(tx, operatorId, serial, epoch, counter),
      );
      if (text === undefined) throw new ProblemError("no-such-audit", `${serial}, epoch ${epoch}, order ${counter}`);
      const name = `${serial}-${epoch}-${counter}.eva`;
      reply.type("text/plain; charset=us-ascii").header("content-disposition", `attachment; filename="${name}"`);
      return reply.send(text.toString("latin1"));
    },
  );
};
