/** An operator's people: made, listed, changed, disabled; new links to a password, second factors taken off. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyRequest } from "fastify";
import Type from "typebox";
import { recordChange } from "../../store/audit-log.js";
import type { Transaction } from "../../store/databases.js";
import { addPerson, changePerson, listPeople, lockPeople, type PersonRow, readPerson } from "../../store/people.js";
import { removeTotp } from "../../store/second-factors.js";
import { asOperator } from "../../store/tenancy.js";
import { endSessions } from "../../store/users.js";
import { DEFAULT_PAGE } from "../common.js";
import { decodeCursor, encodeCursor } from "../cursor.js";
import { IfMatch, requireMatch, tagged } from "../etags.js";
import { IdempotencyKey, once } from "../idempotency.js";
import { ProblemError } from "../problems.js";
import { ALLOWED_FAILURES, CHANGE_FAILURES, MAKE_FAILURES, ONE_FAILURES } from "../responses.js";
import { callerOf } from "../rights.js";
import { forgetSessions } from "../session/sessions.js";
import { lookAtListeners } from "../session/watch.js";
import { INVITED_FOR_MS, linkPath, type MadeLink, makeLink, type Post, RESET_WITHIN_MS } from "./links.js";
import { MadeUser, NewUser, PasswordLink, User, UserChange, UserList, UserParams, UserQuery } from "./schema.js";

const AfterName = Type.Tuple([Type.String({ maxLength: 100 })]);
const reading = { right: "users:read" } as const;
const writing = { right: "users:write" } as const;

export const userRoutes: FastifyPluginAsyncTypebox<Post> = async (app, post) => {
  await app.register(changes);
  await app.register(links, post);

  app.get(
    "/users",
    { config: reading, schema: { querystring: UserQuery, response: { 200: UserList, ...ALLOWED_FAILURES } } },
    async (request) => {
      const { limit = DEFAULT_PAGE, cursor } = request.query;
      const after = decodeCursor(AfterName, cursor)?.[0];
      const page = await asOperator(app.databases.app, callerOf(request), (tx) => listPeople(tx, limit, after));
      return {
        users: page.items.map(viewOf),
        nextCursor: encodeCursor(page.next === undefined ? undefined : [page.next]),
      };
    },
  );

  app.get(
    "/users/:id",
    { config: reading, schema: { params: UserParams, response: { 200: User, ...ONE_FAILURES } } },
    async (request, reply) => {
      const row = await asOperator(app.databases.app, callerOf(request), (tx) => mustFind(tx, request.params.id));
      return tagged(reply, viewOf(row));
    },
  );
};

const changes: FastifyPluginAsyncTypebox = async (app) => {
  app.patch(
    "/users/:id",
    {
      config: writing,
      schema: { params: UserParams, headers: IfMatch, body: UserChange, response: { 200: User, ...CHANGE_FAILURES } },
    },
    async (request, reply) => tagged(reply, await changeUser(app, request, request.params.id, request.body)),
  );

  app.delete(
    "/users/:id",
    {
      config: writing,
      schema: { params: UserParams, headers: IfMatch, response: { 204: Type.Null(), ...CHANGE_FAILURES } },
    },
    async (request, reply) => {
      await changeUser(app, request, request.params.id, { disabled: true });
      return reply.code(204).send(null);
    },
  );

  app.delete(
    "/users/:id/second-factor",
    {
      config: writing,
      schema: {
        params: UserParams,
        description: "For a person who has lost device and recovery codes. His sessions end.",
        response: { 204: Type.Null(), ...CHANGE_FAILURES },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { id } = request.params;
      const ended = await asOperator(app.databases.app, caller, async (tx) => {
        await mustFind(tx, id);
        if (!(await removeTotp(tx, id))) throw new ProblemError("second-factor-off");
        const change = { action: "removed", subject: "second-factor", subjectId: id, before: {}, after: null };
        await recordChange(tx, caller, change);
        return endSessions(tx, id);
      });
      await forgetSessions(app, ended);
      await lookAtListeners(app, caller.operatorId);
      return reply.code(204).send(null);
    },
  );
};

const links: FastifyPluginAsyncTypebox<Post> = async (app, post) => {
  app.post(
    "/users",
    {
      config: writing,
      schema: { headers: IdempotencyKey, body: NewUser, response: { 201: MadeUser, ...MAKE_FAILURES } },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { name, role, tags = null, email = null } = request.body;
      mustFit(role, tags);
      const work = async (tx: Transaction) => {
        await lockPeople(tx, caller.operatorId);
        const added = await addPerson(tx, caller.operatorId, name, { role, tags, email });
        if (added === "taken") throw new ProblemError("name-taken", name);
        if (added === "too many") throw new ProblemError("too-many-users");
        const after = viewOf(await mustFind(tx, added.id));
        await recordChange(tx, caller, {
          action: "created",
          subject: "user",
          subjectId: after.id,
          before: null,
          after,
        });
        const to = { operatorId: caller.operatorId, userId: after.id, email: after.email };
        const body = { user: after, link: viewOfLink(await makeLink(tx, post, to, INVITED_FOR_MS)) };
        return { status: 201, body, shownOnce: `user ${after.id}, and a link to a password` };
      };
      return once(app, request, reply, work);
    },
  );

  app.post(
    "/users/:id/password-links",
    {
      config: writing,
      schema: { params: UserParams, headers: IdempotencyKey, response: { 201: PasswordLink, ...MAKE_FAILURES } },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { id } = request.params;
      const work = async (tx: Transaction) => {
        const person = await mustFind(tx, id);
        if (person.disabledAt !== null) throw new ProblemError("no-such-user", "He is disabled");
        const change = { action: "created", subject: "password-link", subjectId: id, before: null, after: {} };
        await recordChange(tx, caller, change);
        const to = { operatorId: caller.operatorId, userId: id, email: person.email };
        const link = await makeLink(tx, post, to, RESET_WITHIN_MS);
        return { status: 201, body: viewOfLink(link), shownOnce: "a link to a password" };
      };
      return once(app, request, reply, work);
    },
  );
};

type Change = Type.Static<typeof UserChange>;

/** Sets what is given. Who sees or may less by it, or is disabled, is out at once where that matters. */
async function changeUser(app: FastifyInstance, request: FastifyRequest, id: string, change: Change): Promise<User> {
  const caller = callerOf(request);
  const done = await asOperator(app.databases.app, caller, async (tx) => {
    await lockPeople(tx, caller.operatorId);
    const row = await mustFind(tx, id);
    requireMatch(request, viewOf(row));
    const { role = row.role, tags = row.tags, email = row.email, disabled = row.disabledAt !== null } = change;
    mustFit(role, tags);
    if (!(await changePerson(tx, id, { role, tags, email, disabled }))) throw new ProblemError("last-owner");
    const [before, after] = [viewOf(row), viewOf(await mustFind(tx, id))];
    await recordChange(tx, caller, { action: "changed", subject: "user", subjectId: id, before, after });
    // Sessions at hand carry role and tags: whoever has others signs in anew.
    const same = role === row.role && JSON.stringify(tags) === JSON.stringify(row.tags) && !disabled;
    return { after, ended: same ? [] : await endSessions(tx, id) };
  });
  await forgetSessions(app, done.ended);
  await lookAtListeners(app, caller.operatorId);
  return done.after;
}

/** An owner sees everything. */
function mustFit(role: string, tags: readonly string[] | null): void {
  if (role === "owner" && tags !== null)
    throw new ProblemError("bad-request", "An owner sees all machines: tags: null");
}

async function mustFind(tx: Transaction, id: string): Promise<PersonRow> {
  const row = await readPerson(tx, id);
  if (row === undefined) throw new ProblemError("no-such-user");
  return row;
}

function viewOfLink({ token, expiresAt, mailed }: MadeLink) {
  return { token, path: linkPath(token), expiresAt: expiresAt.toISOString(), mailed };
}

function viewOf({ createdAt, disabledAt, passwordChangedAt, tags, ...row }: PersonRow): User {
  return {
    ...row,
    tags: tags === null ? null : [...tags],
    createdAt: createdAt.toISOString(),
    disabledAt: disabledAt?.toISOString() ?? null,
    passwordChangedAt: passwordChangedAt?.toISOString() ?? null,
  };
}
