/**
 * shared/cbor against cbor-x, both ways: what we write it reads as the same value, and so do we what it writes.
 * cbor-x is told to keep integer keys (Map), to write no records and no typed-array tags, and gets integers beyond
 * 32 bits as BigInt, since it writes such numbers as floats otherwise.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Encoder } from "cbor-x";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { concatBytes, toHex } from "../../shared/bytes.js";
import {
  CBOR_LIMITS,
  type CborValue,
  decodeCbor,
  encodeCbor,
  isCborArray,
  isCborMap,
  MAX_MAP_KEY,
} from "../../shared/cbor.js";

const test = suite("cbor against cbor-x");
const foreign = new Encoder({ mapsAsObjects: false, useRecords: false, tagUint8Array: false });

const values = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, depthSize: "small" },
    fc.maxSafeInteger(),
    fc.integer({ min: -300, max: 300 }),
    fc.boolean(),
    fc.constant(null),
    fc.string({ unit: "binary", maxLength: 80 }),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie("value"), { maxLength: 30 }),
    fc
      .uniqueArray(fc.tuple(fc.nat(MAX_MAP_KEY), tie("value")), { selector: ([key]) => key, maxLength: 30 })
      .map((entries) => Object.fromEntries(entries)),
  ),
})).value;

/** The value as cbor-x must be given it, with keys ascending. */
function toForeign(value: CborValue): unknown {
  if (typeof value === "number") return Math.abs(value) >= 2 ** 31 ? BigInt(value) : value;
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (isCborArray(value)) return value.map(toForeign);
  if (isCborMap(value)) {
    return new Map(Object.entries(value).map(([key, item]) => [Number(key), toForeign(item ?? null)]));
  }
  return value;
}

/** The value as cbor-x gives it back, in our shape. */
function fromForeign(value: unknown): CborValue {
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) return value.map(fromForeign);
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([key, item]) => [Number(key), fromForeign(item)]));
  if (value === null || typeof value === "number" || typeof value === "string" || typeof value === "boolean") {
    return value;
  }
  throw new Error(`cbor-x gave ${typeof value}`);
}

test("what we write, cbor-x reads as the same value", () => {
  fc.assert(
    fc.property(values, (value) => {
      assert.equal(fromForeign(foreign.decode(encodeCbor(value, 1 << 20))), value);
    }),
    { numRuns: 400 },
  );
});

test("what cbor-x writes we read as the same value", () => {
  const limits = { ...CBOR_LIMITS, maxBytes: 1 << 20, maxItems: 1 << 20 };
  fc.assert(
    fc.property(values, (value) => {
      const bytes = foreign.encode(toForeign(value));
      assert.equal(decodeCbor(bytes, limits), { ok: true, value }, toHex(bytes));
    }),
    { numRuns: 400 },
  );
});

test("our own round trip has one form, and a byte more is refused", () => {
  const limits = { ...CBOR_LIMITS, maxBytes: 1 << 20, maxItems: 1 << 20 };
  fc.assert(
    fc.property(values, (value) => {
      const bytes = encodeCbor(value, 1 << 20);
      assert.equal(decodeCbor(bytes, limits), { ok: true, value });
      const more = decodeCbor(concatBytes(bytes, Uint8Array.of(0)), limits);
      assert.equal(more, { ok: false, error: "trailingBytes", at: bytes.length });
    }),
    { numRuns: 400 },
  );
});

test("a Buffer's byte strings come back as plain copies", () => {
  const buffer = Buffer.from("43010203", "hex");
  const result = decodeCbor(buffer);
  buffer.fill(0);
  assert.equal(result, { ok: true, value: Uint8Array.of(1, 2, 3) });
});

test("garbage of the costliest kind holds no more than stated", () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  // Maps of one entry with the greatest key: the most heap per byte that the subset can be made to take.
  const entry = [0xa1, 0x18, MAX_MAP_KEY, 0xf6];
  const count = Math.floor((CBOR_LIMITS.maxItems - 1) / 3);
  const bytes = Uint8Array.from([0x99, count >> 8, count & 0xff, ...Array(count).fill(entry).flat()]);
  assert.ok(decodeCbor(bytes).ok);
  const taken = Array.from({ length: 7 }, () => {
    collect();
    const before = process.memoryUsage().heapUsed;
    const held = decodeCbor(bytes);
    collect();
    const perMap = (process.memoryUsage().heapUsed - before) / count;
    assert.ok(held.ok);
    return perMap;
  }).sort((left, right) => left - right);
  // The engine's own housekeeping comes on top of some runs: the middle one is the codec's.
  const median = taken[3] ?? Number.NaN;
  assert.ok(median > 0 && median <= 3.5 * 1024, `${taken.join(" ")} bytes per map`);
});

test.run();
