/**
 * A conversation in the words of the trade: who was asked what, with which fields, and what came back. Strict about
 * nothing: what cannot be read is named and counted, and the next block is read as if nothing had happened.
 */

import { addressName } from "../../shared/mdb/addresses.js";
import { checksumHolds } from "../../shared/mdb/block.js";
import { type CashlessTable, cashlessTable, decodeCashless, dialectOf } from "../../shared/mdb/cashless.js";
import { findCommand, findDevice } from "../../shared/mdb/codec.js";
import type { CommandRow, DeviceTable } from "../../shared/mdb/device.js";
import { type FieldRecord, layoutBytes, layoutIsOpen, readLayout } from "../../shared/mdb/layout.js";
import { MODE_BIT } from "../../shared/mdb/link.js";
import { decodePoll } from "../../shared/mdb/poll.js";
import { bytesOf, type Conversation, type Exchange, type Step, soleWord } from "./exchanges.js";
import { endUs } from "./read.js";

/** `kind`: "cut" = no word with the mode bit ended it; "odd" = a lone word that means nothing. */
export interface ReplyReport {
  readonly line: number;
  readonly atUs: number;
  /** Since the end of what was said before. */
  readonly afterUs: number;
  readonly from: "peripheral" | "vmc";
  readonly kind: "ack" | "nak" | "ret" | "data" | "cut" | "odd";
  readonly words: readonly number[];
  /** Of a POLL reply or any reply of a card reader, in wire order. */
  readonly events: readonly FieldRecord[];
  /** Of any other data reply. */
  readonly fields: FieldRecord | undefined;
  /** Codes that no table knows; they were skipped. */
  readonly unknown: readonly number[];
  /** What is wrong with it, in words. */
  readonly problems: readonly string[];
}

export interface BlockReport {
  readonly line: number;
  readonly atUs: number;
  readonly device: string;
  /** "unknown" if the device's table has none such. */
  readonly command: string;
  readonly fields: FieldRecord;
  readonly words: readonly number[];
  readonly problems: readonly string[];
  readonly replies: readonly ReplyReport[];
}

/** Sums of one device. */
export interface DeviceTotals {
  device: string;
  blocks: number;
  answered: number;
  acks: number;
  dataBlocks: number;
  silent: number;
  naks: number;
  rets: number;
  bad: number;
  unknownCodes: number;
}

export interface TraceReport {
  readonly timed: boolean;
  readonly blocks: readonly BlockReport[];
  readonly devices: readonly DeviceTotals[];
  /** Lines that were said before the VMC's first block. */
  readonly strayLines: readonly number[];
}

/** What must be remembered of a card reader to read its lengths. */
interface ReaderTalk {
  readerLevel: number;
  vmcLevel: number;
  options: number;
  displayCharacters: number;
}

const CASHLESS_NAMES: readonly string[] = Object.freeze(["cashless1", "cashless2"]);

export function decodeConversation(conversation: Conversation): TraceReport {
  const readers = CASHLESS_NAMES.map(() => freshTalk());
  const blocks = conversation.exchanges.map((exchange) => decodeExchange(exchange, readers));
  const devices = new Map<string, DeviceTotals>();
  for (const block of blocks) count(devices, block);
  const strayLines = conversation.strays.map(({ line }) => line);
  return { timed: conversation.timed, blocks, devices: [...devices.values()], strayLines };
}

function freshTalk(): ReaderTalk {
  return { readerLevel: 1, vmcLevel: 1, options: 0, displayCharacters: 0 };
}

function decodeExchange(exchange: Exchange, readers: readonly ReaderTalk[]): BlockReport {
  const { line, startUs, words } = exchange;
  const bytes = bytesOf(words);
  const block = bytes.slice(0, -1);
  const device = deviceOf(bytes, readers);
  const row = device === undefined ? undefined : findCommand(device, block);
  const problems: string[] = [];
  if (!exchange.sound) problems.push(words.length < 2 ? "broken off" : "bad checksum");
  if (words.length < 2) return { ...brokenOff(exchange, device), problems };
  if (device === undefined) problems.push("no table for this address");
  else if (row === undefined) problems.push("unknown command");
  const fields = row === undefined ? {} : commandFields(row, block, problems);
  const talk = device === undefined ? undefined : readers[CASHLESS_NAMES.indexOf(device.name)];
  if (talk !== undefined && row !== undefined && exchange.sound) hearCommand(talk, row.name, fields);
  let beforeUs = endUs(exchange);
  const replies = exchange.steps.map((step) => {
    const reply = decodeStep(step, beforeUs, device, row, talk);
    beforeUs = Math.max(beforeUs, endUs(step));
    return reply;
  });
  const name = device?.name ?? addressName(bytes[0] ?? 0) ?? "nobody";
  return { line, atUs: startUs, device: name, command: row?.name ?? "unknown", fields, words, problems, replies };
}

/** Nothing but an address byte, or less. */
function brokenOff({ line, startUs, words }: Exchange, device: DeviceTable | undefined): BlockReport {
  const name = device?.name ?? addressName(words[0] ?? 0) ?? "nobody";
  return { line, atUs: startUs, device: name, command: "unknown", fields: {}, words, problems: [], replies: [] };
}

/** The table as it applies now: of a card reader, the one of its dialect. */
function deviceOf(bytes: Uint8Array, readers: readonly ReaderTalk[]): DeviceTable | undefined {
  const device = findDevice(bytes);
  const talk = device === undefined ? undefined : readers[CASHLESS_NAMES.indexOf(device.name)];
  return device === undefined || talk === undefined ? device : readerTable(device.name, talk);
}

