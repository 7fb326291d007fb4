/**
 * The mailbox of the File Transport Layer (MDB 4.2 §2.6, PDF p38-50; mdb §1.7) for one device: files that it sends us,
 * files that wait for it, one transfer at a time. A pure machine that any driver may plug in: it says what to send and
 * takes what was heard. Files for others are refused: the VMC is a mailbox here, no router.
 */
import {
  FTL_BLOCK_DATA_BYTES,
  FTL_MAX_BLOCKS,
  FTL_MAX_FILE_BYTES,
  FTL_MAX_RETRIES,
  FTL_VMC,
  type FtlMessage,
  isDenied,
} from "../../shared/mdb/file-transport.js";

/** Files that may wait for one device, or be asked of it. */
export const FTL_MAX_WAITING = 4;
/** Nothing heard for so long: the transfer is over. */
export const FTL_IDLE_MS = 30_000;
/** A device that says "later" is asked again so often. */
export const FTL_MAX_DELAYS = 10;
/** What a device is told whose file we cannot take now, seconds. */
const BUSY_DELAY_S = 10;
const DENIED_DELAY_S = 0xff;

/** What became of a file that was put into the mailbox, or asked for. */
export type FtlOutcome = "delivered" | "denied" | "failed";

export type FtlEvent =
  | { readonly did: "sent"; readonly file: number; readonly outcome: FtlOutcome }
  | { readonly did: "received"; readonly file: number; readonly bytes: Uint8Array }
  /** A file that we asked for does not come. */
  | { readonly did: "missed"; readonly file: number };

/** A file to be delivered; without bytes, one to be fetched. */
export interface FtlWish {
  readonly file: number;
  readonly bytes: Uint8Array | undefined;
}

export type FtlTransfer =
  | { readonly at: "none" }
  /** The first wish has been announced; the device's word is awaited. */
  | { readonly at: "asked"; readonly sinceMs: number }
  /** It goes over: `block` is the next one. */
  | { readonly at: "sending"; readonly block: number; readonly tries: number; readonly sinceMs: number }
  /** It comes: `next` is the number awaited, `newest` the data of the one before it. */
  | {
      readonly at: "receiving";
      readonly file: number;
      readonly ordered: boolean;
      readonly next: number;
      readonly newest: readonly number[];
      readonly bytes: readonly number[];
      readonly sinceMs: number;
    };

export interface FtlState {
  /** The device's address byte with command bits 0. */
  readonly device: number;
  readonly transfer: FtlTransfer;
  readonly wishes: readonly FtlWish[];
  /** To be said as soon as the bus is ours. */
  readonly reply: FtlMessage | undefined;
  /** The first wish is not announced before, ms; and how often it was put off or not heard. */
  readonly notBeforeMs: number;
  readonly delays: number;
}

export interface FtlStep {
  readonly state: FtlState;
  readonly events: readonly FtlEvent[];
}

const NONE: FtlTransfer = Object.freeze<FtlTransfer>({ at: "none" });
const NO_EVENTS: readonly FtlEvent[] = Object.freeze([]);

export function emptyMailbox(device: number): FtlState {
  const wishes = Object.freeze<FtlWish[]>([]);
  return Object.freeze({ device, transfer: NONE, wishes, reply: undefined, notBeforeMs: 0, delays: 0 });
}

function only(state: FtlState): FtlStep {
  return { state, events: NO_EVENTS };
}

/** Puts a file in, or asks for one. Refused at once, as "failed": too long, or too many wait. */
export function wishFile(state: FtlState, wish: FtlWish): FtlStep {
  const tooLong = (wish.bytes?.length ?? 0) > FTL_MAX_FILE_BYTES;
  if (tooLong || state.wishes.length >= FTL_MAX_WAITING) return { state, events: [ended(wish, "failed")] };
  return only({ ...state, wishes: [...state.wishes, wish] });
}

function ended({ file, bytes }: FtlWish, outcome: FtlOutcome): FtlEvent {
  return bytes === undefined ? { did: "missed", file } : { did: "sent", file, outcome };
}

/** The device was reset, lost or taken away: what was under way has failed, and what waits for it with it. */
export function emptied(state: FtlState): FtlStep {
  const events = state.wishes.map((wish) => ended(wish, "failed"));
  return { state: emptyMailbox(state.device), events };
}

