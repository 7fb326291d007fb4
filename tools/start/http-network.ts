/**
 * NetworkPort over HTTP (`shared/wire/sync.ts`), for places where MQTT is blocked: what the machine publishes goes as
 * syncs, one at a time, and a request that waits brings the fleet's orders. A new connection begins with a birth, sent
 * as it was first made until it is answered: another one with the same number would look like a second board.
 */
import type { Announcement, NetworkPort } from "../../firmware/ports/hardware.js";
import type { WorldInput } from "../../firmware/ports/inputs.js";
import {
  decodeSyncAnswer,
  encodeSync,
  MAX_POLL_S,
  NEXT_NUMBER_HEADER,
  NUMBER_HEADER,
  type SyncAnswer,
  type SyncMessage,
} from "../../shared/wire/sync.js";
import { parseTopic, topicOf } from "../../shared/wire/topics.js";

export interface HttpNetworkOptions {
  /** Of the fleet service, e.g. http://127.0.0.1:8080 */
  readonly url: string;
  readonly machineId: string;
  readonly password: string;
  /** Where news goes: link up or down, messages. */
  readonly deliver: (input: WorldInput) => void;
  /** Called before anything of the machine goes out. */
  readonly beforePublish: () => void;
}

const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 15_000;
/** Longer than the fleet takes to answer; a connection that is dead is given up then. */
const ANSWER_WITHIN_MS = 30_000;
/** Of each channel; beyond it `publish` refuses. */
const MAX_PENDING = 8;
const OUTGOING = ["telemetry", "audit", "events"] as const;
type Outgoing = (typeof OUTGOING)[number];
type Lane = "sync" | "orders";

/** What becomes of a request. waitMs: the fleet has no room, the same again after so long. */
type Asked =
  | { readonly is: "answered"; readonly answer: SyncAnswer }
  | { readonly is: "busy"; readonly waitMs: number }
  | { readonly is: "failed" };

/** From one birth to the loss of the line. */
interface Line {
  readonly stop: AbortController;
  birth: Uint8Array | undefined;
}

export class HttpNetwork implements NetworkPort {
  private readonly options: HttpNetworkOptions;
  private announcement: Announcement | undefined;
  private line: Line | undefined;
  private ready = false;
  private connection = 0;
  /** Not answered yet: goes again at the next try. */
  private unheardBirth: Uint8Array | undefined;
  private readonly pending: Record<Outgoing, Uint8Array[]> = { telemetry: [], audit: [], events: [] };
  private readonly numbers: Record<Lane, number> = { sync: 0, orders: 0 };
  private backOffMs = RETRY_FIRST_MS;
  private retry: NodeJS.Timeout | undefined;
  private wanted = false;
  private cable = true;
  private wake: () => void = () => undefined;

  constructor(options: HttpNetworkOptions) {
    this.options = options;
  }

  announce(announcement: Announcement): void {
    this.down();
    this.announcement = announcement;
    this.unheardBirth = undefined;
    this.wanted = true;
    this.open();
  }

  publish(topic: string, payload: Uint8Array): boolean {
    const channel = OUTGOING.find((own) => own === parseTopic(topic)?.channel);
    if (!this.ready || channel === undefined || this.pending[channel].length >= MAX_PENDING) return false;
    this.pending[channel].push(payload);
    this.wake();
    return true;
  }

  /** Pulls or plugs the network cable. */
  setCable(plugged: boolean): void {
    this.cable = plugged;
    if (plugged) this.open();
    else this.down();
  }

  /** With the board's power; switched on, it waits for the machine's announcement. */
  setPower(on: boolean): void {
    if (!on) this.stop();
  }

  get connected(): boolean {
    return this.ready;
  }

  /** The board lost power. Nobody says so to the fleet: it hears nothing any more. */
  stop(): void {
    this.wanted = false;
    this.down();
  }

  private open(): void {
    if (!this.wanted || !this.cable || this.line !== undefined || this.announcement === undefined) return;
    clearTimeout(this.retry);
    this.unheardBirth ??= this.announcement.birth(++this.connection);
    const line: Line = { stop: new AbortController(), birth: this.unheardBirth };
    this.line = line;
    this.run(line).catch(() => this.lost(line));
  }

  private async run(line: Line): Promise<void> {
    while (this.line === line) {
      const message = await this.nextMessage(line);
      if (this.line !== line) return;
      this.options.beforePublish();
      const asked = await this.ask(line, "sync", "/machine/v1/sync", encodeSync(message));
      if (asked.is === "failed") return this.lost(line);
      if (asked.is === "busy") {
        await pauseOf(asked.waitMs, line.stop.signal);
        continue;
      }
      this.took(message);
      if (line.birth !== undefined) this.born(line);
      this.hand(line, asked.answer);
    }
  }

