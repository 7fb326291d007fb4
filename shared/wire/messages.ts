/**
 * Messages between machine and fleet, each a table with a version; CBOR maps with integer keys. A reader passes over
 * keys it does not know; a message of a version above its own is refused by name.
 */
import { type CborValue, decodeCbor, encodeCbor } from "../cbor.js";
import { deepFreeze } from "../freeze.js";
import { fromMap, type Layout, type MessageOf, toMap } from "../layout.js";

export const WIRE_VERSION = 1;

/**
 * Limits of one sync batch. A single record larger than the bytes left still goes alone: bodies are far below 8 KiB.
 */
export const MAX_BATCH_RECORDS = 64;
export const MAX_BATCH_BYTES = 8_192;

/**
 * `events`. firstSeq: sequence of the first record. chain: chain CRC of the record before it (records/codec.ts).
 * records: alternating kind code and body bytes, in sequence without holes.
 */
const BATCH = deepFreeze({
  version: [0, "uint"],
  epoch: [1, "uint"],
  firstSeq: [2, "uint"],
  chain: [3, "uint"],
  records: [4, "items"],
});

/** `acks`. mark: highest sequence committed (0 = none). waitMs: hold the next batch back so long. */
const ACK = deepFreeze({
  version: [0, "uint"],
  epoch: [1, "uint"],
  mark: [2, "uint"],
  incarnation: [3, "uint"],
  waitMs: [4, "uint?"],
});

/**
 * `status`: retained birth (online) and last will (the same with online false). connection rises at every CONNECT.
 * oldestSeq, newestSeq: what the ring still holds.
 */
const STATUS = deepFreeze({
  version: [0, "uint"],
  online: [1, "bool"],
  epoch: [2, "uint"],
  boot: [3, "uint"],
  connection: [4, "uint"],
  firmware: [5, "text"],
  model: [6, "text"],
  oldestSeq: [7, "uint"],
  newestSeq: [8, "uint"],
  orderCounter: [9, "uint"],
  nonce: [10, "uint"],
});

/**
 * `telemetry`. seq: newest record the cumulative values include. inventory: one byte a slot in planogram order (255
 * = 255 or more). tubes: one byte a coin type. state: purchase state's name. revenueMinor, vends and
 * cashBoxMinor (coins that went past the tubes): since initialisation. base: number of this whole report in its boot,
 * from 1, by which later ones name it (telemetry.ts); absent where each report is whole.
 */
export const TELEMETRY = deepFreeze({
  version: [0, "uint"],
  epoch: [1, "uint"],
  seq: [2, "uint"],
  boot: [3, "uint"],
  uptimeS: [4, "uint"],
  planogramVersion: [5, "uint"],
  inventory: [6, "bytes"],
  revenueMinor: [7, "uint"],
  vends: [8, "uint"],
  faults: [9, "uints"],
  state: [10, "text"],
  creditMinor: [11, "uint"],
  tempMilliC: [12, "int?"],
  tubes: [13, "bytes?"],
  stackerBills: [14, "uint?"],
  cashBoxMinor: [15, "uint?"],
  freeMemoryBytes: [16, "uint?"],
  wallS: [17, "uint?"],
  clockQuality: [18, "uint"],
  unackedRecords: [19, "uint"],
  base: [20, "uint?"],
});

/** `acks` too: the base of a machine's telemetry is not known here, its next report is to be whole. */
const ASK = deepFreeze({ version: [0, "uint"], epoch: [1, "uint"], whole: [5, "bool"] });

/**
 * `commands`: a remote order (shared/orders.ts). id: the fleet's own, at most 40 characters. kind: ORDER_KINDS. args:
 * CBOR of the kind's own. expiresS: Unix seconds. nonce: of the machine's latest birth. mac: signature, 32 bytes.
 */
const ORDER = deepFreeze({
  version: [0, "uint"],
  id: [1, "text"],
  kind: [2, "uint"],
  args: [3, "bytes"],
  counter: [4, "uint"],
  expiresS: [5, "uint"],
  nonce: [6, "uint?"],
  mac: [7, "bytes"],
});

/**
 * `audit`: one part of the EVA-DTS report that the order with this counter asked for. part: 0 … parts − 1. text: ASCII,
 * the parts in their order are the report. seq: newest record it includes.
 */
const AUDIT = deepFreeze({
  version: [0, "uint"],
  epoch: [1, "uint"],
  seq: [2, "uint"],
  counter: [3, "uint"],
  part: [4, "uint"],
  parts: [5, "uint"],
  text: [6, "bytes"],
});

