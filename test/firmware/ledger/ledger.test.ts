/** The ledger in peace: append and reopen, batches, acks, turning, notes, the reserve, a full ring, another epoch. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MAX_MONEY_BODY_BYTES } from "../../../firmware/ledger/frame.js";
import {
  DAY_MS,
  ERASED_AHEAD,
  type Ledger,
  NOTES_PER_DAY,
  openLedger,
  SPARE_BLOCKS,
} from "../../../firmware/ledger/ledger.js";
import { refundRecords, WORST_SALE_RECORDS } from "../../../firmware/ledger/reserve.js";
import { chainStart, encodeBody } from "../../../shared/records/codec.js";
import { emptyDurable, MAX_OPEN_FAULTS, MAX_SLOTS } from "../../../shared/records/durable.js";
import { type NewRecord, RECORDS, type RecordKind } from "../../../shared/records/kinds.js";
import { encodeBatch, MAX_BATCH_BYTES, MAX_BATCH_RECORDS, MAX_MESSAGE_BYTES } from "../../../shared/wire/messages.js";
import { FlashViolation, SimFlash } from "../../../tools/bench/flash.js";
import { LARGEST_STAMP, largestRecord } from "../../shared/records-samples.js";
import { Account, draft, Lcg, ownedBy } from "./source.js";

const test = suite("ledger");
const EPOCH = 3;
const COIN: NewRecord = { kind: "coinIn", type: 2, valueMinor: 25, path: 1, tubeCount: 9 };

/** As long as a record about money gets; its amount still leaves room to add up. */
const LONGEST: NewRecord = { ...largestRecord("saleSettled"), ...{ priceMinor: 2 ** 40 } };

function fill(ledger: Ledger, account: Account, count: number, seed = 1): void {
  const lcg = new Lcg(seed);
  for (let i = 0; i < count; i++) account.append(ledger, draft(lcg, i));
}

test("fresh flash: no records, an empty state, the chain's start", () => {
  const ledger = openLedger(new SimFlash({ blocks: 4 }), ownedBy(EPOCH));
  assert.is(ledger.newestSeq, 0);
  assert.is(ledger.oldestSeq, 1);
  assert.is(ledger.mark, 0);
  assert.equal(ledger.durable, emptyDurable());
  assert.is(ledger.readBatch(1, 64, 8_192), undefined);
  const result = ledger.append(COIN, { atMs: 5 });
  assert.ok(result.ok);
  assert.equal(result.record, { ...COIN, atMs: 5, seq: 1 });
  assert.is(ledger.readBatch(1, 64, 8_192)?.chain, chainStart(EPOCH));
});

test("one program per append, and none of what is refused", () => {
  const flash = new SimFlash({ blocks: 4 });
  const ledger = openLedger(flash, ownedBy(EPOCH));
  const before = flash.operations;
  ledger.append(COIN, { atMs: 1 });
  assert.is(flash.operations, before + 1);
  ledger.append({ kind: "faultCleared", fault: 1 }, { atMs: 2 });
  assert.is(flash.operations, before + 1);
});

test("the fold of all records is the state, before and after reopening, over many blocks", () => {
  for (const seed of [1, 2, 3]) {
    const flash = new SimFlash({ blocks: 8, blockBytes: 2_048, seed });
    const account = new Account(EPOCH);
    for (let round = 0; round < 3; round++) {
      const ledger = openLedger(flash, ownedBy(EPOCH));
      account.settle(ledger, undefined);
      fill(ledger, account, 60, seed * 10 + round);
      assert.equal(ledger.durable, account.state);
    }
    const ledger = openLedger(flash, ownedBy(EPOCH));
    account.settle(ledger, undefined);
    account.checkReadable(ledger);
    assert.is(ledger.oldestSeq, 1);
    assert.equal(ledger.state, { ...ledger.state, unreadable: 0, torn: false, stateLost: false });
  }
});

test("batches of any size join without a seam", () => {
  const account = new Account(EPOCH);
  const ledger = openLedger(new SimFlash({ blocks: 8, blockBytes: 2_048 }), ownedBy(EPOCH));
  fill(ledger, account, 150);
  for (const [records, bytes] of [
    [1, 8_192],
    [7, 8_192],
    [64, 100],
    [64, 8_192],
  ] as const) {
    account.checkReadable(ledger, records, bytes);
  }
  assert.is(ledger.readBatch(5, 3, 8_192)?.firstSeq, 5);
  assert.is(ledger.readBatch(0, 3, 8_192)?.firstSeq, 1);
  const alone = ledger.readBatch(9, 64, 1);
  assert.is(alone?.records.length, 1);
});

