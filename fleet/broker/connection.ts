/**
 * The fleet's own connection to the broker, embedded or not: MQTT 3.1.1 driven packet by packet, so that a QoS 1
 * message is acknowledged to the broker only after what it holds is committed. Reconnects by itself, with whatever it
 * listens to by then; messages that were under way are sent again by their machines.
 */
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { type Packet, type Parser, parser, writeToStream } from "mqtt-packet";
import { Outbox } from "./outbox.js";
import type { Subscription } from "./permissions.js";

const KEEPALIVE_S = 30;
const RETRY_FIRST_MS = 250;
const RETRY_LIMIT_MS = 15_000;
/** CONNACK return codes that only another setting cures: bad login, not authorised. MQTT 3.1.1 §3.2.2.3. */
const REFUSALS: readonly number[] = [4, 5];
const MAX_MESSAGE_ID = 0xffff;
/** MQTT 3.1.1 default ports. */
const PORT = { "mqtt:": 1883, "mqtts:": 8883 } as const;

export interface Arrival {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retained: boolean;
  /** It came by no broker: `ingest/postbox.ts`. */
  readonly byHttp?: true;
  /** Tells the broker that the message is dealt with. Once; nothing if its connection is gone. */
  readonly ack: () => void;
  /** Publishes (QoS 0) on the connection the message came by; false if that is gone. */
  readonly reply: (topic: string, payload: Uint8Array) => boolean;
}

export interface LinkLimits {
  /** Until the broker has accepted connection and subscriptions. */
  readonly connectWithinMs: number;
  /** No sign of the broker for so long: the line is dead. */
  readonly deadAfterMs: number;
}

export const LINK_LIMITS: LinkLimits = { connectWithinMs: 10_000, deadAfterMs: 2 * KEEPALIVE_S * 1_000 };

export interface FleetConnectionOptions {
  /** mqtt[s]://user:password@host:port */
  readonly url: string;
  readonly clientId: string;
  /** What to listen to from the beginning. */
  readonly subscriptions: readonly Subscription[];
  readonly onArrival: (arrival: Arrival) => void;
  /** `refused`: the broker will not have us as we are; trying again helps only once somebody has changed its mind. */
  readonly onState: (connected: boolean, why: string, refused: boolean) => void;
  readonly limits?: LinkLimits;
  /** Milliseconds that only rise, for `upForMs`; the system's unless given. */
  readonly monotonic?: () => number;
}

export interface FleetConnection {
  isConnected(): boolean;
  /** Milliseconds since the present connection was subscribed; 0 without one. */
  upForMs(): number;
  /** Listens to this too, now and after each reconnection: retained messages come anew. */
  listen(subscription: Subscription): void;
  /** Listens to nothing of `topics` any more. Resolves when the broker has taken note, or the connection is gone. */
  leave(topics: readonly string[]): Promise<void>;
  /** Resolves when the broker has answered all we sent so far, or the connection is gone. */
  answered(): Promise<void>;
  /** Publishes (QoS 0) on the present connection; false without one. */
  publish(topic: string, payload: Uint8Array): boolean;
  close(): Promise<void>;
}

const systemMs = (): number => performance.now();

/** Connects in the background and stays connected until closed. */
export function openFleetConnection(options: FleetConnectionOptions): FleetConnection {
  let closing = false;
  let line: Line | undefined;
  let retry: NodeJS.Timeout | undefined;
  let failures = 0;
  let wanted = options.subscriptions;

  const dial = (): void => {
    retry = undefined;
    line = openLine(options, () => wanted, {
      up: () => {
        failures = 0;
        options.onState(true, "subscribed", false);
      },
      down: (why, refused) => {
        line = undefined;
        if (closing) return;
        options.onState(false, why, refused);
        retry = setTimeout(dial, retryPauseMs(failures++, Math.random()));
      },
    });
  };
  dial();

  return {
    isConnected: () => line?.upSinceMs !== undefined,
    upForMs: () => (line?.upSinceMs === undefined ? 0 : (options.monotonic ?? systemMs)() - line.upSinceMs),
    listen: (subscription) => {
      wanted = [...wanted.filter(({ topic }) => topic !== subscription.topic), subscription];
      line?.subscribe([subscription]);
    },
    leave: async (topics) => {
      wanted = wanted.filter(({ topic }) => !topics.includes(topic));
      await line?.unsubscribe(topics);
    },
    answered: async () => line?.answered(),
    publish: (topic, payload) => line?.upSinceMs !== undefined && line.publish(topic, payload),
    close: async () => {
      closing = true;
      clearTimeout(retry);
      await line?.close();
    },
  };
}

/** Pause after so many failures in a row. Half of it is chance, 0 to 1: many services must not come back in step. */
export function retryPauseMs(failures: number, chance: number): number {
  return Math.min(RETRY_LIMIT_MS, RETRY_FIRST_MS * 2 ** failures) * (0.5 + chance / 2);
}

interface Line {
  /** By CONNACK. Before it nothing is asked: the connection begins with what is wanted by then. */
  taken: boolean;
  upSinceMs: number | undefined;
  subscribe(subscriptions: readonly Subscription[]): void;
  unsubscribe(topics: readonly string[]): Promise<void>;
  answered(): Promise<void>;
  publish(topic: string, payload: Uint8Array): boolean;
  close(): Promise<void>;
}

interface LineEvents {
  readonly up: () => void;
  readonly down: (why: string, refused: boolean) => void;
}

