/**
 * The class HELD: replies that carry money or are forgotten by the device once acknowledged. The link hands them up
 * un-ACKed; the ACK follows the append to the ledger. Small and without allocation, to be mirrored in C.
 */
import { findCommand, findDevice } from "./codec.js";
import type { DeviceTable } from "./device.js";
import { eventBytes, findEvent } from "./poll.js";

/**
 * True if a data reply is of the class HELD, given the command it answers; both without checksum. A money report
 * whose tail was cut off is held too. Replies of devices and commands not in the tables are not held.
 */
export function isHeld(command: ArrayLike<number>, reply: ArrayLike<number>): boolean {
  const device = findDevice(command);
  if (device === undefined || reply.length === 0) return false;
  const row = findCommand(device, command);
  if (row === undefined) return false;
  if (row.reply !== "events") return row.held === true;
  let at = 0;
  while (at < reply.length) {
    const event = findEvent(device, reply[at] ?? 0);
    if (event?.held === true) return true;
    at += eventBytes(event);
  }
  return false;
}

/** How a native link tells HELD from other data replies to one command: never, always, or by walking its events. */
export type ReplyClass = "free" | "held" | "events";

/** The class of the data replies to `command` (without checksum); of devices and commands not in the tables: free. */
export function replyClass(command: ArrayLike<number>): ReplyClass {
  const device = findDevice(command);
  const row = device === undefined ? undefined : findCommand(device, command);
  if (row === undefined) return "free";
  if (row.reply === "events") return "events";
  return row.held === true ? "held" : "free";
}

/** Set in an entry of `eventCodes` whose event is held. */
export const EVENT_HELD = 0x80;

/**
 * What a native link has to know of a device's POLL replies, so that it needs no table of its own: per first byte of
 * an event, how many bytes the event takes, plus `EVENT_HELD`. 256 entries.
 */
export function eventCodes(device: DeviceTable): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_none, code) => {
    const event = findEvent(device, code);
    return eventBytes(event) | (event?.held === true ? EVENT_HELD : 0);
  });
}
