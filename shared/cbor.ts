/**
 * The CBOR subset that the machine and the fleet speak: RFC 8949 §4.2.1 core deterministic encoding, restricted to
 * safe integers, byte and text strings, arrays, maps with small integer keys, booleans and null. No floats, no tags,
 * no indefinite lengths. Decoding is as strict as encoding: one value has exactly one form, so bytes can be compared
 * and signed. Input is untrusted: decoding never throws, and allocates no more than its limits allow.
 */
import { Reader, utf8Decode, utf8Encode, Writer } from "./bytes.js";
import { deepFreeze } from "./freeze.js";

/**
 * A map is a plain object with integer keys 0..`MAX_MAP_KEY`. On XS that is one slot per entry (a `Map` takes about
 * three), the language enumerates such keys in ascending order, which is the deterministic order, and a message type
 * can be written as an interface. An entry that is `undefined` is left out when encoding: an absent optional field.
 */
export interface CborMap {
  readonly [key: number]: CborValue | undefined;
}

export type CborArray = readonly CborValue[];

/** Every number is an integer within ±(2^53 − 1). */
export type CborValue = number | string | boolean | null | Uint8Array | CborArray | CborMap;

/** Why bytes were refused. */
export type CborError =
  | "truncated" // ends within a value
  | "trailingBytes" // one value, then more
  | "tooLong" // more than maxBytes
  | "tooDeep" // more nested arrays and maps than maxDepth
  | "tooManyItems" // more values, map keys included, than maxItems
  | "unsupported" // float, tag, indefinite length, undefined or another simple value, reserved
  | "notShortest" // an integer or length that has a shorter form
  | "intTooLarge" // outside ±(2^53 − 1)
  | "badUtf8" // text that is not well-formed UTF-8
  | "badMapKey" // a key that is not an integer 0..MAX_MAP_KEY
  | "keyOrder"; // keys not strictly ascending (unsorted or repeated)

/** `at`: byte offset of the value that was refused. */
export type CborFailure = { readonly ok: false; readonly error: CborError; readonly at: number };
export type CborResult = { readonly ok: true; readonly value: CborValue } | CborFailure;

export interface CborLimits {
  /** Longest message, bytes. */
  readonly maxBytes: number;
  /** Nested arrays and maps; a bare integer has depth 0. */
  readonly maxDepth: number;
  /** Values in all, map keys counted too. */
  readonly maxItems: number;
}

/**
 * Largest map key. Small on purpose: V8 lays such keys out as an array with holes, so a greater key would let four
 * bytes of garbage allocate more than the 3.5 KiB they can now (XS stores one slot per entry whatever the key).
 */
export const MAX_MAP_KEY = 255;

/** Nesting that encoding allows, and decoding by default. */
export const MAX_DEPTH = 8;

/** Limits of `decodeCbor` unless others are given: an 8 KiB batch of events with room to spare. */
export const CBOR_LIMITS: CborLimits = deepFreeze({ maxBytes: 16_384, maxDepth: MAX_DEPTH, maxItems: 4096 });

const MAJOR_UNSIGNED = 0;
const MAJOR_NEGATIVE = 1;
const MAJOR_BYTES = 2;
const MAJOR_TEXT = 3;
const MAJOR_ARRAY = 4;
const MAJOR_MAP = 5;
const FALSE = 0xf4;
const TRUE = 0xf5;
const NULL = 0xf6;
const TWO_32 = 2 ** 32;

/** Smallest argument that needs 1, 2, 4, 8 following bytes (additional information 24..27). */
const SHORTEST = deepFreeze([24, 0x100, 0x1_0000, TWO_32]);

export function isCborArray(value: CborValue | undefined): value is CborArray {
  return Array.isArray(value);
}