function readerTable(name: string, { readerLevel, vmcLevel, options }: ReaderTalk): CashlessTable {
  return cashlessTable(CASHLESS_NAMES.indexOf(name), dialectOf(readerLevel, vmcLevel, options));
}

function commandFields(row: CommandRow, block: Uint8Array, problems: string[]): FieldRecord {
  const from = row.sub === undefined ? 1 : 2;
  const wanted = from + layoutBytes(row.fields);
  const wrong = block.length < wanted || (block.length > wanted && !layoutIsOpen(row.fields));
  if (wrong) problems.push(`${block.length} bytes instead of ${wanted}`);
  return readLayout(row.fields, block, from).fields;
}

function hearCommand(talk: ReaderTalk, command: string, fields: FieldRecord): void {
  if (command === "reset") {
    Object.assign(talk, freshTalk());
  } else if (command === "setup") {
    talk.vmcLevel = numberOf(fields.level);
    talk.displayCharacters = numberOf(fields.columns) * numberOf(fields.rows);
  } else if (command === "enableOptions") {
    // lengths change; the reader has what it offers, and nobody sends the VMC's wishes in vain
    talk.options = numberOf(fields.options);
  }
}

function numberOf(value: FieldRecord[string] | undefined): number {
  return typeof value === "number" ? value : 0;
}

function decodeStep(
  step: Step,
  beforeUs: number,
  device: DeviceTable | undefined,
  row: CommandRow | undefined,
  talk: ReaderTalk | undefined,
): ReplyReport {
  const { line, startUs, from, words } = step;
  const problems: string[] = [];
  if (step.collided) problems.push("begun before the VMC's block had ended");
  const ended = ((words[words.length - 1] ?? 0) & MODE_BIT) !== 0;
  const plain = { line, atUs: startUs, afterUs: startUs - beforeUs, from, words, events: [], fields: undefined };
  if (words.length === 1 || from === "vmc") {
    const sole = words.length === 1 ? soleWord(from, words[0] ?? 0) : undefined;
    if (sole !== undefined) return { ...plain, kind: sole, unknown: [], problems };
    const kind = from === "peripheral" && !ended ? "cut" : "odd";
    problems.push(kind === "cut" ? "ends without the mode bit" : "means nothing here");
    return { ...plain, kind, unknown: [], problems };
  }
  if (!ended) problems.push("ends without the mode bit");
  else if (!checksumHolds(bytesOf(words))) problems.push("bad checksum");
  const kind = ended ? "data" : "cut";
  if (problems.some((problem) => problem === "bad checksum") || !ended || device === undefined || row === undefined) {
    return { ...plain, kind, unknown: [], problems };
  }
  return { ...plain, kind, ...decodeData(device, row, talk, bytesOf(words).slice(0, -1), problems), problems };
}

interface DecodedData {
  readonly events: readonly FieldRecord[];
  readonly fields: FieldRecord | undefined;
  readonly unknown: readonly number[];
}

function decodeData(
  device: DeviceTable,
  row: CommandRow,
  talk: ReaderTalk | undefined,
  block: Uint8Array,
  problems: string[],
): DecodedData {
  if (talk !== undefined) return decodeReader(device.name, talk, block, problems);
  if (row.reply === "events") {
    const { events, unknown, truncated } = decodePoll(device, block);
    if (truncated.length > 0) problems.push(`the last event lacks its end: ${hex(truncated)}`);
    return { events: events.map((event) => ({ ...event })), fields: undefined, unknown };
  }
  if (row.reply === "ack") {
    problems.push("data where only an ACK belongs");
    return { events: [], fields: undefined, unknown: Array.from(block) };
  }
  const { fields, end, missing } = readLayout(row.reply, block, 0);
  if (missing > 0) problems.push(`${missing} bytes short`);
  if (end < block.length) problems.push(`${block.length - end} bytes too long`);
  return { events: [], fields, unknown: [] };
}

function decodeReader(name: string, talk: ReaderTalk, block: Uint8Array, problems: string[]): DecodedData {
  // the level is told at the head of the block that it already governs
  if (block[0] === 0x01) talk.readerLevel = block[1] ?? 1;
  const { messages, unknown, missing } = decodeCashless(readerTable(name, talk), talk.displayCharacters, block);
  if (missing > 0) problems.push(`${missing} bytes short`);
  if (messages.some(({ event }) => event === "justReset")) Object.assign(talk, freshTalk());
  return { events: messages.map((message) => ({ ...message })), fields: undefined, unknown };
}

export function hex(bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(16).toUpperCase().padStart(2, "0")).join(" ");
}

function count(devices: Map<string, DeviceTotals>, block: BlockReport): void {
  const { device } = block;
  const sums = devices.get(device) ?? {
    device,
    blocks: 0,
    answered: 0,
    acks: 0,
    dataBlocks: 0,
    silent: 0,
    naks: 0,
    rets: 0,
    bad: 0,
    unknownCodes: 0,
  };
  devices.set(device, sums);
  sums.blocks += 1;
  if (block.problems.length > 0) sums.bad += 1;
  const answers = block.replies.filter(({ from }) => from === "peripheral");
  if (answers.length === 0) sums.silent += 1;
  else sums.answered += 1;
  for (const reply of block.replies) {
    if (reply.problems.length > 0) sums.bad += 1;
    sums.unknownCodes += reply.unknown.length;
    if (reply.kind === "ret") sums.rets += 1;
    if (reply.kind === "nak") sums.naks += 1;
    if (reply.from === "peripheral" && reply.kind === "ack") sums.acks += 1;
    if (reply.kind === "data") sums.dataBlocks += 1;
  }
}
