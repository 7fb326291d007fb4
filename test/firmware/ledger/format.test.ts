/** The bytes on flash, as SPEC.md gives them: vectors, and a second reader that knows nothing but the specification. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  ALIGN_BYTES,
  encodeFrame,
  frameBytes,
  frameEnd,
  MAX_FRAME_BYTES,
  MAX_MONEY_BODY_BYTES,
  MAX_MONEY_FRAME_BYTES,
  moneyRecordsIn,
  PAGE_BYTES,
  PAGE_LOSS_BYTES,
  parseFrame,
} from "../../../firmware/ledger/frame.js";
import { decodeHeader, encodeHeader, HEADER_BYTES } from "../../../firmware/ledger/header.js";
import { BlockWalk } from "../../../firmware/ledger/walk.js";
import { crc32, toHex, utf8Encode } from "../../../shared/bytes.js";
import { encodeCheckpoint } from "../../../shared/records/checkpoint.js";
import { decodeBody, encodeBody, MAX_BODY_BYTES } from "../../../shared/records/codec.js";
import { emptyDurable } from "../../../shared/records/durable.js";
import { applyRecord } from "../../../shared/records/fold.js";
import { sellCycle, sellingCabinet } from "../../../tools/measure/selling.js";
import { chainBefore, crcOf, inForce, plainOf, readLedger } from "./second-reader.js";
import { Lcg } from "./source.js";

const test = suite("ledger: format");

const HEADER = {
  machine: 0xc0ff_ee05,
  epoch: 2,
  number: 5,
  firstSeq: 301,
  chain: 0xdead_beef,
  mark: 298,
  oldest: 1,
  checkpointBytes: 66,
  checkpointCrc: 0x0102_0304,
};
const HEADER_HEX =
  "53504c47" +
  "0003" +
  "0042" +
  "c0ffee05" +
  "00000002" +
  "00000005" +
  "0000012d" +
  "deadbeef" +
  "0000012a" +
  "00000001" +
  "01020304";

test("a header's bytes: two equal copies, each with its CRC-32", () => {
  const bytes = encodeHeader(HEADER);
  assert.is(bytes.length, HEADER_BYTES);
  const hex = toHex(bytes);
  assert.is(hex.slice(0, 80), HEADER_HEX);
  assert.is(hex.slice(80, 88), crc32(bytes.subarray(0, 40)).toString(16).padStart(8, "0"));
  assert.is(hex.slice(88), hex.slice(0, 88));
  assert.equal(decodeHeader(bytes), HEADER);
});

test("a header reads from either copy, and not from two damaged ones", () => {
  for (let at = 0; at < HEADER_BYTES; at++) {
    const bytes = encodeHeader(HEADER);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    assert.equal(decodeHeader(bytes), HEADER);
    bytes[(at + 44) % HEADER_BYTES] = (bytes[(at + 44) % HEADER_BYTES] ?? 0) ^ 0x10;
    assert.is(decodeHeader(bytes), undefined);
  }
  assert.is(decodeHeader(new Uint8Array(HEADER_BYTES)), undefined);
  assert.is(decodeHeader(new Uint8Array(HEADER_BYTES).fill(0xff)), undefined);
});

test("a record's bytes: length, kind, check, sequence, body, padding, chain CRC", () => {
  const body = encodeBody({ kind: "coinIn", type: 2, valueMinor: 25, path: 1, tubeCount: 46 }, { atMs: 60_000 });
  const frame = encodeFrame({ code: 16, seq: 7, body, chain: 0x1122_3344 }, 0);
  assert.is(toHex(frame), `0b1007b9${toHex(body)}ff11223344`);
  const parsed = parseFrame(frame, 0);
  assert.equal(parsed, { code: 16, seqLow: 7, body, chain: 0x1122_3344, bytes: frame.length });
  assert.is(MAX_FRAME_BYTES, 232);
  assert.is(MAX_MONEY_FRAME_BYTES, 148);
});

test("a record leaves its page room for a report, or takes the rest of it: no report crosses a page", () => {
  const report = encodeBody(
    { kind: "coinIn", type: 15, valueMinor: 100_000, path: 1, tubeCount: 255 },
    { atMs: 4_000_000_000, wallS: 1_800_000_000 },
  );
  for (let at = 0; at < 4 * PAGE_BYTES; at += ALIGN_BYTES) {
    for (let bodyBytes = 1; bodyBytes <= MAX_BODY_BYTES; bodyBytes++) {
      const end = frameEnd(at, bodyBytes);
      assert.ok(end - at >= frameBytes(bodyBytes) && end - at - frameBytes(bodyBytes) <= PAGE_LOSS_BYTES);
      const next = frameEnd(end, report.length) - 1;
      assert.is(Math.floor(end / PAGE_BYTES), Math.floor(next / PAGE_BYTES), `${bodyBytes} at ${at}`);
    }
  }
  const body = new Uint8Array(9).fill(1);
  const frame = encodeFrame({ code: 16, seq: 7, body, chain: 0x1122_3344 }, PAGE_BYTES - 40);
  assert.is(frame.length, 40);
  assert.is(toHex(frame.subarray(13)), `${"ff".repeat(23)}11223344`);
  const block = new Uint8Array(PAGE_BYTES).fill(0xff);
  block.set(frame, PAGE_BYTES - 40);
  assert.equal(parseFrame(block, PAGE_BYTES - 40), { code: 16, seqLow: 7, body, chain: 0x1122_3344, bytes: 40 });
});

test("what is counted as room for money records is room for them, wherever their pages end", () => {
  for (let from = 0; from <= 4_096; from += ALIGN_BYTES) {
    const wanted = moneyRecordsIn(4_096 - from);
    let at = from;
    for (let i = 0; i < wanted; i++) at = frameEnd(at, MAX_MONEY_BODY_BYTES);
    assert.ok(at <= 4_096, `${wanted} from ${from}`);
  }
});

test("what is no frame is none: blank, struck out, cut short, a wrong check byte", () => {
  assert.is(parseFrame(new Uint8Array(64).fill(0xff), 0), undefined);
  assert.is(parseFrame(new Uint8Array(64), 0), undefined);
  const frame = encodeFrame({ code: 4, seq: 1, body: new Uint8Array([0xa1, 0, 1]), chain: 5 }, 0);
  assert.is(parseFrame(frame.subarray(0, frame.length - 1), 0), undefined);
  frame[3] = (frame[3] ?? 0) ^ 1;
  assert.is(parseFrame(frame, 0), undefined);
});

test("a second reader finds every record of a selling machine by the specification alone", () => {
  const cabinet = sellingCabinet();
  for (let cycle = 0; cycle < 2; cycle++) sellCycle(cabinet);
  const ledger = cabinet.machine?.rooms.ledger;
  assert.ok(ledger);
  if (ledger === undefined) return;
  const image = cabinet.ledgerFlash.snapshot().bytes;
  const blocks = inForce(image, cabinet.ledgerFlash.blockBytes);
  assert.ok(blocks.length > 1, `${blocks.length} blocks`);
  assert.is(blocks[0]?.machine, crcOf(utf8Encode(cabinet.identity.machineId)));
  assert.is(blocks[0]?.chain, chainBefore(cabinet.identity.epoch));
  const records = readLedger(image, cabinet.ledgerFlash.blockBytes);
  assert.is(records.length, ledger.newestSeq);
  for (let at = 0; at < records.length; ) {
    const batch = ledger.readBatch(at + 1, 64, 8_192);
    assert.is(batch?.chain, records[at - 1]?.chain ?? chainBefore(cabinet.identity.epoch));
    for (const { code, body } of batch?.records ?? []) {
      const mine = records[at];
      assert.equal([mine?.seq, mine?.code, toHex(mine?.body ?? new Uint8Array(0))], [at + 1, code, toHex(body)]);
      assertSameFields(body, code, ++at);
    }
  }
  const { checkpoint, firstSeq } = blocks.at(-1) ?? {};
  const state = emptyDurable();
  for (const { seq, code, body } of records) {
    const read = decodeBody(code, seq, body);
    if (read.ok && seq < (firstSeq ?? 0)) applyRecord(state, read.record);
  }
  assert.equal(toHex(checkpoint ?? new Uint8Array(0)), toHex(encodeCheckpoint(state)));
});

/** Read as plain CBOR, a body has the record's values and no others. */
function assertSameFields(body: Uint8Array, code: number, seq: number): void {
  const read = decodeBody(code, seq, body);
  assert.ok(read.ok);
  if (!read.ok) return;
  const plain = plainOf(body);
  assert.ok(Array.isArray(plain));
  const values = (Array.isArray(plain) ? plain : []).filter((value) => value !== null);
  const { kind: _kind, seq: _seq, ...fields } = read.record;
  const mine = Object.values(fields).map((value) => (value instanceof Uint8Array ? Array.from(value) : value));
  const text = (list: readonly unknown[]): string[] => list.map((value) => JSON.stringify(value)).sort();
  assert.equal(text(values), text(mine));
}

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