export function isCborMap(value: CborValue | undefined): value is CborMap {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/**
 * Deterministic CBOR of `value`. What the subset cannot hold (a float, an unsafe integer, a key out of range, nesting
 * beyond `MAX_DEPTH`, more than `maxBytes`) is a programmer error and throws RangeError.
 */
export function encodeCbor(value: CborValue, maxBytes: number = CBOR_LIMITS.maxBytes): Uint8Array {
  const writer = new Writer(maxBytes);
  encodeInto(writer, value);
  return writer.toBytes();
}

/** As `encodeCbor`, appending to `writer`. */
export function encodeInto(writer: Writer, value: CborValue): void {
  writeValue(writer, value, 0);
}

/** The one value that `bytes` hold, with nothing after it. Byte strings are copies: `bytes` may be used again. */
export function decodeCbor(bytes: Uint8Array, limits: CborLimits = CBOR_LIMITS): CborResult {
  const reader = new Reader(bytes);
  const result = decodeFrom(reader, limits);
  if (result.ok && reader.remaining > 0) return { ok: false, error: "trailingBytes", at: reader.at };
  return result;
}

/** As `decodeCbor`, but reads one value at the cursor and leaves the cursor behind it (anywhere after a failure). */
export function decodeFrom(reader: Reader, limits: CborLimits = CBOR_LIMITS): CborResult {
  const at = reader.at;
  const state: DecodeState = { reader, limits, endsAt: at + limits.maxBytes, items: 0, failure: undefined };
  const value = readValue(state, 0);
  if (value === undefined) return state.failure ?? { ok: false, error: "truncated", at };
  return { ok: true, value };
}

function writeValue(writer: Writer, value: CborValue, depth: number): void {
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new RangeError(`not a safe integer: ${value}`);
    if (value >= 0) writeHead(writer, MAJOR_UNSIGNED, value);
    else writeHead(writer, MAJOR_NEGATIVE, -1 - value);
  } else if (typeof value === "string") {
    const bytes = utf8Encode(value);
    writeHead(writer, MAJOR_TEXT, bytes.length);
    writer.put(bytes);
  } else if (typeof value === "boolean") {
    writer.u8(value ? TRUE : FALSE);
  } else if (value === null) {
    writer.u8(NULL);
  } else if (value instanceof Uint8Array) {
    writeHead(writer, MAJOR_BYTES, value.length);
    writer.put(value);
  } else if (depth >= MAX_DEPTH) {
    throw new RangeError(`nested deeper than ${MAX_DEPTH}`);
  } else if (isCborArray(value)) {
    writeHead(writer, MAJOR_ARRAY, value.length);
    for (const item of value) writeValue(writer, item, depth + 1);
  } else {
    writeMap(writer, value, depth);
  }
}

function writeMap(writer: Writer, map: CborMap, depth: number): void {
  // Integer keys come out of Object.keys in ascending order (ECMA-262 OrdinaryOwnPropertyKeys): nothing to sort.
  const keys = Object.keys(map);
  let count = 0;
  for (const text of keys) {
    const key = Number(text);
    if (!Number.isInteger(key) || key < 0 || key > MAX_MAP_KEY) throw new RangeError(`not a map key: ${text}`);
    if (map[key] !== undefined) count++;
  }
  writeHead(writer, MAJOR_MAP, count);
  for (const text of keys) {
    const key = Number(text);
    const value = map[key];
    if (value === undefined) continue;
    writeHead(writer, MAJOR_UNSIGNED, key);
    writeValue(writer, value, depth + 1);
  }
}

function writeHead(writer: Writer, major: number, argument: number): void {
  const high = major << 5;
  if (argument < 24) writer.u8(high | argument);
  else if (argument < 0x100) writer.u8(high | 24).u8(argument);
  else if (argument < 0x1_0000) writer.u8(high | 25).u16(argument);
  else if (argument < TWO_32) writer.u8(high | 26).u32(argument);
  else {
    writer.u8(high | 27);
    writer.u32(Math.floor(argument / TWO_32)).u32(argument % TWO_32);
  }
}

interface DecodeState {
  readonly reader: Reader;
  readonly limits: CborLimits;
  /** First offset that lies beyond `maxBytes`. */
  readonly endsAt: number;
  items: number;
  failure: CborFailure | undefined;
}

