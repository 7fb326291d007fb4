/** Webhooks of the feed: made, changed, tried, removed; their messages, and dead ones sent again. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import Type from "typebox";
import { hookSecret } from "../../hooks/sign.js";
import { parseTarget } from "../../hooks/target.js";
import { recordChange } from "../../store/audit-log.js";
import { feedState } from "../../store/changes.js";
import type { Transaction } from "../../store/databases.js";
import { drop, renewSecret } from "../../store/outbox.js";
import { asOperator } from "../../store/tenancy.js";
import {
  addWebhook,
  changeWebhook,
  type KeptWebhook,
  listFeedDeliveries,
  listWebhooks,
  moveWebhook,
  putBatch,
  readWebhook,
  replayDeadBatches,
} from "../../store/webhooks.js";
import { positionIn } from "../changes/feed.js";
import { DEFAULT_PAGE } from "../common.js";
import { decodeCursor, encodeCursor, Newest } from "../cursor.js";
import { IfMatch, requireMatch, tagged } from "../etags.js";
import { IdempotencyKey, once } from "../idempotency.js";
import { ProblemError } from "../problems.js";
import { ALLOWED_FAILURES, CHANGE_FAILURES, FOLLOW_FAILURES, MAKE_FAILURES, ONE_FAILURES } from "../responses.js";
import { type Caller, callerOf } from "../rights.js";
import {
  FeedDeliveryList,
  FeedDeliveryQuery,
  FeedQueued,
  FeedReplayBody,
  FeedReplayed,
  MAX_WEBHOOKS,
  MadeWebhook,
  Webhook,
  WebhookBody,
  WebhookList,
  WebhookParams,
  WebhookPatch,
} from "./schema.js";

interface Options {
  readonly master: Uint8Array;
}

const config = { right: "webhooks:write" } as const;
/** How far it has come, which is nobody's to set but by `after`. */
const MOVING = ["cursor", "behind", "stopped", "waiting", "dead"];

export const webhookRoutes: FastifyPluginAsyncTypebox<Options> = async (app, options) => {
  await app.register(reads);
  await app.register(making, options);
  await app.register(changing);
  await app.register(sending);
};

const reads: FastifyPluginAsyncTypebox = async (app) => {
  app.get("/webhooks", { config, schema: { response: { 200: WebhookList, ...ALLOWED_FAILURES } } }, async (request) => {
    const caller = callerOf(request);
    const kept = await asOperator(app.databases.app, caller, (tx) => listWebhooks(tx, caller.operatorId));
    return { webhooks: kept.map(({ webhook }) => webhook) };
  });

  app.get(
    "/webhooks/:id",
    { config, schema: { params: WebhookParams, response: { 200: Webhook, ...ONE_FAILURES } } },
    async (request, reply) => {
      const caller = callerOf(request);
      const { id } = request.params;
      const found = await asOperator(app.databases.app, caller, (tx) => mustFind(tx, caller, id));
      return tagged(reply, found.webhook, MOVING);
    },
  );

  app.get(
    "/webhooks/:id/deliveries",
    {
      config,
      schema: {
        params: WebhookParams,
        querystring: FeedDeliveryQuery,
        response: { 200: FeedDeliveryList, ...ONE_FAILURES },
      },
    },
    async (request) => {
      const caller = callerOf(request);
      const { id } = request.params;
      const { state, limit = DEFAULT_PAGE, cursor } = request.query;
      const before = decodeCursor(Newest, cursor);
      const page = await asOperator(app.databases.app, caller, async (tx) => {
        await mustFind(tx, caller, id);
        return listFeedDeliveries(tx, id, { state, limit, before });
      });
      return { deliveries: [...page.items], nextCursor: encodeCursor(page.next) };
    },
  );
};

const making: FastifyPluginAsyncTypebox<Options> = async (app, { master }) => {
  app.post(
    "/webhooks",
    {
      config,
      schema: { headers: IdempotencyKey, body: WebhookBody, response: { 201: MadeWebhook, ...FOLLOW_FAILURES } },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { name, url, kinds, enabled = true, after } = request.body;
      mustLead(url);
      return once(app, request, reply, async (tx) => {
        const { incarnation, newest } = await feedState(tx, caller.operatorId);
        const { seq } = after === undefined ? { seq: newest } : await positionIn(tx, caller, after);
        const row = { name, url, kinds, enabled, incarnation, afterSeq: seq };
        const added = await addWebhook(tx, caller.operatorId, row, MAX_WEBHOOKS);
        if (added === "too many") throw new ProblemError("too-many-webhooks", `at most ${MAX_WEBHOOKS}`);
        if (added === "taken") throw new ProblemError("name-taken", name);
        const { webhook, secretVersion } = await mustFind(tx, caller, added.id);
        const about = { subject: "webhook", subjectId: added.id, before: null, after: webhook };
        await recordChange(tx, caller, { action: "created", ...about });
        const body = { ...webhook, secret: hookSecret(master, webhook.id, secretVersion) };
        return { status: 201, body, shownOnce: `webhook ${webhook.id}` };
      });
    },
  );

  app.post(
    "/webhooks/:id/secrets",
    {
      config,
      schema: { params: WebhookParams, headers: IdempotencyKey, response: { 201: MadeWebhook, ...MAKE_FAILURES } },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { id } = request.params;
      return once(app, request, reply, async (tx) => {
        const { webhook } = await mustFind(tx, caller, id, true);
        const version = await renewSecret(tx, "webhooks", caller.operatorId, id);
        const about = { subject: "webhook", subjectId: id, before: null, after: { version } };
        await recordChange(tx, caller, { action: "secret renewed", ...about });
        const body = { ...webhook, secret: hookSecret(master, id, version) };
        return { status: 201, body, shownOnce: `webhook ${id}` };
      });
    },
  );
};

