/**
 * Sorts what the broker brings: decodes each message by its channel and queues it. Nothing here touches the database.
 */
import {
  type AuditMessage,
  type BatchMessage,
  decodeAudit,
  decodeBatch,
  decodeStatus,
  encodeTelemetry,
  MAX_MESSAGE_BYTES,
} from "../../shared/wire/messages.js";
import { isChange } from "../../shared/wire/telemetry.js";
import { parseTopic, topicOf } from "../../shared/wire/topics.js";
import type { Arrival } from "../broker/connection.js";
import type { IngestQueue, Waiting } from "./queue.js";
import type { Orphan, TelemetryBases } from "./telemetry-bases.js";

export interface Undecodable {
  readonly serial: string;
  readonly payload: Uint8Array;
  readonly detail: string;
  readonly arrival: Arrival;
}

/** Part of an EVA-DTS report. */
export interface ArrivedAudit {
  readonly serial: string;
  readonly message: AuditMessage;
  readonly arrival: Arrival;
}

export interface Sorted {
  readonly undecodable?: Undecodable;
  readonly audit?: ArrivedAudit;
  /** Telemetry whose base is not at hand. */
  readonly orphan?: Orphan;
  readonly refused?: string;
}

/**
 * Queues `arrival`. A batch that is none comes back, to be set aside; everything else that cannot be read is dropped
 * and acknowledged: sending it again would not mend it.
 */
export function sortArrival(
  arrival: Arrival,
  queue: IngestQueue<BatchMessage>,
  bases: TelemetryBases,
  nowMs: number,
): Sorted {
  const topic = parseTopic(arrival.topic);
  if (topic === undefined) return drop(arrival, `topic ${arrival.topic}`);
  const { machineId: serial, channel } = topic;
  // The embedded broker lets none through; one of others may.
  if (arrival.payload.length > MAX_MESSAGE_BYTES) return drop(arrival, `${serial}: ${arrival.payload.length} bytes`);
  switch (channel) {
    case "events": {
      const batch = decodeBatch(arrival.payload);
      const wrong = batch.ok ? impossible(batch.message) : batch.error;
      if (!batch.ok || wrong !== undefined) {
        const detail = wrong ?? "undecodable";
        return { undecodable: { serial, payload: arrival.payload, detail, arrival } };
      }
      // Dropped, not acknowledged upwards: the machine keeps it and sends it again after its pause.
      if (!queue.addBatch(waitingOf(arrival, serial, batch.message, nowMs))) return drop(arrival, "queue full");
      return {};
    }
    case "telemetry": {
      const { payload } = arrival;
      const reading = bases.read(serial, payload, nowMs);
      if (reading.is === "refused") return drop(arrival, `${serial}: telemetry ${reading.error}`);
      if (reading.is === "baseMissing") {
        arrival.ack();
        const orphan = { serial, epoch: reading.epoch, payload: new Uint8Array(payload), receivedMs: nowMs };
        return { orphan: { ...orphan, reply: replyTo(arrival, serial) } };
      }
      if (reading.is === "stale") return drop(arrival, undefined);
      const { message } = reading;
      // What is kept of a change is the whole state it makes.
      const body = isChange(payload) ? encodeTelemetry(message) : payload;
      const item = { serial, message, body, receivedMs: nowMs, ack: arrival.ack };
      queue.addTelemetry(message.base === undefined ? item : { ...item, base: payload });
      return {};
    }
    case "status": {
      // An empty retained message deletes the retained one; it says nothing.
      if (arrival.payload.length === 0) return drop(arrival, undefined);
      const status = decodeStatus(arrival.payload);
      if (!status.ok) return drop(arrival, `${serial}: status ${status.error}`);
      if (!queue.addPresence(waitingOf(arrival, serial, status.message, nowMs)))
        return drop(arrival, "presence queue full");
      return {};
    }
    case "audit": {
      const audit = decodeAudit(arrival.payload);
      return audit.ok
        ? { audit: { serial, message: audit.message, arrival } }
        : drop(arrival, `${serial}: audit ${audit.error}`);
    }
    default:
      return drop(arrival, `${serial}: channel ${channel}`);
  }
}

function waitingOf<T>(arrival: Arrival, serial: string, message: T, receivedMs: number): Waiting<T> {
  const { ack, payload, retained, byHttp = false } = arrival;
  const reply = replyTo(arrival, serial);
  return { serial, message, receivedMs, ack, reply, bytes: payload.length, retained, byHttp };
}

function replyTo(arrival: Arrival, serial: string): (payload: Uint8Array) => boolean {
  return (payload) => arrival.reply(topicOf(serial, "acks"), payload);
}

/** Sequences begin with 1 and are 32 bits wide, as the chain CRC counts them. */
function impossible({ epoch, firstSeq, chain, records }: BatchMessage): string | undefined {
  if (firstSeq < 1 || firstSeq + records.length - 1 > MAX_U32) return "sequence out of range";
  if (epoch < 1 || epoch > MAX_U32) return "epoch out of range";
  return chain > MAX_U32 ? "chain out of range" : undefined;
}

const MAX_U32 = 0xffff_ffff;

function drop(arrival: Arrival, refused: string | undefined): { readonly refused?: string } {
  arrival.ack();
  return refused === undefined ? {} : { refused };
}
