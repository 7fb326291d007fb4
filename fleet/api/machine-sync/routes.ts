/**
 * The way in for machines where MQTT is blocked: the same envelopes, booked the same way, and orders by a request that
 * waits. In processes with the role `ingest`: a proxy sends both addresses there. Each request proves its machine.
 */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyReply, FastifyRequest } from "fastify";
import { decodeSync, encodeSyncAnswer, MAX_SYNC_BYTES, NEXT_NUMBER_HEADER } from "../../../shared/wire/sync.js";
import type { OrderDesk } from "../../commands/plugin.js";
import { judgeRequest, type RequestVerdict } from "../../identity/machine-request.js";
import type { Ingest } from "../../ingest/plugin.js";
import { announceStates } from "../../live/announce.js";
import type { RequestKind } from "../../store/machine-requests.js";
import { ProblemError } from "../problems.js";
import { counterOf } from "../rate-limits.js";
import { SYNC_FAILURES } from "../responses.js";
import { Answered, CBOR, OrdersQuery, RequestHeaders, SyncBody } from "./schema.js";

/** Of one machine, both addresses together. */
export const MACHINE_REQUESTS_PER_MINUTE = 240;
const WINDOW_MS = 60_000;
/** Whoever finds no room is to come again after this, or as long as the queue says. */
const NO_ROOM_WAIT_MS = 5_000;

export interface MachineSyncOptions {
  readonly ingest: Ingest;
  readonly desk: OrderDesk;
  /** Whether passwords open anything here. */
  readonly passwords: boolean;
}

type Shown = { readonly authorization: string; readonly "spiral-number": number };
type Machine = Extract<RequestVerdict, { is: "machine" }>;

export const machineSync: FastifyPluginAsyncTypebox<MachineSyncOptions> = async (app, options) => {
  const { ingest, desk, passwords } = options;
  const countOne = counterOf(app.live);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(CBOR, { parseAs: "buffer", bodyLimit: MAX_SYNC_BYTES }, (_request, body, done) => {
    done(null, body);
  });

  /** The machine that has sent this. Throws what everybody else is told. */
  const machineOf = async (
    request: FastifyRequest,
    reply: FastifyReply,
    kind: RequestKind,
    body: Uint8Array,
    { authorization, "spiral-number": number }: Shown,
  ): Promise<Machine> => {
    reply.header("cache-control", "no-store");
    if (app.draining.isDraining()) throw noRoom(ingest);
    const method = kind === "sync" ? "POST" : "GET";
    const shown = { kind, method, target: request.url, authorization, number, body } as const;
    const verdict = await judgeRequest(app.databases.ingest, shown, passwords);
    if (verdict.is === "nobody") throw new ProblemError("machine-unproved");
    if (verdict.is === "shutOut") throw new ProblemError("machine-shut-out", verdict.why);
    if (verdict.is === "repeated") {
      reply.header(NEXT_NUMBER_HEADER, verdict.next);
      throw new ProblemError("number-used");
    }
    const { count, endsInMs } = await countOne(`machine ${verdict.serial}`, WINDOW_MS);
    if (count > MACHINE_REQUESTS_PER_MINUTE) throw new ProblemError("too-many-requests", undefined, endsInMs);
    if (verdict.state.changed) {
      app.alertMarks?.states([verdict.state]);
      announceStates(app.live, [verdict.state]).catch((error: unknown) => app.log.warn(error, "nobody was told"));
    }
    return verdict;
  };

  app.post(
    "/sync",
    { schema: { headers: RequestHeaders, body: SyncBody, response: { 200: Answered, ...SYNC_FAILURES } } },
    async (request, reply) => {
      const body = request.body instanceof Uint8Array ? request.body : new Uint8Array();
      const { serial } = await machineOf(request, reply, "sync", body, request.headers);
      const sync = decodeSync(body);
      if (!sync.ok) throw new ProblemError("bad-request", sync.error);
      const posted = await ingest.postbox.post(serial, sync.message);
      if (posted.is === "busy") throw noRoom(ingest);
      return answer(reply, posted.replies, await desk.take(serial));
    },
  );

  app.get(
    "/orders",
    {
      // A HEAD would take orders and deliver none.
      exposeHeadRoute: false,
      schema: { headers: RequestHeaders, querystring: OrdersQuery, response: { 200: Answered, ...SYNC_FAILURES } },
    },
    async (request, reply) => {
      const gone = new AbortController();
      reply.raw.once("close", () => gone.abort());
      const machine = await machineOf(request, reply, "orders", new Uint8Array(), request.headers);
      const { serial } = machine;
      const waitMs = request.query.waitS * 1_000;
      const ended = waitMs === 0 ? "due" : await desk.polls.wait(machine, waitMs, gone.signal);
      if (ended === "full") throw noRoom(ingest);
      const orders = ended === "due" ? await desk.take(serial) : [];
      return answer(reply, ingest.postbox.lateReplies(serial), orders);
    },
  );
};

function noRoom({ queue }: Ingest): ProblemError {
  return new ProblemError("machines-wait", undefined, Math.max(NO_ROOM_WAIT_MS, queue.waitMs));
}

function answer(reply: FastifyReply, acks: readonly Uint8Array[], commands: readonly Uint8Array[]): FastifyReply {
  return reply.type(CBOR).send(Buffer.from(encodeSyncAnswer({ acks, commands })));
}
