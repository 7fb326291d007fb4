/**
 * Messages as tables: a layout names each field's CBOR map key and type; the TypeScript type is inferred from it
 * and one codec walks it. Used by ledger records and by every message between machine and fleet.
 */
import { type CborArray, type CborMap, type CborValue, encodeCbor, isCborArray, isCborMap } from "./cbor.js";

/**
 * `uint`, `int`: safe integers. `uints`: array of unsigned integers. A trailing `?` marks a field that may be absent.
 */
export type FieldType = "uint" | "int" | "bool" | "text" | "bytes" | "uints" | "items";

export interface FieldTypes {
  readonly uint: number;
  readonly int: number;
  readonly bool: boolean;
  readonly text: string;
  readonly bytes: Uint8Array;
  readonly uints: readonly number[];
  /** Any CBOR values; the reader checks what is inside. */
  readonly items: readonly CborValue[];
}

export type FieldSpec = readonly [key: number, type: FieldType | `${FieldType}?`];
export type Layout = { readonly [name: string]: FieldSpec };

type Optional<L extends Layout> = {
  [N in keyof L]: L[N][1] extends `${FieldType}?` ? N : never;
}[keyof L];

type TypeOf<T extends string> = T extends `${infer B extends FieldType}?`
  ? FieldTypes[B]
  : T extends FieldType
    ? FieldTypes[T]
    : never;

/** The message a layout describes. */
export type MessageOf<L extends Layout> = {
  readonly [N in Exclude<keyof L, Optional<L>>]: TypeOf<L[N][1]>;
} & { readonly [N in Optional<L>]?: TypeOf<L[N][1]> };

export type LayoutFailure = {
  readonly ok: false;
  readonly error: "notAMap" | "missing" | "wrongType";
  readonly field: string;
};
export type LayoutResult<T> = { readonly ok: true; readonly message: T } | LayoutFailure;

/** The CBOR map of `message`. Throws RangeError for a missing or wrongly typed field: a programmer's error. */
export function toMap<L extends Layout>(layout: L, message: MessageOf<L>): CborMap;
export function toMap(layout: Layout, message: { readonly [name: string]: unknown }): CborMap {
  const map: { [key: number]: CborValue } = {};
  for (const name in layout) {
    const spec = layout[name];
    if (spec === undefined) continue;
    const value = message[name];
    if (value === undefined && isOptional(spec)) continue;
    if (!fits(value, spec[1])) throw notOf(name, spec[1]);
    map[spec[0]] = value;
  }
  return map;
}

/** Where `writeFields` stands: the next byte of `bytes`, and the index in the CBOR array that it is the value of. */
export interface FieldCursor {
  /** Another one, twice as long, as often as need be. */
  bytes: Uint8Array;
  readonly maxBytes: number;
  at: number;
  key: number;
}

const CBOR_NULL = 0xf6;
const CBOR_TEXT = 0x60;
const SHORT_TEXT = 24;
const ASCII = 0x80;
/** Ends the type of a field that may be absent. */
const QUESTION_MARK = 0x3f;

/**
 * As `toMap`, but as the values of a CBOR array in which each field stands at its key, null for what is passed over;
 * the array's head is the caller's. The keys of `layout` must ascend. Throws as `toMap`, and RangeError beyond
 * `maxBytes`. On the way of every coin: hence no intermediate values and none of the language's iterators.
 */
export function writeFields(layout: Layout, message: { readonly [name: string]: unknown }, out: FieldCursor): void {
  for (const name in layout) {
    const spec = layout[name];
    const value = message[name];
    if (spec === undefined || (value === undefined && isOptional(spec))) continue;
    const key = spec[0];
    const type = spec[1];
    for (; out.key < key; out.key += 1) put(out, CBOR_NULL);
    if (type === "uint" || type === "uint?") {
      if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw notOf(name, type);
      writeUint(out, value);
    } else {
      if (!fits(value, type)) throw notOf(name, type);
      if (typeof value !== "string" || !writeShortText(out, value)) writeAny(out, value);
    }
    out.key = key + 1;
  }
}

