/** What an MQTT session remembers, is told, and wants done: the data of `mqtt-session.ts`, with its limits. */
import type { Malformed } from "./mqtt-codec.js";

/** QoS 1 messages sent and not acknowledged. */
export const MAX_IN_FLIGHT = 4;
/** Messages accepted and not sent yet. More are dropped and counted: `NetworkPort.publish` refuses before. */
export const MAX_WAITING = 8;
/** Payload bytes of both together: two full batches and small change. */
export const MAX_HELD_BYTES = 24_576;
/** Messages handed up and not taken; until one is, nothing more is read. */
export const MAX_HANDED = 4;

/** Address, TCP and TLS: a handshake in JavaScript takes seconds on a board. */
export const OPEN_MS = 60_000;
/** Until the machine has said its birth and will, and for each answer of the broker. */
export const ANSWER_MS = 30_000;
export const BACK_OFF_FIRST_MS = 1_000;
export const BACK_OFF_MAX_MS = 300_000;
/** A connection that has lasted so long starts the back-off anew; two boards of one identity never get there. */
export const STEADY_MS = 60_000;
/** CONNACK return codes (§3.2.2.3) that trying soon again cannot cure: bad id, bad password, not authorised. */
export const LASTING_REFUSALS: readonly number[] = Object.freeze([2, 4, 5]);

/** Who speaks to whom. */
export interface MqttPlan {
  readonly clientId: string;
  /** Birth and will. */
  readonly statusTopic: string;
  readonly filters: readonly { readonly topic: string; readonly qos: 0 | 1 }[];
  /** 0 = none. Telemetry every 300 s is a sign of life in itself: above that, no PINGREQ is ever needed. */
  readonly keepAliveS: number;
}

export interface Outgoing {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1;
  /** The birth: of one connection only, never sent again over the next. */
  readonly birth: boolean;
}

export interface InFlight {
  readonly id: number;
  readonly message: Outgoing;
  /** Infinity = not over this connection yet. */
  readonly sentMs: number;
}

/**
 * idle: no connection, the next try at `retryAtMs`. opening: socket and TLS. asking: for birth and will. greeting:
 * CONNECT is out. subscribing: SUBSCRIBE and birth are out. up: everything flows.
 */
export type MqttPhase = "idle" | "opening" | "asking" | "greeting" | "subscribing" | "up";

export interface MqttState {
  readonly phase: MqttPhase;
  /** Interface and address are there. */
  readonly linked: boolean;
  readonly retryAtMs: number;
  readonly backOffMs: number;
  /** The phase must have ended by then; Infinity in `idle` and `up`. */
  readonly deadlineMs: number;
  readonly upSinceMs: number;
  /** CONNECTs since power-up. */
  readonly connection: number;
  readonly birth: Uint8Array;
  readonly inbox: Uint8Array;
  readonly waiting: readonly Outgoing[];
  readonly inFlight: readonly InFlight[];
  readonly lastId: number;
  /** Of the SUBSCRIBE under way; 0 = none. */
  readonly subscribeId: number;
  readonly lastSentMs: number;
  /** Infinity = no PINGREQ is unanswered. */
  readonly pingedMs: number;
  /** Packet ids of messages handed up, oldest first; 0 = QoS 0, nothing to acknowledge. */
  readonly handed: readonly number[];
  readonly counts: MqttCounts;
}

/** For the service menu and for tests; all since power-up. */
export interface MqttCounts {
  /** Messages without room: what `MAX_WAITING` and `MAX_HELD_BYTES` kept out. */
  readonly dropped: number;
  readonly resent: number;
  readonly timeouts: number;
  readonly malformed: number;
  readonly lastMalformed: Malformed | undefined;
  /** Newest CONNACK code that was no 0. */
  readonly refusal: number | undefined;
}

export type MqttInput =
  | { readonly on: "tick" }
  | { readonly on: "link"; readonly up: boolean }
  /** The socket takes bytes: TCP and TLS stand. */
  | { readonly on: "opened" }
  | { readonly on: "closed" }
  | { readonly on: "bytes"; readonly bytes: Uint8Array }
  | {
      readonly on: "announcement";
      readonly connection: number;
      readonly birth: Uint8Array;
      readonly will: Uint8Array;
    }
  | { readonly on: "publish"; readonly topic: string; readonly payload: Uint8Array; readonly qos: 0 | 1 }
  /** The oldest message handed up has been taken: only now is it acknowledged. */
  | { readonly on: "taken" };

export type MqttEffect =
  | { readonly do: "open" }
  | { readonly do: "close" }
  /** Ask for birth and will of this connection. */
  | { readonly do: "ask"; readonly connection: number }
  | { readonly do: "write"; readonly bytes: Uint8Array }
  | { readonly do: "up"; readonly up: boolean }
  | { readonly do: "hand"; readonly topic: string; readonly payload: Uint8Array }
  /** So many published messages have come to their end: acknowledged, sent with QoS 0, or dropped. */
  | { readonly do: "done"; readonly count: number };

export interface MqttStep {
  readonly state: MqttState;
  readonly effects: readonly MqttEffect[];
}

const EMPTY = new Uint8Array(0);

export function mqttAtBoot(nowMs: number): MqttState {
  return {
    phase: "idle",
    linked: false,
    retryAtMs: nowMs,
    backOffMs: BACK_OFF_FIRST_MS,
    deadlineMs: Infinity,
    upSinceMs: nowMs,
    connection: 0,
    birth: EMPTY,
    inbox: EMPTY,
    waiting: [],
    inFlight: [],
    lastId: 0,
    subscribeId: 0,
    lastSentMs: nowMs,
    pingedMs: Infinity,
    handed: [],
    counts: { dropped: 0, resent: 0, timeouts: 0, malformed: 0, lastMalformed: undefined, refusal: undefined },
  };
}

/** Payload bytes accepted and not acknowledged. */
export function heldBytes(state: MqttState): number {
  let bytes = 0;
  for (const { payload } of state.waiting) bytes += payload.length;
  for (const { message } of state.inFlight) bytes += message.payload.length;
  return bytes;
}

/** False while too much is handed up: the socket is not to be read, TCP holds the rest back. */
export function wantsBytes(state: MqttState): boolean {
  return state.handed.length < MAX_HANDED;
}
