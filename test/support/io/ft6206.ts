/** An FT6206 as the SDK's drivers have its registers: fingers on the glass, as it reads them, up to two. */
import type { I2CDevice } from "./i2c.js";

const FINGERS = 0x02;
const THRESHOLD = 0x80;
const CONTROL = 0x86;
const REST_AFTER = 0x87;
const CHIP = 0xa3;
const DOWN = 0;
const CONTACT = 2;
/** As delivered. */
const DELIVERED_THRESHOLD = 128;

export interface SimFinger {
  /** The chip's number of it. */
  readonly number: number;
  readonly x: number;
  readonly y: number;
  /** 0 down, 1 lifted, 2 contact, 3 none; contact if absent. */
  readonly event?: number;
}

export class Ft6206 implements I2CDevice {
  id = 6;
  fingers: readonly SimFinger[] = [];
  /** What it says of their number, where that is another. */
  count: number | undefined;
  readonly registers = new Uint8Array(0x100);
  #pointer = 0;

  constructor() {
    this.reset();
  }

  /** Its supply was gone for a moment. */
  reset(): void {
    this.registers.fill(0);
    this.registers[THRESHOLD] = DELIVERED_THRESHOLD;
    this.registers[REST_AFTER] = 0x1e;
  }

  get threshold(): number {
    return this.registers[THRESHOLD] ?? 0;
  }

  /** It rests while nobody touches it, and how long after. */
  get rests(): readonly (number | undefined)[] {
    return [this.registers[CONTROL], this.registers[REST_AFTER]];
  }

  /** One finger on the glass; undefined: none. */
  touch(x?: number, y?: number): void {
    this.fingers = x === undefined || y === undefined ? [] : [{ number: 0, x, y, event: DOWN }];
  }

  take(byte: number, first: boolean): boolean {
    if (first) {
      this.#pointer = byte;
      return true;
    }
    this.registers[this.#pointer] = byte;
    this.#pointer = (this.#pointer + 1) & 0xff;
    return true;
  }

  give(): number {
    const register = this.#pointer;
    this.#pointer = (this.#pointer + 1) & 0xff;
    if (register === CHIP) return this.id;
    if (register === FINGERS) return this.count ?? this.fingers.length;
    const at = register - FINGERS - 1;
    if (at < 0 || at >= 12) return this.registers[register] ?? 0;
    const finger = this.fingers[Math.floor(at / 6)];
    if (finger === undefined) return 0xff;
    const { number, x, y, event = CONTACT } = finger;
    return [(event << 6) | (x >> 8), x & 0xff, (number << 4) | (y >> 8), y & 0xff, 40, 0x10][at % 6] ?? 0;
  }
}
