/** A device's mailbox on the bus: blocks for its address, orders for it, what the machine is told of its files. */
import { deepFreeze } from "../../shared/freeze.js";
import { encodeCommand, findCommand } from "../../shared/mdb/codec.js";
import type { DeviceTable } from "../../shared/mdb/device.js";
import { FTL_COMMANDS, FTL_EVENTS, type FtlMessage } from "../../shared/mdb/file-transport.js";
import { isHeld } from "../../shared/mdb/held.js";
import { layoutIsOpen } from "../../shared/mdb/layout.js";
import { ADDRESS_MASK } from "../../shared/mdb/link.js";
import { decodePoll, eventBytes, findEvent } from "../../shared/mdb/poll.js";
import type { FittedName } from "../../shared/wire/documents.js";
import type { MdbOrder } from "../ports/rooms.js";
import type { Driver, DriverStep as Step } from "./driver.js";
import {
  emptied,
  type FtlEvent,
  type FtlState,
  type FtlStep,
  ftlHeard,
  ftlSent,
  ftlTick,
  nextFtl,
  wishFile,
} from "./file-transport.js";
import {
  type Contact,
  commandAnswered,
  hurried,
  type MdbFacts,
  NO_EFFECTS,
  type Outcome,
  type PeripheralEffect,
  tell,
} from "./peripheral.js";

/** The same at every address. */
const FTL = deepFreeze({
  name: "fileTransport",
  address: 0,
  commands: FTL_COMMANDS,
  events: FTL_EVENTS,
}) satisfies DeviceTable;

/** The message as a block for the device: the rows are the same at every address. */
export function fileBlock(address: number, message: FtlMessage): Uint8Array {
  const block = encoded(message);
  block[0] = address | ((block[0] ?? 0) & ~ADDRESS_MASK);
  return block;
}

