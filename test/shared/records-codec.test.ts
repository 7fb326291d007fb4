/** Record bodies there and back for every kind, their bounds, and the chain that ties them together. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex } from "../../shared/bytes.js";
import {
  chainNext,
  chainStart,
  codeOf,
  decodeBody,
  encodeBody,
  kindOf,
  MAX_BODY_BYTES,
} from "../../shared/records/codec.js";
import { RECORDS, type RecordKind } from "../../shared/records/kinds.js";
import { LARGEST_STAMP, largestRecord } from "./records-samples.js";

const test = suite("records: codec");
const KINDS: RecordKind[] = [];
let kind: RecordKind;
for (kind in RECORDS) KINDS.push(kind);

test("codes and keys are unique, and keys do not meet the stamp's", () => {
  assert.is(new Set(KINDS.map(codeOf)).size, KINDS.length);
  for (const name of KINDS) {
    const keys = Object.values(RECORDS[name].fields).map((spec) => spec[0]);
    assert.is(new Set(keys).size, keys.length, name);
    assert.ok(
      keys.every((key) => key >= 2),
      name,
    );
    assert.is(kindOf(codeOf(name)), name);
    // Bodies are written field by field in this order.
    assert.equal(
      keys,
      [...keys].sort((left, right) => left - right),
      name,
    );
  }
  assert.is(kindOf(254), undefined);
});

test("every kind at its longest comes back and stays within the bound", () => {
  for (const name of KINDS) {
    const record = largestRecord(name);
    const body = encodeBody(record, LARGEST_STAMP);
    assert.ok(body.length <= MAX_BODY_BYTES, `${name}: ${body.length} bytes`);
    const result = decodeBody(codeOf(name), 7, body);
    assert.ok(result.ok, name);
    assert.equal(result.record, { ...record, ...LARGEST_STAMP, seq: 7 });
  }
});

test("a coin's bytes are for ever", () => {
  const body = encodeBody({ kind: "coinIn", type: 2, valueMinor: 25, path: 1, tubeCount: 46 }, { atMs: 60_000 });
  assert.is(toHex(body), "8619ea60f60218" + "1901182e");
  assert.is(toHex(new Uint8Array([codeOf("coinIn")])), "10");
});

test("what is missing, mistyped or of a later version is named, never thrown", () => {
  const body = encodeBody({ kind: "clockSet", quality: 2 }, { atMs: 1 });
  const missing = decodeBody(codeOf("coinIn"), 1, body);
  assert.ok(!missing.ok && missing.error === "missing" && missing.detail === "valueMinor");
  const unknown = decodeBody(200, 1, body);
  assert.ok(!unknown.ok && unknown.error === "unknownKind");
  for (let length = 0; length < body.length; length++) {
    assert.ok(!decodeBody(codeOf("clockSet"), 1, body.subarray(0, length)).ok);
  }
});

test("the chain depends on kind, sequence, body, epoch and order", () => {
  const one = new Uint8Array([0xa1, 0, 1]);
  const two = new Uint8Array([0xa1, 0, 2]);
  const start = chainStart(1);
  const chains = [
    chainNext(chainNext(start, 4, 1, one), 4, 2, two),
    chainNext(chainNext(start, 4, 1, two), 4, 2, one),
    chainNext(chainNext(start, 5, 1, one), 4, 2, two),
    chainNext(chainNext(start, 4, 2, one), 4, 2, two),
    chainNext(chainNext(chainStart(2), 4, 1, one), 4, 2, two),
  ];
  assert.is(new Set(chains).size, chains.length);
});

test("an unreadable record carries the chain behind what was lost", () => {
  const carrying = encodeBody({ kind: "unreadable", was: 16, chain: 0x1234_5678 }, { atMs: 0 });
  assert.is(chainNext(1, codeOf("unreadable"), 9, carrying), 0x1234_5678);
  const bare = encodeBody({ kind: "unreadable" }, { atMs: 0 });
  assert.is.not(chainNext(1, codeOf("unreadable"), 9, bare), chainNext(2, codeOf("unreadable"), 9, bare));
});

test.run();