/** The value at the cursor; undefined after a failure, which is then in `state`. */
function readValue(state: DecodeState, depth: number): CborValue | undefined {
  const { reader } = state;
  const at = reader.at;
  if (++state.items > state.limits.maxItems) return fail(state, "tooManyItems", at);
  const initial = reader.u8();
  if (reader.overrun) return fail(state, "truncated", at);
  if (initial === FALSE) return false;
  if (initial === TRUE) return true;
  if (initial === NULL) return null;
  const major = initial >> 5;
  if (major > MAJOR_MAP) return fail(state, "unsupported", at);
  const argument = readArgument(state, initial & 0x1f, at);
  if (argument === undefined) return undefined;
  if (reader.at > state.endsAt) return fail(state, "tooLong", at);
  switch (major) {
    case MAJOR_UNSIGNED:
      return argument;
    case MAJOR_NEGATIVE:
      return argument < Number.MAX_SAFE_INTEGER ? -1 - argument : fail(state, "intTooLarge", at);
    case MAJOR_BYTES:
    case MAJOR_TEXT:
      return readString(state, major, argument, at);
    case MAJOR_ARRAY:
      return readArray(state, argument, depth + 1, at);
    default:
      return readMap(state, argument, depth + 1, at);
  }
}

/** The head's argument: a value, a length or a count (RFC 8949 §3). */
function readArgument(state: DecodeState, info: number, at: number): number | undefined {
  if (info < 24) return info;
  if (info > 27) return fail(state, "unsupported", at);
  const { reader } = state;
  const high = info === 27 ? reader.u32() : 0;
  const low = info === 24 ? reader.u8() : info === 25 ? reader.u16() : reader.u32();
  if (reader.overrun) return fail(state, "truncated", at);
  const argument = high * TWO_32 + low;
  if (argument > Number.MAX_SAFE_INTEGER) return fail(state, "intTooLarge", at);
  return argument < (SHORTEST[info - 24] ?? 0) ? fail(state, "notShortest", at) : argument;
}

function readString(state: DecodeState, major: number, length: number, at: number): CborValue | undefined {
  const { reader } = state;
  if (length > state.endsAt - reader.at) return fail(state, "tooLong", at);
  const view = reader.take(length);
  if (reader.overrun) return fail(state, "truncated", at);
  // Not `slice`: a Buffer's slice is a view, and the caller's buffer may be used again.
  if (major === MAJOR_BYTES) return new Uint8Array(view);
  return utf8Decode(view) ?? fail(state, "badUtf8", at);
}

function readArray(state: DecodeState, count: number, depth: number, at: number): CborArray | undefined {
  if (!mayEnter(state, count, depth, at)) return undefined;
  const items: CborValue[] = [];
  for (let i = 0; i < count; i++) {
    const item = readValue(state, depth);
    if (item === undefined) return undefined;
    items.push(item);
  }
  return items;
}

function readMap(state: DecodeState, count: number, depth: number, at: number): CborMap | undefined {
  if (!mayEnter(state, count * 2, depth, at)) return undefined;
  const map: { [key: number]: CborValue } = {};
  let previous = -1;
  for (let i = 0; i < count; i++) {
    const keyAt = state.reader.at;
    const key = readKey(state, keyAt);
    if (key === undefined) return undefined;
    if (key <= previous) return fail(state, "keyOrder", keyAt);
    previous = key;
    const value = readValue(state, depth);
    if (value === undefined) return undefined;
    map[key] = value;
  }
  return map;
}

function readKey(state: DecodeState, at: number): number | undefined {
  const { reader } = state;
  if (++state.items > state.limits.maxItems) return fail(state, "tooManyItems", at);
  const initial = reader.u8();
  if (reader.overrun) return fail(state, "truncated", at);
  if (initial >> 5 !== MAJOR_UNSIGNED) return fail(state, "badMapKey", at);
  const key = readArgument(state, initial & 0x1f, at);
  return key === undefined || key <= MAX_MAP_KEY ? key : fail(state, "badMapKey", at);
}

/** Refuses a count that cannot be there (each value takes a byte) before anything is allocated for it. */
function mayEnter(state: DecodeState, count: number, depth: number, at: number): boolean {
  const { limits, reader } = state;
  if (depth > limits.maxDepth) fail(state, "tooDeep", at);
  else if (count > limits.maxItems - state.items) fail(state, "tooManyItems", at);
  else if (count > reader.remaining) fail(state, "truncated", at);
  else return true;
  return false;
}

function fail(state: DecodeState, error: CborError, at: number): undefined {
  state.failure ??= { ok: false, error, at };
  return undefined;
}
