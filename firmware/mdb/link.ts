/**
 * The MDB link: nine-bit words and whole microseconds in, transmissions and whole blocks out (MDB 4.2 §2, PDF
 * p29-36, and Appendix 3). It is the reference for the native rim, which mirrors it function by function; therefore
 * one mutable record, no closures, no look at expected reply lengths. It decides nothing about money: HELD replies
 * go up un-ACKed and wait for the release.
 */
import { checksum, masterWords } from "../../shared/mdb/block.js";
import { isHeld } from "../../shared/mdb/held.js";
import { ACK, LINK_TIMING, MAX_BLOCK_BYTES, MAX_BLOCK_WORDS, MODE_BIT, NAK, RET } from "../../shared/mdb/link.js";
import type { LinkSendOptions } from "../ports/hardware.js";
import type { LinkResult } from "../ports/inputs.js";

/** Our ACK, RET or NAK must start within 5 ms of the end of the reply; one is kept for the way to the wire. */
export const ACK_WINDOW_US = 4_000;
/** How often a damaged answer is asked for again before we answer NAK. */
export const RET_LIMIT = 2;
/** Pause before our next block. Two devices hit by one damaged address answer up to 4 ms apart (Appendix 3, p304). */
export const BETWEEN_BLOCKS_US = 5_000;
/**
 * What one exchange may take of everybody's time, from the start of our block: what is not over by then is broken off.
 * The longest blocks both ways, with the longest gaps the specification allows and the latest answer we accept, are
 * over in 139 ms; a peripheral five times as slow as it may be would hold the line for 0.7 s with its repeats.
 */
export const SLOT_US = 150_000;
/** Longest wait for a babbling line to fall quiet, within the slot. */
export const DRAIN_MAX_US = 50_000;
/** Bus reset: the specification wants at least 100 ms of break. */
export const BREAK_US = 110_000;
/** `nextDueUs` when no timer runs. */
export const NEVER_US = Number.MAX_SAFE_INTEGER;

/**
 * The orders of `LinkPort`, words with the time of their END, and the due timer. A send carries 1 to 35 bytes without
 * checksum, address byte first, must not change afterwards, and may be ordered only when the one before has its
 * result (a held reply: its ackSent or ackWithheld, too). A release that comes too late is counted and does nothing.
 */
export type LinkInput =
  | { readonly do: "send"; readonly block: Uint8Array; readonly options: LinkSendOptions }
  | { readonly do: "release" }
  | { readonly do: "busReset" }
  | { readonly do: "word"; readonly word: number; readonly atUs: number }
  | { readonly do: "tick" };

/**
 * `words` go out back to back from now on; `break` holds the line active. Each send has exactly one result of ack,
 * nak, data, silent, garbled; data with `held` (un-ACKed, waiting for the release) is followed by exactly one of
 * ackSent, ackWithheld. A bus reset takes the place of whatever was still to come. `silent`: not one word came; after
 * `garbled` the device may have carried out the command.
 */
export type LinkOut =
  | { readonly do: "transmit"; readonly words: readonly number[] }
  | { readonly do: "break"; readonly durationUs: number }
  | { readonly do: "result"; readonly result: LinkResult };

/**
 * Why an answer could not be used: bad checksum or damaged single word after the allowed RETs; no word with the mode
 * bit, or none within the slot; more than 36 words; NAK together with something else; handed over too late to be
 * acknowledged.
 */
export type GarbledReason = "checksum" | "noEnd" | "overLong" | "conflict" | "late";

type Phase = "idle" | "queued" | "waiting" | "receiving" | "draining" | "held" | "resetting";

/** For telemetry. `strays`: words dropped because they belonged to no answer. */
export interface LinkCounters {
  blocks: number;
  rets: number;
  naks: number;
  garbled: number;
  strays: number;
  lateReleases: number;
}

export interface LinkState {
  phase: Phase;
  /** Call `tick` at this time or later; NEVER_US if no timer runs. */
  nextDueUs: number;
  /** No block of ours starts before this. */
  readyAtUs: number;
  sent: Uint8Array;
  ackFirst: boolean;
  /** End of our last transmission. */
  txEndUs: number;
  readonly rx: Uint16Array;
  rxCount: number;
  rets: number;
  /** The last microsecond of this exchange: a held reply alone may run over it, until its ACK window is over. */
  slotEndUs: number;
  /** What a draining line will be reported as. */
  outcome: GarbledReason | "nak";
  drainEndUs: number;
  readonly counters: LinkCounters;
  out: LinkOut[];
}

/** A link at rest. One per bus, made once. */
export function createLink(): LinkState {
  return {
    phase: "idle",
    nextDueUs: NEVER_US,
    readyAtUs: 0,
    sent: new Uint8Array(0),
    ackFirst: false,
    txEndUs: 0,
    rx: new Uint16Array(MAX_BLOCK_WORDS),
    rxCount: 0,
    rets: 0,
    slotEndUs: 0,
    outcome: "nak",
    drainEndUs: 0,
    counters: { blocks: 0, rets: 0, naks: 0, garbled: 0, strays: 0, lateReleases: 0 },
    out: [],
  };
}

