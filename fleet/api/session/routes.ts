/** POST signs in, GET says who is signed in, DELETE signs out. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import Type from "typebox";
import { randomSecret } from "../../store/data-folder.js";
import { addSession, dropSession, findUser, hashToken, type UserSession } from "../../store/users.js";
import { checkPassword } from "../password.js";
import { ProblemError } from "../problems.js";
import { SIGN_IN_FAILURES, SIGNED_IN_FAILURES } from "../responses.js";
import { clearSessionCookie, SESSION_COOKIE, setSessionCookie, userOf } from "./plugin.js";
import { Session, SignIn } from "./schema.js";

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
      const { name, password } = request.body;
      const found = await findUser(app.databases.app, name);
      const right = await checkPassword(found?.passwordHash, password);
      if (found === undefined || !right) throw new ProblemError("wrong-password");
      const token = randomSecret();
      const maxAgeS = options.sessionHours * 3_600;
      const expiresMs = Date.now() + maxAgeS * 1_000;
      await addSession(app.databases.app, token, found.user, expiresMs);
      setSessionCookie(reply, token, maxAgeS);
      return viewOf({ ...found.user, expiresMs });
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
        await dropSession(app.databases.app, token);
        await app.live.dropSession(hashToken(token).toString("base64url")).catch(() => undefined);
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
