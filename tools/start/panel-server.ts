/**
 * The front panel's own small server, on loopback only: the built page, server-sent events with the machine's state,
 * and actions. Whoever can reach it may do anything to the virtual machine, so it answers to no other site's page.
 */
import type { ServerResponse } from "node:http";
import helmet from "@fastify/helmet";
import fastifyStatic from "@fastify/static";
import { type FastifyInstance, type FastifyRequest, fastify } from "fastify";
import { ConfigError } from "../../fleet/config.js";
import type { Problem } from "../../fleet/web/panel/contract.js";
import { isAction } from "./actions.js";
import type { VirtualMachine } from "./virtual-machine.js";

/** States are sent on change, at most so often. */
const STATE_EVERY_MS = 50;
/** Pages that follow one machine. */
export const MAX_LISTENERS = 16;
export const MAX_BODY_BYTES = 1_024;
/** A page that lets so much pile up is no longer reading: it is cut off, and comes back by itself. */
export const MAX_BEHIND_BYTES = 1_048_576;
/** Longest wait for the rest of a request. */
const REQUEST_TIMEOUT_MS = 10_000;

export interface PanelServerOptions {
  readonly machine: VirtualMachine;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Folder of the built page. */
  readonly pagesDir: string;
}

export interface PanelServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Listens when it resolves. Throws ConfigError for a port that is taken. */
export async function startPanelServer(options: PanelServerOptions): Promise<PanelServer> {
  const { machine, host, port, pagesDir } = options;
  const app = fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
  });
  const feed = new Feed(machine);
  app.addHook("onClose", async () => feed.close());
  app.setErrorHandler<Error & { statusCode?: number }>((error, _request, reply) => {
    const problem: Problem = { title: error.name, detail: error.message };
    return reply.code(error.statusCode ?? 500).send(problem);
  });
  guard(app);
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", "data:"],
        frameAncestors: ["'none'"],
        formAction: ["'none'"],
        baseUri: ["'none'"],
        objectSrc: ["'none'"],
      },
    },
    strictTransportSecurity: false,
  });
  await app.register(fastifyStatic, { root: pagesDir });
  routes(app, machine, feed);
  try {
    const url = await app.listen({ host, port });
    feed.start();
    return { url, close: () => app.close() };
  } catch (error) {
    await app.close();
    throw portError(error, port);
  }
}

function portError(error: unknown, port: number): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  const cure = "Stop what listens there, or set another port (0 takes a free one).";
  if (error.code === "EADDRINUSE") return new ConfigError("SPIRAL_PANEL_PORT", `is ${port}, which is taken`, cure);
  if (error.code === "EACCES")
    return new ConfigError("SPIRAL_PANEL_PORT", `is ${port}, which this user may not use`, cure);
  return error;
}

function routes(app: FastifyInstance, machine: VirtualMachine, feed: Feed): void {
  app.get("/api/state", async () => machine.state());
  app.get("/api/events", (_request, reply) => {
    if (!feed.hasRoom) {
      const detail = `At most ${MAX_LISTENERS} pages can follow one machine.`;
      const problem: Problem = { title: "Too many pages", detail };
      return reply.code(503).send(problem);
    }
    reply.hijack();
    feed.add(reply.raw);
  });
  app.post("/api/act", async (request, reply) => {
    if (!isAction(request.body)) {
      const problem: Problem = { title: "Not an action", detail: "The body is none of the actions of the contract." };
      return reply.code(400).send(problem);
    }
    const refusal = machine.act(request.body);
    feed.soon();
    if (refusal === undefined) return reply.code(204).send();
    const problem: Problem = { title: "Not possible now", detail: refusal };
    return reply.code(409).send(problem);
  });
}

/** A page of another site, or a name rebound to loopback, gets nothing. */
function guard(app: FastifyInstance): void {
  app.addHook("onRequest", async (request, reply) => {
    if (isOwn(request)) return;
    const problem: Problem = { title: "Forbidden", detail: "The panel answers only to its own page on this machine." };
    await reply.code(403).send(problem);
  });
}

/**
 * The host must be a loopback address, which a rebound name is not; what a browser says of the page that asks must be
 * our own. A link from elsewhere may open the page, but not the API. Programs that are no browser send neither header.
 */
function isOwn(request: FastifyRequest): boolean {
  const { host = "", origin, "sec-fetch-site": site } = request.headers;
  if (!/^(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:\d+)?$/.test(host)) return false;
  if (origin !== undefined && origin !== `http://${host}`) return false;
  if (!request.url.startsWith("/api/")) return true;
  return site === undefined || site === "same-origin" || site === "none";
}

/** Server-sent events to every open page. */
class Feed {
  private readonly machine: VirtualMachine;
  private readonly listeners = new Set<ServerResponse>();
  private timer: NodeJS.Timeout | undefined;
  private last = "";

  constructor(machine: VirtualMachine) {
    this.machine = machine;
  }

  start(): void {
    const { machine } = this;
    machine.onTraffic = (lines) => this.send("traffic", lines);
    machine.onLedger = (lines) => this.send("ledger", lines);
    this.timer = setInterval(() => this.soon(), STATE_EVERY_MS);
  }

  get hasRoom(): boolean {
    return this.listeners.size < MAX_LISTENERS;
  }

  add(response: ServerResponse): void {
    response.writeHead(200, {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    });
    this.listeners.add(response);
    response.on("close", () => this.listeners.delete(response));
    response.on("error", () => this.listeners.delete(response));
    response.write(frame("state", this.machine.state()));
    response.write(frame("traffic", this.machine.traffic.all()));
    response.write(frame("ledger", this.machine.ledgerTail));
  }

  /** Sends the state if it is another than the last one sent. */
  soon(): void {
    if (this.listeners.size === 0) return;
    const text = frame("state", this.machine.state());
    if (text === this.last) return;
    this.last = text;
    this.write(text);
  }

  close(): void {
    clearInterval(this.timer);
    for (const response of this.listeners) response.end();
  }

  private send(event: string, data: unknown): void {
    if (this.listeners.size > 0) this.write(frame(event, data));
  }

  private write(text: string): void {
    for (const response of this.listeners) {
      if (response.writableLength > MAX_BEHIND_BYTES) response.destroy();
      else response.write(text);
    }
  }
}

function frame(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
