/**
 * To the identity provider and back. What is needed on the return (state, nonce, verifier, and for whom a sign-in is to
 * be linked) travels in a sealed cookie of ten minutes: nothing is kept here for those who never come back. The cookie
 * is SameSite=Lax, since the return is another site's doing; the session's own is Strict and begins only then.
 */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import Type, { type Static } from "typebox";
import { Value } from "typebox/value";
import { recordChange } from "../../store/audit-log.js";
import type { Transaction } from "../../store/databases.js";
import { linkIdentity, listIdentities, lockIdentities, unlinkIdentities } from "../../store/identities.js";
import type { Seal } from "../../store/sealing.js";
import { allOf, asOperator } from "../../store/tenancy.js";
import { findByIdentity, listSessions } from "../../store/users.js";
import { Identities, JourneyStart } from "../account/schema.js";
import { IfMatch, requireMatch, tagged } from "../etags.js";
import { ProblemError } from "../problems.js";
import { CHANGE_FAILURES, FAILURES, ONE_FAILURES } from "../responses.js";
import { userOf } from "./plugin.js";
import type { Provider, ProviderIdentity } from "./provider.js";
import { Providers } from "./schema.js";
import { enter } from "./sign-in.js";

export const JOURNEY_COOKIE = "spiral_journey";
const JOURNEY_S = 600;
const STARTS = { max: 30, timeWindow: "1 minute" } as const;
/** What the cookie is sealed for. */
export const JOURNEY_OWNER = "journey";

const Kept = Type.Object({
  state: Type.String(),
  nonce: Type.String(),
  verifier: Type.String(),
  untilMs: Type.Integer(),
  /** Whose account the sign-in is to be linked with, and the session in which he said so. */
  link: Type.Union([
    Type.Object({ userId: Type.String(), operatorId: Type.String(), sessionId: Type.String() }),
    Type.Null(),
  ]),
});
type Kept = Static<typeof Kept>;

export interface OidcOptions {
  readonly provider: Provider | undefined;
  readonly seal: Seal;
  readonly sessionHours: number;
  readonly publicUrl: string | undefined;
}

export const oidcRoutes: FastifyPluginAsyncTypebox<OidcOptions> = async (app, options) => {
  const { provider } = options;
  app.get("/session/providers", { schema: { response: { 200: Providers, ...FAILURES } } }, async () => ({
    oidc: provider === undefined ? null : { issuer: provider.issuer, startUrl: "api/v1/session/oidc" },
  }));

  app.get(
    "/session/oidc",
    {
      config: { rateLimit: STARTS },
      schema: { response: { 302: Type.Null(), ...CHANGE_FAILURES } },
    },
    async (request, reply) => reply.redirect(await begin(app, options, request, reply, null), 302),
  );

  app.get(
    "/session/oidc/callback",
    {
      config: { rateLimit: STARTS },
      schema: { response: { 303: Type.Null(), ...CHANGE_FAILURES } },
    },
    async (request, reply) => {
      const pages = options.publicUrl ?? "";
      reply.clearCookie(JOURNEY_COOKIE, { path: "/" });
      try {
        await finish(app, options, request, reply);
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        return reply.redirect(`${pages}/?failed=${error.code}`, 303);
      }
      return reply.redirect(`${pages}/`, 303);
    },
  );

  await app.register(identityRoutes, options);
};