// ---- what to say ---------------------------------------------------------------------------------------------------

/** What to say now, if anything. */
export function nextFtl(state: FtlState, nowMs: number): FtlMessage | undefined {
  const { reply, transfer, wishes, device } = state;
  if (reply !== undefined) return reply;
  const [wish] = wishes;
  if (transfer.at === "sending") return blockOf(wish?.bytes, device, transfer.block);
  if (transfer.at !== "none" || wish === undefined || nowMs < state.notBeforeMs) return undefined;
  const { file, bytes } = wish;
  const maxBlocks = bytes === undefined ? FTL_MAX_BLOCKS - 1 : Math.ceil(bytes.length / FTL_BLOCK_DATA_BYTES);
  const event = bytes === undefined ? "ftlRequestToReceive" : "ftlRequestToSend";
  return { event, to: device, from: FTL_VMC, file, maxBlocks, control: 0 };
}

function blockOf(bytes: Uint8Array | undefined, to: number, block: number): FtlMessage {
  const from = block * FTL_BLOCK_DATA_BYTES;
  return {
    event: "ftlSendBlock",
    to,
    block,
    data: Array.from(bytes?.subarray(from, from + FTL_BLOCK_DATA_BYTES) ?? []),
  };
}

/** What `nextFtl` gave has left us. heard: it was answered, by an ACK or with data. */
export function ftlSent(state: FtlState, message: FtlMessage, heard: boolean, nowMs: number): FtlStep {
  if (message === state.reply) return only({ ...state, reply: undefined });
  const { transfer } = state;
  if (message.event === "ftlSendBlock" && transfer.at === "sending") {
    if (!heard) return unheard(state, transfer.tries, { ...transfer, tries: transfer.tries + 1 });
    if (message.data.length === 0) return wishOver(state, "delivered");
    return only({ ...state, transfer: { ...transfer, block: transfer.block + 1, tries: 0, sinceMs: nowMs } });
  }
  if (transfer.at !== "none") return only(state);
  if (!heard) return unheard({ ...state, delays: state.delays + 1 }, state.delays, transfer);
  return only({ ...state, transfer: { at: "asked", sinceMs: nowMs } });
}

function unheard(state: FtlState, tries: number, transfer: FtlTransfer): FtlStep {
  return tries >= FTL_MAX_RETRIES ? wishOver(state, "failed") : only({ ...state, transfer });
}

/** The first wish has found its end. */
function wishOver(state: FtlState, outcome: FtlOutcome): FtlStep {
  const [wish, ...wishes] = state.wishes;
  const over = { ...state, transfer: NONE, wishes, notBeforeMs: 0, delays: 0 };
  return { state: over, events: wish === undefined ? NO_EVENTS : [ended(wish, outcome)] };
}

// ---- what was heard ------------------------------------------------------------------------------------------------

/** Takes a message from the device. */
export function ftlHeard(state: FtlState, message: FtlMessage, nowMs: number): FtlStep {
  switch (message.event) {
    case "ftlRequestToSend":
      return offered(state, message, nowMs);
    case "ftlRequestToReceive":
      return requested(state, message, nowMs);
    case "ftlSendBlock":
      return message.to === FTL_VMC ? blockCame(state, message, nowMs) : only(state);
    case "ftlOkToSend": {
      const asked = state.transfer.at === "asked" && state.wishes[0]?.bytes !== undefined;
      return only(asked ? { ...state, transfer: { at: "sending", block: 0, tries: 0, sinceMs: nowMs } } : state);
    }
    case "ftlRetryDeny":
      return putOff(state, message.delayS, nowMs);
  }
}

type Request = Extract<FtlMessage, { event: "ftlRequestToReceive" | "ftlRequestToSend" }>;

/** The device has a file. For others than us: no. In the middle of something: later. */
function offered(state: FtlState, { to, from, file }: Request, nowMs: number): FtlStep {
  const { transfer } = state;
  if (to !== FTL_VMC) return only(denying(state, from, DENIED_DELAY_S));
  const anew = transfer.at === "receiving" && transfer.file === file && !transfer.ordered;
  if (transfer.at !== "none" && !anew) return only(denying(state, from, BUSY_DELAY_S));
  const reply: FtlMessage = { event: "ftlOkToSend", to: from, from: FTL_VMC };
  return only({ ...state, reply, transfer: receiving(file, false, nowMs) });
}

