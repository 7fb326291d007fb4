/**
 * Lost passwords, for whoever is nobody yet. Asking for a link is answered alike, and as fast, whether or not there is
 * such a user: what there is to do is done after the answer. A link works once; with the new password every session
 * and every other link ends, and whoever was made to wait is let in again.
 */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import Type from "typebox";
import { recordChange } from "../../store/audit-log.js";
import { findLink, setPassword, takeLink } from "../../store/people.js";
import { allOf, asOperator } from "../../store/tenancy.js";
import { attemptOf, endAttempt, endSessions, findUser } from "../../store/users.js";
import { hashPassword, passwordProblem } from "../password.js";
import { ProblemError } from "../problems.js";
import { addressOf } from "../rate-limits.js";
import { MAKE_FAILURES } from "../responses.js";
import { mustNotBeForeign } from "../session/same-origin.js";
import { forgetSessions } from "../session/sessions.js";
import { lookAtListeners } from "../session/watch.js";
import { makeLink, type Post, RESET_WITHIN_MS } from "../users/links.js";
import { NewPassword, ResetRequest } from "./schema.js";

/** From one address. */
export const RESETS = { max: 5, timeWindow: "1 minute" } as const;
const TRIES = { max: 20, timeWindow: "1 minute" } as const;

export const passwordRoutes: FastifyPluginAsyncTypebox<Post> = async (app, post) => {
  app.post(
    "/password-resets",
    {
      config: { rateLimit: RESETS },
      schema: { body: ResetRequest, response: { 202: Type.Null(), ...MAKE_FAILURES } },
    },
    async (request, reply) => {
      mustNotBeForeign(request);
      const { name } = request.body;
      reply.raw.once("close", () => {
        sendReset(app, post, name).catch((error: unknown) => {
          request.log.error(error, "a link to a password was not made");
        });
      });
      return reply.code(202).send(null);
    },
  );

  app.post(
    "/passwords",
    {
      config: { rateLimit: TRIES },
      schema: { body: NewPassword, response: { 204: Type.Null(), ...MAKE_FAILURES } },
    },
    async (request, reply) => {
      mustNotBeForeign(request);
      const { token, password } = request.body;
      const person = await findLink(app.databases.app, token);
      if (person === undefined) throw new ProblemError("no-such-link");
      const { id, operatorId, name } = person;
      const problem = passwordProblem(name, password);
      if (problem !== undefined) throw new ProblemError("weak-password", problem);
      const passwordHash = await hashPassword(password);
      const ended = await asOperator(app.databases.app, allOf(operatorId), async (tx) => {
        if (!(await takeLink(tx, token))) throw new ProblemError("no-such-link");
        await setPassword(tx, id, passwordHash);
        const by = { operatorId, userId: id, keyId: null };
        await recordChange(tx, by, { action: "set", subject: "password", subjectId: id, before: null, after: {} });
        return endSessions(tx, id);
      });
      await endAttempt(app.databases.app, attemptOf(name, addressOf(request.ip)), true);
      await forgetSessions(app, ended);
      await lookAtListeners(app, operatorId);
      return reply.code(204).send(null);
    },
  );
};

async function sendReset(app: FastifyInstance, post: Post, name: string): Promise<void> {
  const found = await findUser(app.databases.app, name);
  if (found === undefined || found.email === null || post.letters === undefined) return;
  const { email } = found;
  const { id: userId, operatorId } = found.user;
  await asOperator(app.databases.app, allOf(operatorId), (tx) =>
    makeLink(tx, post, { operatorId, userId, email }, RESET_WITHIN_MS),
  );
}
