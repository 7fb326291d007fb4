/**
 * Driver of the DEX socket (EVA-DTS 6.1, DEX/UCS: 9,600 baud, 8N1, no flow control): bytes in at once, bytes out
 * through the UART's small buffer as it empties. What a handset says and gets is firmware/audit's; here are only bytes.
 */
import type { DexPort } from "../ports/hardware.js";
import type { WorldInput } from "../ports/inputs.js";
import type { SerialClass, SerialIo } from "./ecma-419.js";

export const DEX_BAUD = 9_600;
/** Two blocks of the longest kind: the protocol waits for an acknowledgement after each. */
export const MAX_WAITING_BYTES = 600;
/** Into a UART whose free space nobody has told yet. */
const FIRST_BYTES = 16;

export interface DexSerialOptions {
  readonly io: SerialClass;
  readonly receive: number;
  readonly transmit: number;
  readonly port: number;
}

export class DexSerial implements DexPort {
  #io: SerialIo | undefined;
  #deliver: ((input: WorldInput) => void) | undefined;
  #waiting: Uint8Array = new Uint8Array(0);
  /** Bytes the UART is known to take. */
  #room = FIRST_BYTES;

  constructor({ io, ...options }: DexSerialOptions) {
    this.#io = new io({
      ...options,
      baud: DEX_BAUD,
      format: "buffer",
      onReadable: () => this.#readable(),
      onWritable: (bytes) => this.#writable(bytes),
    });
  }

  listen(deliver: (input: WorldInput) => void): void {
    this.#deliver = deliver;
  }

  /** Queued as a whole or, where the queue is full, left away as a whole: the handset asks again. */
  send(bytes: Uint8Array): void {
    if (this.#io === undefined) throw new Error("dex is closed");
    if (this.#waiting.length + bytes.length > MAX_WAITING_BYTES) return;
    const all = new Uint8Array(this.#waiting.length + bytes.length);
    all.set(this.#waiting);
    all.set(bytes, this.#waiting.length);
    this.#waiting = all;
    this.#pump();
  }

  /** Bytes not yet with the UART. */
  get waitingBytes(): number {
    return this.#waiting.length;
  }

  close(): void {
    const io = this.#io;
    this.#io = undefined;
    this.#waiting = new Uint8Array(0);
    io?.close();
  }

  #readable(): void {
    const read = this.#io?.read();
    // In the format "buffer" it gives nothing else.
    if (read instanceof ArrayBuffer && read.byteLength > 0) {
      this.#deliver?.({ on: "dex", bytes: new Uint8Array(read) });
    }
  }

  #writable(bytes: number): void {
    this.#room = bytes;
    this.#pump();
  }

  #pump(): void {
    const length = Math.min(this.#room, this.#waiting.length);
    if (length === 0 || this.#io === undefined) return;
    this.#io.write(this.#waiting.slice(0, length));
    this.#waiting = this.#waiting.slice(length);
    this.#room -= length;
  }
}
