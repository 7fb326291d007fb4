/**
 * Field layouts: a list of `[name, kind]` or `[name, kind, count]` rows and the walk that reads and writes them. The
 * TypeScript shape of a block is inferred from its layout. Multi-byte values go most significant byte first (MDB 4.2
 * §2.1). Reading never throws; writing a value that does not fit is a programmer's error and throws RangeError.
 */
import { deepFreeze } from "../freeze.js";

/**
 * `u8`, `u16`, `u32`: unsigned numbers. `hi4`, `lo4`: the two halves of one byte, always in this order. `ascii`: a
 * string, one character a byte. A third member repeats the kind; `"rest"` runs to the end of the block.
 */
export type FieldKind = "u8" | "u16" | "u32" | "hi4" | "lo4" | "ascii";
export type Field =
  | readonly [name: string, kind: FieldKind]
  | readonly [name: string, kind: FieldKind, count: number | "rest"];
export type Layout = readonly Field[];

export type FieldValue = number | string | readonly number[];
export type FieldRecord = Readonly<Record<string, FieldValue>>;

type ValueOf<F extends Field> = F extends readonly [string, "ascii", ...unknown[]]
  ? string
  : F extends readonly [string, FieldKind, unknown]
    ? readonly number[]
    : number;

/** The record that a layout reads and writes. */
export type Decoded<L extends Layout> = { readonly [F in L[number] as F[0]]: ValueOf<F> };

/** `end`: index behind the last byte used. `missing`: bytes the layout wanted and the block did not have. */
export interface ReadResult<R> {
  readonly fields: R;
  readonly end: number;
  readonly missing: number;
}

const KIND_BYTES: Readonly<Record<FieldKind, number>> = deepFreeze({ u8: 1, u16: 2, u32: 4, hi4: 0, lo4: 1, ascii: 1 });
const KIND_MAX: Readonly<Record<FieldKind, number>> = deepFreeze({
  u8: 0xff,
  u16: 0xffff,
  u32: 0xffff_ffff,
  hi4: 0xf,
  lo4: 0xf,
  ascii: 0xff,
});

/** Bytes that the layout always takes; a `"rest"` field adds none. */
export function layoutBytes(layout: Layout): number {
  let sum = 0;
  for (const [, kind, count = 1] of layout) {
    sum += count === "rest" ? 0 : KIND_BYTES[kind] * count;
  }
  return sum;
}

/** True if the layout ends in a field that runs to the end of the block. */
export function layoutIsOpen(layout: Layout): boolean {
  return layout[layout.length - 1]?.[2] === "rest";
}

function readNumber(kind: FieldKind, bytes: ArrayLike<number>, at: number): number {
  const first = bytes[at] ?? 0;
  if (kind === "hi4") return first >> 4;
  if (kind === "lo4") return first & 0xf;
  let value = first;
  for (let index = 1; index < KIND_BYTES[kind]; index += 1) {
    value = value * 256 + (bytes[at + index] ?? 0);
  }
  return value;
}

function readField(field: Field, bytes: ArrayLike<number>, at: number): FieldValue {
  const [, kind, count] = field;
  if (count === undefined && kind !== "ascii") return readNumber(kind, bytes, at);
  const width = KIND_BYTES[kind];
  const present = Math.max(0, bytes.length - at);
  const repeat = count === "rest" ? Math.floor(present / width) : (count ?? 1);
  if (kind === "ascii") {
    let text = "";
    for (let index = 0; index < repeat && index < present; index += 1) {
      text += String.fromCharCode(bytes[at + index] ?? 0);
    }
    return text;
  }
  const list: number[] = [];
  for (let index = 0; index < repeat; index += 1) {
    list.push(readNumber(kind, bytes, at + index * width));
  }
  return list;
}

/**
 * Reads a layout from `at` on. Lenient: a byte that is not there counts as 0 (a string just ends), and the result
 * says how many were missing. The overload carries the inferred shape; the body walks the very same table.
 */
export function readLayout<L extends Layout>(layout: L, bytes: ArrayLike<number>, at: number): ReadResult<Decoded<L>>;
export function readLayout(layout: Layout, bytes: ArrayLike<number>, at: number): ReadResult<FieldRecord> {
  const fields: Record<string, FieldValue> = {};
  let end = at;
  for (const field of layout) {
    const [name, kind, count = 1] = field;
    fields[name] = readField(field, bytes, end);
    const width = KIND_BYTES[kind];
    end += count === "rest" ? Math.floor(Math.max(0, bytes.length - end) / width) * width : width * count;
  }
  const missing = Math.max(0, end - bytes.length);
  return { fields, end: end - missing, missing };
}

function writeNumber(out: number[], name: string, kind: FieldKind, value: unknown): void {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > KIND_MAX[kind]) {
    throw new RangeError(`mdb: ${name} does not fit ${kind}`);
  }
  if (kind === "hi4") {
    out.push(value << 4);
  } else if (kind === "lo4") {
    out.push((out.pop() ?? 0) | value);
  } else {
    for (let left = KIND_BYTES[kind] - 1; left >= 0; left -= 1) {
      out.push(Math.floor(value / 256 ** left) & 0xff);
    }
  }
}

function writeText(out: number[], name: string, count: number | "rest", value: unknown): void {
  const length = count === "rest" && typeof value === "string" ? value.length : count;
  if (typeof value !== "string" || length === "rest" || value.length > length) {
    throw new RangeError(`mdb: ${name} does not fit ascii`);
  }
  for (let index = 0; index < length; index += 1) {
    writeNumber(out, name, "ascii", index < value.length ? value.charCodeAt(index) : 0x20);
  }
}

function writeList(out: number[], name: string, kind: FieldKind, count: number | "rest", value: unknown): void {
  if (!Array.isArray(value) || (count !== "rest" && value.length > count)) {
    throw new RangeError(`mdb: ${name} is not a list that fits`);
  }
  const length = count === "rest" ? value.length : count;
  for (let index = 0; index < length; index += 1) {
    writeNumber(out, name, kind, index < value.length ? value[index] : 0);
  }
}

/** Appends a record to `out` byte by byte. Short lists are filled with 0, short strings with spaces. */
export function writeLayout(layout: Layout, fields: FieldRecord, out: number[]): void {
  for (const [name, kind, count] of layout) {
    const value = fields[name];
    if (kind === "ascii") {
      writeText(out, name, count ?? 1, value);
    } else if (count === undefined) {
      writeNumber(out, name, kind, value);
    } else {
      writeList(out, name, kind, count, value);
    }
  }
}
