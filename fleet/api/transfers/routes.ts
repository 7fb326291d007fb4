/** Offers of machines to other operators: made, listed, withdrawn, accepted. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import Type from "typebox";
import type { Transaction } from "../../store/databases.js";
import { asOperator } from "../../store/tenancy.js";
import { acceptOffer, betweenTenants, listOffers, offerMachine, withdrawOffer } from "../../store/transfers.js";
import { type Answer, IdempotencyKey, once } from "../idempotency.js";
import { mustOwn } from "../machines/known.js";
import { ProblemError } from "../problems.js";
import { ALLOWED_FAILURES, MAKE_FAILURES, ONE_FAILURES } from "../responses.js";
import { callerOf } from "../rights.js";
import { lookAtListeners } from "../session/watch.js";
import { Acceptance, Accepted, MadeOffer, NewOffer, OfferList, OfferParams } from "./schema.js";

const config = { right: "operator:write" } as const;

export const transferRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get("/transfers", { config, schema: { response: { 200: OfferList, ...ALLOWED_FAILURES } } }, async (request) => {
    const rows = await asOperator(app.databases.app, callerOf(request), listOffers);
    return {
      transfers: rows.map(({ createdAt, expiresAt, ...row }) => ({
        ...row,
        createdAt: createdAt.toISOString(),
        expiresAt: expiresAt.toISOString(),
      })),
    };
  });

  app.post(
    "/transfers",
    { config, schema: { headers: IdempotencyKey, body: NewOffer, response: { 201: MadeOffer, ...MAKE_FAILURES } } },
    async (request, reply) => {
      const caller = callerOf(request);
      const { serial } = request.body;
      return once(app, request, reply, async (tx) => {
        const { id } = await mustOwn(tx, caller.operatorId, serial);
        const made = await offerMachine(tx, caller, { id, serial });
        if (made === "already") throw new ProblemError("already-offered", serial);
        const body = { ...made, expiresAt: made.expiresAt.toISOString() };
        return { status: 201, body, shownOnce: `transfer ${made.id}` };
      });
    },
  );

  app.delete(
    "/transfers/:id",
    { config, schema: { params: OfferParams, response: { 204: Type.Null(), ...ONE_FAILURES } } },
    async (request, reply) => {
      const caller = callerOf(request);
      const { id } = request.params;
      const gone = await asOperator(app.databases.app, caller, (tx) => withdrawOffer(tx, caller, id));
      if (!gone) throw new ProblemError("no-such-transfer");
      return reply.code(204).send(null);
    },
  );

  app.post(
    "/transfers/acceptances",
    { config, schema: { headers: IdempotencyKey, body: Acceptance, response: { 201: Accepted, ...MAKE_FAILURES } } },
    async (request, reply) => {
      const caller = callerOf(request);
      let giver: string | undefined;
      const work = async (tx: Transaction) => {
        const done = await acceptOffer(tx, caller, request.body.code);
        if (done === "unknown") throw new ProblemError("no-such-transfer");
        if (done === "own") throw new ProblemError("own-machine");
        giver = done.from;
        return { status: 201, body: { serial: done.serial } };
      };
      const afterwards = async () => (giver === undefined ? undefined : lookAtListeners(app, giver));
      const inside = (within: (tx: Transaction) => Promise<Answer>) => betweenTenants(app.databases, within);
      return once(app, request, reply, work, { afterwards, inside });
    },
  );
};
