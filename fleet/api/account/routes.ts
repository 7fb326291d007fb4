/** A person's own account. Behind a session; also for one whose operator asks for a second factor he has not yet. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyRequest } from "fastify";
import Type from "typebox";
import { type Change, recordChange } from "../../store/audit-log.js";
import type { Transaction } from "../../store/databases.js";
import { setPassword } from "../../store/people.js";
import type { Seal } from "../../store/sealing.js";
import { confirmTotp, offerTotp, readTotp, removeTotp, takeStep } from "../../store/second-factors.js";
import { asOperator } from "../../store/tenancy.js";
import {
  attemptOf,
  beginAttempt,
  endAttempt,
  endSessions,
  findUser,
  listSessions,
  type UserSession,
} from "../../store/users.js";
import { IdempotencyKey, once } from "../idempotency.js";
import { checkPassword, hashPassword, passwordProblem } from "../password.js";
import { ProblemError } from "../problems.js";
import { addressOf } from "../rate-limits.js";
import { CHANGE_FAILURES, MAKE_FAILURES, ONE_FAILURES } from "../responses.js";
import { SESSION_COOKIE, userOf } from "../session/plugin.js";
import { newEnrolment, renewRecoveryCodes, stepOfCode } from "../session/second-factor.js";
import { forgetSessions, refreshSession } from "../session/sessions.js";
import { tooManyFailures } from "../session/sign-in.js";
import { lookAtListeners } from "../session/watch.js";
import { ByCode, ByPassword, OwnSessions, PasswordChange, RecoveryCodes, SessionParams, TotpOffer } from "./schema.js";

export interface AccountOptions {
  readonly seal: Seal;
}

export const accountRoutes: FastifyPluginAsyncTypebox<AccountOptions> = async (app, options) => {
  app.addHook("onRequest", app.requireUser);
  await app.register(sessions);
  await app.register(secondFactor, options);
  await app.register(withoutIt);

  app.put(
    "/account/password",
    { schema: { body: PasswordChange, response: { 204: Type.Null(), ...CHANGE_FAILURES } } },
    async (request, reply) => {
      const user = userOf(request);
      const { present, wanted } = request.body;
      await mustKnowPassword(app, request, present);
      const problem = passwordProblem(user.name, wanted);
      if (problem !== undefined) throw new ProblemError("weak-password", problem);
      const passwordHash = await hashPassword(wanted);
      const ended = await asOperator(app.databases.app, user, async (tx) => {
        await setPassword(tx, user.id, passwordHash);
        await note(tx, user, { action: "changed", subject: "password", before: {}, after: {} });
        return endSessions(tx, user.id, { except: user.sessionId });
      });
      await overFor(app, user, ended);
      return reply.code(204).send(null);
    },
  );
};

const sessions: FastifyPluginAsyncTypebox = async (app) => {
  app.get("/account/sessions", { schema: { response: { 200: OwnSessions, ...ONE_FAILURES } } }, async (request) => {
    const user = userOf(request);
    const rows = await asOperator(app.databases.app, user, (tx) => listSessions(tx, user.id));
    return {
      sessions: rows.map(({ createdAt, expiresAt, ...row }) => ({
        ...row,
        current: row.id === user.sessionId,
        createdAt: createdAt.toISOString(),
        expiresAt: expiresAt.toISOString(),
      })),
    };
  });

  app.delete(
    "/account/sessions",
    {
      schema: {
        description: "Signs out everywhere, here too.",
        response: { 204: Type.Null(), ...ONE_FAILURES },
      },
    },
    async (request, reply) => {
      const user = userOf(request);
      await overFor(app, user, await endOnRecord(app, user));
      return reply.code(204).send(null);
    },
  );

  app.delete(
    "/account/sessions/:id",
    { schema: { params: SessionParams, response: { 204: Type.Null(), ...ONE_FAILURES } } },
    async (request, reply) => {
      const user = userOf(request);
      const ended = await endOnRecord(app, user, request.params.id);
      if (ended.length === 0) throw new ProblemError("no-such-session");
      await overFor(app, user, ended);
      return reply.code(204).send(null);
    },
  );
};

/** Ends his sessions, or the one; the hashes of their tokens. */
function endOnRecord(app: FastifyInstance, user: UserSession, only?: string): Promise<readonly Uint8Array[]> {
  return asOperator(app.databases.app, user, async (tx) => {
    const ended = await endSessions(tx, user.id, only === undefined ? {} : { only });
    const before = only === undefined ? { sessions: ended.length } : { session: only };
    if (ended.length > 0) await note(tx, user, { action: "ended", subject: "session", before, after: null });
    return ended;
  });
}

