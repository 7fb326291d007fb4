/** Keys of programs: made (shown once), listed, changed, revoked. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import Type from "typebox";
import { recordChange } from "../../store/audit-log.js";
import type { Transaction } from "../../store/databases.js";
import { addKey, changeKey, type KeyRow, listKeys, lockKeys, readKey, revokeKey } from "../../store/keys.js";
import { asOperator } from "../../store/tenancy.js";
import { DEFAULT_PAGE } from "../common.js";
import { decodeCursor, encodeCursor, Newest } from "../cursor.js";
import { IfMatch, requireMatch, tagged } from "../etags.js";
import { IdempotencyKey, once } from "../idempotency.js";
import { ProblemError } from "../problems.js";
import { ALLOWED_FAILURES, CHANGE_FAILURES, MAKE_FAILURES, ONE_FAILURES } from "../responses.js";
import { type Caller, callerOf, RIGHT_NAMES } from "../rights.js";
import { lookAtListeners } from "../session/watch.js";
import { Key, KeyChange, KeyList, KeyParams, KeyQuery, MadeKey, NewKey } from "./schema.js";

const DEFAULT_REQUESTS_PER_MINUTE = 600;
const config = { right: "keys:write" } as const;
const MOVING = ["lastUsedAt"];

export const keyRoutes: FastifyPluginAsyncTypebox = async (app) => {
  await app.register(changing);

  app.get(
    "/keys",
    { config, schema: { querystring: KeyQuery, response: { 200: KeyList, ...ALLOWED_FAILURES } } },
    async (request) => {
      const { limit = DEFAULT_PAGE, cursor } = request.query;
      const before = decodeCursor(Newest, cursor);
      const page = await asOperator(app.databases.app, callerOf(request), (tx) => listKeys(tx, limit, before));
      return { keys: page.items.map(viewOf), nextCursor: encodeCursor(page.next) };
    },
  );

  app.post(
    "/keys",
    { config, schema: { headers: IdempotencyKey, body: NewKey, response: { 201: MadeKey, ...MAKE_FAILURES } } },
    async (request, reply) => {
      const caller = callerOf(request);
      const { name, scopes, tags = null, requestsPerMinute = DEFAULT_REQUESTS_PER_MINUTE, expiresAt } = request.body;
      mustHave(caller, scopes);
      const wanted = { name, scopes, tags, requestsPerMinute, expiresAt: dateOf(expiresAt) };
      return once(app, request, reply, async (tx) => {
        const added = await addKey(tx, caller, wanted);
        if (added === "taken") throw new ProblemError("name-taken", name);
        if (added === "too many") throw new ProblemError("too-many-keys");
        const after = viewOf(await mustFind(tx, added.id));
        await recordChange(tx, caller, { action: "created", subject: "key", subjectId: after.id, before: null, after });
        return { status: 201, body: { ...after, key: added.key }, shownOnce: `key ${after.id}` };
      });
    },
  );

  app.get(
    "/keys/:id",
    { config, schema: { params: KeyParams, response: { 200: Key, ...ONE_FAILURES } } },
    async (request, reply) => {
      const row = await asOperator(app.databases.app, callerOf(request), (tx) => mustFind(tx, request.params.id));
      return tagged(reply, viewOf(row), MOVING);
    },
  );
};

const changing: FastifyPluginAsyncTypebox = async (app) => {
  app.patch(
    "/keys/:id",
    {
      config,
      schema: { params: KeyParams, headers: IfMatch, body: KeyChange, response: { 200: Key, ...CHANGE_FAILURES } },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { id } = request.params;
      const { expiresAt, ...change } = request.body;
      mustHave(caller, change.scopes ?? []);
      const changed = await asOperator(app.databases.app, caller, async (tx) => {
        await lockKeys(tx, caller.operatorId);
        const row = await mustFind(tx, id);
        requireMatch(request, viewOf(row), MOVING);
        if (row.revokedAt !== null) throw new ProblemError("no-such-key", "It is revoked");
        const wanted = { ...row, ...change, expiresAt: expiresAt === undefined ? row.expiresAt : dateOf(expiresAt) };
        if (!(await changeKey(tx, id, wanted))) throw new ProblemError("name-taken", wanted.name);
        const [before, after] = [viewOf(row), viewOf(await mustFind(tx, id))];
        await recordChange(tx, caller, { action: "changed", subject: "key", subjectId: id, before, after });
        return after;
      });
      return tagged(reply, changed, MOVING);
    },
  );

  app.delete(
    "/keys/:id",
    { config, schema: { params: KeyParams, headers: IfMatch, response: { 204: Type.Null(), ...CHANGE_FAILURES } } },
    async (request, reply) => {
      const caller = callerOf(request);
      const { id } = request.params;
      await asOperator(app.databases.app, caller, async (tx) => {
        await lockKeys(tx, caller.operatorId);
        const before = viewOf(await mustFind(tx, id));
        requireMatch(request, before, MOVING);
        if (!(await revokeKey(tx, id))) return;
        const after = viewOf(await mustFind(tx, id));
        await recordChange(tx, caller, { action: "revoked", subject: "key", subjectId: id, before, after });
      });
      await lookAtListeners(app, caller.operatorId);
      return reply.code(204).send(null);
    },
  );
};

/** Nobody makes a key that may do more than he. */
function mustHave({ rights }: Caller, scopes: readonly string[]): void {
  const missing = scopes.filter((scope) => !rights.some((right) => right === scope));
  if (missing.length > 0) throw new ProblemError("not-allowed", missing.join(", "));
}

async function mustFind(tx: Transaction, id: string): Promise<KeyRow> {
  const row = await readKey(tx, id);
  if (row === undefined) throw new ProblemError("no-such-key");
  return row;
}

function dateOf(text: string | null | undefined): Date | null {
  return text === undefined || text === null ? null : new Date(text);
}

function viewOf({ id, name, prefix, scopes, tags, requestsPerMinute, createdBy, ...row }: KeyRow): Key {
  return {
    id,
    name,
    prefix,
    // A right that this version no longer knows is none.
    scopes: RIGHT_NAMES.filter((right) => scopes.includes(right)),
    tags: tags === null ? null : [...tags],
    requestsPerMinute,
    createdBy,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt?.toISOString() ?? null,
    revokedAt: row.revokedAt?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
  };
}
