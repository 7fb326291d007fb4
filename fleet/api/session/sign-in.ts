/**
 * Letting a person in. Failed attempts are counted by name and address: five are free, then each costs a wait that
 * doubles from 2 s to 15 min; attempts from everywhere on one name have their own, wider, count, which an address the
 * person has signed in from before does not mind. No wait is longer, so nobody is locked out for ever, and a name that
 * nobody has is waited for alike. A password link mailed to the person is open meanwhile.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { randomSecret } from "../../store/data-folder.js";
import type { Seal } from "../../store/sealing.js";
import {
  addSession,
  attemptOf,
  beginAttempt,
  endAttempt,
  findUser,
  renewPasswordHash,
  type SignInMeans,
  type User,
  type UserSession,
} from "../../store/users.js";
import { checkPassword, hashPassword, isOutdated } from "../password.js";
import { ProblemError } from "../problems.js";
import { addressOf } from "../rate-limits.js";
import { setSessionCookie } from "./plugin.js";
import type { SignIn } from "./schema.js";
import { takeSecondFactor } from "./second-factor.js";

/** The user with this password and second factor. Throws what he is told otherwise. */
export async function personOf(app: FastifyInstance, seal: Seal, body: SignIn, ip: string): Promise<User> {
  const { name, password, code } = body;
  const sql = app.databases.app;
  const attempt = attemptOf(name, addressOf(ip));
  const until = await beginAttempt(sql, attempt);
  if (until !== undefined) throw tooManyFailures(until);
  const found = await findUser(sql, name);
  const right = await checkPassword(found?.passwordHash, password);
  if (found === undefined || found.passwordHash === null || !right) throw new ProblemError("wrong-password");
  const { user, passwordHash, totpSecret } = found;
  if (user.secondFactor && totpSecret !== null) {
    if (code === undefined) {
      await endAttempt(sql, attempt, false);
      throw new ProblemError("code-needed");
    }
    if (!(await takeSecondFactor(sql, seal, user, totpSecret, code))) throw new ProblemError("wrong-code");
  }
  await endAttempt(sql, attempt, true);
  if (isOutdated(passwordHash)) await renewPasswordHash(sql, user, passwordHash, await hashPassword(password));
  return user;
}

export function tooManyFailures(until: Date): ProblemError {
  const waitMs = until.getTime() - Date.now();
  return new ProblemError("too-many-failures", `Try again in ${Math.max(1, Math.ceil(waitMs / 1_000))} s`, waitMs);
}

/** Begins a session and gives its cookie. Always a new token: none from before the sign-in is taken over. */
export async function enter(
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  user: User,
  { means, hours }: { readonly means: SignInMeans; readonly hours: number },
): Promise<UserSession> {
  const token = randomSecret();
  const maxAgeS = hours * 3_600;
  const userAgent = (request.headers["user-agent"] ?? "").slice(0, 200);
  const place = { means, address: addressOf(request.ip), userAgent };
  const session = await addSession(app.databases.app, token, user, Date.now() + maxAgeS * 1_000, place);
  setSessionCookie(reply, token, maxAgeS);
  return session;
}
