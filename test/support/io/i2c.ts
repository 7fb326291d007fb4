/**
 * A simulated I2C bus behind ECMA-419's I2C and SMBus: devices by address, an address held by one instance at a time,
 * bytes that take their time at the bus's speed, silence that throws. JavaScript waits while the bus works; the world's
 * clock is not moved, so the bus keeps the time by itself and tells it to its devices.
 */
import type { I2CClass, I2CIo, I2COptions, SMBusClass } from "../../../firmware/io/ecma-419.js";
import { smbusOn } from "../../../firmware/io/smbus.js";
import type { SimChip } from "./chip.js";

/** One device on the bus. Times are world µs at the end of a byte. */
export interface I2CDevice {
  /** False: it does not acknowledge this byte. first: it follows the address. */
  take(byte: number, first: boolean, atUs: number): boolean;
  give(atUs: number): number;
}

const BITS_PER_BYTE = 9;
const MAX_HZ = 1_000_000;

export class SimI2CBus {
  readonly I2C: I2CClass;
  readonly SMBus: SMBusClass;
  /** Something holds the data line: every transfer fails. */
  stuck = false;
  /** Transfers so far. */
  transfers = 0;
  readonly #chip: SimChip;
  readonly #devices = new Map<number, I2CDevice>();
  readonly #held: number[] = [];
  #users = 0;
  #nowUs = 0;

  constructor(chip: SimChip) {
    this.#chip = chip;
    this.I2C = i2cClass(this);
    this.SMBus = smbusOn(this.I2C);
  }

  attach(address: number, device: I2CDevice): void {
    this.#devices.set(address, device);
  }

  detach(address: number): void {
    this.#devices.delete(address);
  }

  hold({ data, clock, hz, address, timeout = 400 }: I2COptions): void {
    if (!Number.isInteger(timeout) || timeout < -1) throw new RangeError("invalid timeout");
    if (!Number.isInteger(address) || address < 0 || address > 127) throw new RangeError("invalid address");
    if (!(hz > 0) || hz > MAX_HZ) throw new RangeError("invalid hz");
    if (this.#held.includes(address)) throw new RangeError("duplicate address");
    if (this.#users === 0) {
      this.#chip.own(data, true);
      try {
        this.#chip.own(clock, true);
      } catch (error) {
        this.#chip.free(data);
        throw error;
      }
    }
    this.#users += 1;
    this.#held.push(address);
  }

  release({ data, clock, address }: I2COptions): void {
    this.#held.splice(this.#held.indexOf(address), 1);
    this.#users -= 1;
    if (this.#users > 0) return;
    this.#chip.free(data);
    this.#chip.free(clock);
  }

  write({ address, hz }: I2COptions, bytes: Uint8Array): void {
    const device = this.#start(address, hz, "write failed");
    bytes.forEach((byte, i) => {
      if (!device.take(byte, i === 0, this.#byte(hz))) throw new Error("write failed");
    });
  }

  read({ address, hz }: I2COptions, byteLength: number): Uint8Array {
    const device = this.#start(address, hz, "read failed");
    return Uint8Array.from({ length: byteLength }, () => device.give(this.#byte(hz)) & 0xff);
  }

  #start(address: number, hz: number, complaint: string): I2CDevice {
    this.transfers += 1;
    this.#nowUs = Math.max(this.#nowUs, this.#chip.world.nowUs);
    this.#byte(hz);
    const device = this.#devices.get(address);
    if (this.stuck || device === undefined) throw new Error(complaint);
    return device;
  }

  #byte(hz: number): number {
    this.#nowUs += (BITS_PER_BYTE * 1_000_000) / hz;
    return this.#nowUs;
  }
}

function i2cClass(bus: SimI2CBus): I2CClass {
  return class I2C implements I2CIo {
    readonly #options: I2COptions;
    #open = true;

    constructor(options: I2COptions) {
      bus.hold(options);
      this.#options = options;
    }

    read(byteLength: number): ArrayBuffer {
      this.#check();
      const bytes = bus.read(this.#options, byteLength);
      const copy = new ArrayBuffer(bytes.length);
      new Uint8Array(copy).set(bytes);
      return copy;
    }

    write(bytes: Uint8Array): void {
      this.#check();
      bus.write(this.#options, bytes);
    }

    close(): void {
      if (!this.#open) return;
      this.#open = false;
      bus.release(this.#options);
    }

    #check(): void {
      if (!this.#open) throw new Error("i2c is closed");
    }
  };
}
