/** SMBus on I2C: registers of one and two bytes either way round, blocks, and the class pattern's negative tests. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { I2COptions, SMBusIo } from "../../../firmware/io/ecma-419.js";
import { smbusOn } from "../../../firmware/io/smbus.js";
import { I2C_PINS } from "../../support/io/carrier.js";
import { SimChip } from "../../support/io/chip.js";
import { SimI2CBus } from "../../support/io/i2c.js";

const test = suite("firmware/io smbus");
const ADDRESS = 0x20;

/** Registers that count on, as most chips have them. */
class Memory {
  readonly bytes = Uint8Array.from({ length: 256 }, (_none, i) => i);
  #at = 0;

  take(byte: number, first: boolean): boolean {
    if (first) this.#at = byte;
    else this.bytes[this.#at++] = byte;
    return true;
  }

  give(): number {
    return this.bytes[this.#at++] ?? 0;
  }
}

function bench() {
  const chip = new SimChip();
  const bus = new SimI2CBus(chip);
  const memory = new Memory();
  bus.attach(ADDRESS, memory);
  const options: I2COptions = { ...I2C_PINS, address: ADDRESS };
  return { chip, bus, memory, SMBus: smbusOn(bus.I2C), options };
}

test("a register of one byte, of two either way round, and a block", () => {
  const { memory, SMBus, options } = bench();
  const io = new SMBus(options);
  assert.is(io.readUint8(0x12), 0x12);
  assert.is(io.readUint16(0x12), 0x1312);
  assert.is(io.readUint16(0x12, true), 0x1213);
  assert.equal([...io.readBuffer(0x40, 3)], [0x40, 0x41, 0x42]);
  io.writeUint8(0x01, 0xaa);
  io.writeUint16(0x02, 0xbbcc);
  io.writeUint16(0x04, 0xddee, true);
  assert.equal([...memory.bytes.subarray(1, 6)], [0xaa, 0xcc, 0xbb, 0xdd, 0xee]);
});

test("a device that does not answer is an exception, and answers again later", () => {
  const { bus, SMBus, options } = bench();
  const io = new SMBus(options);
  bus.stuck = true;
  assert.throws(() => io.readUint8(0), /failed/);
  assert.throws(() => io.writeUint8(0, 1), /failed/);
  bus.stuck = false;
  assert.is(io.readUint8(5), 5);
});

test("address in use, bad address, bad speed, pins in use", () => {
  const { chip, SMBus, options } = bench();
  const io = new SMBus(options);
  assert.throws(() => new SMBus(options), /duplicate address/);
  assert.throws(() => new SMBus({ ...options, address: 128 }), /invalid address/);
  assert.throws(() => new SMBus({ ...options, address: 0x21, hz: 0 }), /invalid hz/);
  io.close?.();
  new chip.Digital({ pin: I2C_PINS.data, mode: chip.Digital.Input });
  assert.throws(() => new SMBus(options), /in use/);
});

test("close: twice is once, the address is free, and every use after it throws", () => {
  const { bus, SMBus, options } = bench();
  const io = new SMBus(options);
  io.close?.();
  io.close?.();
  const { transfers } = bus;
  const uses: readonly ((it: SMBusIo) => unknown)[] = [
    (it) => it.readUint8(0),
    (it) => it.writeUint8(0, 0),
    (it) => it.readUint16(0),
    (it) => it.writeUint16(0, 0),
    (it) => it.readBuffer(0, 1),
  ];
  for (const use of uses) assert.throws(() => use(io), /^smbus is closed$/);
  assert.is(bus.transfers, transfers, "nothing has gone onto the bus");
  assert.is(new SMBus(options).readUint8(7), 7);
});

test("a platform whose class has no close: it is closed all the same", () => {
  const SMBus = smbusOn(
    class {
      read(byteLength: number): ArrayBuffer {
        return new ArrayBuffer(byteLength);
      }
      write(): void {}
    },
  );
  const io = new SMBus({ ...I2C_PINS, address: ADDRESS });
  assert.is(io.readUint8(1), 0);
  io.close?.();
  assert.throws(() => io.readUint8(1), /closed/);
});

test.run();
