/**
 * Driver of a TMP117 (TI SNOSD82): one conversion a second by itself, read every `READ_EVERY_MS`. A reading that cannot
 * be, a chip that is another one, and silence are all undefined: the core knows what a silent thermometer means.
 */
import type { WorldInput } from "../ports/inputs.js";
import type { I2COptions, SMBusClass, SMBusIo, Timers } from "./ecma-419.js";

export const READ_EVERY_MS = 10_000;
/** What a cabinet can have; beyond it the wire or the chip is broken. */
export const COLDEST_MILLI_C = -40_000;
export const HOTTEST_MILLI_C = 85_000;

const TEMPERATURE = 0x00;
const CONFIGURATION = 0x01;
const DEVICE_ID = 0x0f;
/** The upper four bits are a revision. */
const ID_MASK = 0x0fff;
const ID = 0x117;
/** Continuous, mean of eight, one second a cycle: MOD 00, CONV 100, AVG 01. */
const CONTINUOUS = 0x0220;
/** Flags of the configuration that the chip itself sets. */
const SETTABLE = 0x0ffc;
/** No conversion is ready since its reset. */
const NOT_YET = 0x8000;
/** A step is 7.8125 thousandths of a degree. */
const STEP_NUMERATOR = 125;
const STEP_DENOMINATOR = 16;

export interface ThermometerOptions extends I2COptions {
  readonly io: SMBusClass;
  readonly timers: Timers;
}

export class Thermometer {
  #io: SMBusIo | undefined;
  /** It has answered, and converts as we want it. */
  #ready = false;
  #stop: (() => void) | undefined;
  #deliver: ((input: WorldInput) => void) | undefined;

  /** Throws where pins or address are in use or bad; a chip that does not answer is looked for at each reading. */
  constructor({ io, timers, ...options }: ThermometerOptions) {
    this.#io = new io(options);
    this.#ready = this.configure();
    this.#stop = timers.every(READ_EVERY_MS, () => this.#tell());
  }

  /** From now on readings go to `deliver`. */
  listen(deliver: (input: WorldInput) => void): void {
    this.#deliver = deliver;
  }

  /** Looks for the chip and sets it up; false: it is not there or not this chip. */
  configure(): boolean {
    const io = this.#chip();
    try {
      if ((io.readUint16(DEVICE_ID, true) & ID_MASK) !== ID) return false;
      io.writeUint16(CONFIGURATION, CONTINUOUS, true);
      return true;
    } catch {
      return false;
    }
  }

  /** Thousandths of a degree Celsius; undefined: none that could be believed. */
  sample(): number | undefined {
    const io = this.#chip();
    try {
      // After its supply was gone it converts as it was delivered.
      this.#ready = (this.#ready && (io.readUint16(CONFIGURATION, true) & SETTABLE) === CONTINUOUS) || this.configure();
      return this.#ready ? milliCOf(io.readUint16(TEMPERATURE, true)) : undefined;
    } catch {
      this.#ready = false;
      return undefined;
    }
  }

  close(): void {
    this.#stop?.();
    this.#stop = undefined;
    const io = this.#io;
    this.#io = undefined;
    io?.close?.();
  }

  #tell(): void {
    this.#deliver?.({ on: "temperature", milliC: this.sample() });
  }

  #chip(): SMBusIo {
    if (this.#io === undefined) throw new Error("thermometer is closed");
    return this.#io;
  }
}

function milliCOf(raw: number): number | undefined {
  if (raw === NOT_YET) return undefined;
  const steps = raw >= 0x8000 ? raw - 0x1_0000 : raw;
  const milliC = Math.round((steps * STEP_NUMERATOR) / STEP_DENOMINATOR);
  return milliC >= COLDEST_MILLI_C && milliC <= HOTTEST_MILLI_C ? milliC : undefined;
}
