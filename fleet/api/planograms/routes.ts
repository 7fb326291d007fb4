/** Planograms of a machine: versions, differences, and new ones, which go to the machine as signed orders. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import Type from "typebox";
import { decodePlanogram } from "../../../shared/wire/documents.js";
import { differences, type Planned, planDocument, repriceDocument } from "../../commands/planning.js";
import { wakeOrders } from "../../commands/wake.js";
import type { Transaction } from "../../store/databases.js";
import { type DocumentMachine, listDocuments, plannedProducts, readDocument } from "../../store/documents.js";
import { asOperator } from "../../store/tenancy.js";
import { DEFAULT_PAGE, SerialParams } from "../common.js";
import { decodeCursor, encodeCursor } from "../cursor.js";
import { tagged } from "../etags.js";
import { IdempotencyKey, once } from "../idempotency.js";
import { mustTakeDocuments } from "../orders/documents.js";
import { ProblemError } from "../problems.js";
import { MAKE_FAILURES, ONE_FAILURES } from "../responses.js";
import { callerOf } from "../rights.js";
import { mustHave, orderPlanogram, planogramView } from "./ordering.js";
import {
  DiffQuery,
  Planogram,
  PlanogramBody,
  PlanogramDiff,
  PlanogramList,
  PlanogramOrdered,
  PlanogramQuery,
  PricesBody,
  VersionParams,
} from "./schema.js";

const Below = Type.Tuple([Type.Integer()]);

export const planogramRoutes: FastifyPluginAsyncTypebox = async (app) => {
  await app.register(reads);
  await app.register(differing);
  await app.register(changes);
};

const reads: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    "/machines/:serial/planograms",
    {
      config: { right: "planograms:read" },
      schema: { params: SerialParams, querystring: PlanogramQuery, response: { 200: PlanogramList, ...ONE_FAILURES } },
    },
    async (request) => {
      const { limit = DEFAULT_PAGE, cursor } = request.query;
      const below = decodeCursor(Below, cursor)?.[0];
      return asOperator(app.databases.app, callerOf(request), async (tx) => {
        const machine = await mustTakeDocuments(tx, callerOf(request).operatorId, request.params.serial);
        const page = await listDocuments(tx, "planogram", machine.id, limit, below);
        const newest = await readDocument(tx, "planogram", machine.id);
        return {
          desired: newest?.version ?? 0,
          inForce: machine.inForce,
          planograms: page.items.map((row) => {
            const { slots, ...version } = planogramView(row, machine);
            return { ...version, slots: slots.length };
          }),
          nextCursor: encodeCursor(page.next === undefined ? undefined : [page.next]),
        };
      });
    },
  );

  app.get(
    "/machines/:serial/planograms/:version",
    {
      config: { right: "planograms:read" },
      schema: { params: VersionParams, response: { 200: Planogram, ...ONE_FAILURES } },
    },
    async (request, reply) => {
      const { operatorId } = callerOf(request);
      const { serial, version } = request.params;
      const found = await asOperator(app.databases.app, callerOf(request), async (tx) => {
        const machine = await mustTakeDocuments(tx, operatorId, serial);
        return planogramView(await mustHave(tx, machine, version), machine);
      });
      return tagged(reply, found);
    },
  );
};

const differing: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    "/machines/:serial/planograms/:version/diff",
    {
      config: { right: "planograms:read" },
      schema: { params: VersionParams, querystring: DiffQuery, response: { 200: PlanogramDiff, ...ONE_FAILURES } },
    },
    async (request) => {
      const { operatorId } = callerOf(request);
      const { serial, version } = request.params;
      const { from } = request.query;
      return asOperator(app.databases.app, callerOf(request), async (tx) => {
        const machine = await mustTakeDocuments(tx, operatorId, serial);
        const after = planogramView(await mustHave(tx, machine, version), machine);
        const earlier = (await listDocuments(tx, "planogram", machine.id, 1, version)).items[0];
        const old = from === undefined ? earlier : await mustHave(tx, machine, from);
        const before = old === undefined ? [] : planogramView(old, machine).slots;
        return { from: old?.version ?? null, to: version, slots: [...differences(before, after.slots)] };
      });
    },
  );
};

const changes: FastifyPluginAsyncTypebox = async (app) => {
  app.post(
    "/machines/:serial/planograms",
    {
      config: { right: "planograms:write" },
      schema: {
        params: SerialParams,
        headers: IdempotencyKey,
        body: PlanogramBody,
        response: { 202: PlanogramOrdered, ...MAKE_FAILURES },
      },
    },
    (request, reply) => {
      const { slots, basedOn } = request.body;
      const numbers = slots.map(({ productNumber }) => productNumber);
      return order(app, request, reply, request.params.serial, basedOn, async (tx, machine) => {
        const products = await plannedProducts(tx, callerOf(request).operatorId, numbers);
        return (version) => planDocument(version, slots, products, machine);
      });
    },
  );

  app.post(
    "/machines/:serial/prices",
    {
      config: { right: "planograms:write" },
      schema: {
        description: "The newest planogram with other prices, as a new version.",
        params: SerialParams,
        headers: IdempotencyKey,
        body: PricesBody,
        response: { 202: PlanogramOrdered, ...MAKE_FAILURES },
      },
    },
    (request, reply) => {
      const { prices, basedOn } = request.body;
      return order(app, request, reply, request.params.serial, basedOn, async (tx, machine) => {
        const newest = decodePlanogram((await mustHave(tx, machine, basedOn)).document);
        return (version) => repriceDocument(version, newest?.slots ?? [], prices, machine);
      });
    },
  );
};

/** Makes the next version and queues it for the machine, once. */
async function order(
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  serial: string,
  basedOn: number,
  plan: (tx: Transaction, machine: DocumentMachine) => Promise<(version: number) => Planned>,
): Promise<void> {
  const caller = callerOf(request);
  await once(app, request, reply, async (tx) => {
    const machine = await mustTakeDocuments(tx, caller.operatorId, serial);
    const newest = await readDocument(tx, "planogram", machine.id);
    if ((newest?.version ?? 0) !== basedOn)
      throw new ProblemError("stale-version", `newest is ${newest?.version ?? 0}`);
    const ordered = await orderPlanogram(tx, caller, machine, newest, await plan(tx, machine));
    if (!ordered.ok) {
      const { slot, why } = ordered;
      throw new ProblemError("bad-planogram", slot === undefined ? why : `${slot}: ${why}`);
    }
    return { status: 202, body: { planogram: ordered.planogram, order: ordered.order } };
  });
  wakeOrders(app.live);
}
