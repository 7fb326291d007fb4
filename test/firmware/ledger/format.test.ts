/** The bytes on flash, as SPEC.md gives them: vectors, and a second reader that knows nothing but the specification. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeFrame, MAX_FRAME_BYTES, MAX_MONEY_FRAME_BYTES, parseFrame } from "../../../firmware/ledger/frame.js";
import { decodeHeader, encodeHeader, HEADER_BYTES } from "../../../firmware/ledger/header.js";
import { openLedger } from "../../../firmware/ledger/ledger.js";
import { BlockWalk } from "../../../firmware/ledger/walk.js";
import { crc32, toHex } from "../../../shared/bytes.js";
import { encodeBody } from "../../../shared/records/codec.js";
import { SimFlash } from "../../../tools/bench/flash.js";
import { Account, draft, Lcg } from "./source.js";

const test = suite("ledger: format");

const HEADER = {
  number: 5,
  epoch: 2,
  firstSeq: 301,
  chain: 0xdead_beef,
  mark: 298,
  oldest: 1,
  checkpointBytes: 66,
  checkpointCrc: 0x0102_0304,
};
const HEADER_HEX =
  "53504c47" +
  "0002" +
  "0042" +
  "00000005" +
  "00000002" +
  "0000012d" +
  "deadbeef" +
  "0000012a" +
  "00000001" +
  "01020304";

test("a header's bytes: two equal copies, each with its CRC-32", () => {
  const bytes = encodeHeader(HEADER);
  assert.is(bytes.length, HEADER_BYTES);
  const hex = toHex(bytes);
  assert.is(hex.slice(0, 72), HEADER_HEX);
  assert.is(hex.slice(72, 80), crc32(bytes.subarray(0, 36)).toString(16).padStart(8, "0"));
  assert.is(hex.slice(80), hex.slice(0, 80));
  assert.equal(decodeHeader(bytes), HEADER);
});

test("a header reads from either copy, and not from two damaged ones", () => {
  for (let at = 0; at < HEADER_BYTES; at++) {
    const bytes = encodeHeader(HEADER);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    assert.equal(decodeHeader(bytes), HEADER);
    bytes[(at + 40) % HEADER_BYTES] = (bytes[(at + 40) % HEADER_BYTES] ?? 0) ^ 0x10;
    assert.is(decodeHeader(bytes), undefined);
  }
  assert.is(decodeHeader(new Uint8Array(HEADER_BYTES)), undefined);
  assert.is(decodeHeader(new Uint8Array(HEADER_BYTES).fill(0xff)), undefined);
});

test("a record's bytes: length, kind, check, sequence, body, padding, chain CRC", () => {
  const body = encodeBody({ kind: "coinIn", type: 2, valueMinor: 25, path: 1, tubeCount: 46 }, { atMs: 60_000 });
  const frame = encodeFrame(16, 7, body, 0x1122_3344);
  assert.is(toHex(frame), `0b1007b9${toHex(body)}ff11223344`);
  const parsed = parseFrame(frame, 0);
  assert.equal(parsed, { code: 16, seqLow: 7, body, chain: 0x1122_3344, bytes: frame.length });
  assert.is(MAX_FRAME_BYTES, 232);
  assert.is(MAX_MONEY_FRAME_BYTES, 148);
});

test("what is no frame is none: blank, struck out, cut short, a wrong check byte", () => {
  assert.is(parseFrame(new Uint8Array(64).fill(0xff), 0), undefined);
  assert.is(parseFrame(new Uint8Array(64), 0), undefined);
  const frame = encodeFrame(4, 1, new Uint8Array([0xa1, 0, 1]), 5);
  assert.is(parseFrame(frame.subarray(0, frame.length - 1), 0), undefined);
  frame[3] = (frame[3] ?? 0) ^ 1;
  assert.is(parseFrame(frame, 0), undefined);
});

test("a second reader finds every record by the specification alone", () => {
  const flash = new SimFlash({ blocks: 8, blockBytes: 1_024 });
  const account = new Account(4);
  const ledger = openLedger(flash, 4);
  const lcg = new Lcg(31);
  for (let i = 0; i < 80; i++) account.append(ledger, draft(lcg, i));
  const u32 = (bytes: Uint8Array, at: number): number =>
    bytes.subarray(at, at + 4).reduce((value, byte) => value * 256 + byte, 0);
  const bodies = new Map<number, string>();
  for (let place = 0; place < 8; place++) {
    const block = flash.read(place * 1_024, 1_024);
    if (toHex(block.subarray(0, 6)) !== "53504c470002") continue;
    const checkpointBytes = (block[6] ?? 0) * 256 + (block[7] ?? 0);
    assert.is(crc32(block.subarray(80, 80 + checkpointBytes)), u32(block, 32));
    let chain = u32(block, 20);
    let seq = u32(block, 16);
    for (let at = 80 + Math.ceil(checkpointBytes / 4) * 4; at < 1_024 && block[at] !== 0xff; seq++) {
      const [length = 0, kind = 0, seqLow = 0, check = 0] = block.subarray(at, at + 4);
      assert.is(seqLow, seq % 256);
      assert.is(check, 0xa5 ^ length ^ kind ^ seqLow);
      const body = block.subarray(at + 4, at + 4 + length);
      const checked = new Uint8Array([kind, seq >>> 24, (seq >> 16) & 255, (seq >> 8) & 255, seq & 255, ...body]);
      chain = crc32(checked, chain);
      bodies.set(seq, toHex(body));
      at += 8 + Math.ceil(length / 4) * 4;
      assert.is(chain, u32(block, at - 4));
    }
    assert.is(chain, account.chainAfter(seq - 1));
  }
  assert.is(bodies.size, 80);
});

test("garbage in a block never throws and never passes for a record", () => {
  const lcg = new Lcg(99);
  for (let i = 0; i < 200; i++) {
    const data = Uint8Array.from({ length: 256 }, () => lcg.below(256));
    const open = new BlockWalk(data, 0, 1, 0, undefined);
    assert.is(open.next(), undefined);
    assert.ok(open.torn);
    const closed = new BlockWalk(data, 0, 1, 0, { lastSeq: 3, chain: 77 });
    for (let seq = 1; seq <= 3; seq++) assert.equal([closed.next()?.fenced, closed.seq], [true, seq + 1]);
    assert.is(closed.chain, 77);
    assert.is(closed.next(), undefined);
  }
});

test.run();
