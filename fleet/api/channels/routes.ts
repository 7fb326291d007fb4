/** Channels of an operator: made, changed, tried, removed; their outbox, and dead letters sent again. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import Type from "typebox";
import { hookSecret } from "../../hooks/sign.js";
import { parseTarget } from "../../hooks/target.js";
import { recordChange } from "../../store/audit-log.js";
import {
  addChannel,
  changeChannel,
  type KeptChannel,
  listChannels,
  listDeliveries,
  putTest,
  readChannel,
  replayDead,
} from "../../store/channels.js";
import type { Transaction } from "../../store/databases.js";
import { drop, renewSecret } from "../../store/outbox.js";
import { asOperator } from "../../store/tenancy.js";
import { DEFAULT_PAGE } from "../common.js";
import { decodeCursor, encodeCursor, Newest } from "../cursor.js";
import { IfMatch, requireMatch, tagged } from "../etags.js";
import { IdempotencyKey, once } from "../idempotency.js";
import { ProblemError } from "../problems.js";
import { ALLOWED_FAILURES, CHANGE_FAILURES, MAKE_FAILURES, ONE_FAILURES } from "../responses.js";
import { callerOf } from "../rights.js";
import {
  Channel,
  ChannelBody,
  ChannelList,
  ChannelParams,
  ChannelPatch,
  DeliveryList,
  DeliveryQuery,
  MadeChannel,
  Queued,
  ReplayBody,
  Replayed,
} from "./schema.js";

interface Options {
  readonly master: Uint8Array;
}

const WRITE = { right: "rules:write" } as const;
/** What its outbox says of itself. */
const MOVING = ["waiting", "dead"];

export const channelRoutes: FastifyPluginAsyncTypebox<Options> = async (app, options) => {
  await app.register(reads);
  await app.register(making, options);
  await app.register(changes);
  await app.register(sending);
};

const reads: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    "/channels",
    { config: WRITE, schema: { response: { 200: ChannelList, ...ALLOWED_FAILURES } } },
    async (request) => {
      const caller = callerOf(request);
      const kept = await asOperator(app.databases.app, caller, (tx) => listChannels(tx, caller.operatorId));
      return { channels: kept.map(({ channel }) => channel) };
    },
  );

  app.get(
    "/channels/:id",
    { config: WRITE, schema: { params: ChannelParams, response: { 200: Channel, ...ONE_FAILURES } } },
    async (request, reply) => {
      const caller = callerOf(request);
      const { id } = request.params;
      const found = await asOperator(app.databases.app, caller, (tx) => mustFind(tx, caller.operatorId, id));
      return tagged(reply, found.channel, MOVING);
    },
  );

  app.get(
    "/channels/:id/deliveries",
    {
      config: WRITE,
      schema: { params: ChannelParams, querystring: DeliveryQuery, response: { 200: DeliveryList, ...ONE_FAILURES } },
    },
    async (request) => {
      const caller = callerOf(request);
      const { id } = request.params;
      const { state, limit = DEFAULT_PAGE, cursor } = request.query;
      const before = decodeCursor(Newest, cursor);
      const page = await asOperator(app.databases.app, caller, async (tx) => {
        await mustFind(tx, caller.operatorId, id);
        return listDeliveries(tx, id, { state, limit, before });
      });
      return { deliveries: [...page.items], nextCursor: encodeCursor(page.next) };
    },
  );
};

const making: FastifyPluginAsyncTypebox<Options> = async (app, { master }) => {
  app.post(
    "/channels",
    {
      config: WRITE,
      schema: { headers: IdempotencyKey, body: ChannelBody, response: { 201: MadeChannel, ...MAKE_FAILURES } },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { body } = request;
      mustLead(body.kind, body);
      return once(app, request, reply, async (tx) => {
        const id = await addChannel(tx, caller.operatorId, body);
        if (id === undefined) throw new ProblemError("name-taken", body.name);
        const { channel: after, secretVersion } = await mustFind(tx, caller.operatorId, id);
        await recordChange(tx, caller, { action: "created", subject: "channel", subjectId: id, before: null, after });
        const secret = after.kind === "webhook" ? hookSecret(master, id, secretVersion) : null;
        const answer = { status: 201, body: { ...after, secret } };
        return secret === null ? answer : { ...answer, shownOnce: `channel ${id}` };
      });
    },
  );

  app.post(
    "/channels/:id/secrets",
    {
      config: WRITE,
      schema: { params: ChannelParams, headers: IdempotencyKey, response: { 201: MadeChannel, ...MAKE_FAILURES } },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { id } = request.params;
      return once(app, request, reply, async (tx) => {
        const { channel } = await mustFind(tx, caller.operatorId, id);
        if (channel.kind !== "webhook") throw new ProblemError("bad-request", "only webhooks have a secret");
        const version = await renewSecret(tx, "channels", caller.operatorId, id);
        const about = { before: null, after: { version } };
        await recordChange(tx, caller, { action: "secret renewed", subject: "channel", subjectId: id, ...about });
        const body = { ...channel, secret: hookSecret(master, id, version) };
        return { status: 201, body, shownOnce: `channel ${id}` };
      });
    },
  );
};

