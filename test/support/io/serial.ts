/**
 * A simulated UART behind ECMA-419's Serial: small buffers each way, bytes that take their time at the baud rate, an
 * output that is full and throws, an input that overflows and loses.
 */
import type { SerialClass, SerialIo, SerialOptions } from "../../../firmware/io/ecma-419.js";
import type { SimChip } from "./chip.js";

export const FIFO_BYTES = 128;
const BITS_PER_BYTE = 10;
/** Told to be writable when so few bytes are left. */
const NEARLY_EMPTY_BYTES = 10;
const MAX_BAUD = 20_000_000;
const PORTS = 3;

/** The socket: what is plugged into it hears and says bytes. */
export class SimSocket {
  readonly heard: number[] = [];
  baud = 0;
  /** Bytes that the chip's input lost. */
  lost = 0;
  say: (bytes: readonly number[]) => void = () => {};
}

export function serialClass(chip: SimChip, socket: SimSocket): SerialClass {
  const ports: number[] = [];
  return class Serial extends SimSerial {
    constructor(options: SerialOptions) {
      super(chip, socket, ports, options);
    }
  };
}

class SimSerial implements SerialIo {
  readonly #chip: SimChip;
  readonly #socket: SimSocket;
  readonly #ports: number[];
  readonly #options: SerialOptions;
  #in: number[] = [];
  #out: number[] = [];
  #open = true;
  #sending = false;
  #readable = false;
  #writable = false;

  constructor(chip: SimChip, socket: SimSocket, ports: number[], options: SerialOptions) {
    this.#chip = chip;
    this.#socket = socket;
    this.#ports = ports;
    const { receive, transmit, port, baud } = options;
    if (!Number.isInteger(port) || port < 0 || port >= PORTS) throw new RangeError("invalid port");
    if (!(baud > 0) || baud > MAX_BAUD) throw new RangeError("invalid baud");
    if (this.#ports.includes(port)) throw new RangeError("port in use");
    this.#chip.own(transmit, true);
    try {
      this.#chip.own(receive, false);
    } catch (error) {
      this.#chip.free(transmit);
      throw error;
    }
    this.#ports.push(port);
    this.#options = options;
    this.#socket.baud = baud;
    this.#socket.say = (bytes) => this.#take(bytes);
    this.#tellWritable();
  }

  read(): ArrayBuffer | undefined {
    this.#check();
    if (this.#in.length === 0) return undefined;
    const bytes = new ArrayBuffer(this.#in.length);
    new Uint8Array(bytes).set(this.#in);
    this.#in = [];
    return bytes;
  }

  write(bytes: Uint8Array): void {
    this.#check();
    if (this.#out.length + bytes.length > FIFO_BYTES) throw new Error("output full");
    this.#out.push(...bytes);
    if (this.#sending) return;
    this.#sending = true;
    this.#send();
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#ports.splice(this.#ports.indexOf(this.#options.port), 1);
    this.#chip.free(this.#options.receive);
    this.#chip.free(this.#options.transmit);
  }

  #send(): void {
    this.#chip.world.after((BITS_PER_BYTE * 1_000_000) / this.#options.baud, () => {
      const byte = this.#out.shift();
      if (byte !== undefined && this.#open) this.#socket.heard.push(byte);
      this.#sending = this.#out.length > 0 && this.#open;
      if (this.#sending) this.#send();
      if (this.#out.length <= NEARLY_EMPTY_BYTES) this.#tellWritable();
    });
  }

  #take(bytes: readonly number[]): void {
    if (!this.#open) return;
    for (const byte of bytes) {
      if (this.#in.length < FIFO_BYTES) this.#in.push(byte);
      else this.#socket.lost += 1;
    }
    if (this.#readable) return;
    this.#readable = true;
    this.#chip.world.after(0, () => {
      this.#readable = false;
      if (this.#open && this.#in.length > 0) this.#options.onReadable(this.#in.length);
    });
  }

  #tellWritable(): void {
    if (this.#writable) return;
    this.#writable = true;
    this.#chip.world.after(0, () => {
      this.#writable = false;
      if (this.#open) this.#options.onWritable(FIFO_BYTES - this.#out.length);
    });
  }

  #check(): void {
    if (!this.#open) throw new Error("serial is closed");
  }
}
