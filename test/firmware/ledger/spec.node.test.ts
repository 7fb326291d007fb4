/** SPEC.md against the code: its example, byte for byte, and the numbers it states. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { HEADER_BYTES, LAYOUT_VERSION } from "../../../firmware/ledger/header.js";
import {
  CHECKPOINT_GROWTH_BYTES,
  MIN_BLOCKS,
  NOTES_PER_DAY,
  openLedger,
  ownerOf,
  SPARE_BLOCKS,
  TURN_AHEAD_BYTES,
} from "../../../firmware/ledger/ledger.js";
import { NOTE_RECORDS, WORST_SALE_RECORDS } from "../../../firmware/ledger/reserve.js";
import { fromHex, toHex } from "../../../shared/bytes.js";
import { FAULTS } from "../../../shared/faults.js";
import { MAX_CHECKPOINT_BYTES } from "../../../shared/records/checkpoint.js";
import { decodeBody } from "../../../shared/records/codec.js";
import { SimFlash } from "../../../tools/bench/flash.js";
import { EXAMPLE_EPOCH, EXAMPLE_ID, EXAMPLE_RECORDS, exampleImage } from "./example.js";
import { chainBefore, crcOf, inForce, plainOf, readBlock } from "./second-reader.js";

const test = suite("ledger: SPEC.md");
const BLOCK_BYTES = 4_096;
const SPEC = readFileSync("firmware/ledger/SPEC.md", "utf8");

/** The first block of the example, blank behind its bytes. */
function written(): Uint8Array {
  const text = SPEC.split("```hex\n")[1]?.split("```")[0] ?? "";
  const bytes = fromHex(text.replace(/\s/g, "").toLowerCase());
  assert.ok(bytes);
  const block = new Uint8Array(BLOCK_BYTES).fill(0xff);
  block.set(bytes ?? []);
  return block;
}

test("the second reader, written from the page alone, reads the page's example as the page tells it", () => {
  const block = readBlock(written(), 0, BLOCK_BYTES);
  assert.ok(block);
  const { records = [] } = block ?? {};
  assert.is(block?.machine, crcOf(Buffer.from("M-1")));
  assert.is(block?.chain, chainBefore(2));
  assert.equal([block?.epoch, block?.number, block?.firstSeq, block?.mark, block?.oldest], [2, 1, 1, 0, 1]);
  assert.equal(
    records.map(({ seq, code, body }) => [seq, code, plainOf(body)]),
    [
      [1, 1, [0, null, 1, 0, "0.1.0"]],
      [2, 16, [60_000, null, 2, 25, 1, 46]],
      [3, 18, [62_500, null, 0, 100, 7]],
      [4, 19, [64_000, 1_767_225_600, 0, 100, 0]],
    ],
  );
});

test("the firmware writes the example's very bytes", () => {
  assert.is(toHex(exampleImage().subarray(0, BLOCK_BYTES)), toHex(written()));
});

test("the firmware reads the example from the page", () => {
  const flash = new SimFlash({ blocks: MIN_BLOCKS });
  const bytes = new Uint8Array(MIN_BLOCKS * BLOCK_BYTES).fill(0xff);
  bytes.set(written());
  const wear = new Array<number>(MIN_BLOCKS).fill(0);
  flash.restore({ bytes, unstable: new Array<undefined>(MIN_BLOCKS).fill(undefined), wear });
  const ledger = openLedger(flash, ownerOf({ machineId: EXAMPLE_ID, epoch: EXAMPLE_EPOCH }));
  const batch = ledger.readBatch(1, 64, 8_192);
  const read = (batch?.records ?? []).map(({ code, body }, i) => decodeBody(code, i + 1, body));
  assert.equal(
    read.map((result) => result.ok && result.record),
    EXAMPLE_RECORDS.map(([record, stamp], i) => ({ ...record, ...stamp, seq: i + 1 })),
  );
  // One block by power-up, which copied it; the page's rules see the copy only.
  const standing = inForce(flash.snapshot().bytes, BLOCK_BYTES);
  assert.equal(
    standing.map(({ number, records }) => [number, records.length]),
    [[2, 4]],
  );
});

test("the coin of section 3", () => {
  const [head = "", body = ""] = /`(0B 10 07 B9) 86 19EA60 (.+)`/.exec(SPEC)?.slice(1) ?? [];
  assert.is(head, "0B 10 07 B9");
  const bytes = fromHex(`8619EA60${body.replace(/ /g, "")}`.toLowerCase()) ?? new Uint8Array(0);
  assert.equal(plainOf(bytes.subarray(0, 11)), [60_000, null, 2, 25, 1, 46]);
  assert.equal([...bytes.subarray(11)], [0xff]);
});

test("the numbers on the page are the code's", () => {
  for (const sentence of [
    `layout version ${LAYOUT_VERSION},`,
    `| 4 | 2 | layout version, ${LAYOUT_VERSION} |`,
    `| ${HEADER_BYTES} | n | checkpoint`,
    `its ${HEADER_BYTES} header bytes are programmed to 0`,
    `at least ${MIN_BLOCKS} of them`,
    `| checkpoint | ≤ ${MAX_CHECKPOINT_BYTES.toLocaleString("en")} bytes;`,
    `| free blocks always kept | ${SPARE_BLOCKS} |`,
    `in idle time | ${TURN_AHEAD_BYTES} bytes |`,
    `the worst sale (${WORST_SALE_RECORDS} records)`,
    `voucher, claim) and ${NOTE_RECORDS} more`,
    `checkpoints ${CHECKPOINT_GROWTH_BYTES} bytes longer`,
    `at most ${NOTES_PER_DAY} a day`,
    ...(["ledgerLayout", "ledgerForeign", "ledgerEpoch", "ledgerUnsent", "ledgerFull", "notClaimed"] as const).map(
      (name) => `${FAULTS[name].code} \`${name}\``,
    ),
  ]) {
    assert.ok(SPEC.replace(/\s+/g, " ").includes(sentence), sentence);
  }
});

test.run();
