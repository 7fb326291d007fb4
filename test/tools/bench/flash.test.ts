/** The flash model keeps the rules of real parts, and tells when they are broken. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  BLOCK_BYTES,
  BLOCK_ERASE_US,
  type CutPhase,
  FlashViolation,
  PAGE_BYTES,
  PAGE_PROGRAM_US,
  PowerCut,
  SimFlash,
} from "../../../tools/bench/flash.js";

const test = suite("bench flash");

function bytesOf(length: number, value: number): Uint8Array {
  return new Uint8Array(length).fill(value);
}

test("is blank at first; a write ANDs; an erase brings all bits back", () => {
  const flash = new SimFlash({ blocks: 2 });
  assert.equal(flash.read(0, 4), bytesOf(4, 0xff));
  flash.write(0, bytesOf(4, 0xf0));
  flash.write(0, bytesOf(4, 0x30));
  assert.equal(flash.read(0, 8), new Uint8Array([0x30, 0x30, 0x30, 0x30, 0xff, 0xff, 0xff, 0xff]));
  flash.eraseBlock(0);
  assert.equal(flash.read(0, 4), bytesOf(4, 0xff));
  assert.equal(flash.wearCounts, [1, 0]);
});

test("a bit cannot be programmed back to 1", () => {
  const flash = new SimFlash({ blocks: 1 });
  flash.write(8, bytesOf(4, 0x0f));
  assert.throws(
    () => flash.write(8, bytesOf(4, 0x1f)),
    (error: unknown) => error instanceof FlashViolation,
  );
});

test("refuses what a driver refuses: off the word grid, across blocks, outside, nothing", () => {
  const flash = new SimFlash({ blocks: 2 });
  const violation = (error: unknown) => error instanceof FlashViolation;
  assert.throws(() => flash.write(2, bytesOf(4, 0)), violation);
  assert.throws(() => flash.write(0, bytesOf(3, 0)), violation);
  assert.throws(() => flash.write(BLOCK_BYTES - 4, bytesOf(8, 0)), violation);
  assert.throws(() => flash.write(0, new Uint8Array(0)), violation);
  assert.throws(
    () => flash.write(2 * BLOCK_BYTES - 4, bytesOf(8, 0)),
    (error: unknown) => error instanceof RangeError,
  );
  assert.throws(
    () => flash.eraseBlock(2),
    (error: unknown) => error instanceof RangeError,
  );
});

test("tells how long it keeps JavaScript from running", () => {
  const spent: number[] = [];
  const flash = new SimFlash({ blocks: 1, spend: (us) => spent.push(us) });
  flash.write(PAGE_BYTES - 4, bytesOf(8, 0));
  flash.write(0, bytesOf(PAGE_BYTES - 4, 0));
  flash.eraseBlock(0);
  assert.equal(spent, [2 * PAGE_PROGRAM_US, PAGE_PROGRAM_US, BLOCK_ERASE_US]);
  assert.is(flash.operations, 3);
});

function cut(act: () => void): void {
  assert.throws(act, (error: unknown) => error instanceof PowerCut);
}

test("power goes at the operation asked for and stays away", () => {
  const flash = new SimFlash({ blocks: 1 });
  flash.cutAt(2, "after");
  flash.write(0, bytesOf(4, 0));
  cut(() => flash.write(4, bytesOf(4, 0)));
  cut(() => flash.read(0, 4));
  cut(() => flash.eraseBlock(0));
  flash.powerOn();
  assert.equal(flash.read(0, 12), new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255]));
});

test("a cut before leaves everything as it was", () => {
  const flash = new SimFlash({ blocks: 1 });
  flash.cutAt(1, "before");
  cut(() => flash.write(0, bytesOf(4, 0)));
  flash.powerOn();
  assert.equal(flash.read(0, 4), bytesOf(4, 0xff));
});

test("the world can run out of power while an operation's time is spent", () => {
  const flash: SimFlash = new SimFlash({ blocks: 1, spend: () => flash.cutAt(0, "during", 3) });
  cut(() => flash.write(0, bytesOf(4, 0)));
});

test("a torn write touches only falling bits of one page; pages before it are whole, behind it blank", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const flash = new SimFlash({ blocks: 1, seed });
    flash.cutAt(1, "during", seed);
    cut(() => flash.write(PAGE_BYTES, bytesOf(3 * PAGE_BYTES, 0x0f)));
    flash.powerOn();
    const read = flash.read(0, 5 * PAGE_BYTES);
    assert.ok(read.every((byte) => (byte & 0x0f) === 0x0f));
    const torn = [1, 2, 3].filter((page) => {
      const part = read.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
      return part.some((byte) => byte !== 0x0f) && part.some((byte) => byte !== 0xff);
    });
    assert.ok(torn.length <= 1);
    assert.ok(read.subarray(4 * PAGE_BYTES).every((byte) => byte === 0xff));
  }
});

test("torn bits read differently each time until they are programmed again", () => {
  const flash = new SimFlash({ blocks: 1, seed: 5 });
  let seed = 0;
  while (flash.unstableBits < 100) {
    flash.powerOn();
    flash.eraseBlock(0);
    flash.cutAt(1, "during", ++seed);
    cut(() => flash.write(0, bytesOf(64, 0)));
  }
  flash.powerOn();
  const readings = new Set<string>();
  for (let i = 0; i < 20; i++) readings.add(flash.read(0, 64).join(","));
  assert.ok(readings.size > 3);
  assert.ok(readings.has(bytesOf(64, 0).join(",")), "sometimes it reads as if it were whole");
  flash.write(0, bytesOf(64, 0));
  assert.is(flash.unstableBits, 0);
  assert.equal(flash.read(0, 64), bytesOf(64, 0));
});

test("a cut erase can read blank and not be; a whole one makes every bit firm", () => {
  let deceived = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const flash = new SimFlash({ blocks: 1, seed });
    flash.write(0, bytesOf(BLOCK_BYTES, 0));
    flash.cutAt(1, "during", seed);
    cut(() => flash.eraseBlock(0));
    flash.powerOn();
    const blank = flash.read(0, BLOCK_BYTES).every((byte) => byte === 0xff);
    if (blank && flash.unstableBits > 0) deceived++;
    flash.eraseBlock(0);
    assert.is(flash.unstableBits, 0);
    assert.ok(flash.read(0, BLOCK_BYTES).every((byte) => byte === 0xff));
  }
  assert.ok(deceived > 0);
});

test("the same seeds tear and read the same way", () => {
  const run = (phase: CutPhase): string => {
    const flash = new SimFlash({ blocks: 1, seed: 9 });
    flash.cutAt(1, phase, 77);
    cut(() => flash.write(0, bytesOf(32, 0x11)));
    flash.powerOn();
    return flash.read(0, 32).join(",") + flash.read(0, 32).join(",");
  };
  assert.is(run("during"), run("during"));
});

test("a snapshot holds content, unstable bits and wear", () => {
  const flash = new SimFlash({ blocks: 2, seed: 2 });
  flash.eraseBlock(1);
  flash.cutAt(1, "during", 1);
  cut(() => flash.write(0, bytesOf(64, 0)));
  const image = flash.snapshot();
  const other = new SimFlash({ blocks: 2, seed: 2 });
  other.restore(image);
  assert.is(other.unstableBits, flash.unstableBits);
  assert.equal(other.wearCounts, [0, 1]);
  other.write(64, bytesOf(4, 0));
  other.restore(image);
  assert.equal(other.read(64, 4), bytesOf(4, 0xff));
});

test("rot flips one bit and keeps it", () => {
  const flash = new SimFlash({ blocks: 1 });
  flash.flipBit(5, 3);
  assert.is(flash.read(5, 1)[0], 0xf7);
  assert.is(flash.read(5, 1)[0], 0xf7);
});

test.run();
