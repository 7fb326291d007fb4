/** The CBOR subset: RFC 8949 Appendix A vectors both ways, every refusal, limits, and a garbage run. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fromHex, Reader, toHex, Writer } from "../../shared/bytes.js";
import {
  CBOR_LIMITS,
  type CborArray,
  type CborError,
  type CborValue,
  decodeCbor,
  decodeFrom,
  encodeCbor,
  encodeInto,
  isCborArray,
  isCborMap,
  MAX_DEPTH,
} from "../../shared/cbor.js";

const test = suite("cbor");

function hexBytes(hex: string): Uint8Array {
  const bytes = fromHex(hex);
  if (bytes === undefined) throw new Error(`bad hex ${hex}`);
  return bytes;
}

const oneTo25 = Array.from({ length: 25 }, (_, i) => i + 1);

/** RFC 8949 Appendix A, all rows inside the subset. */
const VECTORS: readonly (readonly [CborValue, string])[] = [
  [0, "00"],
  [1, "01"],
  [10, "0a"],
  [23, "17"],
  [24, "1818"],
  [25, "1819"],
  [100, "1864"],
  [1000, "1903e8"],
  [1000000, "1a000f4240"],
  [1000000000000, "1b000000e8d4a51000"],
  [-1, "20"],
  [-10, "29"],
  [-100, "3863"],
  [-1000, "3903e7"],
  [false, "f4"],
  [true, "f5"],
  [null, "f6"],
  [new Uint8Array(0), "40"],
  [Uint8Array.of(1, 2, 3, 4), "4401020304"],
  ["", "60"],
  ["a", "6161"],
  ["IETF", "6449455446"],
  ['"\\', "62225c"],
  ["ü", "62c3bc"],
  ["水", "63e6b0b4"],
  ["𐅑", "64f0908591"],
  [[], "80"],
  [[1, 2, 3], "83010203"],
  [[1, [2, 3], [4, 5]], "8301820203820405"],
  [oneTo25, "98190102030405060708090a0b0c0d0e0f101112131415161718181819"],
  [{}, "a0"],
  [{ 1: 2, 3: 4 }, "a201020304"],
  // Not in the appendix: the ends of our range, and each first value of a longer head.
  [Number.MAX_SAFE_INTEGER, "1b001fffffffffffff"],
  [-Number.MAX_SAFE_INTEGER, "3b001ffffffffffffe"],
  [0xff, "18ff"],
  [0x100, "190100"],
  [0xffff, "19ffff"],
  [0x1_0000, "1a00010000"],
  [0xffff_ffff, "1affffffff"],
  [0x1_0000_0000, "1b0000000100000000"],
  [{ 0: null, 23: [], 24: {}, 255: "z" }, "a400f617801818a018ff617a"],
];

test("vectors encode, decode, and decode from their own bytes only", () => {
  for (const [value, hex] of VECTORS) {
    assert.is(toHex(encodeCbor(value)), hex);
    const bytes = hexBytes(hex);
    assert.equal(decodeCbor(bytes), { ok: true, value });
    for (let length = 0; length < bytes.length; length++) {
      const cut = decodeCbor(bytes.subarray(0, length));
      assert.is(cut.ok, false, `${hex} cut to ${length}`);
      if (!cut.ok) assert.is(cut.error, "truncated");
    }
  }
});

const REFUSED: readonly (readonly [string, CborError, number])[] = [
  ["", "truncated", 0],
  ["0000", "trailingBytes", 1],
  ["f97e00", "unsupported", 0], // half float
  ["fa47c35000", "unsupported", 0], // float
  ["fb3ff199999999999a", "unsupported", 0], // double
  ["f7", "unsupported", 0], // undefined
  ["f8ff", "unsupported", 0], // simple value
  ["c11a514b67b0", "unsupported", 0], // tag
  ["5f42010243030405ff", "unsupported", 0], // indefinite byte string
  ["9fff", "unsupported", 0], // indefinite array
  ["bfff", "unsupported", 0], // indefinite map
  ["1c", "unsupported", 0], // reserved additional information
  ["811e", "unsupported", 1],
  ["1817", "notShortest", 0],
  ["1900ff", "notShortest", 0],
  ["1a0000ffff", "notShortest", 0],
  ["1b00000000ffffffff", "notShortest", 0],
  ["3800", "notShortest", 0],
  ["580100", "notShortest", 0],
  ["980100", "notShortest", 0],
  ["a1180000", "notShortest", 1],
  ["1b0020000000000000", "intTooLarge", 0],
  ["1bffffffffffffffff", "intTooLarge", 0],
  ["3b001fffffffffffff", "intTooLarge", 0], // −2^53
  ["61ff", "badUtf8", 0],
  ["8262c328f6", "badUtf8", 1],
  ["a1616101", "badMapKey", 1], // text key
  ["a12001", "badMapKey", 1], // negative key
  ["a119010001", "badMapKey", 1], // 256
  ["a203040102", "keyOrder", 3],
  ["a201020102", "keyOrder", 3],
  ["820180820261", "trailingBytes", 3],
];

test("every refusal by name and place", () => {
  for (const [hex, error, at] of REFUSED) assert.equal(decodeCbor(hexBytes(hex)), { ok: false, error, at }, hex);
});

function nested(depth: number): CborValue {
  let value: CborValue = 7;
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { 1: value };
  return value;
}