/**
 * Takes one input and returns what is to be done, in order. Changes `link` in place. `nowUs` never runs backwards
 * and is not before a word's `atUs`. Nothing on the wire makes it throw; a send out of turn or of a wrong length does.
 */
export function linkStep(link: LinkState, input: LinkInput, nowUs: number): readonly LinkOut[] {
  // the list of the step before belongs to its caller
  if (link.out.length > 0) link.out = [];
  if (input.do === "word") {
    expire(link, input.atUs, nowUs);
    takeWord(link, input.word, input.atUs, nowUs);
  } else {
    expire(link, nowUs, nowUs);
    if (input.do === "send") takeSend(link, input.block, input.options, nowUs);
    else if (input.do === "release") takeRelease(link, nowUs);
    else if (input.do === "busReset") takeBusReset(link, nowUs);
  }
  return link.out;
}

function report(link: LinkState, result: LinkResult): void {
  link.out.push({ do: "result", result });
}

function transmit(link: LinkState, words: readonly number[], nowUs: number): void {
  link.out.push({ do: "transmit", words });
  link.txEndUs = nowUs + words.length * LINK_TIMING.wordUs;
}

function rest(link: LinkState, readyAtUs: number): void {
  link.phase = "idle";
  link.nextDueUs = NEVER_US;
  link.readyAtUs = readyAtUs;
}

/** The timer: the first microsecond behind `lastUs`, or behind the slot. */
function runUntil(link: LinkState, lastUs: number): void {
  link.nextDueUs = Math.min(lastUs, link.slotEndUs) + 1;
}

function reportGarbled(link: LinkState, reason: GarbledReason): void {
  link.counters.garbled += 1;
  report(link, { kind: "garbled", reason });
}

/** Waits for the first word of an answer to what was just transmitted. Limits are the last good microsecond. */
function awaitAnswer(link: LinkState): void {
  link.phase = "waiting";
  link.rxCount = 0;
  runUntil(link, link.txEndUs + LINK_TIMING.responseAcceptUs + LINK_TIMING.wordStampUs);
}

function startBlock(link: LinkState, nowUs: number): void {
  link.rets = 0;
  link.slotEndUs = nowUs + SLOT_US;
  link.counters.blocks += 1;
  transmit(link, masterWords(link.sent), nowUs);
  awaitAnswer(link);
}

/** Fires the timer if it was due at `atUs`. */
function expire(link: LinkState, atUs: number, nowUs: number): void {
  if (atUs < link.nextDueUs) return;
  const { phase } = link;
  if (phase === "queued") {
    startBlock(link, nowUs);
  } else if (phase === "waiting") {
    rest(link, nowUs);
    // a device that was asked to repeat had heard the command
    if (link.rets > 0) reportGarbled(link, "checksum");
    else report(link, { kind: "silent" });
  } else if (phase === "receiving") {
    rest(link, nowUs);
    reportGarbled(link, "noEnd");
  } else if (phase === "draining") {
    rest(link, nowUs);
    if (link.outcome === "nak") report(link, { kind: "nak" });
    else reportGarbled(link, link.outcome);
  } else if (phase === "held") {
    // the device waits up to 5 ms for an ACK; a block of ours must not meet it before
    rest(link, nowUs + BETWEEN_BLOCKS_US);
    report(link, { kind: "ackWithheld" });
  } else if (phase === "resetting") {
    rest(link, nowUs);
    report(link, { kind: "busReset" });
  }
}

function takeSend(link: LinkState, block: Uint8Array, options: LinkSendOptions, nowUs: number): void {
  if (link.phase !== "idle") throw new Error("mdb link: send before the result of the last one");
  if (block.length === 0 || block.length > MAX_BLOCK_BYTES) throw new RangeError("mdb link: block of 1 to 35 bytes");
  link.sent = block;
  link.ackFirst = options.ackFirst;
  link.phase = "queued";
  link.nextDueUs = link.readyAtUs;
  expire(link, nowUs, nowUs);
}

function takeRelease(link: LinkState, nowUs: number): void {
  if (link.phase !== "held") {
    // its ackWithheld is already on the way up
    link.counters.lateReleases += 1;
    return;
  }
  answer(link, ACK, nowUs);
  report(link, { kind: "ackSent" });
}

function takeBusReset(link: LinkState, nowUs: number): void {
  link.out.push({ do: "break", durationUs: BREAK_US });
  link.phase = "resetting";
  link.txEndUs = nowUs + BREAK_US;
  link.nextDueUs = link.txEndUs + LINK_TIMING.quietStartUpUs;
}

