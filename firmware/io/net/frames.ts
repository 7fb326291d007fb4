/**
 * What the bus's machine and the network's worker say to each other: each frame one kind byte and its fields, in one
 * ArrayBuffer. How many may be under way is bounded on both sides, so that no message queue of the platform
 * (`task.queueLength` in the manifest, 20) is ever full: a full one would block whoever posts, the bus included.
 */

import { Reader, utf8Decode, utf8Encode, Writer } from "../../../shared/bytes.js";
import { CLAIM_STATES, type ClaimState } from "../../../shared/claim-states.js";
import { deepFreeze } from "../../../shared/freeze.js";

/** Largest frame: a message of 12 KiB and its topic. */
export const MAX_FRAME_BYTES = 16_384;
/** Published messages that are not done: all that is under way to the fleet at once. */
export const MAX_GIVEN = 6;
/** The platform's message queue in each direction; see `queueBound`. */
export const QUEUE_LENGTH = 20;

/** Steps of an update as the worker tells them (updater.ts), by number. `refused`: the order; `failed`: the deed. */
export const UPDATE_NEWS = deepFreeze(["downloading", "verified", "switched", "refused", "failed"] as const);
export type UpdateNews = (typeof UPDATE_NEWS)[number];

export const WAY_NAMES = deepFreeze(["ethernet", "wifi", "host"] as const);
export type WayName = (typeof WAY_NAMES)[number];

/** Frames of which one of each kind is under way at most: a machine can turn idle and busy while TLS shakes hands. */
export const ACKNOWLEDGED = deepFreeze(["idle", "update", "claim"] as const);
export type Acknowledged = (typeof ACKNOWLEDGED)[number];

export type ToWorker =
  | { readonly frame: "config"; readonly config: Uint8Array }
  | {
      readonly frame: "announcement";
      readonly connection: number;
      readonly birth: Uint8Array;
      readonly will: Uint8Array;
    }
  | { readonly frame: "publish"; readonly topic: string; readonly payload: Uint8Array; readonly qos: 0 | 1 }
  /** The oldest message handed up has been taken. */
  | { readonly frame: "taken" }
  /** Fetch and install this image: a signed manifest (image-manifest.ts). */
  | { readonly frame: "update"; readonly manifest: Uint8Array }
  /** Nothing is open at the machine: flash may be erased, a restart may be asked for. */
  | { readonly frame: "idle"; readonly idle: boolean }
  /** Claim the board by this code; `""`: try the one there is again. */
  | { readonly frame: "claim"; readonly code: string }
  /** The newest state of the claim has been taken: only now the next one may follow. */
  | { readonly frame: "claimHeard" };

export type FromWorker =
  | { readonly frame: "ask"; readonly connection: number }
  /** The fleet is reached, by this way under this address, or is not; address: dotted, empty = nobody knows. */
  | { readonly frame: "up"; readonly up: boolean; readonly way: WayName; readonly address: string }
  | { readonly frame: "message"; readonly topic: string; readonly payload: Uint8Array }
  | { readonly frame: "done"; readonly count: number }
  | { readonly frame: "wall"; readonly wallS: number }
  /** A sign of life. */
  | { readonly frame: "alive" }
  /** The newest frame of this kind has been taken: only now the next one may follow. */
  | { readonly frame: "heard"; readonly what: Acknowledged }
  /** detail: bytes so far, or where it was refused or failed the number of the reason (UPDATE_FAULTS). */
  | { readonly frame: "updateNews"; readonly news: UpdateNews; readonly detail: number }
  | { readonly frame: "claimNews"; readonly state: ClaimState };

const TO_CODES = deepFreeze({
  config: 1,
  announcement: 2,
  publish: 3,
  taken: 4,
  update: 5,
  idle: 6,
  claim: 7,
  claimHeard: 8,
} as const);
const FROM_CODES = deepFreeze({
  ask: 1,
  up: 2,
  message: 3,
  done: 4,
  wall: 5,
  alive: 6,
  updateNews: 7,
  heard: 8,
  claimNews: 9,
} as const);

export function encodeToWorker(frame: ToWorker): ArrayBuffer {
  const out = new Writer(MAX_FRAME_BYTES).u8(TO_CODES[frame.frame]);
  switch (frame.frame) {
    case "config":
      out.put(frame.config);
      break;
    case "announcement":
      out.u32(frame.connection).u16(frame.birth.length).put(frame.birth).put(frame.will);
      break;
    case "publish":
      putText(out.u8(frame.qos), frame.topic).put(frame.payload);
      break;
    case "taken":
      break;
    case "update":
      out.put(frame.manifest);
      break;
    case "idle":
      out.u8(frame.idle ? 1 : 0);
      break;
    case "claim":
      putText(out, frame.code);
      break;
    case "claimHeard":
      break;
  }
  return bufferOf(out);
}

