/**
 * The class HELD: replies that carry money or are forgotten by the device once acknowledged. The link hands them up
 * un-ACKed; the ACK follows the append to the ledger. Small and without allocation, to be mirrored in C.
 */
import { findCommand, findDevice } from "./codec.js";
import type { DeviceTable, EventRow } from "./device.js";
import { eventBytes, findEvent } from "./poll.js";

/** First bytes of file transport messages in POLL, 1B-1F: their lengths are no table's of this link. */
const FTL_FIRST = 0x1b;
const FTL_LAST = 0x1f;

/**
 * Money, or what money may stand behind: a message of file transport in the reply of a device that reports money, whose
 * driver alone knows where the message ends. Readers report none: what follows in their replies is held for nobody.
 */
function isHeldEvent({ events }: DeviceTable, event: EventRow | undefined, code: number): boolean {
  if (event !== undefined) return event.held === true;
  return code >= FTL_FIRST && code <= FTL_LAST && events.some(({ held }) => held === true);
}

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
    const code = reply[at] ?? 0;
    const event = findEvent(device, code);
    if (isHeldEvent(device, event, code)) return true;
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
    return eventBytes(event) | (isHeldEvent(device, event, code) ? EVENT_HELD : 0);
  });
}
