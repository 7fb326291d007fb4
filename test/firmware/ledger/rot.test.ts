/**
 * Bits that change by themselves: what cannot be read comes as `unreadable` under its sequence, nothing else suffers.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Ledger, openLedger } from "../../../firmware/ledger/ledger.js";
import { chainNext, decodeBody } from "../../../shared/records/codec.js";
import { SimFlash } from "../../../tools/bench/flash.js";
import { Account, draft, Lcg, ownedBy } from "./source.js";

const test = suite("ledger: rot");
/** A bit that rots in the newest record makes it look torn (SPEC.md §6): that one is left alone. */
const LAST_RECORD_BYTES = 120;
const EPOCH = 9;
const BLOCK_BYTES = 1_024;

interface Ring {
  readonly flash: SimFlash;
  readonly account: Account;
  readonly ledger: Ledger;
}

/** Some blocks of unacked records. */
function filled(seed: number, records = 70): Ring {
  const flash = new SimFlash({ blocks: 8, blockBytes: BLOCK_BYTES, seed });
  const account = new Account(EPOCH);
  const ledger = openLedger(flash, ownedBy(EPOCH));
  const lcg = new Lcg(seed);
  for (let i = 0; i < records; i++) account.append(ledger, draft(lcg, i));
  return { flash, account, ledger };
}

/**
 * Reads everything as the fleet would: sequences without holes, and the chain of each batch is what the records before
 * it add up to. Sequences of those unreadable.
 */
function readAll(ledger: Ledger, account: Account, maxRecords: number): number[] {
  const unreadable: number[] = [];
  let seq = ledger.oldestSeq;
  let chain = account.chainAfter(seq - 1);
  while (seq <= ledger.newestSeq) {
    const batch = ledger.readBatch(seq, maxRecords, 8_192);
    assert.ok(batch);
    assert.is(batch.firstSeq, seq);
    assert.is(batch.chain, chain, `chain before ${seq}`);
    for (const { code, body } of batch.records) {
      if (code === 255) unreadable.push(seq);
      else assert.ok(decodeBody(code, seq, body).ok);
      chain = chainNext(chain, code, seq, body);
      if (code !== 255) assert.is(chain, account.chainAfter(seq), `chain after ${seq}`);
      seq++;
    }
  }
  return unreadable;
}

test("any bit of a closed block: at most two records are lost, the chain behind them holds", () => {
  const { flash, account, ledger } = filled(1);
  const image = flash.snapshot();
  const lcg = new Lcg(77);
  let lost = 0;
  for (let i = 0; i < 250; i++) {
    flash.restore(image);
    flash.flipBit(BLOCK_BYTES + lcg.below(BLOCK_BYTES), lcg.below(8));
    const unreadable = readAll(ledger, account, 1 + lcg.below(64));
    assert.ok(unreadable.length <= 2, `lost ${unreadable.join(" ")}`);
    lost += unreadable.length;
  }
  assert.ok(lost > 100 && lost < 260, `${lost} of 250`);
});

test("any bit of the newest block, found at power-up: fenced, counted once, and the ledger goes on", () => {
  const { flash, account } = filled(2, 45);
  const image = flash.snapshot();
  const newest = newestPlace(flash);
  const used = usedBytes(flash, newest);
  const lcg = new Lcg(5);
  let fenced = 0;
  for (let i = 0; i < 150; i++) {
    flash.restore(image);
    flash.flipBit(newest * BLOCK_BYTES + lcg.below(used - LAST_RECORD_BYTES), lcg.below(8));
    const again = openLedger(flash, ownedBy(EPOCH));
    assert.is(again.newestSeq, account.length);
    const unreadable = readAll(again, account, 64);
    assert.is(again.state.unreadable, unreadable.length);
    fenced += unreadable.length;
    const account2 = account.clone();
    account2.append(again, draft(lcg, 1));
    const third = openLedger(flash, ownedBy(EPOCH));
    assert.is(third.state.unreadable, 0);
    assert.equal(readAll(third, account2, 3), unreadable);
  }
  assert.ok(fenced > 20, `${fenced}`);
});

