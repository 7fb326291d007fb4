/**
 * A simulated SPI behind ECMA-419's class as the SDK's esp32 has it: one device, its select line low from the start
 * until a first transfer was let go, full duplex, transfers of at most one buffer. Nobody there reads as `idle`.
 */
import type { SpiClass, SpiIo, SpiOptions } from "../../../firmware/io/ecma-419.js";
import type { SimChip } from "./chip.js";

export interface SpiDevice {
  select(active: boolean): void;
  /** A byte each way. */
  exchange(byte: number): number;
}

const MAX_HZ = 40_000_000;
const MAX_TRANSFER_BYTES = 1_024;
const HOSTS = [0, 1, 2];

export class SimSpi {
  readonly SPI: SpiClass;
  device: SpiDevice | undefined;
  /** What the line in says without a device. */
  idle = 0xff;
  /** Frames so far, and the longest. */
  frames = 0;
  longestBytes = 0;
  readonly #chip: SimChip;

  constructor(chip: SimChip) {
    const bus = this;
    this.#chip = chip;
    this.SPI = class extends SimSpiIo {
      constructor(options: SpiOptions) {
        super(bus, options);
      }
    };
  }

  own({ clock, in: input, out, select, hz, port, active, mode }: SpiOptions): void {
    if (!(hz >= 1) || hz > MAX_HZ) throw new RangeError("invalid hz");
    if (!HOSTS.includes(port)) throw new RangeError("invalid port");
    if (active !== 0 || mode !== 0) throw new RangeError("the device wants select low and mode 0");
    const owned: number[] = [];
    try {
      for (const pin of [clock, out, select, input]) {
        this.#chip.own(pin, pin !== input);
        owned.push(pin);
      }
    } catch (error) {
      for (const pin of owned) this.#chip.free(pin);
      throw error;
    }
  }

  free({ clock, in: input, out, select }: SpiOptions): void {
    for (const pin of [clock, input, out, select]) this.#chip.free(pin);
  }

  transfer(bytes: Uint8Array): void {
    if (bytes.length > MAX_TRANSFER_BYTES) throw new RangeError("more than one transfer can move");
    this.frames += 1;
    this.longestBytes = Math.max(this.longestBytes, bytes.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.device?.exchange(bytes[i] ?? 0) ?? this.idle;
  }
}

class SimSpiIo implements SpiIo {
  readonly #bus: SimSpi;
  readonly #options: SpiOptions;
  #open = true;
  #selected = true;

  constructor(bus: SimSpi, options: SpiOptions) {
    bus.own(options);
    this.#bus = bus;
    this.#options = options;
    bus.device?.select(true);
  }

  transfer(bytes: Uint8Array): void {
    this.#check();
    if (!this.#selected) this.#bus.device?.select(true);
    this.#selected = true;
    this.#bus.transfer(bytes);
  }

  flush(deselect = false): void {
    this.#check();
    if (!deselect || !this.#selected) return;
    this.#selected = false;
    this.#bus.device?.select(false);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#bus.free(this.#options);
  }

  #check(): void {
    if (!this.#open) throw new Error("spi is closed");
  }
}