/** One TCP or TLS connection from CONNECT to its end. `wanted`: asked when the broker has taken us. */
function openLine(options: FleetConnectionOptions, wanted: () => readonly Subscription[], events: LineEvents): Line {
  const socket = dialSocket(new URL(options.url));
  const packets = parser({ protocolVersion: 4 });
  const outbox = new Outbox(socket);
  const { connectWithinMs, deadAfterMs } = options.limits ?? LINK_LIMITS;
  const asking = questions(socket);
  const line = lineOf(socket, asking, outbox);
  const end = { why: "closed by the broker", refused: false };
  let heardMs = performance.now();
  const fail = (why: string, refused = false): void => {
    Object.assign(end, { why, refused });
    socket.destroy();
  };
  const deadline = setTimeout(() => fail("no answer to CONNECT"), connectWithinMs);
  const feelPulse = (): void => {
    if (performance.now() - heardMs > deadAfterMs) fail("no sign of life");
    else if (line.upSinceMs !== undefined) void asking.ping();
  };
  const pulse = setInterval(feelPulse, Math.min((KEEPALIVE_S * 1_000) / 2, deadAfterMs / 2));

  socket.on("error", (error) => {
    end.why = error.message;
  });
  socket.once("close", () => {
    clearTimeout(deadline);
    clearInterval(pulse);
    line.upSinceMs = undefined;
    events.down(end.why, end.refused);
  });
  socket.on("data", (chunk: Buffer) => {
    heardMs = performance.now();
    parseInto(packets, chunk, fail);
  });
  packets.on("error", (error) => fail(error.message));
  packets.on("packet", (packet: Packet) => {
    switch (packet.cmd) {
      case "connack":
        if (packet.returnCode !== 0) {
          return fail(`refused with code ${packet.returnCode}`, REFUSALS.includes(packet.returnCode ?? 0));
        }
        line.taken = true;
        return line.subscribe(wanted());
      case "suback":
        if (packet.granted.some((granted) => granted === 128)) return fail("a subscription was refused", true);
        if (line.upSinceMs !== undefined) return;
        clearTimeout(deadline);
        line.upSinceMs = (options.monotonic ?? systemMs)();
        return events.up();
      case "unsuback":
      case "pingresp":
        return asking.answer(packet.cmd);
      case "publish":
        return options.onArrival(outbox.arrivalOf(packet));
      default:
        return;
    }
  });
  greet(socket, options);
  return line;
}

function lineOf(socket: Socket, asking: Questions, outbox: Outbox): Line {
  const gone = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const line: Line = {
    taken: false,
    upSinceMs: undefined,
    subscribe: (subscriptions) => {
      // Nothing is wanted while we drain: MQTT 3.1.1 §3.8.3 has no empty SUBSCRIBE.
      if (line.taken && subscriptions.length > 0) asking.subscribe(subscriptions);
    },
    unsubscribe: async (topics) => {
      if (line.taken) await Promise.race([asking.unsubscribe(topics), gone]);
    },
    answered: async () => {
      // Behind what we have acknowledged: it is the answer to all of that.
      outbox.flush();
      if (line.taken) await Promise.race([asking.ping(), gone]);
    },
    publish: (topic, payload) => outbox.publish(topic, payload),
    close: async () => {
      outbox.flush();
      if (!socket.destroyed) writeToStream({ cmd: "disconnect" }, socket);
      // What is still in the pipe is sent again by its machine; waiting for it could take for ever.
      socket.destroySoon();
      await gone;
    },
  };
  return line;
}

interface Questions {
  subscribe(subscriptions: readonly Subscription[]): void;
  unsubscribe(topics: readonly string[]): Promise<void>;
  ping(): Promise<void>;
  /** The broker has answered the oldest question of that kind: it answers each kind in order. */
  answer(kind: "unsuback" | "pingresp"): void;
}

/** What we ask of the broker, and who waits for which answer. */
function questions(socket: Socket): Questions {
  const waiting: Record<"unsuback" | "pingresp", (() => void)[]> = { unsuback: [], pingresp: [] };
  // Ours alone: what we publish has QoS 0 and no identifier.
  let messageId = 0;
  const asked = (kind: keyof typeof waiting): Promise<void> =>
    new Promise<void>((resolve) => waiting[kind].push(resolve));
  return {
    subscribe: (subscriptions) => {
      const topics = subscriptions.map(({ topic, qos }) => ({ topic, qos }));
      messageId = (messageId % MAX_MESSAGE_ID) + 1;
      writeToStream({ cmd: "subscribe", messageId, subscriptions: topics }, socket);
    },
    unsubscribe: (topics) => {
      messageId = (messageId % MAX_MESSAGE_ID) + 1;
      writeToStream({ cmd: "unsubscribe", messageId, unsubscriptions: [...topics] }, socket);
      return asked("unsuback");
    },
    ping: () => {
      writeToStream({ cmd: "pingreq" }, socket);
      return asked("pingresp");
    },
    answer: (kind) => waiting[kind].shift()?.(),
  };
}

function parseInto(packets: Parser, chunk: Buffer, fail: (reason: string) => void): void {
  try {
    packets.parse(chunk);
  } catch (error) {
    fail(String(error));
  }
}

/** TCP, or TLS for mqtts. */
export function dialSocket(url: URL): Socket {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (url.protocol === "mqtts:") {
    return connectTls({ host, port: Number(url.port || PORT["mqtts:"]), servername: host });
  }
  return connectTcp({ host, port: Number(url.port || PORT["mqtt:"]), noDelay: true });
}

function greet(socket: Socket, { url, clientId }: FleetConnectionOptions): void {
  const { username, password } = new URL(url);
  const login =
    username === ""
      ? {}
      : { username: decodeURIComponent(username), password: Buffer.from(decodeURIComponent(password)) };
  writeToStream(
    { cmd: "connect", protocolId: "MQTT", protocolVersion: 4, clientId, clean: true, keepalive: KEEPALIVE_S, ...login },
    socket,
  );
}
