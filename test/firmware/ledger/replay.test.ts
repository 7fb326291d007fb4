/** What a power-up reads before it knows its state, and how large that state may get: bounds of SPEC.md §5 and §7. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ANY_HEADER_BYTES, HEADER_BYTES } from "../../../firmware/ledger/header.js";
import { openLedger } from "../../../firmware/ledger/ledger.js";
import { recover } from "../../../firmware/ledger/recover.js";
import { encodeCheckpoint, MAX_CHECKPOINT_BYTES } from "../../../shared/records/checkpoint.js";
import { MAX_SLOTS } from "../../../shared/records/durable.js";
import { SLOT_COUNTERS } from "../../../shared/records/slot-audits.js";
import { SimFlash } from "../../../tools/bench/flash.js";
import { replayReads } from "../../../tools/measure/ledger.js";
import { agedCabinet, BUSY_SLOT } from "../../../tools/measure/sixty-slots.js";
import { Account, draft, Lcg, ownedBy } from "./source.js";

const test = suite("ledger: replay");
const EPOCH = 3;
const BLOCKS = 256;
const BLOCK_BYTES = 1_024;
/** Between records: so many that no day's quota of notes is reached. */
const MINUTE_MS = 60_000;

/** Counts reads by what they are for. */
class CountingFlash extends SimFlash {
  headers = 0;
  wholeBlocks = 0;
  others = 0;

  override read(offset: number, length: number): Uint8Array {
    if (length === this.blockBytes) this.wholeBlocks++;
    else if (length === ANY_HEADER_BYTES || length === HEADER_BYTES) this.headers++;
    else this.others++;
    return super.read(offset, length);
  }
}

/** A ring that has come round: every block but the free ones in force. */
function fullRing(): { readonly flash: CountingFlash; readonly account: Account; readonly newest: number } {
  const flash = new CountingFlash({ blocks: BLOCKS, blockBytes: BLOCK_BYTES });
  const account = new Account(EPOCH);
  const ledger = openLedger(flash, ownedBy(EPOCH));
  const lcg = new Lcg(8);
  for (let i = 0; ledger.state.blocksFree > 2; i++) {
    if (i % 50 === 0) ledger.idleWork();
    account.append(ledger, draft(lcg, i * MINUTE_MS));
  }
  const newest = recover(flash, ownedBy(EPOCH)).newest[0]?.place ?? -1;
  flash.headers = 0;
  flash.wholeBlocks = 0;
  flash.others = 0;
  return { flash, account, newest };
}

test("replay reads each header once and one block; two if the newest checkpoint has rotted", () => {
  const { flash, account, newest } = fullRing();
  assert.equal(recover(flash, ownedBy(EPOCH)).durable, account.state);
  assert.equal([flash.headers, flash.wholeBlocks, flash.others], [BLOCKS, 1, 0]);
  flash.flipBit(newest * BLOCK_BYTES + HEADER_BYTES + 3, 2);
  flash.headers = 0;
  flash.wholeBlocks = 0;
  assert.equal(recover(flash, ownedBy(EPOCH)).durable, account.state);
  // Of the block before, the header again, and the next one's for the end of its chain.
  assert.equal([flash.headers, flash.wholeBlocks, flash.others], [BLOCKS + 2, 2, 0]);
});

test("blank flash costs its headers, no block", () => {
  const flash = new CountingFlash({ blocks: BLOCKS, blockBytes: BLOCK_BYTES });
  recover(flash, ownedBy(EPOCH));
  assert.equal([flash.headers, flash.wholeBlocks, flash.others], [BLOCKS, 0, 0]);
});

test("60 slots long in use: every column's counters in the checkpoint, and read at once, and the machine sells", () => {
  const cabinet = agedCabinet(12, { ledgerBlocks: 24 });
  const { durable } = cabinet;
  assert.is(durable.audit.slots.codes.length, MAX_SLOTS);
  assert.is(durable.audit.slots.since(BUSY_SLOT, "cashSales"), 12);
  const { length } = encodeCheckpoint(durable);
  assert.ok(length > 800 && length < 1_300, `${length} bytes`);
  for (const rot of [false, true]) {
    const { blocks } = replayReads(cabinet, rot);
    assert.is(blocks, rot ? 2 : 1);
  }
  cabinet.untilSelling();
});

test("the largest checkpoint is bounded, and a block that begins with it still takes records", () => {
  const cabinet = agedCabinet(1, { ledgerBlocks: 24 });
  const flash = new SimFlash({ blocks: 8 });
  const ledger = openLedger(flash, ownedBy(EPOCH));
  const { durable } = ledger;
  Object.assign(durable, cabinet.durable);
  // Sales of a century, in every counter of every slot, since initialisation and since a reset.
  const huge = 10 ** 10;
  durable.audit.resets = 9;
  for (const totals of [durable.audit.since, durable.audit.sinceReset]) {
    let name: keyof typeof totals;
    for (name in totals) totals[name] = huge;
  }
  const { slots } = durable.audit;
  slots.reset();
  for (const slot of slots.codes) {
    for (const name of SLOT_COUNTERS) {
      slots.add(slot, name, huge - slots.since(slot, name));
      slots.setSinceReset(slot, name, huge);
    }
  }
  const { length } = encodeCheckpoint(durable);
  assert.ok(length <= MAX_CHECKPOINT_BYTES && length > MAX_CHECKPOINT_BYTES - 100, `${length} bytes`);
  for (let i = 0; i < 40; i++) assert.ok(ledger.append({ kind: "doorOpened" }, { atMs: i }).ok);
  const before = ledger.state.blocksFree;
  while (ledger.state.blocksFree === before) assert.ok(ledger.append({ kind: "doorOpened" }, { atMs: 1 }).ok);
  const again = openLedger(flash, ownedBy(EPOCH));
  assert.is(again.newestSeq, ledger.newestSeq);
  assert.is(again.durable.audit.since.cashSales, huge);
  assert.not.ok(again.state.stateLost);
});

test.run();
