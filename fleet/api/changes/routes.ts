/** The feed of changes as NDJSON by cursor, and as server-sent events that go on where a reader left off. */
import { once } from "node:events";
import { Readable } from "node:stream";
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyReply } from "fastify";
import Type from "typebox";
import { changesChannel } from "../../changes/channel.js";
import { cursorOf, type Position } from "../../changes/feed.js";
import { ProblemError } from "../problems.js";
import { FEED_FAILURES } from "../responses.js";
import { type Caller, callerOf } from "../rights.js";
import { nextChanges, positionOf } from "./feed.js";
import { ChangeQuery, DEFAULT_CHANGES, StreamHeaders, StreamQuery } from "./schema.js";

/** At once in one process. */
export const MAX_FOLLOWERS = 200;
const STREAM_PAGE = 200;
/** Also how often a reader that was told nothing looks by itself. */
const HEARTBEAT_MS = 15_000;

export const changeRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const closing = new AbortController();
  let followers = 0;
  app.addHook("preClose", async () => closing.abort());

  app.get(
    "/changes",
    {
      config: { right: "events:read" },
      exposeHeadRoute: false,
      schema: {
        description: "One change a line, oldest first; an empty answer: nothing yet. Ask again with the last cursor.",
        querystring: ChangeQuery,
        response: { 200: { content: { "application/x-ndjson": { schema: Type.String() } } }, ...FEED_FAILURES },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { after, limit = DEFAULT_CHANGES } = request.query;
      const from = await positionOf(app, caller, after);
      const changes = await nextChanges(app, caller, from, limit);
      reply.type("application/x-ndjson; charset=utf-8").header("cache-control", "no-store");
      reply.header("x-next-cursor", changes.at(-1)?.cursor ?? cursorOf(from));
      return reply.send(changes.map((change) => `${JSON.stringify(change)}\n`).join(""));
    },
  );

  app.get(
    "/changes/stream",
    {
      config: { right: "events:read" },
      exposeHeadRoute: false,
      schema: {
        querystring: StreamQuery,
        headers: StreamHeaders,
        response: { 200: { content: { "text/event-stream": { schema: Type.String() } } }, ...FEED_FAILURES },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      if (followers >= MAX_FOLLOWERS) throw new ProblemError("too-many-listeners");
      const from = await positionOf(app, caller, request.headers["last-event-id"] ?? request.query.after);
      const gone = new AbortController();
      const signal = AbortSignal.any([gone.signal, closing.signal]);
      const stream = Readable.from(follow(app, caller, from, signal), { objectMode: false });
      followers += 1;
      stream.once("close", () => {
        followers -= 1;
      });
      // A reader that goes while nothing happens is noticed at once, not at the next heartbeat.
      request.raw.once("close", () => gone.abort());
      return sendEvents(reply, stream);
    },
  );
};

function sendEvents(reply: FastifyReply, stream: Readable): FastifyReply {
  reply.type("text/event-stream; charset=utf-8").header("cache-control", "no-store");
  return reply.header("x-accel-buffering", "no").send(stream);
}

/** Everything behind `from`, then what comes; written only as fast as it is read. Ends with the session. */
async function* follow(
  app: FastifyInstance,
  caller: Caller,
  from: Position,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  let news = new AbortController();
  const tell = (): void => news.abort();
  const leave = await app.live.subscribe(changesChannel(caller.operatorId), tell).catch(() => undefined);
  try {
    yield Buffer.from("retry: 1000\n\n");
    for (let at = from; !signal.aborted && Date.now() < caller.expiresMs; ) {
      // Before the look: what comes during it is looked for again.
      news = new AbortController();
      const changes = await nextChanges(app, caller, at, STREAM_PAGE);
      for (const change of changes) {
        yield Buffer.from(`id: ${change.cursor}\nevent: ${change.kind}\ndata: ${JSON.stringify(change)}\n\n`);
      }
      const last = changes.at(-1)?.cursor;
      if (last !== undefined) {
        at = { ...at, seq: Number(last.split("-")[1]) };
        continue;
      }
      const heartbeat = AbortSignal.timeout(HEARTBEAT_MS);
      const any = AbortSignal.any([news.signal, signal, heartbeat]);
      if (!any.aborted) await once(any, "abort");
      if (heartbeat.aborted) yield Buffer.from(": heartbeat\n\n");
    }
  } finally {
    await leave?.().catch(() => undefined);
  }
}
