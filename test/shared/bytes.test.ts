/** Cursor, CRC-32, UTF-8 and hex on known values and at their edges. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  concatBytes,
  crc32,
  crc32Byte,
  equalBytes,
  fromHex,
  Reader,
  toHex,
  utf8Decode,
  utf8Encode,
  utf8Length,
  Writer,
} from "../../shared/bytes.js";

const test = suite("bytes");

test("what the writer writes big-endian the reader reads", () => {
  const bytes = new Writer().u8(0xab).u16(0x1234).u32(0xfedc_ba98).put(Uint8Array.of(1, 2)).toBytes();
  assert.is(toHex(bytes), "ab1234fedcba980102");
  const reader = new Reader(bytes);
  assert.is(reader.u8(), 0xab);
  assert.is(reader.u16(), 0x1234);
  assert.is(reader.u32(), 0xfedc_ba98);
  assert.is(reader.remaining, 2);
  assert.equal(reader.take(2), Uint8Array.of(1, 2));
  assert.is(reader.remaining, 0);
  assert.not(reader.overrun);
});

test("reading past the end yields zero, sets overrun and moves no further", () => {
  const reader = new Reader(Uint8Array.of(1, 2, 3));
  assert.is(reader.u8(), 1);
  assert.is(reader.u32(), 0);
  assert.ok(reader.overrun);
  assert.is(reader.at, 1);
  assert.is(reader.u8(), 0, "no half-read layout comes back to life");
  assert.is(reader.take(1).length, 0);
  assert.is(reader.remaining, 0);
});

test("a negative length and a start behind the end overrun too", () => {
  const reader = new Reader(Uint8Array.of(1));
  reader.skip(-1);
  assert.ok(reader.overrun);
  assert.ok(new Reader(Uint8Array.of(1), 2).overrun);
  assert.not(new Reader(Uint8Array.of(1), 1).overrun);
});

test("bytes written one by one are all there, also where the buffer grows under them", () => {
  const writer = new Writer();
  for (let i = 0; i < 300; i++) writer.u8(i & 255);
  assert.equal(
    Array.from(writer.toBytes()),
    Array.from({ length: 300 }, (_, i) => i & 255),
  );
});

test("the writer grows to its limit and throws beyond it", () => {
  const writer = new Writer(100);
  for (let i = 0; i < 100; i++) writer.u8(i);
  assert.is(writer.length, 100);
  assert.is(writer.toBytes()[99], 99);
  assert.throws(() => writer.u8(0), RangeError);
  assert.is(writer.length, 100);
});

test("the writer refuses what does not fit", () => {
  const writer = new Writer();
  assert.throws(() => writer.u8(256), RangeError);
  assert.throws(() => writer.u16(-1), RangeError);
  assert.throws(() => writer.u32(2 ** 32), RangeError);
  assert.throws(() => writer.u8(1.5), RangeError);
  assert.is(writer.length, 0);
});

test("crc32 gives the standard's check value and continues", () => {
  const digits = utf8Encode("123456789");
  assert.is(crc32(digits), 0xcbf4_3926);
  assert.is(crc32(new Uint8Array(0)), 0);
  assert.is(crc32(Uint8Array.of(0, 0, 0, 0)), 0x2144_df1c);
  assert.is(crc32(digits.subarray(4), crc32(digits.subarray(0, 4))), 0xcbf4_3926);
  let byBytes = 0;
  for (const digit of digits) byBytes = crc32Byte(digit, byBytes);
  assert.is(byBytes, 0xcbf4_3926);
});

test("utf8 of each length, both ways", () => {
  for (const [text, hex] of [
    ["", ""],
    ["A\0z", "41007a"],
    ["1,75 €", "312c373520e282ac"],
    ["¢", "c2a2"],
    ["水", "e6b0b4"],
    ["𐅑", "f0908591"],
    ["\u{10ffff}", "f48fbfbf"],
  ] as const) {
    const bytes = utf8Encode(text);
    assert.is(toHex(bytes), hex);
    assert.is(utf8Length(text), bytes.length);
    assert.is(utf8Decode(bytes), text);
  }
  const long = "Müsli ".repeat(50);
  assert.is(utf8Decode(utf8Encode(long)), long);
});

test("a lone surrogate is written as U+FFFD", () => {
  assert.is(toHex(utf8Encode("a\ud800b")), "61efbfbd62");
  assert.is(utf8Length("\udfff"), 3);
});

test("utf8Decode refuses what RFC 3629 forbids", () => {
  for (const hex of [
    "80",
    "c0af",
    "c1bf",
    "c2",
    "e0809f",
    "eda080",
    "e282",
    "f0808080",
    "f4908080",
    "f5808080",
    "c241",
  ]) {
    assert.is(utf8Decode(fromHex(hex) ?? new Uint8Array(0)), undefined, hex);
  }
});

test("hex both ways, with blanks, and its errors", () => {
  assert.equal(fromHex("0B 5f FF"), Uint8Array.of(0x0b, 0x5f, 0xff));
  assert.is(toHex(Uint8Array.of(0, 10, 255)), "000aff");
  assert.is(fromHex("0"), undefined);
  assert.is(fromHex("0g"), undefined);
  assert.equal(fromHex(""), new Uint8Array(0));
});

test("equal and concat", () => {
  assert.ok(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2)));
  assert.not(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3)));
  assert.not(equalBytes(Uint8Array.of(1), Uint8Array.of(1, 2)));
  assert.equal(concatBytes(Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3)), Uint8Array.of(1, 2, 3));
});

test.run();
