/**
 * ECMA-419's SMBus on a platform's I2C class, as far as our chips use it: a register's number, then its bytes. Moddable
 * has one of its own, but its declarations ask for options in a shape that its code does not take.
 */
import type { I2CClass, I2CIo, I2COptions, SMBusClass, SMBusIo } from "./ecma-419.js";

export function smbusOn(io: I2CClass): SMBusClass {
  return class SMBus extends Registers {
    constructor(options: I2COptions) {
      super(new io(options));
    }
  };
}

class Registers implements SMBusIo {
  #io: I2CIo | undefined;

  constructor(io: I2CIo) {
    this.#io = io;
  }

  readUint8(register: number): number {
    return this.#read(register, 1)[0] ?? 0;
  }

  writeUint8(register: number, value: number): void {
    this.#open().write(Uint8Array.of(register, value));
  }

  readUint16(register: number, bigEndian = false): number {
    const [first = 0, second = 0] = this.#read(register, 2);
    return bigEndian ? (first << 8) | second : (second << 8) | first;
  }

  writeUint16(register: number, value: number, bigEndian = false): void {
    const [low, high] = [value & 0xff, value >> 8];
    this.#open().write(bigEndian ? Uint8Array.of(register, high, low) : Uint8Array.of(register, low, high));
  }

  readBuffer(register: number, byteLength: number): Uint8Array {
    return this.#read(register, byteLength);
  }

  close(): void {
    const io = this.#io;
    this.#io = undefined;
    io?.close?.();
  }

  #read(register: number, byteLength: number): Uint8Array {
    const io = this.#open();
    io.write(Uint8Array.of(register));
    return new Uint8Array(io.read(byteLength));
  }

  #open(): I2CIo {
    if (this.#io === undefined) throw new Error("smbus is closed");
    return this.#io;
  }
}
