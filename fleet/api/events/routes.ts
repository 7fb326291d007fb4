/**
 * Server-sent events: what changes, as it is committed. A reader that falls behind is cut off, not buffered for: it
 * reads the resources again and listens anew. The stream ends with the session.
 */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyReply } from "fastify";
import Type from "typebox";
import { Value } from "typebox/value";
import { operatorChannel } from "../../live/live-store.js";
import { nullable, Serial } from "../common.js";
import { ProblemError } from "../problems.js";
import { LISTEN_FAILURES } from "../responses.js";
import { callerOf } from "../rights.js";
import { watchCaller } from "../session/watch.js";
import { EventsQuery } from "./schema.js";

export const MAX_LISTENERS = 500;
export const MAX_BEHIND_BYTES = 262_144;
const HEARTBEAT_MS = 15_000;
/** A timer holds at most 2^31 − 1 ms. */
const LONGEST_STREAM_MS = 86_400_000;

const Envelope = Type.Object({ type: Type.String(), machine: nullable(Serial) });

export const eventRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const streams = new Set<() => void>();
  app.addHook("preClose", async () => {
    for (const end of streams) end();
  });

  app.get(
    "/events",
    {
      config: { right: "events:read" },
      schema: { querystring: EventsQuery, response: { 200: Type.String(), ...LISTEN_FAILURES } },
    },
    async (request, reply) => {
      const { operatorId, expiresMs } = callerOf(request);
      if (streams.size >= MAX_LISTENERS) throw new ProblemError("too-many-listeners");
      const { machine } = request.query;
      const stream = openStream(reply, expiresMs);
      // Counted before anything is waited for: subscribing can take until the live store is back.
      streams.add(stream.end);
      const gone = stream.ended.then(() => streams.delete(stream.end));
      const watch = await watchCaller(app, request, stream.end).catch((error: unknown) => {
        request.log.warn(error, "a listener is let go: who it is cannot be known");
        stream.end();
      });
      if (watch === undefined) return;
      gone.then(() => watch.stop()).catch(() => undefined);
      const leave = await app.live
        .subscribe(operatorChannel(operatorId), (message) => {
          const event: unknown = JSON.parse(message);
          if (!Value.Check(Envelope, event) || (machine !== undefined && event.machine !== machine)) return;
          if (!watch.sees(event.machine)) return;
          stream.send(`event: ${event.type}\ndata: ${message}\n\n`);
        })
        .catch((error: unknown) => request.log.warn(error, "no live changes for this listener"));
      gone.then(() => leave?.()).catch(() => undefined);
    },
  );
};

interface Stream {
  readonly send: (text: string) => void;
  readonly end: () => void;
  readonly ended: Promise<void>;
}

function openStream(reply: FastifyReply, expiresMs: number): Stream {
  reply.hijack();
  const { raw } = reply;
  const headers = {
    ...reply.getHeaders(),
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  };
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) raw.setHeader(name, value);
  raw.writeHead(200);
  raw.write("retry: 1000\n\n: listening\n\n");
  const end = (): void => {
    raw.end();
  };
  const heartbeat = setInterval(() => raw.write(": heartbeat\n\n"), HEARTBEAT_MS);
  const deadline = setTimeout(end, Math.min(LONGEST_STREAM_MS, Math.max(0, expiresMs - Date.now())));
  const ended = new Promise<void>((resolve) => {
    raw.once("close", () => {
      clearInterval(heartbeat);
      clearTimeout(deadline);
      resolve();
    });
  });
  return {
    send: (text) => {
      raw.write(text);
      if (raw.writableLength > MAX_BEHIND_BYTES) raw.destroy();
    },
    end,
    ended,
  };
}