/** Sends our one-word answer, mode bit clear, and ends the exchange. */
function answer(link: LinkState, word: number, nowUs: number): void {
  transmit(link, [word], nowUs);
  rest(link, link.txEndUs + BETWEEN_BLOCKS_US);
}

function takeWord(link: LinkState, word: number, atUs: number, nowUs: number): void {
  if (link.phase === "draining") {
    drainWord(link, atUs);
    return;
  }
  // an answer's first word cannot end before half a word has passed since the end of ours
  const tooEarly = link.phase === "waiting" && atUs <= link.txEndUs + LINK_TIMING.wordUs / 2;
  if ((link.phase !== "waiting" && link.phase !== "receiving") || tooEarly) {
    link.counters.strays += 1;
    return;
  }
  if (link.rxCount === MAX_BLOCK_WORDS) {
    startDrain(link, "overLong", atUs + LINK_TIMING.gapAcceptUs + LINK_TIMING.wordStampUs);
    return;
  }
  link.rx[link.rxCount] = word;
  link.rxCount += 1;
  if ((word & MODE_BIT) !== 0) {
    endBlock(link, atUs, nowUs);
    return;
  }
  link.phase = "receiving";
  runUntil(link, atUs + LINK_TIMING.gapAcceptUs + LINK_TIMING.wordStampUs);
}

/** Keeps off the line until `untilUs`, longer if words go on, then reports `outcome`. */
function startDrain(link: LinkState, outcome: GarbledReason | "nak", untilUs: number): void {
  link.phase = "draining";
  link.outcome = outcome;
  runUntil(link, untilUs);
  link.drainEndUs = untilUs + DRAIN_MAX_US;
}

function drainWord(link: LinkState, atUs: number): void {
  link.counters.strays += 1;
  if (link.outcome === "nak") link.outcome = "conflict";
  const quietUs = Math.min(atUs + LINK_TIMING.gapAcceptUs + LINK_TIMING.wordStampUs, link.drainEndUs);
  if (quietUs >= link.nextDueUs) runUntil(link, quietUs);
}

function endBlock(link: LinkState, atUs: number, nowUs: number): void {
  if (link.rxCount > 1) {
    const bytes = receivedBytes(link);
    const sum = (link.rx[bytes.length] ?? 0) & 0xff;
    if (sum === checksum(bytes)) takeData(link, bytes, atUs, nowUs);
    else askAgain(link, atUs, nowUs);
    return;
  }
  const word = (link.rx[0] ?? 0) & 0xff;
  if (word === ACK) {
    rest(link, atUs + BETWEEN_BLOCKS_US);
    report(link, { kind: "ack" });
  } else if (word === NAK) {
    link.counters.naks += 1;
    // NAK to a RET contradicts the answer that was damaged: the command may have been carried out
    startDrain(
      link,
      link.rets > 0 ? "conflict" : "nak",
      link.txEndUs + LINK_TIMING.responseAcceptUs + LINK_TIMING.wordStampUs,
    );
  } else {
    askAgain(link, atUs, nowUs);
  }
}

/** What has been received, without its checksum. */
function receivedBytes({ rx, rxCount }: LinkState): Uint8Array {
  const bytes = new Uint8Array(rxCount - 1);
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = rx[index] ?? 0;
  return bytes;
}

function takeData(link: LinkState, bytes: Uint8Array, atUs: number, nowUs: number): void {
  const held = isHeld(link.sent, bytes);
  if (held && !link.ackFirst) {
    link.phase = "held";
    link.nextDueUs = atUs + ACK_WINDOW_US + 1;
    report(link, { kind: "data", bytes, held: true });
  } else if (nowUs > atUs + ACK_WINDOW_US) {
    // without our ACK the device repeats it: booking it now would book it twice
    rest(link, nowUs + BETWEEN_BLOCKS_US);
    reportGarbled(link, "late");
  } else {
    answer(link, ACK, nowUs);
    report(link, { kind: "data", bytes, held: false });
  }
}

/** A repeat takes as long as what it repeats: what would run over the slot is not asked for. */
function mayAskAgain(link: LinkState, atUs: number, nowUs: number): boolean {
  return link.rets < RET_LIMIT && nowUs + LINK_TIMING.wordUs + (atUs - link.txEndUs) <= link.slotEndUs;
}

function askAgain(link: LinkState, atUs: number, nowUs: number): void {
  if (nowUs > atUs + ACK_WINDOW_US) {
    rest(link, nowUs + BETWEEN_BLOCKS_US);
    reportGarbled(link, "checksum");
  } else if (mayAskAgain(link, atUs, nowUs)) {
    link.rets += 1;
    link.counters.rets += 1;
    transmit(link, [RET], nowUs);
    awaitAnswer(link);
  } else {
    answer(link, NAK, nowUs);
    reportGarbled(link, "checksum");
  }
}
