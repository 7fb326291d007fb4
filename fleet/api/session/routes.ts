/** POST signs in, GET says who is signed in, DELETE signs out. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import Type from "typebox";
import { randomSecret } from "../../store/data-folder.js";
import { addSession, dropSession, findUser, hashToken, type UserSession } from "../../store/users.js";
import { checkPassword } from "../password.js";
import { ProblemError } from "../problems.js";
import { addressOf } from "../rate-limits.js";
import { SIGN_IN_FAILURES, SIGNED_IN_FAILURES } from "../responses.js";
import { clearSessionCookie, SESSION_COOKIE, setSessionCookie, userOf } from "./plugin.js";
import { mustBeOurPage, mustNotBeForeign } from "./same-origin.js";
import { Session, SignIn } from "./schema.js";
import { forgetSessions, sessionOf } from "./sessions.js";
import { lookAtListeners } from "./watch.js";

/** Attempts to sign in, from one address. */
export const SIGN_INS = { max: 10, timeWindow: "1 minute" } as const;

export const sessionRoutes: FastifyPluginAsyncTypebox<{ readonly sessionHours: number }> = async (app, options) => {
  app.post(
    "/session",
    {
      config: { rateLimit: SIGN_INS },
      schema: { body: SignIn, response: { 200: Session, ...SIGN_IN_FAILURES } },
    },
    async (request, reply) => {
      mustNotBeForeign(request);
      const { name, password } = request.body;
      const found = await findUser(app.databases.app, name);
      const right = await checkPassword(found?.passwordHash, password);
      if (found === undefined || !right) throw new ProblemError("wrong-password");
      const token = randomSecret();
      const maxAgeS = options.sessionHours * 3_600;
      const expiresMs = Date.now() + maxAgeS * 1_000;
      const userAgent = (request.headers["user-agent"] ?? "").slice(0, 200);
      const place = { means: "password", address: addressOf(request.ip), userAgent } as const;
      const session = await addSession(app.databases.app, token, found.user, expiresMs, place);
      setSessionCookie(reply, token, maxAgeS);
      return viewOf(session);
    },
  );

  app.get(
    "/session",
    { onRequest: app.requireUser, schema: { response: { 200: Session, ...SIGNED_IN_FAILURES } } },
    async (request) => viewOf(userOf(request)),
  );

  app.delete(
    "/session",
    { schema: { response: { 204: Type.Null(), ...SIGNED_IN_FAILURES } } },
    async (request, reply) => {
      const token = request.cookies[SESSION_COOKIE];
      if (token !== undefined) {
        mustBeOurPage(request);
        const session = await sessionOf(app, token);
        await dropSession(app.databases.app, token);
        await forgetSessions(app, [hashToken(token)]);
        if (session !== null) await lookAtListeners(app, session.operatorId);
      }
      clearSessionCookie(reply);
      return reply.code(204).send(null);
    },
  );
};

function viewOf({ name, role, operatorName, expiresMs }: UserSession): Session {
  return {
    user: { name, role },
    operator: { name: operatorName },
    expiresAt: new Date(expiresMs).toISOString(),
  };
}
