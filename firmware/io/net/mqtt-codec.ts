/**
 * MQTT 3.1.1 packets of a client (OASIS mqtt-v3.1.1, §2 and §3) as bytes: QoS 0 and 1 only. Decoding trusts nobody:
 * what is malformed or not for a client comes back as a reason, never as an exception.
 */
import { utf8Decode, utf8Encode, Writer } from "../../../shared/bytes.js";
import { deepFreeze } from "../../../shared/freeze.js";

/** Largest packet taken in, fixed header apart. A longer one is a reason to hang up. */
export const MAX_INCOMING_BYTES = 16_384;
/** Largest packet sent: a full batch, its topic and header. */
export const MAX_OUTGOING_BYTES = 16_384;

/** §2.2.1: type in the upper four bits of the first byte. */
const TYPES = deepFreeze({
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  subscribe: 8,
  suback: 9,
  pingreq: 12,
  pingresp: 13,
  disconnect: 14,
});

const QOS_1 = 0x02;
const DUP = 0x08;
const RETAIN = 0x01;
const RESERVED_2 = 0x02;

export interface ConnectPacket {
  readonly clientId: string;
  readonly cleanSession: boolean;
  readonly keepAliveS: number;
  /** Sent by the broker if the connection ends without DISCONNECT; QoS 1, retained. */
  readonly will: { readonly topic: string; readonly payload: Uint8Array } | undefined;
}

export interface PublishPacket {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1;
  readonly retain: boolean;
  readonly dup: boolean;
  /** 1 … 65535; 0 with QoS 0. */
  readonly id: number;
}

/** What a broker may send to us. */
export type Incoming =
  | { readonly packet: "connack"; readonly sessionPresent: boolean; readonly code: number }
  | ({ readonly packet: "publish" } & PublishPacket)
  | { readonly packet: "puback"; readonly id: number }
  | { readonly packet: "suback"; readonly id: number; readonly granted: readonly number[] }
  | { readonly packet: "pingresp" };

export type Malformed =
  | "tooLong"
  | "badLength"
  | "badFlags"
  | "badTopic"
  | "badQos"
  | "badId"
  | "badCode"
  | "notForAClient"
  | "cutShort"
  | "trailingBytes";

export type Taken =
  /** The packet is not whole yet. */
  | { readonly kind: "more" }
  | { readonly kind: "packet"; readonly packet: Incoming; readonly usedBytes: number }
  | { readonly kind: "malformed"; readonly reason: Malformed };

export function encodeConnect(packet: ConnectPacket): Uint8Array {
  const body = new Writer(MAX_OUTGOING_BYTES);
  putText(body, "MQTT").u8(4);
  const { will } = packet;
  // §3.1.2.3: clean session bit 1, will flag bit 2, will QoS bits 3-4, will retain bit 5
  body.u8((packet.cleanSession ? 0x02 : 0) | (will === undefined ? 0 : 0x04 | (1 << 3) | 0x20));
  body.u16(packet.keepAliveS);
  putText(body, packet.clientId);
  if (will !== undefined) putText(body, will.topic).u16(will.payload.length).put(will.payload);
  return framed(TYPES.connect << 4, body.toBytes());
}

export function encodePublish(packet: PublishPacket): Uint8Array {
  const body = new Writer(MAX_OUTGOING_BYTES);
  putText(body, packet.topic);
  if (packet.qos === 1) body.u16(packet.id);
  body.put(packet.payload);
  const flags = (packet.dup ? DUP : 0) | (packet.qos === 1 ? QOS_1 : 0) | (packet.retain ? RETAIN : 0);
  return framed((TYPES.publish << 4) | flags, body.toBytes());
}

export function encodePuback(id: number): Uint8Array {
  return framed(TYPES.puback << 4, new Writer(2).u16(id).toBytes());
}

export function encodeSubscribe(id: number, filters: readonly { topic: string; qos: 0 | 1 }[]): Uint8Array {
  const body = new Writer(MAX_OUTGOING_BYTES).u16(id);
  for (const { topic, qos } of filters) putText(body, topic).u8(qos);
  return framed((TYPES.subscribe << 4) | RESERVED_2, body.toBytes());
}

export function encodePingreq(): Uint8Array {
  return framed(TYPES.pingreq << 4, new Uint8Array(0));
}

