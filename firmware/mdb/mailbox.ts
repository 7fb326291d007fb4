/** A device's mailbox on the bus: blocks for its address, orders for it, what the machine is told of its files. */
import { encodeCommand } from "../../shared/mdb/codec.js";
import type { FtlMessage } from "../../shared/mdb/file-transport.js";
import { ADDRESS_MASK } from "../../shared/mdb/link.js";
import { SATELLITE_1 } from "../../shared/mdb/satellite.js";
import type { FittedName } from "../../shared/wire/documents.js";
import type { MdbOrder } from "../ports/rooms.js";
import { emptied, type FtlEvent, type FtlState, type FtlStep, ftlSent, nextFtl, wishFile } from "./file-transport.js";
import { NO_EFFECTS, type Outcome, type PeripheralEffect, tell } from "./peripheral.js";

/** The message as a block for the device: the rows are the same at every address. */
export function fileBlock(address: number, message: FtlMessage): Uint8Array {
  const block = encoded(message);
  block[0] = address | ((block[0] ?? 0) & ~ADDRESS_MASK);
  return block;
}

function encoded(message: FtlMessage): Uint8Array {
  switch (message.event) {
    case "ftlSendBlock":
      return encodeCommand(SATELLITE_1, message.event, message);
    case "ftlOkToSend":
      return encodeCommand(SATELLITE_1, message.event, message);
    case "ftlRetryDeny":
      return encodeCommand(SATELLITE_1, message.event, message);
    default:
      return encodeCommand(SATELLITE_1, message.event, message);
  }
}

/** The mailbox with an order for its device; undefined: the order is none. lost: answered at once, as failed. */
export function fileOrdered(files: FtlState, order: MdbOrder, device: FittedName, lost: boolean): FtlStep | undefined {
  if ((order.order !== "putFile" && order.order !== "getFile") || order.device !== device) return undefined;
  const bytes = order.order === "putFile" ? order.bytes : undefined;
  const wished = wishFile(files, { file: order.file, bytes });
  if (!lost) return wished;
  const empty = emptied(wished.state);
  return { state: empty.state, events: [...wished.events, ...empty.events] };
}

/** What `nextFtl` gave has left us, with this outcome. */
export function fileSaid(files: FtlState, outcome: Outcome, nowMs: number): FtlStep {
  const message = nextFtl(files, nowMs);
  if (message === undefined) return { state: files, events: [] };
  return ftlSent(files, message, outcome.is !== "noAnswer", nowMs);
}

export function filesTold(device: FittedName, events: readonly FtlEvent[]): readonly PeripheralEffect[] {
  return events.map((event) => told(device, event));
}

function told(device: FittedName, event: FtlEvent): PeripheralEffect {
  const { file } = event;
  switch (event.did) {
    case "sent":
      return tell({ event: "fileSent", device, file, outcome: event.outcome });
    case "received":
      return tell({ event: "fileReceived", device, file, bytes: event.bytes });
    case "missed":
      return tell({ event: "fileMissed", device, file });
  }
}

/** The answer to an order for a device that has no mailbox; none to any other order. */
export function filesRefused(order: MdbOrder, hasMailbox: boolean): readonly PeripheralEffect[] {
  if (hasMailbox || (order.order !== "putFile" && order.order !== "getFile")) return NO_EFFECTS;
  const { device, file } = order;
  const sent = order.order === "putFile";
  return [told(device, sent ? { did: "sent", file, outcome: "failed" } : { did: "missed", file })];
}
