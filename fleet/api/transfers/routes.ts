/** Offers of machines to other operators: made, listed, withdrawn, accepted. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import Type from "typebox";
import { asOperator } from "../../store/tenancy.js";
import { acceptOffer, listOffers, offerMachine, withdrawOffer } from "../../store/transfers.js";
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
    { config, schema: { body: NewOffer, response: { 201: MadeOffer, ...MAKE_FAILURES } } },
    async (request, reply) => {
      const caller = callerOf(request);
      const { serial } = request.body;
      const made = await asOperator(app.databases.app, caller, async (tx) => {
        const { id } = await mustOwn(tx, caller.operatorId, serial);
        return offerMachine(tx, caller, { id, serial });
      });
      if (made === "already") throw new ProblemError("already-offered", serial);
      reply.code(201).header("cache-control", "no-store");
      return { ...made, expiresAt: made.expiresAt.toISOString() };
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
    { config, schema: { body: Acceptance, response: { 201: Accepted, ...MAKE_FAILURES } } },
    async (request, reply) => {
      const caller = callerOf(request);
      const done = await acceptOffer(app.databases, caller, request.body.code);
      if (done === "unknown") throw new ProblemError("no-such-transfer");
      if (done === "own") throw new ProblemError("own-machine");
      await lookAtListeners(app, done.from);
      return reply.code(201).send({ serial: done.serial });
    },
  );
};
