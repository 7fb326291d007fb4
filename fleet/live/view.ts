/** Telemetry as the pages see it: the message of the wire in the API's words. */
import { CLOCK_QUALITIES } from "../../shared/records/kinds.js";
import { decodeTelemetry, type TelemetryMessage } from "../../shared/wire/messages.js";
import type { Telemetry } from "../api/machines/schema.js";
import { decimalOf } from "../store/amounts.js";
import type { LiveState } from "./live-store.js";

/** `decimals`: of the machine's currency. */
export function telemetryView(message: TelemetryMessage, receivedMs: number, decimals: number): Telemetry {
  return {
    receivedAt: new Date(receivedMs).toISOString(),
    state: message.state,
    credit: decimalOf(message.creditMinor, decimals),
    bootNo: message.boot,
    uptimeS: message.uptimeS,
    planogramVersion: message.planogramVersion,
    faults: [...message.faults],
    tubes: message.tubes === undefined ? null : Array.from(message.tubes),
    stackerBills: message.stackerBills ?? null,
    cashBox: message.cashBoxMinor === undefined ? null : decimalOf(message.cashBoxMinor, decimals),
    tempMilliC: message.tempMilliC ?? null,
    freeMemoryBytes: message.freeMemoryBytes ?? null,
    clockQuality: CLOCK_QUALITIES[message.clockQuality] ?? "unknown",
    unackedRecords: message.unackedRecords,
  };
}

/** What the live store keeps of a machine: the message as it came, for few are ever looked at. */
export function packState(body: Uint8Array, receivedMs: number): LiveState {
  return { atMs: receivedMs, value: Buffer.from(body.buffer, body.byteOffset, body.length).toString("base64") };
}

export function viewOfState({ atMs, value }: LiveState, decimals: number): Telemetry | undefined {
  return viewOfBytes(Buffer.from(value, "base64"), atMs, decimals);
}

/** The view of stored bytes; undefined if they are no telemetry. */
export function viewOfBytes(body: Uint8Array, receivedMs: number, decimals: number): Telemetry | undefined {
  const result = decodeTelemetry(body);
  return result.ok ? telemetryView(result.message, receivedMs, decimals) : undefined;
}
