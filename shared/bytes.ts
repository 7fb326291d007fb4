/**
 * A cursor over `Uint8Array` (big-endian, bounded), CRC-32, UTF-8 and hex of our own (the device has no TextEncoder).
 * A reader never throws: reading past the end yields 0 or empty bytes and sets `overrun` for good, so a codec reads a
 * whole layout and asks once. A writer over capacity is a programmer error and throws RangeError.
 */

import { deepFreeze } from "./freeze.js";

const INITIAL_CAPACITY_BYTES = 32;
const CODES_PER_CALL = 64;
const REPLACEMENT_CHARACTER = 0xfffd;
const HEX_DIGITS = "0123456789abcdef";

/** CRC-32 of the 16 nibbles, reflected polynomial EDB88320: a sixteenth of a byte table's memory. */
const CRC_NIBBLES = deepFreeze([
  0x0000_0000, 0x1db7_1064, 0x3b6e_20c8, 0x26d9_30ac, 0x76dc_4190, 0x6b6b_51f4, 0x4db2_6158, 0x5005_713c, 0xedb8_8320,
  0xf00f_9344, 0xd6d6_a3e8, 0xcb61_b38c, 0x9b64_c2b0, 0x86d3_d2d4, 0xa00a_e278, 0xbdbd_f21c,
]);

/** Reads big-endian integers and byte runs from `bytes`, without copying them. */
export class Reader {
  readonly bytes: Uint8Array;
  /** Next byte to be read, counted from the start of `bytes`. Does not move once overrun. */
  at: number;
  /** True from the first read past the end on; every value read since then is 0 or empty. */
  overrun: boolean;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
    this.overrun = at > bytes.length;
  }

  /** Bytes left; 0 once overrun. */
  get remaining(): number {
    return this.overrun ? 0 : this.bytes.length - this.at;
  }

  u8(): number {
    if (this.overrun || this.at >= this.bytes.length) {
      this.overrun = true;
      return 0;
    }
    return this.bytes[this.at++] ?? 0;
  }

  u16(): number {
    return this.uint(2);
  }

  u32(): number {
    return this.uint(4);
  }

  /** A view (not a copy) of the next `length` bytes; empty and overrun if there are not so many. */
  take(length: number): Uint8Array {
    if (!this.claim(length)) return this.bytes.subarray(0, 0);
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** Steps over `length` bytes. */
  skip(length: number): void {
    this.claim(length);
  }

  private uint(width: number): number {
    if (!this.claim(width)) return 0;
    let value = 0;
    // Multiplied, not shifted: a shift would make u32 signed.
    for (let i = this.at - width; i < this.at; i++) value = value * 256 + (this.bytes[i] ?? 0);
    return value;
  }

  private claim(length: number): boolean {
    if (this.overrun || length < 0 || length > this.bytes.length - this.at) {
      this.overrun = true;
      return false;
    }
    this.at += length;
    return true;
  }
}

/** Writes big-endian integers and byte runs into a buffer that doubles up to `maxBytes`. */
export class Writer {
  readonly maxBytes: number;
  private buffer: Uint8Array;
  private used: number;

  constructor(maxBytes = 65_536) {
    this.maxBytes = maxBytes;
    this.buffer = new Uint8Array(Math.min(INITIAL_CAPACITY_BYTES, maxBytes));
    this.used = 0;
  }

  /** Bytes written so far. */
  get length(): number {
    return this.used;
  }

  u8(value: number): this {
    if (!Number.isInteger(value) || value < 0 || value > 255) throw new RangeError(`${value} does not fit 1 byte`);
    // Growing puts another buffer in place: first that, then the byte.
    const at = this.used < this.buffer.length ? this.used++ : this.grow(1);
    this.buffer[at] = value;
    return this;
  }

  u16(value: number): this {
    return this.uint(value, 2);
  }

  u32(value: number): this {
    return this.uint(value, 4);
  }

  put(bytes: Uint8Array): this {
    const at = this.grow(bytes.length);
    this.buffer.set(bytes, at);
    return this;
  }

  /** A copy of what was written, exactly as long. */
  toBytes(): Uint8Array {
    return this.buffer.slice(0, this.used);
  }

