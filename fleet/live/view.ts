/** Telemetry as the pages see it: the message of the wire in the API's words. */
import { CLOCK_QUALITIES } from "../../shared/records/kinds.js";
import { decodeTelemetry, type TelemetryMessage } from "../../shared/wire/messages.js";
import type { Telemetry } from "../api/machines/schema.js";
import { decimalOf } from "../store/amounts.js";

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

/** The view of stored bytes; undefined if they are no telemetry. */
export function viewOfBytes(body: Uint8Array, receivedMs: number, decimals: number): Telemetry | undefined {
  const result = decodeTelemetry(body);
  return result.ok ? telemetryView(result.message, receivedMs, decimals) : undefined;
}
