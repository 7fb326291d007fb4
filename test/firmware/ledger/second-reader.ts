/**
 * A second reader of a ledger's flash, written from SPEC.md alone: shares not one line with the firmware, so that what
 * the page says and what the code does are held against each other. Reads undamaged flash only.
 */

/** A record and where it stands. */
export interface ReadRecord {
  readonly seq: number;
  /** Kind code. */
  readonly code: number;
  readonly body: Uint8Array;
  /** Chain CRC behind it. */
  readonly chain: number;
  readonly place: number;
  /** Offset in the image of its first byte, and how many bytes it takes. */
  readonly at: number;
  readonly bytes: number;
}

export interface ReadBlock {
  readonly place: number;
  readonly machine: number;
  readonly epoch: number;
  readonly number: number;
  readonly firstSeq: number;
  readonly chain: number;
  readonly mark: number;
  readonly oldest: number;
  readonly checkpoint: Uint8Array;
  readonly records: readonly ReadRecord[];
}

/** What CBOR of a record or a checkpoint can hold. */
export type Plain = number | string | boolean | null | readonly number[] | PlainList | PlainMap;
interface PlainList extends ReadonlyArray<Plain> {}
interface PlainMap {
  readonly [key: string]: Plain;
}

const HEADER_COPY = 44;
const RECORDS_FROM = 88;
const BLANK = 0xff;

/** §4: the records of the epoch that the newest block has, from the oldest in force on. */
export function readLedger(image: Uint8Array, blockBytes: number): ReadRecord[] {
  return inForce(image, blockBytes).flatMap((block) => [...block.records]);
}

/** §4: the blocks in force, oldest first, each with what it holds up to the next one's first sequence. */
export function inForce(image: Uint8Array, blockBytes: number): ReadBlock[] {
  const all: ReadBlock[] = [];
  for (let place = 0; place * blockBytes < image.length; place++) {
    const block = readBlock(image, place, blockBytes);
    if (block !== undefined) all.push(block);
  }
  const newest = all.reduce<ReadBlock | undefined>((best, b) => (best && best.number > b.number ? best : b), undefined);
  if (newest === undefined) return [];
  const own = all.filter((b) => b.machine === newest.machine && b.epoch === newest.epoch && b.number >= newest.oldest);
  const standing = own.filter((b) => !own.some((later) => later.number > b.number && later.firstSeq <= b.firstSeq));
  standing.sort((a, b) => a.number - b.number);
  return standing.map((block, i) => {
    const end = standing[i + 1]?.firstSeq ?? Infinity;
    return { ...block, records: block.records.filter(({ seq }) => seq < end) };
  });
}

/** §2 and §3; undefined where no copy of the header holds. */
export function readBlock(image: Uint8Array, place: number, blockBytes: number): ReadBlock | undefined {
  const base = place * blockBytes;
  const from = [base, base + HEADER_COPY].find((at) => isHeader(image, at));
  if (from === undefined) return undefined;
  const checkpointBytes = big(image, from + 6, 2);
  const checkpoint = image.slice(base + RECORDS_FROM, base + RECORDS_FROM + checkpointBytes);
  if (crcOf(checkpoint) !== big(image, from + 36, 4)) throw new Error(`block ${place}: checkpoint`);
  const firstSeq = big(image, from + 20, 4);
  const records: ReadRecord[] = [];
  let chain = big(image, from + 24, 4);
  let at = base + RECORDS_FROM + checkpointBytes + padding(checkpointBytes);
  for (let seq = firstSeq; at + 12 <= base + blockBytes && image[at] !== BLANK; seq++) {
    const length = image[at] ?? 0;
    const code = image[at + 1] ?? 0;
    const low = seq % 256;
    if (image[at + 2] !== low || image[at + 3] !== (0xa5 ^ length ^ code ^ low)) throw new Error(`record ${seq}: head`);
    const body = image.slice(at + 4, at + 4 + length);
    chain = crcOf([code, ...bytesOf(seq), ...body], chain);
    const short = 4 + length + padding(length) + 4;
    const left = (256 - ((at - base + short) % 256)) % 256;
    const bytes = left < 32 ? short + left : short;
    if (big(image, at + bytes - 4, 4) !== chain) throw new Error(`record ${seq}: chain`);
    records.push({ seq, code, body, chain, place, at, bytes });
    at += bytes;
  }
  return {
    place,
    machine: big(image, from + 8, 4),
    epoch: big(image, from + 12, 4),
    number: big(image, from + 16, 4),
    firstSeq,
    chain: big(image, from + 24, 4),
    mark: big(image, from + 28, 4),
    oldest: big(image, from + 32, 4),
    checkpoint,
    records,
  };
}

function isHeader(image: Uint8Array, at: number): boolean {
  if (big(image, at, 4) !== 0x53_50_4c_47 || big(image, at + 4, 2) !== 3) return false;
  return crcOf(image.subarray(at, at + 40)) === big(image, at + 40, 4);
}

/** §3: the chain CRC before sequence 1. */
export function chainBefore(epoch: number): number {
  return crcOf(bytesOf(epoch));
}

/** CRC-32 of IEEE 802.3, bit by bit; continued from `from`. */
export function crcOf(bytes: Iterable<number>, from = 0): number {
  let crc = ~from;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) === 1 ? 0xed_b8_83_20 : 0);
  }
  return ~crc >>> 0;
}

/** One CBOR value, all of `bytes`: RFC 8949, what §3 needs of it. Byte strings come as lists of numbers. */
export function plainOf(bytes: Uint8Array): Plain {
  const cursor = { at: 0 };
  const value = item(bytes, cursor);
  if (cursor.at !== bytes.length) throw new Error("CBOR: bytes left over");
  return value;
}

function item(bytes: Uint8Array, cursor: { at: number }): Plain {
  const first = bytes[cursor.at++] ?? 0;
  const major = first >> 5;
  const info = first & 31;
  const width = info < 24 ? 0 : 2 ** (info - 24);
  const n = width === 0 ? info : big(bytes, cursor.at, width);
  cursor.at += width;
  if (major === 0) return n;
  if (major === 1) return -1 - n;
  if (major === 2 || major === 3) {
    const run = [...bytes.subarray(cursor.at, cursor.at + n)];
    cursor.at += n;
    return major === 2 ? run : String.fromCharCode(...run);
  }
  if (major === 4) return Array.from({ length: n }, () => item(bytes, cursor));
  if (major === 5) {
    const map: { [key: string]: Plain } = {};
    for (let i = 0; i < n; i++) {
      const key = String(item(bytes, cursor));
      map[key] = item(bytes, cursor);
    }
    return map;
  }
  if (info < 20 || info > 22) throw new Error(`CBOR: ${first}`);
  return info === 22 ? null : info === 21;
}

function bytesOf(value: number): number[] {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255);
}

function big(bytes: Uint8Array, at: number, width: number): number {
  let value = 0;
  for (let i = 0; i < width; i++) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}

function padding(length: number): number {
  return (4 - (length % 4)) % 4;
}