const secondFactor: FastifyPluginAsyncTypebox<AccountOptions> = async (app, { seal }) => {
  app.post(
    "/account/totp",
    { schema: { headers: IdempotencyKey, body: ByPassword, response: { 200: TotpOffer, ...MAKE_FAILURES } } },
    async (request, reply) => {
      const user = userOf(request);
      await mustKnowPassword(app, request, request.body.password);
      const offer = newEnrolment(user.name);
      const sealed = seal.seal(offer.secret, user.id);
      const work = async (tx: Transaction) => {
        if (!(await offerTotp(tx, user.id, sealed))) throw new ProblemError("second-factor-on");
        await note(tx, user, { action: "offered", subject: "second-factor", before: null, after: {} });
        return { status: 200, body: offer, shownOnce: "a second factor's secret" };
      };
      return once(app, request, reply, work, { unhashed: true });
    },
  );

  app.put(
    "/account/totp",
    { schema: { body: ByCode, response: { 200: RecoveryCodes, ...CHANGE_FAILURES } } },
    async (request, reply) => {
      const user = userOf(request);
      const done = await asOperator(app.databases.app, user, async (tx) => {
        const kept = await readTotp(tx, user.id);
        const secret = kept === undefined ? undefined : seal.open(kept.sealed, user.id);
        if (secret === undefined || kept?.since !== null) throw new ProblemError("second-factor-off");
        const step = stepOfCode(secret, request.body.code, Date.now());
        if (step === undefined || !(await takeStep(tx, user.id, step))) throw new ProblemError("wrong-code");
        if (!(await confirmTotp(tx, user.id))) throw new ProblemError("second-factor-off");
        await note(tx, user, { action: "added", subject: "second-factor", before: null, after: {} });
        const recoveryCodes = [...(await renewRecoveryCodes(tx, user))];
        // What is at hand of a session says that there is no second factor: every other one signs in anew.
        return { recoveryCodes, ended: await endSessions(tx, user.id, { except: user.sessionId }) };
      });
      await overFor(app, user, done.ended);
      await refreshSession(app, request.cookies[SESSION_COOKIE]);
      reply.header("cache-control", "no-store");
      return { recoveryCodes: done.recoveryCodes };
    },
  );
};

const withoutIt: FastifyPluginAsyncTypebox = async (app) => {
  app.post(
    "/account/totp/removal",
    { schema: { headers: IdempotencyKey, body: ByPassword, response: { 204: Type.Null(), ...MAKE_FAILURES } } },
    async (request, reply) => {
      const user = userOf(request);
      await mustKnowPassword(app, request, request.body.password);
      const work = async (tx: Transaction) => {
        if (!(await removeTotp(tx, user.id))) throw new ProblemError("second-factor-off");
        await note(tx, user, { action: "removed", subject: "second-factor", before: {}, after: null });
        return { status: 204, body: null };
      };
      const afterwards = () => refreshSession(app, request.cookies[SESSION_COOKIE]);
      return once(app, request, reply, work, { afterwards, unhashed: true });
    },
  );

  app.post(
    "/account/recovery-codes",
    {
      schema: {
        description: "Makes new ones; the old ones work no more.",
        headers: IdempotencyKey,
        body: ByPassword,
        response: { 200: RecoveryCodes, ...MAKE_FAILURES },
      },
    },
    async (request, reply) => {
      const user = userOf(request);
      await mustKnowPassword(app, request, request.body.password);
      const work = async (tx: Transaction) => {
        const kept = await readTotp(tx, user.id);
        if (kept === undefined || kept.since === null) throw new ProblemError("second-factor-off");
        await note(tx, user, { action: "renewed", subject: "recovery-codes", before: {}, after: {} });
        const body = { recoveryCodes: [...(await renewRecoveryCodes(tx, user))] };
        return { status: 200, body, shownOnce: "recovery codes" };
      };
      return once(app, request, reply, work, { unhashed: true });
    },
  );
};

/** Who has only found an open page must not take the account over. Wrong ones count as failed sign-ins do. */
async function mustKnowPassword(app: FastifyInstance, request: FastifyRequest, password: string): Promise<void> {
  const user = userOf(request);
  const sql = app.databases.app;
  const attempt = attemptOf(user.name, addressOf(request.ip));
  const until = await beginAttempt(sql, attempt);
  if (until !== undefined) throw tooManyFailures(until);
  const found = await findUser(sql, user.name);
  if (!(await checkPassword(found?.passwordHash, password))) throw new ProblemError("wrong-password");
  await endAttempt(sql, attempt, false);
}

/** Sessions whose rows are gone are over everywhere. */
async function overFor(app: FastifyInstance, user: UserSession, ended: readonly Uint8Array[]): Promise<void> {
  await forgetSessions(app, ended);
  await lookAtListeners(app, user.operatorId);
}

function note(tx: Transaction, { id, operatorId }: UserSession, change: Omit<Change, "subjectId">): Promise<void> {
  return recordChange(tx, { operatorId, userId: id, keyId: null }, { ...change, subjectId: id });
}