test("a full batch of the longest records fits its message", () => {
  const flash = new SimFlash({ blocks: 16 });
  const ledger = openLedger(flash, ownedBy(EPOCH));
  for (let i = 0; i < 80; i++) assert.ok(ledger.append(LONGEST, LARGEST_STAMP).ok);
  const batch = ledger.readBatch(1, MAX_BATCH_RECORDS, MAX_BATCH_BYTES);
  assert.ok(batch);
  assert.ok(encodeBatch(batch).length <= MAX_BATCH_BYTES + 64);
  assert.ok(MAX_BATCH_BYTES + 64 <= MAX_MESSAGE_BYTES);
});

test("acked blocks stay until their room is needed, oldest first; the ring wraps many times", () => {
  const flash = new SimFlash({ blocks: 6, blockBytes: 1_024 });
  const account = new Account(EPOCH);
  let ledger = openLedger(flash, ownedBy(EPOCH));
  fill(ledger, account, 15);
  ledger.acked(15);
  assert.is(ledger.oldestSeq, 1);
  const lcg = new Lcg(4);
  for (let i = 0; i < 400; i++) {
    account.append(ledger, draft(lcg, i));
    ledger.acked(ledger.newestSeq - 3);
    if (i % 5 === 0) ledger.idleWork();
    if (i % 90 === 0) {
      ledger = openLedger(flash, ownedBy(EPOCH));
      account.settle(ledger, undefined);
    }
    if (i % 40 === 0) account.checkReadable(ledger);
  }
  assert.ok(ledger.oldestSeq > 300);
  const { wearCounts } = flash;
  assert.ok(Math.max(...wearCounts) - Math.min(...wearCounts) <= 6, `wear ${wearCounts.join(" ")}`);
});

test("the mark outlives power in the next block's header, and can be taken back while the records are there", () => {
  const flash = new SimFlash({ blocks: 6, blockBytes: 1_024 });
  const account = new Account(EPOCH);
  const ledger = openLedger(flash, ownedBy(EPOCH));
  fill(ledger, account, 10);
  ledger.acked(8);
  fill(ledger, account, 30);
  const again = openLedger(flash, ownedBy(EPOCH));
  assert.is(again.mark, 8);
  again.acked(99);
  assert.is(again.mark, again.newestSeq);
  again.acked(2);
  assert.is(again.mark, 2);
  again.acked(-1);
  assert.is(again.mark, again.oldestSeq - 1);
});

test("two blocks are kept erased for the next turns, one erase at a time, and a turn erases only if it must", () => {
  const flash = new SimFlash({ blocks: 8, blockBytes: 1_024 });
  const ledger = openLedger(flash, ownedBy(EPOCH));
  const erased = (): number => flash.wearCounts.reduce((sum, count) => sum + count, 0);
  const atFirst = erased();
  assert.ok(ledger.hasIdleWork);
  let calls = 0;
  while (ledger.idleWork()) calls++;
  assert.is(calls, ERASED_AHEAD);
  assert.is(erased(), atFirst + ERASED_AHEAD);
  assert.not.ok(ledger.hasIdleWork);
  const account = new Account(EPOCH);
  fill(ledger, account, 40);
  assert.is(erased(), atFirst + ERASED_AHEAD);
  assert.ok(ledger.hasIdleWork);
  fill(ledger, account, 90, 2);
  assert.ok(erased() > atFirst + ERASED_AHEAD);
});

test("a note too many in a day is refused and counted; the next day brings a new quota; boots and money pass", () => {
  const ledger = openLedger(new SimFlash({ blocks: 32 }), ownedBy(EPOCH));
  const door = (i: number): NewRecord => ({ kind: i % 2 === 0 ? "doorOpened" : "doorClosed" });
  for (let i = 0; i < NOTES_PER_DAY; i++) assert.ok(ledger.append(door(i), { atMs: i }).ok);
  assert.equal(ledger.append(door(0), { atMs: DAY_MS - 1 }), { ok: false, refused: "quota" });
  assert.is(ledger.state.dropped, 1);
  assert.ok(ledger.append(COIN, { atMs: DAY_MS - 1 }).ok);
  assert.ok(ledger.append({ kind: "boot", bootNo: 1, cause: 0, firmware: "1" }, { atMs: DAY_MS - 1 }).ok);
  assert.ok(ledger.append(door(0), { atMs: DAY_MS }).ok);
});