test("a second bit, rotted when the first loss already had its stand-in: no record ever comes out changed", () => {
  const { flash, account } = filled(8, 45);
  const image = flash.snapshot();
  const lcg = new Lcg(41);
  let both = 0;
  for (let i = 0; i < 400; i++) {
    flash.restore(image);
    const unreadable = [0, 0].map(() => {
      const newest = newestPlace(flash);
      flash.flipBit(newest * BLOCK_BYTES + lcg.below(usedBytes(flash, newest) - LAST_RECORD_BYTES), lcg.below(8));
      return readAll(openLedger(flash, ownedBy(EPOCH)), account, 64);
    });
    if ((unreadable[1]?.length ?? 0) > (unreadable[0]?.length ?? 0)) both += 1;
  }
  assert.ok(both > 50, `${both}`);
});

/** Offset behind the last byte written in a block. */
function usedBytes(flash: SimFlash, place: number): number {
  const data = flash.read(place * BLOCK_BYTES, BLOCK_BYTES);
  let end = data.length;
  while (end > 0 && data[end - 1] === 0xff) end--;
  return end;
}

/** Place of the block with the highest number: bytes 16 to 19 of its header. */
function newestPlace(flash: SimFlash): number {
  let best = 0;
  let highest = 0;
  for (let place = 0; place < flash.blocks; place++) {
    const head = flash.read(place * BLOCK_BYTES, 20);
    const number = head[0] === 0x53 ? (head[18] ?? 0) * 256 + (head[19] ?? 0) : 0;
    if (number > highest) [best, highest] = [place, number];
  }
  return best;
}

test("a rotten checkpoint is made up for by the block before it, exactly", () => {
  const { flash, account } = filled(3, 60);
  const newest = newestPlace(flash);
  for (let at = 88; at < 128; at += 3) flash.flipBit(newest * BLOCK_BYTES + at, 2);
  const again = openLedger(flash, ownedBy(EPOCH));
  account.settle(again, undefined);
  account.checkReadable(again);
  assert.not.ok(again.state.stateLost);
  account.settle(openLedger(flash, ownedBy(EPOCH)), undefined);
});

test("without any checkpoint the state is what the records say, exact while the ring goes back to the first", () => {
  const { flash, account } = filled(4, 60);
  for (let place = 0; place < flash.blocks; place++) flash.flipBit(place * BLOCK_BYTES + 98, 1);
  const again = openLedger(flash, ownedBy(EPOCH));
  account.settle(again, undefined);
  assert.not.ok(again.state.stateLost);
});

test("without any checkpoint and without the first records, the loss is told", () => {
  const { flash, account, ledger } = filled(6, 40);
  ledger.acked(ledger.newestSeq);
  const lcg = new Lcg(12);
  for (let i = 0; i < 200; i++) {
    account.append(ledger, draft(lcg, i));
    ledger.acked(ledger.newestSeq);
  }
  for (let place = 0; place < flash.blocks; place++) flash.flipBit(place * BLOCK_BYTES + 98, 1);
  const again = openLedger(flash, ownedBy(EPOCH));
  assert.is(again.newestSeq, account.length);
  assert.ok(again.state.stateLost);
});

test("one header copy may rot; with both gone the block's records are unreadable, not missing", () => {
  const { flash, account } = filled(7, 80);
  flash.flipBit(BLOCK_BYTES + 13, 0);
  const one = openLedger(flash, ownedBy(EPOCH));
  account.settle(one, undefined);
  account.checkReadable(one);
  flash.flipBit(BLOCK_BYTES + 57, 0);
  const both = openLedger(flash, ownedBy(EPOCH));
  account.settle(both, undefined);
  const unreadable = readAll(both, account, 64);
  assert.ok(unreadable.length > 5);
  assert.is(new Set(unreadable).size, (unreadable.at(-1) ?? 0) - (unreadable[0] ?? 0) + 1);
});

test("headers that rot while the machine runs lose their block's records, and no more", () => {
  const { flash, account, ledger } = filled(8, 80);
  flash.flipBit(BLOCK_BYTES + 13, 0);
  flash.flipBit(BLOCK_BYTES + 57, 0);
  assert.ok(readAll(ledger, account, 64).length > 5);
});

test.run();
