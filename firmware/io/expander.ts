/**
 * Driver of an MCP23017 (Microchip DS20001952): 16 more pins on the I2C bus, handed on as ECMA-419's DigitalBank. Other
 * than on the chip itself, outputs can be read back: what the pins are at, not what they were told. After `close` and
 * after a reset every pin lets go of its line. A chip that does not answer is set up anew when it does again.
 */
import type {
  DigitalBankClass,
  DigitalBankIo,
  DigitalBankOptions,
  I2COptions,
  SMBusClass,
  SMBusIo,
} from "./ecma-419.js";

/** Registers in their order after reset (IOCON.BANK = 0), each for pins 0 to 15. */
const IODIR = 0x00;
const IPOL = 0x02;
const GPINTEN = 0x04;
const DEFVAL = 0x06;
const IOCON = 0x0a;
const GPPU = 0x0c;
const GPIO = 0x12;
const OLAT = 0x14;
/** Where IOCON lies while IOCON.BANK = 1. */
const IOCON_OF_BANK_1 = 0x05;
const ALL = 0xffff;
/** Pins 7 and 15 are outputs only. */
const OUTPUTS_ONLY = 0x8080;
/** Kept in a register that does nothing here: shows that it is this chip, and that it has not been reset since. */
const PATTERN = 0xa55a;

const MODES = Object.freeze({ Input: 0, InputPullUp: 1, InputPullDown: 2, Output: 8, OutputOpenDrain: 9 });

export interface ExpanderOptions extends I2COptions {
  readonly io: SMBusClass;
}

export class Expander {
  /** Banks of its pins. Throws where a pin is in use or a mode is none of its. */
  readonly DigitalBank: DigitalBankClass;
  #io: SMBusIo | undefined;
  /** The chip has answered, is this chip, and is as its banks want it. */
  #ready = false;
  #owned = 0;
  #inputs = ALL;
  #latch = 0;
  #pulledUp = 0;

  /** Throws where pins or address are in use or bad; a chip that does not answer is looked for at each use. */
  constructor({ io, ...options }: ExpanderOptions) {
    this.#io = new io(options);
    this.DigitalBank = bankClass(this);
    this.renew();
  }

  /** Puts the chip as its banks want it, if it lost its supply; false: it does not answer. */
  renew(): boolean {
    const chip = this.#chip();
    try {
      this.#ready = this.#ready && chip.readUint16(DEFVAL) === PATTERN;
      if (!this.#ready) this.configure();
    } catch {
      this.#ready = false;
    }
    return this.#ready;
  }

  /** Puts the chip as its banks want it. Throws if no MCP23017 answers at the address. */
  configure(): void {
    const chip = this.#chip();
    this.#ready = false;
    chip.writeUint8(IOCON_OF_BANK_1, 0);
    chip.writeUint8(IOCON, 0);
    chip.writeUint16(DEFVAL, PATTERN);
    if (chip.readUint16(DEFVAL) !== PATTERN) throw new Error("unexpected chip");
    chip.writeUint16(GPINTEN, 0);
    chip.writeUint16(IPOL, 0);
    // The latch before the direction: no output is ever at an old level.
    chip.writeUint16(OLAT, this.#latch);
    chip.writeUint16(GPPU, this.#pulledUp);
    chip.writeUint16(IODIR, this.#inputs);
    this.#ready = true;
  }

  close(): void {
    const chip = this.#io;
    if (chip === undefined) return;
    this.#io = undefined;
    try {
      chip.writeUint16(IODIR, ALL);
    } catch {
      // It does not answer: whoever closes a driver that is out of order must get through.
    }
    chip.close?.();
  }

  // ---- for its banks ----------------------------------------------------------------------------------------------

  own({ pins, mode }: DigitalBankOptions): void {
    this.#chip();
    if (!Number.isInteger(pins) || pins <= 0 || pins > ALL) throw new RangeError("invalid pins");
    if ((this.#owned & pins) !== 0) throw new Error("in use");
    const input = mode === MODES.Input || mode === MODES.InputPullUp;
    if (!input && mode !== MODES.Output && mode !== MODES.OutputOpenDrain) throw new RangeError("invalid mode");
    if (input && (pins & OUTPUTS_ONLY) !== 0) throw new RangeError("output only");
    this.#owned |= pins;
    this.#latch &= ~pins;
    this.#pulledUp = mode === MODES.InputPullUp ? this.#pulledUp | pins : this.#pulledUp & ~pins;
    if (mode === MODES.Output) this.#inputs &= ~pins;
    // Nothing of it is changed but these pins; if it does not answer now, its next use puts it so.
    this.#ready = false;
    this.renew();
  }

  free(pins: number): void {
    this.#owned &= ~pins;
    this.#latch &= ~pins;
    this.#inputs |= pins;
    this.#pulledUp &= ~pins;
    if (this.#io === undefined) return;
    this.#ready = false;
    this.renew();
  }

  levels(): number {
    return this.#use((chip) => chip.readUint16(GPIO));
  }

  /** Of outputs: their levels. */
  drive(pins: number, value: number): void {
    this.#latch = (this.#latch & ~pins) | (value & pins);
    this.#use((chip) => chip.writeUint16(OLAT, this.#latch));
  }

  /** Of open drains: pins at 1 let go of their line, the others pull it down. */
  letGo(pins: number, value: number): void {
    this.#inputs = (this.#inputs & ~pins) | (value & pins);
    this.#use((chip) => chip.writeUint16(IODIR, this.#inputs));
  }

  /** Throws if the chip does not answer. */
  #use<T>(act: (chip: SMBusIo) => T): T {
    const chip = this.#chip();
    if (!this.#ready) this.configure();
    try {
      return act(chip);
    } catch (error) {
      this.#ready = false;
      throw error;
    }
  }

  #chip(): SMBusIo {
    if (this.#io === undefined) throw new Error("expander is closed");
    return this.#io;
  }
}

function bankClass(expander: Expander): DigitalBankClass {
  return class DigitalBank implements DigitalBankIo {
    static readonly Input = MODES.Input;
    static readonly InputPullUp = MODES.InputPullUp;
    static readonly InputPullDown = MODES.InputPullDown;
    static readonly Output = MODES.Output;
    static readonly OutputOpenDrain = MODES.OutputOpenDrain;
    readonly #pins: number;
    readonly #mode: number;
    #open = true;

    constructor(options: DigitalBankOptions) {
      expander.own(options);
      this.#pins = options.pins;
      this.#mode = options.mode;
    }

    read(): number {
      this.#check();
      return expander.levels() & this.#pins;
    }

    write(value: number): void {
      this.#check();
      if (this.#mode === MODES.Output) expander.drive(this.#pins, value);
      else if (this.#mode === MODES.OutputOpenDrain) expander.letGo(this.#pins, value);
      else throw new Error("can't write input");
    }

    close(): void {
      if (!this.#open) return;
      this.#open = false;
      expander.free(this.#pins);
    }

    #check(): void {
      if (!this.#open) throw new Error("bank is closed");
    }
  };
}