test("a fault that is open, or closed, already is not noted again", () => {
  const ledger = openLedger(new SimFlash({ blocks: 4 }), ownedBy(EPOCH));
  const raised: NewRecord = { kind: "faultRaised", fault: 1, slot: "A1" };
  assert.ok(ledger.append(raised, { atMs: 1 }).ok);
  assert.equal(ledger.append(raised, { atMs: 2 }), { ok: false, refused: "same" });
  assert.ok(ledger.append({ kind: "faultCleared", fault: 1, slot: "A1" }, { atMs: 3 }).ok);
  assert.equal(ledger.append({ kind: "faultCleared", fault: 1, slot: "A1" }, { atMs: 3 }), {
    ok: false,
    refused: "same",
  });
  assert.is(ledger.state.coalesced, 2);
  assert.is(ledger.state.dropped, 0);
});

test("every kind about money fits what the reserve counts with", () => {
  let kind: RecordKind;
  for (kind in RECORDS) {
    if (!RECORDS[kind].money) continue;
    assert.ok(encodeBody(largestRecord(kind), LARGEST_STAMP).length <= MAX_MONEY_BODY_BYTES, kind);
  }
});

test("a slot code beyond five characters is a programmer's error, before anything is written", () => {
  const flash = new SimFlash({ blocks: 4 });
  const ledger = openLedger(flash, ownedBy(EPOCH));
  const { operations } = flash;
  assert.throws(
    () => ledger.append({ kind: "stockSet", slot: "TOOBIG", quantity: 1 }, { atMs: 1 }),
    (error: unknown) => error instanceof RangeError,
  );
  assert.is(flash.operations, operations);
});

/** A machine with all slots stocked and all faults open, its ring almost full of unacked records. */
function nearlyFull(maxCreditMinor: number): { ledger: Ledger; flash: SimFlash } {
  const flash = new SimFlash({ blocks: 24 });
  const ledger = openLedger(flash, ownedBy(EPOCH));
  for (let i = 0; i < MAX_SLOTS; i++) ledger.append({ kind: "stockSet", slot: `B${i}`, quantity: 9 }, { atMs: i });
  for (let i = 0; i < MAX_OPEN_FAULTS - 8; i++)
    ledger.append({ kind: "faultRaised", fault: 1, slot: `B${i}` }, { atMs: i });
  while (ledger.canTakeMoney(maxCreditMinor, 5)) {
    if (!ledger.append(COIN, { atMs: 100 }).ok) throw new Error("money refused while it could be taken");
  }
  return { ledger, flash };
}

test("when money is not taken any more, the worst sale, its refund and the notes between still fit", () => {
  const maxCreditMinor = 2_000;
  const { ledger, flash } = nearlyFull(maxCreditMinor);
  assert.not.ok(ledger.full);
  let notes = 0;
  for (let i = 0; i < 120; i++) {
    if (ledger.append({ kind: "faultRaised", fault: 2 + i, slot: "B1" }, { atMs: 200 }).ok) notes++;
  }
  assert.ok(notes >= 8 && notes < 110, `${notes} notes`);
  assert.ok(ledger.state.dropped > 0);
  const needed = WORST_SALE_RECORDS + refundRecords(maxCreditMinor, 5);
  let opened = ledger;
  for (let i = 0; i < needed; i++) {
    assert.ok(opened.append(LONGEST, LARGEST_STAMP).ok, `record ${i} of ${needed}`);
    if (i % 40 === 20) opened = openLedger(flash, ownedBy(EPOCH));
  }
});

test("a ring full of unacked records refuses, keeps its spare blocks, and goes on after an ack", () => {
  const flash = new SimFlash({ blocks: 5, blockBytes: 1_024 });
  const account = new Account(EPOCH);
  let ledger = openLedger(flash, ownedBy(EPOCH));
  const lcg = new Lcg(8);
  for (let i = 0; i < 1_000; i++) {
    const item = draft(lcg, i);
    const result = ledger.append(item.record, item.stamp);
    if (!result.ok) {
      assert.is(result.refused, RECORDS[item.record.kind].money ? "money" : "room");
      break;
    }
    account.add(item);
  }
  assert.ok(ledger.full);
  assert.is(ledger.state.blocksFree, SPARE_BLOCKS);
  // Pulling the plug over and over costs no room.
  for (let i = 0; i < 12; i++) ledger = openLedger(flash, ownedBy(EPOCH));
  account.settle(ledger, undefined);
  account.checkReadable(ledger);
  assert.is(ledger.oldestSeq, 1);
  assert.is(ledger.state.blocksFree, SPARE_BLOCKS);
  ledger.acked(ledger.newestSeq - 1);
  fill(ledger, account, 100 - 70, 9);
  account.checkReadable(ledger);
  assert.ok(ledger.oldestSeq > 1);
});