export type OrderMessage = Omit<MessageOf<typeof ORDER>, "version">;
export type AuditMessage = Omit<MessageOf<typeof AUDIT>, "version">;
export type AckMessage = Omit<MessageOf<typeof ACK>, "version">;
export type StatusMessage = Omit<MessageOf<typeof STATUS>, "version">;
export type AskMessage = Omit<MessageOf<typeof ASK>, "version">;
export type TelemetryMessage = Omit<MessageOf<typeof TELEMETRY>, "version">;

export interface RawRecord {
  readonly code: number;
  readonly body: Uint8Array;
}
export interface BatchMessage {
  readonly epoch: number;
  readonly firstSeq: number;
  readonly chain: number;
  readonly records: readonly RawRecord[];
}

export type WireFailure = { readonly ok: false; readonly error: string };
export type WireResult<T> = { readonly ok: true; readonly message: T } | WireFailure;

export const encodeAck = (message: AckMessage): Uint8Array => encode(ACK, { version: WIRE_VERSION, ...message });
export const decodeAck = (bytes: Uint8Array): WireResult<AckMessage> => decode(ACK, bytes);
export const encodeAsk = (message: AskMessage): Uint8Array => encode(ASK, { version: WIRE_VERSION, ...message });
export const decodeAsk = (bytes: Uint8Array): WireResult<AskMessage> => decode(ASK, bytes);
export const encodeStatus = (message: StatusMessage): Uint8Array =>
  encode(STATUS, { version: WIRE_VERSION, ...message });
export const decodeStatus = (bytes: Uint8Array): WireResult<StatusMessage> => decode(STATUS, bytes);
export const encodeTelemetry = (message: TelemetryMessage): Uint8Array =>
  encode(TELEMETRY, { version: WIRE_VERSION, ...message });
export const decodeTelemetry = (bytes: Uint8Array): WireResult<TelemetryMessage> => decode(TELEMETRY, bytes);

export const encodeOrder = (message: OrderMessage): Uint8Array => encode(ORDER, { version: WIRE_VERSION, ...message });
export const decodeOrder = (bytes: Uint8Array): WireResult<OrderMessage> => decode(ORDER, bytes);
export const encodeAudit = (message: AuditMessage): Uint8Array => encode(AUDIT, { version: WIRE_VERSION, ...message });
export const decodeAudit = (bytes: Uint8Array): WireResult<AuditMessage> => decode(AUDIT, bytes);

/** Text of one part of an audit report, bytes. */
export const MAX_AUDIT_PART_BYTES = 8_000;

export function encodeBatch(batch: BatchMessage): Uint8Array {
  const records: CborValue[] = [];
  for (const { code, body } of batch.records) records.push(code, body);
  const { epoch, firstSeq, chain } = batch;
  return encode(BATCH, { version: WIRE_VERSION, epoch, firstSeq, chain, records });
}

export function decodeBatch(bytes: Uint8Array): WireResult<BatchMessage> {
  const outer = decode(BATCH, bytes);
  if (!outer.ok) return outer;
  const { epoch, firstSeq, chain, records: items } = outer.message;
  if (items.length % 2 !== 0) return { ok: false, error: "records are not pairs of kind and body" };
  if (items.length === 0) return { ok: false, error: "no records" };
  if (items.length > 2 * MAX_BATCH_RECORDS) return { ok: false, error: `more than ${MAX_BATCH_RECORDS} records` };
  const records: RawRecord[] = [];
  for (let i = 0; i < items.length; i += 2) {
    const code = items[i];
    const body = items[i + 1];
    if (typeof code !== "number" || code < 0 || code > 255 || !(body instanceof Uint8Array)) {
      return { ok: false, error: `record ${i / 2} is not a kind and a body` };
    }
    records.push({ code, body });
  }
  return { ok: true, message: { epoch, firstSeq, chain, records } };
}

/** What every message begins with. */
const VERSION = deepFreeze({ version: [0, "uint"] });

function encode<L extends Layout>(layout: L, message: MessageOf<L>): Uint8Array {
  return encodeCbor(toMap(layout, message), MAX_MESSAGE_BYTES);
}

/** Longest message on the wire: a full batch and its envelope. */
export const MAX_MESSAGE_BYTES = 12_288;

function decode<L extends Layout>(layout: L, bytes: Uint8Array): WireResult<MessageOf<L>> {
  const cbor = decodeCbor(bytes);
  if (!cbor.ok) return { ok: false, error: `${cbor.error} at byte ${cbor.at}` };
  const version = fromMap(VERSION, cbor.value);
  if (!version.ok) return { ok: false, error: "no version" };
  if (version.message.version > WIRE_VERSION)
    return { ok: false, error: `version ${version.message.version} is newer` };
  const result = fromMap(layout, cbor.value);
  return result.ok ? result : { ok: false, error: `${result.error}: ${result.field}` };
}
