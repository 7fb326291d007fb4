/** Header of a block (SPEC.md §2): written last, in two copies by one program, it brings the block into force. */
import { crc32, Reader, Writer } from "../../shared/bytes.js";

const MAGIC = 0x53_50_4c_47; // "SPLG"
export const LAYOUT_VERSION = 2;
const COPY_BYTES = 40;
export const HEADER_BYTES = 2 * COPY_BYTES;

export interface BlockHeader {
  /** Rises with every block begun on this flash, whatever the epoch; 0 is never used. */
  readonly number: number;
  readonly epoch: number;
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
  copy.u32(MAGIC).u16(LAYOUT_VERSION).u16(header.checkpointBytes).u32(header.number).u32(header.epoch);
  copy.u32(header.firstSeq).u32(header.chain).u32(header.mark).u32(header.oldest).u32(header.checkpointCrc);
  copy.u32(crc32(copy.toBytes()));
  const bytes = copy.toBytes();
  return new Writer().put(bytes).put(bytes).toBytes();
}

/** The header in a block's first bytes, from either copy; undefined if there is none of this layout. */
export function decodeHeader(bytes: Uint8Array): BlockHeader | undefined {
  return decodeCopy(bytes.subarray(0, COPY_BYTES)) ?? decodeCopy(bytes.subarray(COPY_BYTES, HEADER_BYTES));
}

function decodeCopy(bytes: Uint8Array): BlockHeader | undefined {
  const reader = new Reader(bytes);
  if (reader.u32() !== MAGIC || reader.u16() !== LAYOUT_VERSION) return undefined;
  const checkpointBytes = reader.u16();
  const number = reader.u32();
  const epoch = reader.u32();
  const firstSeq = reader.u32();
  const chain = reader.u32();
  const mark = reader.u32();
  const oldest = reader.u32();
  const checkpointCrc = reader.u32();
  if (reader.u32() !== crc32(bytes.subarray(0, COPY_BYTES - 4)) || number === 0) return undefined;
  return { number, epoch, firstSeq, chain, mark, oldest, checkpointBytes, checkpointCrc };
}