function put(out: FieldCursor, byte: number): void {
  if (out.at >= out.bytes.length) grow(out, 1);
  out.bytes[out.at] = byte;
  out.at += 1;
}

function grow(out: FieldCursor, moreBytes: number): void {
  const neededBytes = out.at + moreBytes;
  if (neededBytes > out.maxBytes) throw new RangeError(`more than ${out.maxBytes} bytes`);
  const longer = new Uint8Array(Math.min(out.maxBytes, Math.max(neededBytes, 2 * out.bytes.length)));
  longer.set(out.bytes);
  out.bytes = longer;
}

function writeUint(out: FieldCursor, value: number): void {
  if (value < 24) return put(out, value);
  if (value >= 2 ** 32) return writeAny(out, value);
  if (value < 0x100) {
    put(out, 0x18);
  } else {
    if (value < 0x1_0000) {
      put(out, 0x19);
    } else {
      put(out, 0x1a);
      put(out, value >>> 24);
      put(out, (value >>> 16) & 0xff);
    }
    put(out, (value >>> 8) & 0xff);
  }
  put(out, value & 0xff);
}

/** Slot codes and the like, a byte a character; false: the text is another one, nothing is written. */
function writeShortText(out: FieldCursor, text: string): boolean {
  const length = text.length;
  if (length >= SHORT_TEXT) return false;
  for (let i = 0; i < length; i += 1) {
    if (text.charCodeAt(i) >= ASCII) return false;
  }
  put(out, CBOR_TEXT | length);
  for (let i = 0; i < length; i += 1) put(out, text.charCodeAt(i));
  return true;
}

function writeAny(out: FieldCursor, value: CborValue): void {
  const part = encodeCbor(value, out.maxBytes - out.at);
  if (out.at + part.length > out.bytes.length) grow(out, part.length);
  out.bytes.set(part, out.at);
  out.at += part.length;
}

function notOf(name: string, type: string): RangeError {
  return new RangeError(`field ${name} is not ${type}`);
}

/**
 * The message in `value`; a field missing or of another type is named. Keys the layout does not know are passed over:
 * that is how a newer version adds a field.
 */
export function fromMap<L extends Layout>(layout: L, value: CborValue | undefined): LayoutResult<MessageOf<L>>;
export function fromMap(layout: Layout, value: CborValue | undefined): LayoutResult<object> {
  if (!isCborMap(value)) return { ok: false, error: "notAMap", field: "" };
  const message: { [name: string]: CborValue } = {};
  return readFields(layout, value, message) ?? { ok: true, message };
}

/**
 * Puts the fields that stand in `value`, a map or an array, at their keys into `message`; null in an array is what is
 * passed over. What is wrong, if anything is.
 */
export function readFields(
  layout: Layout,
  value: CborMap | CborArray,
  message: { [name: string]: unknown },
): LayoutFailure | undefined {
  const isArray = isCborArray(value);
  for (const name in layout) {
    const spec = layout[name];
    if (spec === undefined) continue;
    const part = value[spec[0]];
    if (part === undefined || (isArray && part === null)) {
      if (isOptional(spec)) continue;
      return { ok: false, error: "missing", field: name };
    }
    if (!fits(part, spec[1])) return { ok: false, error: "wrongType", field: name };
    message[name] = part;
  }
  return undefined;
}

function isOptional(spec: FieldSpec): boolean {
  const type = spec[1];
  return type.charCodeAt(type.length - 1) === QUESTION_MARK;
}

function fits(value: unknown, type: string): value is CborValue {
  switch (type) {
    case "uint":
    case "uint?":
      return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
    case "int":
    case "int?":
      return Number.isSafeInteger(value);
    case "bool":
    case "bool?":
      return typeof value === "boolean";
    case "text":
    case "text?":
      return typeof value === "string";
    case "bytes":
    case "bytes?":
      return value instanceof Uint8Array;
    case "uints":
    case "uints?":
      return Array.isArray(value) && value.every((item) => fits(item, "uint"));
    default:
      return Array.isArray(value);
  }
}