export function encodeDisconnect(): Uint8Array {
  return framed(TYPES.disconnect << 4, new Uint8Array(0));
}

/** The first packet in `bytes`. Payloads are copies: the bytes may be used again. */
export function takePacket(bytes: Uint8Array): Taken {
  let length = 0;
  let at = 1;
  // §2.2.3: at most four bytes of seven bits each, the lowest first
  for (let shift = 0; ; shift += 7) {
    if (shift > 21) return malformed("badLength");
    const digit = bytes[at++];
    if (digit === undefined) return { kind: "more" };
    length |= (digit & 0x7f) << shift;
    if (length > MAX_INCOMING_BYTES) return malformed("tooLong");
    if ((digit & 0x80) === 0) break;
  }
  if (bytes.length < at + length) return { kind: "more" };
  const first = bytes[0] ?? 0;
  const packet = decodeBody(first >> 4, first & 0x0f, bytes.subarray(at, at + length));
  return typeof packet === "string" ? malformed(packet) : { kind: "packet", packet, usedBytes: at + length };
}

function decodeBody(type: number, flags: number, body: Uint8Array): Incoming | Malformed {
  if (type === TYPES.publish) return decodePublish(flags, body);
  if (flags !== 0) return "badFlags";
  switch (type) {
    case TYPES.connack: {
      if (body.length !== 2) return body.length < 2 ? "cutShort" : "trailingBytes";
      const code = body[1] ?? 0;
      const acknowledge = body[0] ?? 0;
      if (acknowledge > 1 || (acknowledge === 1 && code !== 0)) return "badFlags";
      return code > 5 ? "badCode" : { packet: "connack", sessionPresent: acknowledge === 1, code };
    }
    case TYPES.puback: {
      if (body.length !== 2) return body.length < 2 ? "cutShort" : "trailingBytes";
      const id = u16(body, 0);
      return id === 0 ? "badId" : { packet: "puback", id };
    }
    case TYPES.suback: {
      if (body.length < 3) return "cutShort";
      const granted = [...body.subarray(2)];
      if (granted.some((code) => code > 2 && code !== 0x80)) return "badCode";
      const id = u16(body, 0);
      return id === 0 ? "badId" : { packet: "suback", id, granted };
    }
    case TYPES.pingresp:
      return body.length === 0 ? { packet: "pingresp" } : "trailingBytes";
    default:
      return "notForAClient";
  }
}

function decodePublish(flags: number, body: Uint8Array): Incoming | Malformed {
  const qos = (flags >> 1) & 3;
  // we subscribe with QoS 1 at most, so that QoS 2 is never granted (§3.8.4)
  if (qos > 1) return "badQos";
  if (qos === 0 && (flags & DUP) !== 0) return "badFlags";
  if (body.length < 2) return "cutShort";
  const topicEnd = 2 + u16(body, 0);
  const start = qos === 1 ? topicEnd + 2 : topicEnd;
  if (start > body.length) return "cutShort";
  const topic = utf8Decode(body.subarray(2, topicEnd));
  // §3.3.2.1: no wildcards; §1.5.3: no U+0000
  if (topic === undefined || topic === "" || /[#+\0]/.test(topic)) return "badTopic";
  const id = qos === 1 ? u16(body, topicEnd) : 0;
  if (qos === 1 && id === 0) return "badId";
  return {
    packet: "publish",
    topic,
    payload: body.slice(start),
    qos: qos === 1 ? 1 : 0,
    retain: (flags & RETAIN) !== 0,
    dup: (flags & DUP) !== 0,
    id,
  };
}

function framed(first: number, body: Uint8Array): Uint8Array {
  const digits: number[] = [];
  let rest = body.length;
  do {
    const digit = rest & 0x7f;
    rest >>>= 7;
    digits.push(rest > 0 ? digit | 0x80 : digit);
  } while (rest > 0);
  const bytes = new Uint8Array(1 + digits.length + body.length);
  bytes[0] = first;
  bytes.set(digits, 1);
  bytes.set(body, 1 + digits.length);
  return bytes;
}

function putText(writer: Writer, text: string): Writer {
  const bytes = utf8Encode(text);
  return writer.u16(bytes.length).put(bytes);
}

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
}

function malformed(reason: Malformed): Taken {
  return { kind: "malformed", reason };
}