  /** The birth first; then whatever waits, one of each channel. */
  private async nextMessage(line: Line): Promise<SyncMessage> {
    if (line.birth !== undefined) return { status: line.birth };
    const isIdle = (): boolean => OUTGOING.every((channel) => this.pending[channel].length === 0);
    while (isIdle() && this.line === line) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return Object.fromEntries(
      OUTGOING.flatMap((channel) => {
        const [first] = this.pending[channel];
        return first === undefined ? [] : [[channel, first]];
      }),
    );
  }

  private took(message: SyncMessage): void {
    for (const channel of OUTGOING) if (message[channel] !== undefined) this.pending[channel].shift();
  }

  private born(line: Line): void {
    line.birth = undefined;
    this.unheardBirth = undefined;
    this.ready = true;
    this.backOffMs = RETRY_FIRST_MS;
    this.options.deliver({ on: "network", up: true });
    this.listen(line).catch(() => this.lost(line));
  }

  /** One request after the other waits for orders. */
  private async listen(line: Line): Promise<void> {
    while (this.line === line) {
      const asked = await this.ask(line, "orders", `/machine/v1/orders?waitS=${MAX_POLL_S}`);
      if (asked.is === "failed") return this.lost(line);
      if (asked.is === "busy") await pauseOf(asked.waitMs, line.stop.signal);
      else this.hand(line, asked.answer);
    }
  }

  private hand(line: Line, { acks, commands }: SyncAnswer): void {
    const { machineId, deliver } = this.options;
    if (this.line !== line) return;
    for (const payload of acks) deliver({ on: "message", topic: topicOf(machineId, "acks"), payload });
    for (const payload of commands) deliver({ on: "message", topic: topicOf(machineId, "commands"), payload });
  }

  /** Sends it under the next number, once more under the number we are told if that was used before. */
  private async ask(line: Line, lane: Lane, target: string, body?: Uint8Array): Promise<Asked> {
    const first = await this.send(line, lane, target, body);
    const next = Number(first.headers.get(NEXT_NUMBER_HEADER) ?? 0);
    if (first.status === 409 && next > 0) this.numbers[lane] = next - 1;
    const answer = first.status === 409 ? await this.send(line, lane, target, body) : first;
    if (answer.status === 503 || answer.status === 429) {
      return { is: "busy", waitMs: Number(answer.headers.get("retry-after") ?? 1) * 1_000 };
    }
    if (!answer.ok) return { is: "failed" };
    const decoded = decodeSyncAnswer(new Uint8Array(await answer.arrayBuffer()));
    return decoded.ok ? { is: "answered", answer: decoded.message } : { is: "failed" };
  }

  private send(line: Line, lane: Lane, target: string, body?: Uint8Array): Promise<Response> {
    const { url, machineId, password } = this.options;
    const patienceMs = ANSWER_WITHIN_MS + (lane === "orders" ? MAX_POLL_S * 1_000 : 0);
    const headers = {
      authorization: `Basic ${Buffer.from(`${machineId}:${password}`).toString("base64")}`,
      [NUMBER_HEADER]: String(++this.numbers[lane]),
    };
    const signal = AbortSignal.any([line.stop.signal, AbortSignal.timeout(patienceMs)]);
    if (body === undefined) return fetch(`${url}${target}`, { headers, signal });
    const content = { ...headers, "content-type": "application/cbor" };
    return fetch(`${url}${target}`, { method: "POST", headers: content, body: Buffer.from(body), signal });
  }

  private lost(line: Line): void {
    if (this.line !== line) return;
    this.down();
    this.retry = setTimeout(() => this.open(), this.backOffMs);
    this.backOffMs = Math.min(RETRY_MAX_MS, this.backOffMs * 2);
  }

  private down(): void {
    clearTimeout(this.retry);
    const wasReady = this.ready;
    this.ready = false;
    this.line?.stop.abort();
    this.line = undefined;
    this.wake();
    // As with a connection of MQTT that breaks: what was not answered, the machine sends again by itself.
    for (const channel of OUTGOING) this.pending[channel] = [];
    if (wasReady && this.wanted) this.options.deliver({ on: "network", up: false });
  }
}

function pauseOf(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      stop.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    stop.addEventListener("abort", end, { once: true });
  });
}