const changing: FastifyPluginAsyncTypebox = async (app) => {
  app.patch(
    "/webhooks/:id",
    {
      config,
      schema: {
        params: WebhookParams,
        headers: IfMatch,
        body: WebhookPatch,
        response: { 200: Webhook, ...CHANGE_FAILURES, ...FOLLOW_FAILURES },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { id } = request.params;
      const { after: cursor, ...change } = request.body;
      if (change.url !== undefined) mustLead(change.url);
      const changed = await asOperator(app.databases.app, caller, async (tx) => {
        const { webhook: before } = await mustFind(tx, caller, id, true);
        requireMatch(request, before, MOVING);
        const wanted = { ...before, ...change };
        if (!(await changeWebhook(tx, caller.operatorId, wanted))) throw new ProblemError("name-taken", wanted.name);
        if (cursor !== undefined) await moveWebhook(tx, id, await positionIn(tx, caller, cursor));
        else if (change.enabled === true) await moveToWhatIsKept(tx, caller, before);
        const { webhook: after } = await mustFind(tx, caller, id);
        await recordChange(tx, caller, { action: "changed", subject: "webhook", subjectId: id, before, after });
        return after;
      });
      return tagged(reply, changed, MOVING);
    },
  );

  app.delete(
    "/webhooks/:id",
    {
      config,
      schema: { params: WebhookParams, headers: IfMatch, response: { 204: Type.Null(), ...CHANGE_FAILURES } },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { id } = request.params;
      await asOperator(app.databases.app, caller, async (tx) => {
        const { webhook: before } = await mustFind(tx, caller, id, true);
        requireMatch(request, before, MOVING);
        await drop(tx, "webhooks", caller.operatorId, id);
        await recordChange(tx, caller, { action: "removed", subject: "webhook", subjectId: id, before, after: null });
      });
      return reply.code(204).send(null);
    },
  );
};

const sending: FastifyPluginAsyncTypebox = async (app) => {
  app.post(
    "/webhooks/:id/test",
    {
      config,
      schema: { params: WebhookParams, headers: IdempotencyKey, response: { 202: FeedQueued, ...MAKE_FAILURES } },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { id } = request.params;
      const test = { event: "test", body: '{"changes":[]}', changes: 0, lastSeq: null } as const;
      return once(app, request, reply, async (tx) => {
        await mustFind(tx, caller, id);
        return { status: 202, body: { deliveryId: await putBatch(tx, caller.operatorId, id, test) } };
      });
    },
  );

  app.post(
    "/webhooks/:id/replays",
    {
      config,
      schema: {
        params: WebhookParams,
        headers: IdempotencyKey,
        body: FeedReplayBody,
        response: { 202: FeedReplayed, ...MAKE_FAILURES },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { id } = request.params;
      const { deliveryId = null } = request.body;
      return once(app, request, reply, async (tx) => {
        await mustFind(tx, caller, id);
        const count = await replayDeadBatches(tx, id, deliveryId);
        const after = { deliveryId, count };
        await recordChange(tx, caller, { action: "replayed", subject: "webhook", subjectId: id, before: null, after });
        return { status: 202, body: { replayed: count } };
      });
    },
  );
};

/** One whose place in the feed is there no more goes on with the oldest change that is kept. */
async function moveToWhatIsKept(tx: Transaction, caller: Caller, { id, cursor }: Webhook): Promise<void> {
  const { incarnation, oldest, newest } = await feedState(tx, caller.operatorId);
  const [told = Number.NaN, seq = Number.NaN] = cursor.split("-").map(Number);
  if (told === incarnation && seq >= oldest - 1 && seq <= newest) return;
  await moveWebhook(tx, id, { incarnation, seq: oldest - 1 });
}

function mustLead(url: string): void {
  const verdict = parseTarget(url);
  if (!verdict.ok) throw new ProblemError("bad-request", `the url ${verdict.why}`);
}

async function mustFind(tx: Transaction, caller: Caller, id: string, lock = false): Promise<KeptWebhook> {
  const found = await readWebhook(tx, caller.operatorId, id, lock);
  if (found === undefined) throw new ProblemError("no-such-webhook", id);
  return found;
}