/** Undefined for what is no frame: it is passed over. */
export function decodeToWorker(buffer: unknown): ToWorker | undefined {
  const reader = readerOf(buffer);
  switch (reader?.u8()) {
    case TO_CODES.config:
      return { frame: "config", config: reader.take(reader.remaining) };
    case TO_CODES.announcement: {
      const connection = reader.u32();
      const birth = reader.take(reader.u16());
      return reader.overrun
        ? undefined
        : { frame: "announcement", connection, birth, will: reader.take(reader.remaining) };
    }
    case TO_CODES.publish: {
      const qos = reader.u8();
      const topic = takeText(reader);
      if (topic === undefined || qos > 1) return undefined;
      return { frame: "publish", topic, qos: qos === 1 ? 1 : 0, payload: reader.take(reader.remaining) };
    }
    case TO_CODES.taken:
      return { frame: "taken" };
    case TO_CODES.update:
      return { frame: "update", manifest: reader.take(reader.remaining) };
    case TO_CODES.idle:
      return { frame: "idle", idle: reader.u8() === 1 };
    case TO_CODES.claim: {
      const code = takeText(reader);
      return code === undefined ? undefined : { frame: "claim", code };
    }
    case TO_CODES.claimHeard:
      return { frame: "claimHeard" };
    default:
      return undefined;
  }
}

export function encodeFromWorker(frame: FromWorker): ArrayBuffer {
  const out = new Writer(MAX_FRAME_BYTES).u8(FROM_CODES[frame.frame]);
  switch (frame.frame) {
    case "ask":
      out.u32(frame.connection);
      break;
    case "up":
      putText(out.u8(frame.up ? 1 : 0).u8(WAY_NAMES.indexOf(frame.way)), frame.address);
      break;
    case "message":
      putText(out, frame.topic).put(frame.payload);
      break;
    case "done":
      out.u8(frame.count);
      break;
    case "wall":
      // beyond 2106, so two halves
      out.u16(Math.floor(frame.wallS / 2 ** 32)).u32(frame.wallS % 2 ** 32);
      break;
    case "alive":
      break;
    case "heard":
      out.u8(ACKNOWLEDGED.indexOf(frame.what));
      break;
    case "updateNews":
      out.u8(UPDATE_NEWS.indexOf(frame.news)).u32(frame.detail);
      break;
    case "claimNews":
      out.u8(CLAIM_STATES.indexOf(frame.state));
      break;
  }
  return bufferOf(out);
}

export function decodeFromWorker(buffer: unknown): FromWorker | undefined {
  const reader = readerOf(buffer);
  const frame = reader === undefined ? undefined : readFromWorker(reader);
  return reader?.overrun ? undefined : frame;
}

function readFromWorker(reader: Reader): FromWorker | undefined {
  switch (reader.u8()) {
    case FROM_CODES.ask:
      return { frame: "ask", connection: reader.u32() };
    case FROM_CODES.up: {
      const up = reader.u8() === 1;
      const way = WAY_NAMES[reader.u8()];
      const address = takeText(reader);
      return way === undefined || address === undefined ? undefined : { frame: "up", up, way, address };
    }
    case FROM_CODES.message: {
      const topic = takeText(reader);
      return topic === undefined ? undefined : { frame: "message", topic, payload: reader.take(reader.remaining) };
    }
    case FROM_CODES.done:
      return { frame: "done", count: reader.u8() };
    case FROM_CODES.wall:
      return { frame: "wall", wallS: reader.u16() * 2 ** 32 + reader.u32() };
    case FROM_CODES.alive:
      return { frame: "alive" };
    case FROM_CODES.heard: {
      const what = ACKNOWLEDGED[reader.u8()];
      return what === undefined ? undefined : { frame: "heard", what };
    }
    case FROM_CODES.updateNews: {
      const news = UPDATE_NEWS[reader.u8()];
      return news === undefined ? undefined : { frame: "updateNews", news, detail: reader.u32() };
    }
    case FROM_CODES.claimNews: {
      const state = CLAIM_STATES[reader.u8()];
      return state === undefined ? undefined : { frame: "claimNews", state };
    }
    default:
      return undefined;
  }
}

function putText(out: Writer, text: string): Writer {
  const bytes = utf8Encode(text);
  return out.u8(bytes.length).put(bytes);
}

function takeText(reader: Reader): string | undefined {
  const bytes = reader.take(reader.u8());
  return reader.overrun ? undefined : utf8Decode(bytes);
}

function readerOf(buffer: unknown): Reader | undefined {
  return buffer instanceof ArrayBuffer ? new Reader(new Uint8Array(buffer)) : undefined;
}

function bufferOf(writer: Writer): ArrayBuffer {
  const bytes = writer.toBytes();
  return bytes.slice().buffer;
}
