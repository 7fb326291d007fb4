/**
 * Header of a block (SPEC.md §2): written last, in two copies by one program, it brings the block into force. Also what
 * is the same in the headers of every layout, so that a ledger that cannot be read is not taken for an empty flash.
 */
import { crc32, Reader, utf8Encode, Writer } from "../../shared/bytes.js";

const MAGIC = 0x53_50_4c_47; // "SPLG"
export const LAYOUT_VERSION = 3;
const LAYOUT_AT = 4;
const COPY_BYTES = 44;
export const HEADER_BYTES = 2 * COPY_BYTES;

const CRC_BYTES = 4;
/** A copy in a header of any layout: magic, layout version, whatever that layout has, CRC-32 of all before it. */
const SHORTEST_COPY_BYTES = 12;
const LONGEST_COPY_BYTES = 128;
const COPY_STEP_BYTES = 4;
/** From a block's start: where a header of any layout lies. */
export const ANY_HEADER_BYTES = 2 * LONGEST_COPY_BYTES;

/** Whose records: those of one machine in one epoch are one ledger. */
export interface LedgerOwner {
  /** CRC-32 of the machine's id in UTF-8. */
  readonly machine: number;
  /** Issued by the fleet at claim; 0: not yet. */
  readonly epoch: number;
}

/** Of a machine that has none. */
export const NO_EPOCH = 0;

export function ownerOf(identity: { readonly machineId: string; readonly epoch: number }): LedgerOwner {
  return { machine: crc32(utf8Encode(identity.machineId)), epoch: identity.epoch };
}

export interface BlockHeader extends LedgerOwner {
  /** Rises with every block begun on this flash, whatever the epoch; 0 is never used. */
  readonly number: number;
  /** Sequence of the first record in this block. */
  readonly firstSeq: number;
  /** Chain CRC before that record. */
  readonly chain: number;
  /** Highest sequence known to be the fleet's. */
  readonly mark: number;
  /** Number of the oldest block in force: those below it are given up. */
  readonly oldest: number;
  readonly checkpointBytes: number;
  readonly checkpointCrc: number;
}

export function encodeHeader(header: BlockHeader): Uint8Array {
  const copy = new Writer();
  copy.u32(MAGIC).u16(LAYOUT_VERSION).u16(header.checkpointBytes).u32(header.machine).u32(header.epoch);
  copy.u32(header.number).u32(header.firstSeq).u32(header.chain).u32(header.mark).u32(header.oldest);
  copy.u32(header.checkpointCrc);
  copy.u32(crc32(copy.toBytes()));
  const bytes = copy.toBytes();
  return new Writer().put(bytes).put(bytes).toBytes();
}

/** The header in a block's first bytes, from either copy; undefined if there is none of this layout. */
export function decodeHeader(bytes: Uint8Array): BlockHeader | undefined {
  return decodeCopy(bytes.subarray(0, COPY_BYTES)) ?? decodeCopy(bytes.subarray(COPY_BYTES, HEADER_BYTES));
}

/**
 * Version of another layout whose header stands whole in a block's first `ANY_HEADER_BYTES`, in either copy; undefined
 * if there is none. Its CRC is asked for: a header of our own that is half written or half struck out can show any
 * version.
 */
export function otherLayout(bytes: Uint8Array): number | undefined {
  const first = magicAt(bytes, 0);
  for (let length = SHORTEST_COPY_BYTES; length <= LONGEST_COPY_BYTES; length += COPY_STEP_BYTES) {
    const layout = first ? layoutOf(bytes.subarray(0, length)) : undefined;
    if (layout !== undefined) return layout;
    const second = magicAt(bytes, length) ? layoutOf(bytes.subarray(length, 2 * length)) : undefined;
    if (second !== undefined) return second;
  }
  return undefined;
}

function magicAt(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === MAGIC >>> 24 && new Reader(bytes, at).u32() === MAGIC;
}

function layoutOf(copy: Uint8Array): number | undefined {
  const layout = new Reader(copy, LAYOUT_AT).u16();
  const crcAt = copy.length - CRC_BYTES;
  const whole = new Reader(copy, crcAt).u32() === crc32(copy.subarray(0, crcAt));
  return whole && layout !== LAYOUT_VERSION ? layout : undefined;
}

function decodeCopy(bytes: Uint8Array): BlockHeader | undefined {
  const reader = new Reader(bytes);
  if (reader.u32() !== MAGIC || reader.u16() !== LAYOUT_VERSION) return undefined;
  const checkpointBytes = reader.u16();
  const machine = reader.u32();
  const epoch = reader.u32();
  const number = reader.u32();
  const firstSeq = reader.u32();
  const chain = reader.u32();
  const mark = reader.u32();
  const oldest = reader.u32();
  const checkpointCrc = reader.u32();
  if (reader.u32() !== crc32(bytes.subarray(0, COPY_BYTES - CRC_BYTES)) || number === 0) return undefined;
  return { machine, number, epoch, firstSeq, chain, mark, oldest, checkpointBytes, checkpointCrc };
}