/** A person's own sign-ins elsewhere. */
const identityRoutes: FastifyPluginAsyncTypebox<OidcOptions> = async (app, options) => {
  app.addHook("onRequest", app.requireUser);

  app.get(
    "/account/identities",
    { schema: { response: { 200: Identities, ...ONE_FAILURES } } },
    async (request, reply) => {
      const user = userOf(request);
      return tagged(reply, await asOperator(app.databases.app, user, (tx) => identitiesOf(tx, user.id)));
    },
  );

  app.post(
    "/account/identities",
    { schema: { response: { 200: JourneyStart, ...CHANGE_FAILURES } } },
    async (request, reply) => {
      const { id: userId, operatorId, sessionId } = userOf(request);
      return { url: await begin(app, options, request, reply, { userId, operatorId, sessionId }) };
    },
  );

  app.delete(
    "/account/identities",
    { schema: { headers: IfMatch, response: { 204: Type.Null(), ...CHANGE_FAILURES } } },
    async (request, reply) => {
      const user = userOf(request);
      await asOperator(app.databases.app, user, async (tx) => {
        await lockIdentities(tx, user.id);
        const before = await identitiesOf(tx, user.id);
        requireMatch(request, before);
        if ((await unlinkIdentities(tx, user.id)) === 0) return;
        const by = { operatorId: user.operatorId, userId: user.id, keyId: null };
        const change = { action: "unlinked", subject: "identity", subjectId: user.id, before, after: null };
        await recordChange(tx, by, change);
      });
      return reply.code(204).send(null);
    },
  );
};

async function identitiesOf(tx: Transaction, userId: string): Promise<Static<typeof Identities>> {
  const rows = await listIdentities(tx, userId);
  return { identities: rows.map(({ linkedAt, ...row }) => ({ ...row, linkedAt: linkedAt.toISOString() })) };
}

async function begin(
  app: FastifyInstance,
  { provider, seal }: OidcOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  link: Kept["link"],
): Promise<string> {
  if (provider === undefined) throw new ProblemError("no-provider");
  const { url, journey } = await provider.begin().catch((error: unknown) => {
    request.log.error(error, "the identity provider does not answer");
    throw new ProblemError("provider-refused", "It does not answer");
  });
  const kept: Kept = { ...journey, link, untilMs: Date.now() + JOURNEY_S * 1_000 };
  const sealed = seal.seal(JSON.stringify(kept), JOURNEY_OWNER).toString("base64url");
  const secure = app.cookiesAreSecure;
  reply.setCookie(JOURNEY_COOKIE, sealed, { httpOnly: true, sameSite: "lax", path: "/", maxAge: JOURNEY_S, secure });
  return url.href;
}

/** Signs in whoever has come back, or links him. Throws what he is told otherwise. */
async function finish(
  app: FastifyInstance,
  options: OidcOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { provider, seal } = options;
  if (provider === undefined) throw new ProblemError("no-provider");
  const kept = keptOf(seal, request.cookies[JOURNEY_COOKIE]);
  if (kept === undefined || kept.untilMs < Date.now()) throw new ProblemError("provider-refused", "Begin anew");
  const at = request.url.indexOf("?");
  const search = at < 0 ? "" : request.url.slice(at);
  const identity = await provider.finish(search, kept).catch((error: unknown) => {
    request.log.warn(error, "a sign-in at the identity provider was refused");
    throw new ProblemError("provider-refused");
  });
  if (kept.link !== null) return link(app, kept.link, identity);
  const user = await findByIdentity(app.databases.app, identity.issuer, identity.subject);
  if (user === undefined) throw new ProblemError("unknown-identity");
  await enter(app, request, reply, user, { means: "oidc", hours: options.sessionHours });
}

/** The session in which it was asked for must still be: its cookie is not sent when another site leads here. */
async function link(app: FastifyInstance, to: NonNullable<Kept["link"]>, identity: ProviderIdentity): Promise<void> {
  const { userId, operatorId, sessionId } = to;
  await asOperator(app.databases.app, allOf(operatorId), async (tx) => {
    const own = await listSessions(tx, userId);
    if (!own.some(({ id }) => id === sessionId)) throw new ProblemError("not-signed-in");
    if (!(await linkIdentity(tx, to, identity.issuer, identity.subject))) throw new ProblemError("identity-taken");
    const by = { operatorId, userId, keyId: null };
    const change = { action: "linked", subject: "identity", subjectId: userId, before: null, after: identity };
    await recordChange(tx, by, change);
  });
}

function keptOf(seal: Seal, cookie: string | undefined): Kept | undefined {
  if (cookie === undefined) return undefined;
  const text = seal.open(Buffer.from(cookie, "base64url"), JOURNEY_OWNER);
  if (text === undefined) return undefined;
  const value: unknown = JSON.parse(text);
  return Value.Check(Kept, value) ? value : undefined;
}
