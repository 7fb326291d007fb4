/**
 * What goes by HTTP where MQTT is blocked: the envelopes of messages.ts as they are, one of each channel at most, and
 * the text by whose signature a machine proves that a request is its own. Bytes in, bytes out; hashes are handed in.
 */
import { CBOR_LIMITS, type CborLimits, type CborValue, decodeCbor, encodeCbor } from "../cbor.js";
import { deepFreeze } from "../freeze.js";
import { fromMap, type Layout, type MessageOf, toMap } from "../layout.js";
import { MAX_MESSAGE_BYTES, WIRE_VERSION, type WireResult } from "./messages.js";

/** `POST /machine/v1/sync`, keys by channel. In the order of the keys they are taken. */
const SYNC = deepFreeze({
  version: [0, "uint"],
  status: [1, "bytes?"],
  telemetry: [2, "bytes?"],
  audit: [3, "bytes?"],
  events: [4, "bytes?"],
});

/** Its answer, and that of `GET /machine/v1/orders`: what the fleet would have published on `acks` and `commands`. */
const ANSWER = deepFreeze({ version: [0, "uint"], acks: [1, "items"], commands: [2, "items"] });

/** Orders of one answer; more wait for the next. */
export const MAX_ORDERS_TOGETHER = 4;
/** One envelope of each channel and what is around them. */
export const MAX_SYNC_BYTES = 4 * MAX_MESSAGE_BYTES + 64;
/** Two acks at most: one of a batch, one that asks for whole telemetry. */
export const MAX_ANSWER_BYTES = (MAX_ORDERS_TOGETHER + 2) * MAX_MESSAGE_BYTES + 64;
/** Longest a machine may ask its request for orders to wait. */
export const MAX_POLL_S = 55;

export type SyncMessage = Omit<MessageOf<typeof SYNC>, "version">;
export interface SyncAnswer {
  readonly acks: readonly Uint8Array[];
  readonly commands: readonly Uint8Array[];
}

export function encodeSync(message: SyncMessage): Uint8Array {
  return encodeCbor(toMap(SYNC, { version: WIRE_VERSION, ...message }), MAX_SYNC_BYTES);
}

export function decodeSync(bytes: Uint8Array): WireResult<SyncMessage> {
  return decode(SYNC, bytes, MAX_SYNC_BYTES);
}

export function encodeSyncAnswer({ acks, commands }: SyncAnswer): Uint8Array {
  const answer = { version: WIRE_VERSION, acks: [...acks], commands: [...commands] };
  return encodeCbor(toMap(ANSWER, answer), MAX_ANSWER_BYTES);
}

export function decodeSyncAnswer(bytes: Uint8Array): WireResult<SyncAnswer> {
  const outer = decode(ANSWER, bytes, MAX_ANSWER_BYTES);
  if (!outer.ok) return outer;
  const acks = envelopes(outer.message.acks);
  const commands = envelopes(outer.message.commands);
  if (acks === undefined || commands === undefined) return { ok: false, error: "an envelope is no bytes" };
  return { ok: true, message: { acks, commands } };
}

function envelopes(items: readonly CborValue[]): readonly Uint8Array[] | undefined {
  const found: Uint8Array[] = [];
  for (const item of items) {
    if (!(item instanceof Uint8Array)) return undefined;
    found.push(item);
  }
  return found;
}

function decode<L extends Layout>(layout: L, bytes: Uint8Array, maxBytes: number): WireResult<MessageOf<L>> {
  const limits: CborLimits = { ...CBOR_LIMITS, maxBytes };
  const cbor = decodeCbor(bytes, limits);
  if (!cbor.ok) return { ok: false, error: `${cbor.error} at byte ${cbor.at}` };
  const version = fromMap({ version: [0, "uint"] }, cbor.value);
  if (!version.ok) return { ok: false, error: "no version" };
  if (version.message.version > WIRE_VERSION) {
    return { ok: false, error: `version ${version.message.version} is newer` };
  }
  const result = fromMap(layout, cbor.value);
  return result.ok ? result : { ok: false, error: `${result.error}: ${result.field}` };
}

/** Each request has a number above the one before it, for each of the two addresses by itself. */
export const NUMBER_HEADER = "spiral-number";
/** In the answer 409: the least number that will be taken. */
export const NEXT_NUMBER_HEADER = "spiral-next-number";

/**
 * What the key of the certificate signs (RSASSA-PKCS1-v1_5, SHA-256), ASCII. `target`: path and query as asked for.
 * Hexadecimal: SHA-256 of the certificate in DER and of the body, of nothing where there is none.
 */
export function requestText(
  method: "GET" | "POST",
  target: string,
  number: number,
  certificateSha256Hex: string,
  bodySha256Hex: string,
): string {
  return `spiral-request-1\n${method} ${target}\n${number}\n${certificateSha256Hex}\n${bodySha256Hex}\n`;
}
