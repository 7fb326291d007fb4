/**
 * The class HELD: replies that carry money or are forgotten by the device once acknowledged. The link hands them up
 * un-ACKed; the ACK follows the append to the ledger. Small and without allocation, to be mirrored in C.
 */
import { findCommand, findDevice } from "./codec.js";
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