  private uint(value: number, width: number): this {
    if (!Number.isInteger(value) || value < 0 || value >= 256 ** width) {
      throw new RangeError(`${value} does not fit ${width} bytes`);
    }
    const at = this.grow(width);
    let rest = value;
    for (let i = at + width - 1; i >= at; i--) {
      this.buffer[i] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    return this;
  }

  private grow(length: number): number {
    const at = this.used;
    const needed = at + length;
    if (needed > this.maxBytes) throw new RangeError(`writer holds at most ${this.maxBytes} bytes`);
    if (needed > this.buffer.length) {
      const larger = new Uint8Array(Math.min(Math.max(needed, this.buffer.length * 2), this.maxBytes));
      larger.set(this.buffer.subarray(0, at));
      this.buffer = larger;
    }
    this.used = needed;
    return at;
  }
}

/**
 * CRC-32 of IEEE 802.3 (zlib, PNG) as an unsigned integer. Continue over several runs with
 * `crc32(second, crc32(first))`; check value of "123456789" is CBF43926.
 */
export function crc32(bytes: Uint8Array, start = 0): number {
  let crc = ~start;
  for (let i = 0; i < bytes.length; i++) {
    crc ^= bytes[i] ?? 0;
    crc = (crc >>> 4) ^ (CRC_NIBBLES[crc & 15] ?? 0);
    crc = (crc >>> 4) ^ (CRC_NIBBLES[crc & 15] ?? 0);
  }
  return ~crc >>> 0;
}

/** `crc32` continued over one byte. */
export function crc32Byte(byte: number, start: number): number {
  const crc = ~start ^ byte;
  const half = (crc >>> 4) ^ (CRC_NIBBLES[crc & 15] ?? 0);
  return ~((half >>> 4) ^ (CRC_NIBBLES[half & 15] ?? 0)) >>> 0;
}

/** Number of bytes `text` takes in UTF-8; a lone surrogate counts as U+FFFD (3 bytes), as `utf8Encode` writes it. */
export function utf8Length(text: string): number {
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const code = scalarAt(text, i);
    if (code > 0xffff) i++;
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4;
  }
  return length;
}

/** UTF-8 of `text` (RFC 3629); a lone surrogate becomes U+FFFD, as in the Encoding Standard. */
export function utf8Encode(text: string): Uint8Array {
  const out = new Uint8Array(utf8Length(text));
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const code = scalarAt(text, i);
    if (code < 0x80) {
      out[at++] = code;
      continue;
    }
    if (code < 0x800) {
      out[at++] = 0xc0 | (code >> 6);
    } else {
      if (code < 0x1_0000) {
        out[at++] = 0xe0 | (code >> 12);
      } else {
        i++;
        out[at++] = 0xf0 | (code >> 18);
        out[at++] = 0x80 | ((code >> 12) & 0x3f);
      }
      out[at++] = 0x80 | ((code >> 6) & 0x3f);
    }
    out[at++] = 0x80 | (code & 0x3f);
  }
  return out;
}

/**
 * Text of well-formed UTF-8, or undefined if `bytes` are not (overlong, surrogate, above U+10FFFF, cut short):
 * RFC 3629 §4, nothing is ever replaced.
 */
export function utf8Decode(bytes: Uint8Array): string | undefined {
  let text = "";
  let codes: number[] = [];
  let at = 0;
  while (at < bytes.length) {
    const lead = bytes[at] ?? 0;
    const extra = lead < 0x80 ? 0 : lead < 0xc2 ? -1 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : -1;
    if (extra < 0 || at + extra >= bytes.length) return undefined;
    let code = extra === 0 ? lead : lead & (0x3f >> extra);
    for (let i = 1; i <= extra; i++) {
      const next = bytes[at + i] ?? 0;
      if ((next & 0xc0) !== 0x80) return undefined;
      code = (code << 6) | (next & 0x3f);
    }
    if (extra === 2 && (code < 0x800 || (code >= 0xd800 && code < 0xe000))) return undefined;
    if (extra === 3 && (code < 0x1_0000 || code > 0x10_ffff)) return undefined;
    codes.push(code);
    at += extra + 1;
    // In runs: one string per character would cost a chunk each on XS, one call for all might overflow its stack.
    if (codes.length === CODES_PER_CALL) {
      text += String.fromCodePoint(...codes);
      codes = [];
    }
  }
  return text + String.fromCodePoint(...codes);
}

/** Lower-case hex, two digits a byte, nothing between them. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    text += HEX_DIGITS.charAt(byte >> 4) + HEX_DIGITS.charAt(byte & 15);
  }
  return text;
}

/** Bytes of a hex text; blanks between digits are allowed; undefined for another character or an odd digit. */
export function fromHex(text: string): Uint8Array | undefined {
  const out = new Uint8Array(text.length >> 1);
  let digits = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i);
    if (character === " ") continue;
    const digit = HEX_DIGITS.indexOf(character.toLowerCase());
    if (digit < 0) return undefined;
    const at = digits >> 1;
    out[at] = ((out[at] ?? 0) << 4) | digit;
    digits++;
  }
  return digits % 2 === 0 ? out.slice(0, digits >> 1) : undefined;
}

/** True if both hold the same bytes. Not for secrets: it stops at the first difference. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) {
    if (left[i] !== right[i]) return false;
  }
  return true;
}

/** All parts in one new array. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Unicode scalar value that starts at UTF-16 index `i`; U+FFFD for a lone surrogate. */
function scalarAt(text: string, i: number): number {
  const code = text.codePointAt(i) ?? REPLACEMENT_CHARACTER;
  return code >= 0xd800 && code < 0xe000 ? REPLACEMENT_CHARACTER : code;
}
