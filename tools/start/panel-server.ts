/**
 * The front panel's own small server, on loopback only: the built page, server-sent events with the machine's state, and
 * actions. Whoever can reach it may do anything to the virtual machine, so it answers to no other site's page.
 */
import { mkdir } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import fastifyStatic from "@fastify/static";
import { type FastifyInstance, fastify } from "fastify";
import Type from "typebox";
import { Value } from "typebox/value";
import type { Action, PanelState, Problem } from "../../fleet/web/panel/contract.js";
import type { VirtualMachine } from "./virtual-machine.js";

/** States are sent on change, at most so often. */
const STATE_EVERY_MS = 50;
const MAX_LISTENERS = 16;
const MAX_BODY_BYTES = 1_024;

const on = Type.Boolean();
const slot = Type.String({ minLength: 1, maxLength: 5 });
const literals = <const T extends readonly string[]>(names: T) => Type.Enum([...names]);

/** The actions of fleet/web/panel/contract.ts, as a schema: what comes from a page is checked here. */
const ActionSchema = Type.Union([
  Type.Object({ do: literals(["coin", "bill"]), valueMinor: Type.Integer({ minimum: 1, maximum: 100_000 }) }),
  Type.Object({ do: Type.Literal("select"), slot }),
  Type.Object({ do: Type.Literal("key"), key: Type.String({ pattern: "^[A-Z0-9*#]$" }) }),
  Type.Object({ do: literals(["cancel", "lever", "takeCoins", "takeProducts", "pullBill", "kick"]) }),
  Type.Object({
    do: literals(["power", "network", "door", "beamBlind", "unplugChanger", "unplugValidator", "warm"]),
    on,
  }),
  Type.Object({ do: Type.Literal("jamSlot"), slot, on }),
  Type.Object({ do: Type.Literal("jamTube"), type: Type.Integer({ minimum: 0, maximum: 15 }), on }),
  Type.Object({ do: Type.Literal("refillSlot"), slot }),
]);

function isAction(value: unknown): value is Action {
  return Value.Check(ActionSchema, value);
}

export interface PanelServerOptions {
  readonly machine: VirtualMachine;
  readonly host: string;
  readonly port: number;
  /** Folder of the built page. */
  readonly pagesDir: string;
}

export async function startPanelServer(options: PanelServerOptions): Promise<{ url: string; close(): Promise<void> }> {
  const { machine, host, port, pagesDir } = options;
  const app = fastify({ logger: false, bodyLimit: MAX_BODY_BYTES, forceCloseConnections: true });
  const feed = new Feed(machine);
  guard(app);
  await mkdir(pagesDir, { recursive: true });
  await app.register(fastifyStatic, { root: pagesDir });
  app.get("/api/state", async () => machine.state());
  app.get("/api/events", (_request, reply) => {
    if (!feed.hasRoom) {
      const problem: Problem = { title: "Too many pages", detail: `At most ${MAX_LISTENERS} pages can follow one machine.` };
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
  app.addHook("onClose", async () => feed.close());
  const url = await app.listen({ host, port });
  return { url, close: () => app.close() };
}

/** A page of another site, or a name rebound to loopback, gets nothing. */
function guard(app: FastifyInstance): void {
  app.addHook("onRequest", async (request, reply) => {
    const host = request.headers.host ?? "";
    const loopback = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host);
    const { origin } = request.headers;
    if (loopback && (origin === undefined || origin === `http://${host}`)) return;
    const problem: Problem = { title: "Forbidden", detail: "The panel answers only to its own page on this machine." };
    await reply.code(403).send(problem);
  });
}

/** Server-sent events to every open page. */
class Feed {
  private readonly machine: VirtualMachine;
  private readonly listeners = new Set<ServerResponse>();
  private readonly timer: NodeJS.Timeout;
  private last = "";

  constructor(machine: VirtualMachine) {
    this.machine = machine;
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
    const state: PanelState = this.machine.state();
    response.write(frame("state", state));
    response.write(frame("traffic", this.machine.traffic.all()));
    response.write(frame("ledger", this.machine.ledgerTail));
  }

  /** Sends the state if it is another than the last one sent. */
  soon(): void {
    if (this.listeners.size === 0) return;
    const text = frame("state", this.machine.state());
    if (text === this.last) return;
    this.last = text;
    for (const response of this.listeners) response.write(text);
  }

  close(): void {
    clearInterval(this.timer);
    for (const response of this.listeners) response.end();
  }

  private send(event: string, data: unknown): void {
    const text = frame(event, data);
    for (const response of this.listeners) response.write(text);
  }
}

function frame(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