function receiving(file: number, ordered: boolean, nowMs: number): FtlTransfer {
  return { at: "receiving", file, ordered, next: 0, newest: [], bytes: [], sinceMs: nowMs };
}

/** The device wants a file: it gets the first that waits for it, if it has that number. */
function requested(state: FtlState, { to, from, file }: Request, nowMs: number): FtlStep {
  const [wish] = state.wishes;
  const { at } = state.transfer;
  const ours = to === FTL_VMC && wish?.bytes !== undefined && wish.file === file;
  if (!ours) return only(denying(state, from, DENIED_DELAY_S));
  if (at === "receiving" || at === "sending") return only(denying(state, from, BUSY_DELAY_S));
  return only({ ...state, transfer: { at: "sending", block: 0, tries: 0, sinceMs: nowMs } });
}

function denying(state: FtlState, to: number, delayS: number): FtlState {
  return { ...state, reply: { event: "ftlRetryDeny", to, from: FTL_VMC, delayS } };
}

function putOff(state: FtlState, delayS: number, nowMs: number): FtlStep {
  const { transfer } = state;
  if (transfer.at !== "asked" && transfer.at !== "sending") return only(state);
  const delays = state.delays + 1;
  if (isDenied(delayS) || delays > FTL_MAX_DELAYS) return wishOver(state, "denied");
  return only({ ...state, transfer: NONE, notBeforeMs: nowMs + delayS * 1_000, delays });
}

function blockCame(was: FtlState, message: Extract<FtlMessage, { event: "ftlSendBlock" }>, nowMs: number): FtlStep {
  const [wish] = was.wishes;
  const begins = was.transfer.at === "asked" && wish !== undefined && wish.bytes === undefined;
  const transfer = begins ? receiving(wish.file, true, nowMs) : was.transfer;
  const state = { ...was, transfer };
  const { block, data } = message;
  if (transfer.at !== "receiving") {
    // The end of a file, once more: our ACK got lost.
    return only(data.length === 0 ? state : denying(state, state.device, DENIED_DELAY_S));
  }
  // Our ACK got lost, and it says the block again.
  if (transfer.next > 0 && block === transfer.next - 1 && sameData(data, transfer.newest)) return only(state);
  if (block !== transfer.next || data.length > FTL_BLOCK_DATA_BYTES)
    return broken(denying(state, state.device, DENIED_DELAY_S));
  if (data.length === 0) return complete(state, transfer);
  const next = block + 1;
  // The last number is the empty block's.
  if (next >= FTL_MAX_BLOCKS) return broken(denying(state, state.device, DENIED_DELAY_S));
  const bytes = [...transfer.bytes, ...data];
  return only({ ...state, transfer: { ...transfer, next, newest: data, bytes, sinceMs: nowMs } });
}

function sameData(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

type Receiving = Extract<FtlTransfer, { at: "receiving" }>;

function complete(state: FtlState, { file, ordered, bytes }: Receiving): FtlStep {
  const received: FtlEvent = { did: "received", file, bytes: Uint8Array.from(bytes) };
  const wishes = ordered ? state.wishes.slice(1) : state.wishes;
  return { state: { ...state, transfer: NONE, wishes, notBeforeMs: 0, delays: 0 }, events: [received] };
}

/** A file that was coming does not come whole. */
function broken(state: FtlState): FtlStep {
  const { transfer } = state;
  if (transfer.at === "receiving" && transfer.ordered) return wishOver(state, "failed");
  return only({ ...state, transfer: NONE });
}

// ---- time ----------------------------------------------------------------------------------------------------------

/** Ends a transfer in which nothing was heard for `FTL_IDLE_MS`. */
export function ftlTick(state: FtlState, nowMs: number): FtlStep {
  const { transfer } = state;
  if (transfer.at === "none" || nowMs - transfer.sinceMs < FTL_IDLE_MS) return only(state);
  return transfer.at === "receiving" ? broken(state) : wishOver(state, "failed");
}
