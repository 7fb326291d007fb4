/** POST signs in, GET says who is signed in, DELETE signs out. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import Type from "typebox";
import type { Seal } from "../../store/sealing.js";
import { dropSession, hashToken, type UserSession } from "../../store/users.js";
import { SIGN_IN_FAILURES, SIGNED_IN_FAILURES } from "../responses.js";
import { rightsOfRole } from "../rights.js";
import { clearSessionCookie, needsSecondFactor, SESSION_COOKIE, userOf } from "./plugin.js";
import { mustBeOurPage, mustNotBeForeign } from "./same-origin.js";
import { Session, SignIn } from "./schema.js";
import { forgetSessions, sessionOf } from "./sessions.js";
import { enter, personOf } from "./sign-in.js";
import { lookAtListeners } from "./watch.js";

/** Attempts to sign in, from one address. */
export const SIGN_INS = { max: 10, timeWindow: "1 minute" } as const;

export interface SessionOptions {
  readonly sessionHours: number;
  readonly seal: Seal;
}

export const sessionRoutes: FastifyPluginAsyncTypebox<SessionOptions> = async (app, { sessionHours, seal }) => {
  app.post(
    "/session",
    {
      config: { rateLimit: SIGN_INS },
      schema: { body: SignIn, response: { 200: Session, ...SIGN_IN_FAILURES } },
    },
    async (request, reply) => {
      mustNotBeForeign(request);
      const user = await personOf(app, seal, request.body, request.ip);
      return viewOf(await enter(app, request, reply, user, { means: "password", hours: sessionHours }));
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

function viewOf(session: UserSession): Session {
  const { name, role, tags, operatorName, secondFactor, secondFactorRequired, expiresMs } = session;
  return {
    user: { name, role },
    operator: { name: operatorName },
    rights: needsSecondFactor(session) ? [] : [...rightsOfRole(role, tags)],
    tags: tags === null ? null : [...tags],
    secondFactor: { on: secondFactor, required: secondFactorRequired },
    expiresAt: new Date(expiresMs).toISOString(),
  };
}
