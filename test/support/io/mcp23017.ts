/**
 * An MCP23017 as its data sheet (Microchip DS20001952) has it: 16 pins in two banks, registers that follow each other,
 * all pins inputs after reset. Pins can be wired to the world, shorted, or joined in a keypad's matrix.
 */
import type { I2CDevice } from "./i2c.js";

const IODIR = 0x00;
const IOCON = 0x0a;
const GPPU = 0x0c;
const GPIO = 0x12;
const OLAT = 0x14;
const REGISTERS = 0x16;
const ALL = 0xffff;
const BANK = 0x80;

/** Level of pin `pin` as the world outside sets it; undefined: nobody does. */
export type Outside = (pin: number, drives: (pin: number) => 0 | 1 | undefined) => 0 | 1 | undefined;

export class Mcp23017 implements I2CDevice {
  /** What is wired to its pins. */
  outside: Outside = () => undefined;
  /** Pins that stay at a level whatever drives them: a short, a dead driver. */
  readonly shorts = new Map<number, 0 | 1>();
  readonly #registers = new Uint8Array(REGISTERS);
  #pointer = 0;

  constructor() {
    this.reset();
  }

  /** Power-up or a pulse on RESET. */
  reset(): void {
    this.#registers.fill(0);
    this.#word(IODIR, ALL);
  }

  /** What pin `pin` drives; undefined: it is an input. */
  drives(pin: number): 0 | 1 | undefined {
    if (((this.#read(IODIR) >> pin) & 1) === 1) return undefined;
    return ((this.#read(OLAT) >> pin) & 1) === 1 ? 1 : 0;
  }

  level(pin: number): 0 | 1 {
    const short = this.shorts.get(pin);
    if (short !== undefined) return short;
    const outside = this.outside(pin, (other) => this.shorts.get(other) ?? this.drives(other));
    return this.drives(pin) ?? outside ?? (((this.#read(GPPU) >> pin) & 1) === 1 ? 1 : 0);
  }

  take(byte: number, first: boolean): boolean {
    if (first) {
      this.#pointer = byte;
      return true;
    }
    if (((this.#registers[IOCON] ?? 0) & BANK) !== 0) return true;
    const register = this.#pointer % REGISTERS;
    // A write to GPIO goes to the latch; IOCON is one register at two addresses.
    const target = register === GPIO || register === GPIO + 1 ? register - GPIO + OLAT : register;
    this.#registers[target] = byte;
    if (target === IOCON || target === IOCON + 1) this.#word(IOCON, byte | (byte << 8));
    this.#pointer += 1;
    return true;
  }

  give(): number {
    const register = this.#pointer % REGISTERS;
    this.#pointer += 1;
    if (register !== GPIO && register !== GPIO + 1) return this.#registers[register] ?? 0;
    let levels = 0;
    for (let i = 0; i < 8; i++) levels |= this.level((register - GPIO) * 8 + i) << i;
    return levels;
  }

  #word(register: number, value: number): void {
    this.#registers[register] = value & 0xff;
    this.#registers[register + 1] = value >> 8;
  }

  #read(register: number): number {
    return (this.#registers[register] ?? 0) | ((this.#registers[register + 1] ?? 0) << 8);
  }
}
