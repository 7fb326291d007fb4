/**
 * Bytes of one record on flash (SPEC.md §3). Its CRC-32 is the chain CRC: it vouches for this record and for its place
 * behind all before it, and the four bytes before a frame are always the chain it starts from.
 */
import { encodeBody, MAX_BODY_BYTES } from "../../shared/records/codec.js";
import { RECORDS } from "../../shared/records/kinds.js";

/** Flash is written in whole words. */
export const ALIGN_BYTES = 4;
const HEAD_BYTES = 4;
const CRC_BYTES = 4;
/** Shortest frame: a body of one byte. */
export const MIN_FRAME_BYTES = HEAD_BYTES + ALIGN_BYTES + CRC_BYTES;
const CHECK = 0xa5;
export const LOW_BYTE = 0xff;
const BLANK = 0xff;

/** A program within one page ends before the 4 ms that a money report waits for its ACK; across two it does not. */
export const PAGE_BYTES = 256;
/** Longest frame of a money report: less room than that is not left in a page. */
const REPORT_FRAME_BYTES = 32;
/** Most that a page can lose by it. */
export const PAGE_LOSS_BYTES = REPORT_FRAME_BYTES - ALIGN_BYTES;

/** Longest body of a money record, bytes: what the reserve for open money counts with. */
export const MAX_MONEY_BODY_BYTES = 140;
export const MAX_MONEY_FRAME_BYTES = frameBytes(MAX_MONEY_BODY_BYTES);
export const MAX_FRAME_BYTES = frameBytes(MAX_BODY_BYTES);

/** Money records, each at its longest, that are sure to fit the last `bytes` of a block. */
export function moneyRecordsIn(bytes: number): number {
  const lostBytes = Math.ceil(bytes / PAGE_BYTES) * PAGE_LOSS_BYTES;
  return Math.max(0, Math.floor((bytes - lostBytes) / MAX_MONEY_FRAME_BYTES));
}

export interface Frame {
  readonly code: number;
  /** Low byte of its sequence; the rest follows from where it stands, and the chain CRC confirms it. */
  readonly seqLow: number;
  /** A view into the bytes that were parsed. */
  readonly body: Uint8Array;
  /** Chain CRC behind this record, as it stands on flash. */
  readonly chain: number;
  /** Whole length, bytes. */
  readonly bytes: number;
}

/** Length of a frame, bytes, but for what it takes of its page's end. */
export function frameBytes(bodyBytes: number): number {
  return HEAD_BYTES + alignUp(bodyBytes) + CRC_BYTES;
}

/**
 * Offset in the block behind the frame of a body that begins at `at`: where it would leave less than a report's room in
 * its last page, it takes that too, between body and CRC. So no report crosses a page.
 */
export function frameEnd(at: number, bodyBytes: number): number {
  const end = at + frameBytes(bodyBytes);
  const left = (PAGE_BYTES - (end % PAGE_BYTES)) % PAGE_BYTES;
  return left < REPORT_FRAME_BYTES ? end + left : end;
}

export function alignUp(bytes: number): number {
  return Math.ceil(bytes / ALIGN_BYTES) * ALIGN_BYTES;
}

/** A record fit to be framed. */
export interface Framable {
  readonly code: number;
  readonly seq: number;
  readonly body: Uint8Array;
  /** Chain CRC behind it. */
  readonly chain: number;
}

/** The frame of a record that is to stand at the offset `at` of its block. */
export function encodeFrame({ code, seq, body, chain }: Framable, at: number): Uint8Array {
  const bytes = new Uint8Array(frameEnd(at, body.length) - at);
  bytes[0] = body.length;
  bytes[1] = code;
  bytes[2] = seq & LOW_BYTE;
  bytes[3] = checkOf(body.length, code, seq);
  bytes.set(body, HEAD_BYTES);
  const crcAt = bytes.length - CRC_BYTES;
  for (let i = HEAD_BYTES + body.length; i < crcAt; i++) bytes[i] = BLANK;
  bytes[crcAt] = chain >>> 24;
  bytes[crcAt + 1] = (chain >>> 16) & LOW_BYTE;
  bytes[crcAt + 2] = (chain >>> 8) & LOW_BYTE;
  bytes[crcAt + 3] = chain & LOW_BYTE;
  return bytes;
}

/** What could be a frame at the offset `at` of its block, its CRC not yet looked at; undefined for anything else. */
export function parseFrame(data: Uint8Array, at: number): Frame | undefined {
  // By hand: a batch for the fleet parses a hundred of them in one step, and a power-up all that are in a block.
  const bodyBytes = data[at] ?? 0;
  const code = data[at + 1] ?? 0;
  const seqLow = data[at + 2] ?? 0;
  const check = data[at + 3] ?? 0;
  if (bodyBytes === 0 || bodyBytes > MAX_BODY_BYTES || check !== checkOf(bodyBytes, code, seqLow)) return undefined;
  const end = frameEnd(at, bodyBytes);
  if (end > data.length) return undefined;
  const bodyAt = at + HEAD_BYTES;
  const body = data.subarray(bodyAt, bodyAt + bodyBytes);
  return { code, seqLow, body, chain: u32At(data, end - CRC_BYTES), bytes: end - at };
}

/** Kind code at `at` if the frame's head is whole. */
export function legibleCode(data: Uint8Array, at: number): number | undefined {
  return parseFrame(data, at)?.code;
}

/** Body of the `unreadable` record that stands in for a lost one. Its time is lost too: 0. */
export function unreadableBody(was: number | undefined, chain: number | undefined): Uint8Array {
  return encodeBody(
    {
      kind: "unreadable",
      ...(was === undefined ? {} : { was }),
      ...(chain === undefined ? {} : { chain }),
    },
    { atMs: 0 },
  );
}

export const UNREADABLE_CODE: number = RECORDS.unreadable.code;

function u32At(data: Uint8Array, at: number): number {
  const high = ((data[at] ?? 0) << 8) | (data[at + 1] ?? 0);
  const low = ((data[at + 2] ?? 0) << 8) | (data[at + 3] ?? 0);
  return ((high << 16) | low) >>> 0;
}

function checkOf(bodyBytes: number, code: number, seq: number): number {
  return CHECK ^ bodyBytes ^ code ^ (seq & LOW_BYTE);
}
