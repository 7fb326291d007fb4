/** The lines that the native programs read and write, made from the reference. */
import type { LinkOut } from "../../../../firmware/mdb/link.js";
import { MDB_DEVICES } from "../../../../shared/mdb/codec.js";
import { eventCodes, type ReplyClass, replyClass } from "../../../../shared/mdb/held.js";

const CLASSES: readonly ReplyClass[] = ["free", "held", "events"];

export function hex(bytes: ArrayLike<number>): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Tells the program every device's event codes. */
export function eventLines(): string[] {
  return MDB_DEVICES.map((device) => `e ${device.address >> 3} ${hex(eventCodes(device))}`);
}

export function sendLine(block: Uint8Array, ackFirst: boolean, nowUs: number): string {
  return `s ${nowUs} ${CLASSES.indexOf(replyClass(block))} ${ackFirst ? 1 : 0} ${hex(block)}`;
}

/** One result, as the programs print it. */
export function resultText({ result }: Extract<LinkOut, { do: "result" }>): string {
  if (result.kind === "garbled") return `garbled:${result.reason}`;
  if (result.kind === "data") return `data${result.held ? "!" : ""}:${hex(result.bytes)}`;
  return result.kind;
}