const changes: FastifyPluginAsyncTypebox = async (app) => {
  app.patch(
    "/channels/:id",
    {
      config: WRITE,
      schema: {
        params: ChannelParams,
        headers: IfMatch,
        body: ChannelPatch,
        response: { 200: Channel, ...CHANGE_FAILURES },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { id } = request.params;
      const changed = await asOperator(app.databases.app, caller, async (tx) => {
        const { channel: before } = await mustFind(tx, caller.operatorId, id, true);
        requireMatch(request, before, MOVING);
        const after = { ...before, ...request.body };
        mustLead(before.kind, after);
        if (!(await changeChannel(tx, caller.operatorId, after))) throw new ProblemError("name-taken", after.name);
        await recordChange(tx, caller, { action: "changed", subject: "channel", subjectId: id, before, after });
        return after;
      });
      return tagged(reply, changed, MOVING);
    },
  );

  app.delete(
    "/channels/:id",
    {
      config: WRITE,
      schema: { params: ChannelParams, headers: IfMatch, response: { 204: Type.Null(), ...CHANGE_FAILURES } },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { id } = request.params;
      await asOperator(app.databases.app, caller, async (tx) => {
        const { channel: before } = await mustFind(tx, caller.operatorId, id, true);
        requireMatch(request, before, MOVING);
        await drop(tx, "channels", caller.operatorId, id);
        await recordChange(tx, caller, { action: "removed", subject: "channel", subjectId: id, before, after: null });
      });
      return reply.code(204).send(null);
    },
  );
};

const sending: FastifyPluginAsyncTypebox = async (app) => {
  app.post(
    "/channels/:id/test",
    {
      config: WRITE,
      schema: { params: ChannelParams, headers: IdempotencyKey, response: { 202: Queued, ...MAKE_FAILURES } },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { id } = request.params;
      return once(app, request, reply, async (tx) => {
        await mustFind(tx, caller.operatorId, id);
        return { status: 202, body: { deliveryId: await putTest(tx, caller.operatorId, id) } };
      });
    },
  );

  app.post(
    "/channels/:id/replays",
    {
      config: WRITE,
      schema: {
        params: ChannelParams,
        headers: IdempotencyKey,
        body: ReplayBody,
        response: { 202: Replayed, ...MAKE_FAILURES },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { id } = request.params;
      const { deliveryId = null } = request.body;
      return once(app, request, reply, async (tx) => {
        await mustFind(tx, caller.operatorId, id);
        const count = await replayDead(tx, id, deliveryId);
        const after = { deliveryId, count };
        await recordChange(tx, caller, { action: "replayed", subject: "channel", subjectId: id, before: null, after });
        return { status: 202, body: { replayed: count } };
      });
    },
  );
};

/** Each kind has its own way to say where. */
function mustLead(kind: string, { url, to }: { url?: string | null; to?: readonly string[] | null }): void {
  const [wanted, other] = kind === "webhook" ? ([url, to] as const) : ([to, url] as const);
  if (wanted === undefined || wanted === null || (other !== undefined && other !== null)) {
    throw new ProblemError("bad-request", kind === "webhook" ? "a webhook has a url" : "e-mail has to");
  }
  const verdict = kind === "webhook" ? parseTarget(url ?? "") : undefined;
  if (verdict?.ok === false) throw new ProblemError("bad-request", `the url ${verdict.why}`);
}

async function mustFind(tx: Transaction, operatorId: string, id: string, lock = false): Promise<KeptChannel> {
  const found = await readChannel(tx, operatorId, id, lock);
  if (found === undefined) throw new ProblemError("no-such-channel", id);
  return found;
}