test("another epoch begins anew and leaves the old blocks until it needs them", () => {
  const flash = new SimFlash({ blocks: 8, blockBytes: 1_024 });
  const old = new Account(EPOCH);
  fill(openLedger(flash, ownedBy(EPOCH)), old, 40);
  const account = new Account(EPOCH + 1);
  let ledger = openLedger(flash, ownedBy(EPOCH + 1));
  account.settle(ledger, undefined);
  fill(ledger, account, 10);
  ledger = openLedger(flash, ownedBy(EPOCH + 1));
  account.settle(ledger, undefined);
  for (let i = 0; i < 6; i++) {
    ledger.acked(ledger.newestSeq);
    fill(ledger, account, 40, i);
  }
  account.settle(openLedger(flash, ownedBy(EPOCH + 1)), undefined);
});

test("flash too small to turn over is refused", () => {
  assert.throws(
    () => openLedger(new SimFlash({ blocks: 3 }), ownedBy(EPOCH)),
    (error: unknown) => error instanceof RangeError,
  );
});

/** Flash whose n-th write from now on does not take. */
class StubbornFlash extends SimFlash {
  failing = 0;

  override write(offset: number, bytes: Uint8Array): void {
    if (this.failing > 0 && --this.failing === 0) return;
    super.write(offset, bytes);
  }
}

test("flash that does not take a record, a checkpoint or a header is noticed, and the next block used", () => {
  for (let nth = 1; nth <= 30; nth++) {
    const flash = new StubbornFlash({ blocks: 10, blockBytes: 1_024 });
    const account = new Account(EPOCH);
    const ledger = openLedger(flash, ownedBy(EPOCH));
    flash.failing = nth;
    try {
      fill(ledger, account, 40);
    } catch (error) {
      // A strike that fails is felt by the erase behind it only; nothing may be written over what is not blank.
      if (!(error instanceof FlashViolation)) throw error;
      throw new Error(`write ${nth}: ${error.message}`);
    }
    account.checkReadable(ledger);
    const again = openLedger(flash, ownedBy(EPOCH));
    account.settle(again, undefined);
    account.checkReadable(again);
  }
});

test("behind a record that flash did not take nothing more is written, not even where there is no other block", () => {
  const flash = new StubbornFlash({ blocks: 5, blockBytes: 1_024 });
  const ledger = openLedger(flash, ownedBy(EPOCH));
  while (ledger.state.blocksFree > SPARE_BLOCKS) assert.ok(ledger.append(COIN, { atMs: 1 }).ok);
  const { newestSeq } = ledger;
  flash.failing = 1;
  for (let i = 0; i < 2; i++) assert.equal(ledger.append(COIN, { atMs: 2 }), { ok: false, refused: "money" });
  assert.is(ledger.newestSeq, newestSeq);
  ledger.acked(newestSeq);
  assert.ok(ledger.append(COIN, { atMs: 3 }).ok, "an ack gives another block");
});

test("a block gives room again only when the fleet has its last record, too", () => {
  const ledger = openLedger(new SimFlash({ blocks: 6, blockBytes: 1_024 }), ownedBy(EPOCH));
  const { blocksFree } = ledger.state;
  while (ledger.state.blocksFree === blocksFree) assert.ok(ledger.append(COIN, { atMs: 1 }).ok);
  // The newest record is the first of the second block.
  const lastOfFirst = ledger.newestSeq - 1;
  const room = ledger.roomForRecords();
  ledger.acked(lastOfFirst - 1);
  assert.is(ledger.roomForRecords(), room);
  ledger.acked(lastOfFirst);
  assert.ok(ledger.roomForRecords() > room);
});

test("the reserve counts two records for each DISPENSE of a refund, and more than DISPENSEs", () => {
  // $20.00 in nickels: 27 times 15 coins, and a last one of each of 16 types; an audit of every tube, voucher, claim.
  assert.ok(refundRecords(2_000, 5) >= 2 * (27 + 16) + 16 + 2);
});

test.run();
