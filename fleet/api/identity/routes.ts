/** Who may come in as a machine: looked at, ended for good, or let in again after a suspension. */
import { randomBytes } from "node:crypto";
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import Type from "typebox";
import { readIdentity, revokeMachine } from "../../store/certificates.js";
import type { Transaction } from "../../store/databases.js";
import { liftSuspension } from "../../store/suspensions.js";
import { asOperator } from "../../store/tenancy.js";
import { SerialParams } from "../common.js";
import { IdempotencyKey, once } from "../idempotency.js";
import { mustOwn } from "../machines/known.js";
import { ProblemError } from "../problems.js";
import { MAKE_FAILURES, ONE_FAILURES, REVOKE_FAILURES } from "../responses.js";
import { callerOf } from "../rights.js";
import { MachineIdentity, Revocation } from "./schema.js";

/** Certificates shown. */
const NEWEST = 20;

export const identityRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    "/machines/:serial/identity",
    {
      config: { right: "claims:write" },
      schema: { params: SerialParams, response: { 200: MachineIdentity, ...ONE_FAILURES } },
    },
    async (request) => {
      const { serial } = request.params;
      const found = await asOperator(app.databases.app, callerOf(request), (tx) => readIdentity(tx, serial, NEWEST));
      if (found === undefined) throw new ProblemError("no-such-machine", serial);
      const { epoch, suspension, certificates } = found;
      return {
        serial,
        epoch,
        suspension: suspension === undefined ? null : { ...suspension, raisedAt: suspension.raisedAt.toISOString() },
        certificates: certificates.map(({ fingerprint, issuedAt, notAfter, revokedAt, ...row }) => ({
          ...row,
          fingerprint: fingerprint.toString("hex"),
          issuedAt: issuedAt.toISOString(),
          notAfter: notAfter.toISOString(),
          revokedAt: revokedAt?.toISOString() ?? null,
        })),
      };
    },
  );

  app.post(
    "/machines/:serial/revocations",
    {
      config: { right: "claims:write" },
      schema: { params: SerialParams, headers: IdempotencyKey, response: { 200: Revocation, ...MAKE_FAILURES } },
    },
    async (request, reply) => {
      const actor = callerOf(request);
      const { serial } = request.params;
      const work = async (tx: Transaction) => {
        const certificates = await revokeMachine(tx, actor, serial, randomBytes(32));
        if (certificates === undefined) throw new ProblemError("no-such-machine", serial);
        return { status: 200, body: { certificates } };
      };
      return once(app, request, reply, work, { afterwards: () => app.door.changed(serial) });
    },
  );

  app.delete(
    "/machines/:serial/suspension",
    {
      config: { right: "claims:write" },
      schema: { params: SerialParams, response: { 204: Type.Null(), ...REVOKE_FAILURES } },
    },
    async (request, reply) => {
      const actor = callerOf(request);
      const { serial } = request.params;
      const lifted = await asOperator(app.databases.app, actor, async (tx) => {
        const found = await liftSuspension(tx, actor, serial);
        if (!found) await mustOwn(tx, actor.operatorId, serial);
        return found;
      });
      if (!lifted) throw new ProblemError("not-suspended", serial);
      await app.door.changed(serial);
      return reply.code(204).send(null);
    },
  );
};
