/**
 * Who is asking: `request.user` behind `requireUser`. The session's token is a cookie no script can read; what is kept
 * of it, in the store and in the live store, is its hash.
 */
import cookie from "@fastify/cookie";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import fp from "fastify-plugin";
import Type from "typebox";
import { Value } from "typebox/value";
import { findSession, hashToken, type UserSession } from "../../store/users.js";
import { ProblemError } from "../problems.js";
import { rightsOfRole } from "../rights.js";
import { ROLES } from "../roles.js";

export const SESSION_COOKIE = "spiral_session";
/** How long a session is believed without asking the store: a reset password takes effect within it. */
const AT_HAND_MS = 30_000;

declare module "fastify" {
  interface FastifyInstance {
    /** Hook that refuses requests without a session, and sets `request.user`. */
    readonly requireUser: (request: FastifyRequest) => Promise<void>;
    /** Hook that refuses requests of nobody, and sets `request.caller` (and `request.user` of a person). */
    readonly requireCaller: (request: FastifyRequest) => Promise<void>;
  }
  interface FastifyRequest {
    user: UserSession | null;
  }
}

const Kept = Type.Object({
  id: Type.String(),
  name: Type.String(),
  role: Type.Enum([...ROLES]),
  operatorId: Type.String(),
  operatorName: Type.String(),
  expiresMs: Type.Integer(),
});

export const sessionPlugin = fp(
  async (app: FastifyInstance) => {
    await app.register(cookie);
    app.decorateRequest("user", null);
    app.decorateRequest("caller", null);
    const requireUser = async (request: FastifyRequest): Promise<void> => {
      const token = request.cookies[SESSION_COOKIE];
      request.user = token === undefined || token === "" ? null : await sessionOf(app, token);
      if (request.user === null) throw new ProblemError("not-signed-in");
    };
    app.decorate("requireUser", requireUser);
    app.decorate("requireCaller", async (request) => {
      await requireUser(request);
      const { id, operatorId, role, expiresMs } = userOf(request);
      request.caller = { operatorId, userId: id, keyId: null, rights: rightsOfRole(role), expiresMs };
    });
  },
  { name: "session", dependencies: ["store", "live"] },
);

/** The live store first, then the store; a live store that is away costs only time. */
async function sessionOf(app: FastifyInstance, token: string): Promise<UserSession | null> {
  const key = hashToken(token).toString("base64url");
  const atHand = await app.live.getSession(key).catch(() => undefined);
  if (atHand !== undefined) {
    const kept: unknown = JSON.parse(atHand);
    if (Value.Check(Kept, kept) && kept.expiresMs > Date.now()) return kept;
  }
  const session = await findSession(app.databases.app, token);
  if (session === undefined) return null;
  const ttlMs = Math.min(AT_HAND_MS, session.expiresMs - Date.now());
  if (ttlMs > 0) await app.live.putSession(key, JSON.stringify(session), ttlMs).catch(() => undefined);
  return session;
}

/** The user of a request behind `requireUser`. */
export function userOf(request: FastifyRequest): UserSession {
  if (request.user === null) throw new ProblemError("not-signed-in");
  return request.user;
}

export function setSessionCookie(reply: FastifyReply, token: string, maxAgeS: number): void {
  reply.setCookie(SESSION_COOKIE, token, { httpOnly: true, sameSite: "strict", path: "/", maxAge: maxAgeS });
}

export function clearSessionCookie(reply: FastifyReply): void {
  reply.clearCookie(SESSION_COOKIE, { httpOnly: true, sameSite: "strict", path: "/" });
}