test("depth is bounded both ways", () => {
  const deepest = nested(MAX_DEPTH);
  assert.equal(decodeCbor(encodeCbor(deepest)), { ok: true, value: deepest });
  assert.throws(() => encodeCbor(nested(MAX_DEPTH + 1)), RangeError);
  const tooDeep = new Uint8Array(MAX_DEPTH + 2).fill(0x81);
  tooDeep[MAX_DEPTH + 1] = 0;
  assert.equal(decodeCbor(tooDeep), { ok: false, error: "tooDeep", at: MAX_DEPTH });
});

test("length and item count are bounded", () => {
  const limits = { ...CBOR_LIMITS, maxBytes: 4, maxItems: 3 };
  assert.equal(decodeCbor(hexBytes("43010203"), limits), { ok: true, value: Uint8Array.of(1, 2, 3) });
  assert.equal(decodeCbor(hexBytes("4401020304"), limits), { ok: false, error: "tooLong", at: 0 });
  assert.equal(decodeCbor(hexBytes("1a00010000"), limits), { ok: false, error: "tooLong", at: 0 });
  assert.equal(decodeCbor(hexBytes("820102"), limits), { ok: true, value: [1, 2] });
  assert.equal(decodeCbor(hexBytes("83010203"), limits), { ok: false, error: "tooManyItems", at: 0 });
  assert.equal(decodeCbor(hexBytes("a10102"), limits), { ok: true, value: { 1: 2 } });
  assert.equal(decodeCbor(hexBytes("81820102"), limits), { ok: false, error: "tooManyItems", at: 1 });
  assert.throws(() => encodeCbor("four", 4), RangeError);
});

test("a huge count or length costs nothing", () => {
  for (const hex of ["9b001fffffffffffff", "bb001fffffffffffff", "9a00001000", "ba00000800", "5b001fffffffffffff"]) {
    assert.not(decodeCbor(hexBytes(hex)).ok, hex);
  }
  assert.equal(decodeCbor(hexBytes("990fff00")), { ok: false, error: "truncated", at: 0 });
});

test("what the subset cannot hold is refused at encoding", () => {
  for (const value of [1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, -(2 ** 53)]) {
    assert.throws(() => encodeCbor(value), RangeError);
  }
  assert.throws(() => encodeCbor({ 256: 1 }), RangeError);
  assert.throws(() => encodeCbor({ [-1]: 1 }), RangeError);
  assert.throws(() => encodeCbor({ 1.5: 1 }), RangeError);
  assert.throws(() => encodeCbor(Object.fromEntries([["name", 1]])), RangeError);
  assert.is(toHex(encodeCbor(-0)), "00");
});

test("absent fields are left out, keys ascend however the object was built", () => {
  assert.is(toHex(encodeCbor({ 9: 1, 2: undefined, 1: 0 })), "a201000901");
});

test("values follow each other through one cursor", () => {
  const writer = new Writer();
  encodeInto(writer, [1]);
  encodeInto(writer, "b");
  const reader = new Reader(writer.toBytes());
  assert.equal(decodeFrom(reader), { ok: true, value: [1] });
  assert.is(reader.at, 2);
  assert.equal(decodeFrom(reader), { ok: true, value: "b" });
  assert.is(reader.remaining, 0);
});

test("byte strings are copies", () => {
  const bytes = hexBytes("420102");
  const result = decodeCbor(bytes);
  bytes.fill(0);
  assert.equal(result, { ok: true, value: Uint8Array.of(1, 2) });
});

test("guards tell arrays, maps and byte strings apart", () => {
  const array: CborArray = [1];
  assert.ok(isCborArray(array));
  assert.ok(isCborMap({ 1: 2 }));
  for (const value of [array, Uint8Array.of(1), null, "a", 1, true, undefined]) assert.not(isCborMap(value));
});

/** Marsaglia xorshift32: enough to stir bytes, the same on every engine. */
function xorshift(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

function countValues(value: CborValue): number {
  if (isCborArray(value)) return value.reduce((sum: number, item) => sum + countValues(item), 1);
  if (!isCborMap(value)) return 1;
  return Object.values(value).reduce((sum: number, item) => sum + 1 + countValues(item ?? null), 1);
}

test("garbage never throws, stays within limits, and what is taken has one form only", () => {
  const next = xorshift(0x5eed_cb02);
  const limits = { maxBytes: 40, maxDepth: 4, maxItems: 12 };
  let taken = 0;
  for (let round = 0; round < 4000; round++) {
    const bytes = new Uint8Array(next() % 48);
    for (let i = 0; i < bytes.length; i++) {
      const random = next();
      // Mostly heads with a small argument: otherwise nearly all garbage dies at its first byte.
      bytes[i] = random & 0x100 ? random & 0xff : (random & 0xe0) | (random & 0x03);
    }
    const reader = new Reader(bytes);
    const result = decodeFrom(reader, limits);
    if (!result.ok) {
      assert.ok(result.at <= bytes.length);
      continue;
    }
    taken++;
    assert.ok(countValues(result.value) <= limits.maxItems);
    assert.ok(reader.at <= limits.maxBytes);
    assert.equal(encodeCbor(result.value), bytes.slice(0, reader.at), toHex(bytes));
  }
  assert.ok(taken > 500, `only ${taken} of 4000 were taken`);
});

test("a damaged message never throws and, if taken, is again what its bytes say", () => {
  const next = xorshift(77);
  const sound = encodeCbor({ 0: 1, 1: [{ 0: 175, 1: "B4", 2: Uint8Array.of(9, 8) }, -40, true], 7: null, 9: 70_000 });
  for (let round = 0; round < 2000; round++) {
    const bytes = sound.slice();
    const at = next() % bytes.length;
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (next() % 8));
    const result = decodeCbor(bytes);
    if (result.ok) assert.equal(encodeCbor(result.value), bytes);
  }
});

test.run();
