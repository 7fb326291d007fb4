/** A TMP117 as its data sheet (TI SNOSD82) has it: registers of 16 bits, high byte first, readings in 1/128 °C. */
import type { I2CDevice } from "./i2c.js";

const TEMPERATURE = 0x00;
const CONFIGURATION = 0x01;
const DEVICE_ID = 0x0f;
/** As delivered: continuous, mean of eight, one second a cycle. */
const AT_RESET = 0x0220;
const DATA_READY = 0x2000;
const NOT_YET = 0x8000;

export class Tmp117 implements I2CDevice {
  /** Thousandths of a degree; undefined: no conversion since reset. */
  milliC: number | undefined = 4_500;
  /** Revision and identity, as read. */
  id = 0x1117;
  configuration = AT_RESET;
  #pointer = 0;
  #bytes: number[] = [];
  #high = true;

  /** Its supply was gone for a moment. */
  reset(): void {
    this.configuration = AT_RESET;
    this.milliC = undefined;
  }

  take(byte: number, first: boolean): boolean {
    if (first) {
      this.#pointer = byte;
      this.#bytes = [];
      this.#high = true;
      return true;
    }
    this.#bytes.push(byte);
    const [high, low] = this.#bytes;
    if (this.#pointer === CONFIGURATION && high !== undefined && low !== undefined) {
      this.configuration = ((high << 8) | low) & 0x0fff;
    }
    return true;
  }

  give(): number {
    const word = this.#read();
    const byte = this.#high ? word >> 8 : word & 0xff;
    this.#high = !this.#high;
    return byte;
  }

  #read(): number {
    switch (this.#pointer) {
      case TEMPERATURE:
        return this.milliC === undefined ? NOT_YET : Math.round((this.milliC * 128) / 1_000) & 0xffff;
      case CONFIGURATION:
        return this.configuration | (this.milliC === undefined ? 0 : DATA_READY);
      case DEVICE_ID:
        return this.id;
      default:
        return 0;
    }
  }
}
