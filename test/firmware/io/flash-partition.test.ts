/** A raw partition as the ledger's flash: blocks, whole words, nothing beyond; a ledger lives on it. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BLOCK_BYTES, FlashPartition } from "../../../firmware/io/flash-partition.js";
import { openLedger, ownerOf } from "../../../firmware/ledger/ledger.js";
import { demoIdentity } from "../../../tools/bench/demo.js";
import { SimFlashStorage } from "../../support/io/storage.js";

const test = suite("firmware/io flash partition");

function bench(blocks = 8) {
  const io = new SimFlashStorage();
  io.add("ledger", blocks);
  const options = { io, path: "ledger", minBlocks: 4 };
  return { io, options, flash: new FlashPartition(options) };
}

test("reads, programs and erases blocks", () => {
  const { flash } = bench();
  assert.is(flash.blocks, 8);
  assert.is(flash.blockBytes, BLOCK_BYTES);
  flash.write(BLOCK_BYTES + 4, Uint8Array.of(1, 2, 3, 4));
  assert.equal([...flash.read(BLOCK_BYTES + 3, 6)], [0xff, 1, 2, 3, 4, 0xff]);
  flash.eraseBlock(1);
  assert.equal([...flash.read(BLOCK_BYTES + 4, 2)], [0xff, 0xff]);
  assert.is(flash.read(0, 0).length, 0);
  flash.write(0, new Uint8Array(0));
});

test("what a partition cannot do is refused before the flash sees it", () => {
  const { flash } = bench();
  const four = new Uint8Array(4);
  assert.throws(() => flash.write(2, four), /not in words/);
  assert.throws(() => flash.write(0, new Uint8Array(3)), /not in words/);
  assert.throws(() => flash.write(BLOCK_BYTES - 4, new Uint8Array(8)), /across blocks/);
  assert.throws(() => flash.write(8 * BLOCK_BYTES, four), /outside/);
  assert.throws(() => flash.read(-1, 4), /outside/);
  assert.throws(() => flash.read(8 * BLOCK_BYTES - 2, 4), /outside/);
  assert.throws(() => flash.read(0.5, 4), /outside/);
  assert.throws(() => flash.eraseBlock(8), /no such block/);
});

test("no such partition, one too small, blocks of another size", () => {
  const { io, options } = bench();
  assert.throws(() => new FlashPartition({ ...options, path: "none" }), /can't find partition/);
  assert.throws(() => new FlashPartition({ ...options, minBlocks: 9 }), /8 blocks of 4096 bytes, 9 are needed/);
  io.blockBytes = 2_048;
  assert.throws(() => new FlashPartition(options), /blocks of 2048 bytes/);
});

test("close: twice is once, nothing works after it", () => {
  const { flash } = bench();
  flash.close();
  flash.close();
  assert.throws(() => flash.read(0, 4), /closed/);
  assert.throws(() => flash.write(0, new Uint8Array(4)), /closed/);
  assert.throws(() => flash.eraseBlock(0), /closed/);
});

test("a ledger is opened, written and found again on it", () => {
  const { flash, options } = bench(16);
  const owner = ownerOf(demoIdentity());
  const ledger = openLedger(flash, owner);
  const boot = { kind: "boot", bootNo: 1, cause: 0, firmware: "0.1.0" } as const;
  assert.ok(ledger.append(boot, { atMs: 0 }));
  flash.close();
  assert.is(openLedger(new FlashPartition(options), owner).durable.bootNo, 1);
});

test.run();
