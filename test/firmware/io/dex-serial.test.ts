/** The DEX socket: bytes in, bytes out at their pace, a queue with an end. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MAX_BLOCK_BYTES } from "../../../firmware/audit/dex-line.js";
import { DEX_BAUD, DexSerial, MAX_WAITING_BYTES } from "../../../firmware/io/dex-serial.js";
import { SimChip } from "../../support/io/chip.js";
import { FIFO_BYTES, SimSocket, serialClass } from "../../support/io/serial.js";

const test = suite("firmware/io dex serial");

function bench() {
  const chip = new SimChip();
  const socket = new SimSocket();
  const options = { io: serialClass(chip, socket), receive: 16, transmit: 17, port: 2 };
  const dex = new DexSerial(options);
  const heard: number[] = [];
  dex.listen((input) => {
    if (input.on === "dex") heard.push(...input.bytes);
  });
  return { chip, socket, options, dex, heard, world: chip.world };
}

function block(bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => i & 0xff);
}

test("9,600 baud; what the handset says comes in", () => {
  const { socket, heard, world } = bench();
  assert.is(socket.baud, DEX_BAUD);
  socket.say([0x05]);
  world.runFor(1_000);
  socket.say([0x10, 0x30]);
  socket.say([0x04]);
  world.runFor(1_000);
  assert.equal(heard, [0x05, 0x10, 0x30, 0x04]);
});

test("the longest block goes out whole through a buffer that is smaller", () => {
  const { dex, socket, world } = bench();
  const bytes = block(MAX_BLOCK_BYTES + 8);
  assert.ok(bytes.length > FIFO_BYTES);
  dex.send(bytes);
  world.runFor(300_000);
  assert.equal(socket.heard, [...bytes]);
  assert.is(dex.waitingBytes, 0);
  dex.send(bytes);
  dex.send(Uint8Array.of(4));
  world.runFor(300_000);
  assert.equal(socket.heard, [...bytes, ...bytes, 4]);
});

test("what finds no room is left away as a whole", () => {
  const { dex, socket, world } = bench();
  const bytes = block(MAX_WAITING_BYTES);
  dex.send(bytes);
  dex.send(block(100));
  world.runFor(1_000_000);
  assert.equal(socket.heard, [...bytes]);
});

test("pins or port in use, a port that is none", () => {
  const { chip, dex, options } = bench();
  assert.throws(() => new DexSerial(options), /port in use/);
  assert.throws(() => new DexSerial({ ...options, port: 3 }), /invalid port/);
  assert.throws(() => new DexSerial({ ...options, port: 1 }), /in use/);
  dex.close();
  new chip.Digital({ pin: 16, mode: chip.Digital.Input });
  assert.throws(() => new DexSerial(options), /in use/);
  assert.not.ok(chip.isOwned(17));
});

test("close: twice is once, nothing comes in or goes out after it", () => {
  const { dex, socket, heard, world } = bench();
  dex.send(block(200));
  world.runFor(10_000);
  socket.say([5]);
  dex.close();
  dex.close();
  const sent = socket.heard.length;
  world.runFor(1_000_000);
  assert.is(socket.heard.length, sent);
  assert.equal(heard, []);
  assert.throws(() => dex.send(block(1)), /closed/);
});

test.run();
