/**
 * The W5500's registers and buffers over ECMA-419's SPI: one frame an access, the chip selected for just as long
 * (W5500 datasheet §2.2, variable length data mode). SPI has no acknowledgement: a chip that is not there reads as all
 * zeros or all ones, and the driver has to see that by what it reads.
 */
import type { SpiClass, SpiIo, SpiOptions } from "../../ecma-419.js";
import { COMMON_BLOCK, WRITE } from "./registers.js";

/** The SDK's SPI moves at most so much at once (MODDEF_SPI_ESP32_TRANSACTIONSIZE). */
export const FRAME_BYTES = 1_024;
const HEADER_BYTES = 3;
/** Most data in one frame. */
export const FRAME_DATA_BYTES = FRAME_BYTES - HEADER_BYTES;
/** A size that changes while it is read is read again, so often. */
export const MAX_SIZE_READS = 16;

/** Pins and speed; select is low while it is active, mode 0. */
export interface W5500Wiring {
  readonly clock: number;
  readonly in: number;
  readonly out: number;
  readonly select: number;
  /** SPI host of the chip. */
  readonly port: number;
  readonly hz: number;
}

export class W5500Bus {
  readonly #frame = new Uint8Array(FRAME_BYTES);
  /** Views of the frame for registers of one and two bytes. */
  readonly #frame1 = this.#frame.subarray(0, HEADER_BYTES + 1);
  readonly #frame2 = this.#frame.subarray(0, HEADER_BYTES + 2);
  #io: SpiIo | undefined;

  /** Throws where a pin is in use or an option is bad. */
  constructor(io: SpiClass, { clock, in: input, out, select, port, hz }: W5500Wiring) {
    const options: SpiOptions = { clock, in: input, out, select, active: 0, port, hz, mode: 0 };
    this.#io = new io(options);
    // the SDK leaves the select line as it finds it until a first transfer has ended: this one brings it to rest
    this.read8(COMMON_BLOCK, 0);
  }

  read8(block: number, address: number): number {
    const frame = this.#frame1;
    this.#head(block << 3, address);
    frame[HEADER_BYTES] = 0;
    this.#transfer(frame);
    return frame[HEADER_BYTES] ?? 0;
  }

  read16(block: number, address: number): number {
    const frame = this.#frame2;
    this.#head(block << 3, address);
    frame[HEADER_BYTES] = 0;
    frame[HEADER_BYTES + 1] = 0;
    this.#transfer(frame);
    return ((frame[HEADER_BYTES] ?? 0) << 8) | (frame[HEADER_BYTES + 1] ?? 0);
  }

  /** A size that the chip counts while we read its two bytes: until two readings agree; 0 if they never do (§4.2). */
  readSize(block: number, address: number): number {
    let size = this.read16(block, address);
    for (let reads = 1; reads < MAX_SIZE_READS; reads++) {
      const again = this.read16(block, address);
      if (again === size) return size;
      size = again;
    }
    return 0;
  }

  write8(block: number, address: number, value: number): void {
    this.#head((block << 3) | WRITE, address);
    this.#frame[HEADER_BYTES] = value;
    this.#transfer(this.#frame1);
  }

  write16(block: number, address: number, value: number): void {
    this.#head((block << 3) | WRITE, address);
    this.#frame[HEADER_BYTES] = value >> 8;
    this.#frame[HEADER_BYTES + 1] = value;
    this.#transfer(this.#frame2);
  }

  /** Bytes from `address` on; addresses wrap at 16 bits, buffers at their size: the chip does both. */
  read(block: number, address: number, byteLength: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(byteLength);
    for (let at = 0; at < byteLength; at += FRAME_DATA_BYTES) {
      const count = Math.min(FRAME_DATA_BYTES, byteLength - at);
      this.#head(block << 3, address + at);
      const frame = this.#frame.subarray(0, HEADER_BYTES + count).fill(0, HEADER_BYTES);
      this.#transfer(frame);
      bytes.set(frame.subarray(HEADER_BYTES), at);
    }
    return bytes;
  }

  write(block: number, address: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += FRAME_DATA_BYTES) {
      const part = bytes.subarray(at, at + FRAME_DATA_BYTES);
      this.#head((block << 3) | WRITE, address + at);
      this.#frame.set(part, HEADER_BYTES);
      this.#transfer(this.#frame.subarray(0, HEADER_BYTES + part.length));
    }
  }

  close(): void {
    const io = this.#io;
    this.#io = undefined;
    io?.close?.();
  }

  #head(control: number, address: number): void {
    this.#frame[0] = address >> 8;
    this.#frame[1] = address;
    this.#frame[2] = control;
  }

  #transfer(frame: Uint8Array): void {
    if (this.#io === undefined) throw new Error("w5500 is closed");
    this.#io.transfer(frame);
    this.#io.flush(true);
  }
}
