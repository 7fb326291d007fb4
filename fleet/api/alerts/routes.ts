/** The alerts inbox: read, acknowledge, assign, comment, snooze, resolve. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import {
  alertHistory,
  type Handling,
  handleAlert,
  listAlerts,
  type NoteKind,
  noteAlert,
  personNamed,
  readAlert,
} from "../../store/alert-inbox.js";
import { muteMachine } from "../../store/alert-rules.js";
import { recordChange } from "../../store/audit-log.js";
import type { Transaction } from "../../store/databases.js";
import { asOperator } from "../../store/tenancy.js";
import { mustBeSoon } from "../alert-rules/until.js";
import { DEFAULT_PAGE } from "../common.js";
import { decodeCursor, encodeCursor, Newest } from "../cursor.js";
import { IdempotencyKey, once } from "../idempotency.js";
import { mustHaveKnown } from "../machines/known.js";
import { ProblemError } from "../problems.js";
import { MAKE_FAILURES, ONE_FAILURES } from "../responses.js";
import { callerOf } from "../rights.js";
import {
  Alert,
  AlertDetail,
  AlertList,
  AlertParams,
  AlertQuery,
  AssignBody,
  CommentBody,
  ResolveBody,
  SnoozeBody,
} from "./schema.js";

export const alertRoutes: FastifyPluginAsyncTypebox = async (app) => {
  await app.register(reads);
  await app.register(handling);
  await app.register(words);
};

const reads: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    "/alerts",
    {
      config: { right: "alerts:read" },
      schema: { querystring: AlertQuery, response: { 200: AlertList, ...ONE_FAILURES } },
    },
    async (request) => {
      const { limit = DEFAULT_PAGE, cursor, ...filter } = request.query;
      const before = decodeCursor(Newest, cursor);
      const page = await asOperator(app.databases.app, callerOf(request), async (tx) => {
        const found = await listAlerts(tx, { ...filter, limit, before });
        if (filter.machine !== undefined && found.items.length === 0) await mustHaveKnown(tx, filter.machine);
        return found;
      });
      return { alerts: [...page.items], nextCursor: encodeCursor(page.next) };
    },
  );

  app.get(
    "/alerts/:id",
    {
      config: { right: "alerts:read" },
      schema: { params: AlertParams, response: { 200: AlertDetail, ...ONE_FAILURES } },
    },
    async (request) => {
      const { id } = request.params;
      return asOperator(app.databases.app, callerOf(request), async (tx) => ({
        ...(await mustFind(tx, id)),
        history: [...(await alertHistory(tx, id))],
      }));
    },
  );
};

const right = { right: "alerts:write" } as const;
const response = { 200: Alert, ...MAKE_FAILURES };
const headers = IdempotencyKey;

const handling: FastifyPluginAsyncTypebox = async (app) => {
  app.post(
    "/alerts/:id/acknowledge",
    { config: right, schema: { params: AlertParams, headers, response } },
    async (request, reply) =>
      handle(app, request, reply, request.params.id, "acknowledged", "", async () => ({ do: "acknowledge" })),
  );

  app.post(
    "/alerts/:id/assign",
    { config: right, schema: { params: AlertParams, headers, body: AssignBody, response } },
    async (request, reply) => {
      const { operatorId } = callerOf(request);
      const { user } = request.body;
      return handle(app, request, reply, request.params.id, "assigned", user ?? "nobody", async (tx) => {
        if (user === null) return { do: "assign", userId: null };
        const userId = await personNamed(tx, operatorId, user);
        if (userId === undefined) throw new ProblemError("no-such-person", user);
        return { do: "assign", userId };
      });
    },
  );

  app.post(
    "/alerts/:id/resolve",
    { config: right, schema: { params: AlertParams, headers, body: ResolveBody, response } },
    async (request, reply) => {
      const { note = "" } = request.body;
      return handle(app, request, reply, request.params.id, "resolved", note, async () => ({ do: "resolve", note }));
    },
  );
};

const words: FastifyPluginAsyncTypebox = async (app) => {
  app.post(
    "/alerts/:id/comments",
    { config: right, schema: { params: AlertParams, headers, body: CommentBody, response } },
    async (request, reply) => {
      const caller = callerOf(request);
      return once(app, request, reply, async (tx) => {
        const found = await mustFind(tx, request.params.id);
        const { note } = request.body;
        await noteAlert(tx, caller, found.id, "commented", note);
        const about = { subject: "alert", subjectId: found.id, before: null, after: { note } };
        await recordChange(tx, caller, { action: "commented", ...about });
        return { status: 200, body: found };
      });
    },
  );

  app.post(
    "/alerts/:id/snooze",
    { config: right, schema: { params: AlertParams, headers, body: SnoozeBody, response } },
    async (request, reply) => {
      const caller = callerOf(request);
      const { untilAt, note = "" } = request.body;
      mustBeSoon(untilAt);
      return once(app, request, reply, async (tx) => {
        const found = await mustFind(tx, request.params.id);
        if (found.machine === null) throw new ProblemError("alert-of-many");
        await muteMachine(tx, caller, found.machine, found.rule, { untilAt, note });
        await noteAlert(tx, caller, found.id, "snoozed", `until ${untilAt} ${note}`.trim());
        const after = { rule: found.rule, untilAt };
        await recordChange(tx, caller, {
          ...{ action: "snoozed", subject: "machine", subjectId: found.machine, before: null, after },
        });
        return { status: 200, body: found };
      });
    },
  );
};

/** Changes the alert, notes it in its history and in the log of changes. */
function handle(
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  id: string,
  kind: NoteKind,
  note: string,
  decide: (tx: Transaction) => Promise<Handling>,
): Promise<void> {
  const caller = callerOf(request);
  return once(app, request, reply, async (tx) => {
    const before = await mustFind(tx, id);
    if (!(await handleAlert(tx, caller, id, await decide(tx)))) throw new ProblemError("alert-resolved");
    await noteAlert(tx, caller, id, kind, note);
    const after = await mustFind(tx, id);
    await recordChange(tx, caller, { action: kind, subject: "alert", subjectId: id, before, after });
    return { status: 200, body: after };
  });
}

async function mustFind(tx: Transaction, id: string): Promise<Alert> {
  const found = await readAlert(tx, id);
  if (found === undefined) throw new ProblemError("no-such-alert", id);
  return found;
}