function encoded(message: FtlMessage): Uint8Array {
  switch (message.event) {
    case "ftlSendBlock":
      return encodeCommand(FTL, message.event, message);
    case "ftlOkToSend":
      return encodeCommand(FTL, message.event, message);
    case "ftlRetryDeny":
      return encodeCommand(FTL, message.event, message);
    default:
      return encodeCommand(FTL, message.event, message);
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

// ---- beside money --------------------------------------------------------------------------------------------------

/** What the mailbox has to know of a device that takes money. */
export interface Plug<S> {
  name(state: S): FittedName;
  /** Its POLL codes, without those of file transport. */
  table(state: S): DeviceTable;
  /** Set up, with the option of file transport switched on: before, 1B-1F mean nothing. */
  isOn(state: S): boolean;
  /** Neither money nor a customer has to wait for a file. */
  isFree(state: S): boolean;
}

interface Mailed {
  readonly contact: Contact;
  readonly files: FtlState;
  /** Of a reader: what its display request is long. */
  readonly displayCharacters?: number;
}

/**
 * A driver with a mailbox beside it (MDB 4.2 §2.6): messages of file transport are taken out of a reply before the
 * driver reads it, so that no file is read as money. A file leaves us where the driver would POLL. Without the option
 * every order is answered at once, as failed; so is what waits when the device is reset or lost.
 */
export class MailedDriver<S extends Mailed> implements Driver<S> {
  private readonly driver: Driver<S>;
  private readonly plug: Plug<S>;

  constructor(driver: Driver<S>, plug: Plug<S>) {
    this.driver = driver;
    this.plug = Object.freeze(plug);
    // The machine's tables lie in flash.
    Object.freeze(this);
  }

  next(state: S, nowMs: number): string {
    const { plug } = this;
    const command = this.driver.next(state, nowMs);
    const { contact, files } = state;
    if (command !== "poll" || contact.pollNext || contact.guard !== undefined) return command;
    return plug.isOn(state) && plug.isFree(state) && nextFtl(files, nowMs) !== undefined ? "file" : command;
  }

  block(state: S, command: string, facts: MdbFacts, nowMs: number): Uint8Array {
    const message = command === "file" ? nextFtl(state.files, nowMs) : undefined;
    if (message !== undefined) return fileBlock(this.plug.table(state).address, message);
    return this.driver.block(state, command === "file" ? "poll" : command, facts, nowMs);
  }

  order(state: S, order: MdbOrder, nowMs: number): Step<S> {
    const mail = fileOrdered(state.files, order, this.plug.name(state), !this.plug.isOn(state));
    if (mail === undefined) return this.driver.order(state, order, nowMs);
    return this.posted(this.withContact(state, hurried(state.contact, nowMs)), mail, NO_EFFECTS);
  }

  take(state: S, command: string, block: Uint8Array, outcome: Outcome, facts: MdbFacts, nowMs: number): Step<S> {
    if (command !== "file") return this.heard(state, command, block, outcome, facts, nowMs);
    const { state: sent, effects } = this.posted(state, fileSaid(state.files, outcome, nowMs), NO_EFFECTS);
    if (outcome.is === "ack") {
      return { state: this.withContact(sent, commandAnswered(sent.contact, nowMs)), effects };
    }
    // What it says at once is said in POLL codes.
    const poll = this.driver.block(sent, "poll", facts, nowMs);
    const step = this.heard(sent, "poll", poll, outcome, facts, nowMs);
    return { state: step.state, effects: [...effects, ...step.effects] };
  }

  withContact(state: S, contact: Contact): S {
    return this.driver.withContact(state, contact);
  }

  lose(state: S, rest: boolean, nowMs: number): Step<S> {
    return this.closed(state, this.driver.lose(state, rest, nowMs));
  }

  private posted(state: S, { state: files, events }: FtlStep, before: readonly PeripheralEffect[]): Step<S> {
    const effects = events.length === 0 ? before : [...before, ...filesTold(this.plug.name(state), events)];
    return { state: files === state.files ? state : { ...state, files }, effects };
  }

  /** A device that is set up anew, or lost. */
  private closed(before: S, step: Step<S>): Step<S> {
    if (!this.plug.isOn(before) || this.plug.isOn(step.state)) return step;
    return this.posted(step.state, emptied(step.state.files), step.effects);
  }

  private heard(
    state: S,
    command: string,
    block: Uint8Array,
    outcome: Outcome,
    facts: MdbFacts,
    nowMs: number,
  ): Step<S> {
    const table = this.plug.table(state);
    if (outcome.is !== "data" || !this.plug.isOn(state) || findCommand(table, block)?.reply !== "events") {
      return this.taken(state, command, block, outcome, facts, nowMs);
    }
    const { messages, rest } = parted(table, outcome.bytes, state.displayCharacters ?? 0);
    // The link holds what has a file in it, for money may stand behind.
    const held = outcome.held && isHeld(block, rest);
    let step: Step<S> = { state, effects: outcome.held && !held ? [{ do: "release" }] : NO_EFFECTS };
    for (const message of messages) {
      step = this.posted(step.state, ftlHeard(step.state.files, message, nowMs), step.effects);
    }
    const after = this.taken(step.state, command, block, { is: "data", bytes: rest, held }, facts, nowMs);
    return step.effects.length === 0 ? after : { state: after.state, effects: [...step.effects, ...after.effects] };
  }

  private taken(
    state: S,
    command: string,
    block: Uint8Array,
    outcome: Outcome,
    facts: MdbFacts,
    nowMs: number,
  ): Step<S> {
    const step = this.closed(state, this.driver.take(state, command, block, outcome, facts, nowMs));
    const { files } = step.state;
    return files.transfer.at === "none" ? step : this.posted(step.state, ftlTick(files, nowMs), step.effects);
  }
}

/** The whole messages of file transport in a reply, and the reply without them. */
function parted(table: DeviceTable, bytes: Uint8Array, displayCharacters: number) {
  const messages: FtlMessage[] = [];
  const rest: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const ours = findEvent(FTL, bytes[at] ?? 0);
    const row = ours ?? findEvent(table, bytes[at] ?? 0);
    let end = at + eventBytes(row);
    if (row?.event === "displayRequest") end += displayCharacters;
    else if (layoutIsOpen(row?.fields ?? [])) end = bytes.length;
    const part = bytes.subarray(at, end);
    if (ours === undefined) rest.push(...part);
    else messages.push(...decodePoll(FTL, part).events);
    at = end;
  }
  return { messages, rest: Uint8Array.from(rest) };
}
