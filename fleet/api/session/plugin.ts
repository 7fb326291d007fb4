/**
 * Who is asking: a person by a cookie no script can read (`request.user`), or a program by its key. Either way
 * `request.caller` says for which operator, with which rights, and which machines it sees.
 */
import cookie from "@fastify/cookie";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import fp from "fastify-plugin";
import { findKey, isKey, noteUse } from "../../store/keys.js";
import type { UserSession } from "../../store/users.js";
import { ProblemError } from "../problems.js";
import { type Caller, rightsOfKey, rightsOfRole } from "../rights.js";
import { mustBeOurPage } from "./same-origin.js";
import { sessionOf } from "./sessions.js";

export const SESSION_COOKIE = "spiral_session";
/** Of a person's pages, from one session. */
export const PERSON_REQUESTS_PER_MINUTE = 1_200;

declare module "fastify" {
  interface FastifyInstance {
    /** People reach us by TLS, as SPIRAL_PUBLIC_URL says: cookies go no other way. */
    readonly cookiesAreSecure: boolean;
    /** Hook that refuses requests without a session, and sets `request.user`. */
    readonly requireUser: (request: FastifyRequest) => Promise<void>;
    /** Hook that refuses requests of nobody, and sets `request.caller` (and `request.user` of a person). */
    readonly requireCaller: (request: FastifyRequest) => Promise<void>;
  }
  interface FastifyRequest {
    user: UserSession | null;
  }
}

export const sessionPlugin = fp(
  async (app: FastifyInstance, { publicUrl }: { readonly publicUrl?: string | undefined }) => {
    await app.register(cookie);
    app.decorate("cookiesAreSecure", publicUrl?.startsWith("https:") ?? false);
    app.decorateRequest("user", null);
    app.decorateRequest("caller", null);
    const requireUser = async (request: FastifyRequest): Promise<void> => {
      const token = request.cookies[SESSION_COOKIE];
      request.user = token === undefined || token === "" ? null : await sessionOf(app, token);
      if (request.user === null) throw new ProblemError("not-signed-in");
      mustBeOurPage(request);
    };
    app.decorate("requireUser", requireUser);
    app.decorate("requireCaller", async (request) => {
      const { authorization } = request.headers;
      if (authorization !== undefined) {
        request.caller = await callerOfKey(app, authorization);
        return;
      }
      await requireUser(request);
      const user = userOf(request);
      const { id, operatorId, role, tags, expiresMs } = user;
      if (needsSecondFactor(user)) throw new ProblemError("second-factor-needed");
      const rights = rightsOfRole(role, tags);
      const requestsPerMinute = PERSON_REQUESTS_PER_MINUTE;
      request.caller = { operatorId, tags, userId: id, keyId: null, rights, requestsPerMinute, expiresMs };
    });
  },
  { name: "session", dependencies: ["store", "live"] },
);

/** His operator asks for a second factor, and he has none yet: he may give himself one, and nothing else. */
export function needsSecondFactor({ secondFactorRequired, secondFactor, means }: UserSession): boolean {
  return secondFactorRequired && !secondFactor && means === "password";
}

/** Throws not-signed-in for anything but a key that is in force. */
async function callerOfKey(app: FastifyInstance, authorization: string): Promise<Caller> {
  const [scheme, key = ""] = authorization.split(" ", 2);
  const found = scheme?.toLowerCase() === "bearer" && isKey(key) ? await findKey(app.databases.app, key) : undefined;
  if (found === undefined) throw new ProblemError("not-signed-in", "The key is none, revoked or expired");
  await noteUse(app.databases.app, found);
  const { id, operatorId, scopes, tags, maker, requestsPerMinute, expiresMs } = found;
  const rights = rightsOfKey(scopes, rightsOfRole(maker?.role ?? "owner", tags));
  return { operatorId, tags, userId: null, keyId: id, rights, requestsPerMinute, expiresMs };
}

/** The user of a request behind `requireUser`. */
export function userOf(request: FastifyRequest): UserSession {
  if (request.user === null) throw new ProblemError("not-signed-in");
  return request.user;
}

export function setSessionCookie(reply: FastifyReply, token: string, maxAgeS: number): void {
  const secure = reply.server.cookiesAreSecure;
  reply.setCookie(SESSION_COOKIE, token, { httpOnly: true, sameSite: "strict", path: "/", maxAge: maxAgeS, secure });
}

export function clearSessionCookie(reply: FastifyReply): void {
  reply.clearCookie(SESSION_COOKIE, { httpOnly: true, sameSite: "strict", path: "/" });
}
