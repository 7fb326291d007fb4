/** What a batch costs in reads of flash: records sent before are not read again. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { PAGE_BYTES } from "../../../firmware/ledger/frame.js";
import { type Ledger, openLedger } from "../../../firmware/ledger/ledger.js";
import { MAX_BATCH_BYTES, MAX_BATCH_RECORDS } from "../../../shared/wire/messages.js";
import { SimFlash } from "../../../tools/bench/flash.js";
import { ownedBy } from "./source.js";

const test = suite("ledger: batch reads");
const RECORDS_BEFORE = 100;

/** Records of the batch from `fromSeq` on, and bytes of flash read for them, beside the headers. */
function batchFrom(ledger: Ledger, flash: SimFlash, fromSeq: number): { records: number; bytes: number } {
  const read = flash.read.bind(flash);
  let bytes = 0;
  flash.read = (offset, length) => {
    if (offset % flash.blockBytes !== 0 || length > PAGE_BYTES) bytes += length;
    return read(offset, length);
  };
  const batch = ledger.readBatch(fromSeq, MAX_BATCH_RECORDS, MAX_BATCH_BYTES);
  flash.read = read;
  return { records: batch?.records.length ?? 0, bytes };
}

test("a batch behind the one before reads on from there, the same records as one read from the block's start", () => {
  const flash = new SimFlash({ blocks: 8 });
  const ledger = openLedger(flash, ownedBy(1));
  const coin = (count: number): void => {
    for (let i = 0; i < count; i++) {
      ledger.append({ kind: "coinIn", type: 2, valueMinor: 25, path: 1, tubeCount: i % 200 }, { atMs: i });
    }
  };
  coin(RECORDS_BEFORE);
  let next = 1;
  while (next <= ledger.newestSeq) next += batchFrom(ledger, flash, next).records;
  coin(3);
  const on = batchFrom(ledger, flash, next);
  assert.is(on.records, 3);
  assert.ok(on.bytes <= 2 * PAGE_BYTES, `${on.bytes} bytes read for three records`);
  const behind = ledger.readBatch(next + 3, MAX_BATCH_RECORDS, MAX_BATCH_BYTES);
  assert.is(behind, undefined);
  const cold = openLedger(flash, ownedBy(1));
  assert.equal(
    cold.readBatch(next, MAX_BATCH_RECORDS, MAX_BATCH_BYTES),
    ledger.readBatch(next, MAX_BATCH_RECORDS, MAX_BATCH_BYTES),
  );
});

test.run();
