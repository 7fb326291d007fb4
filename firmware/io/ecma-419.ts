/**
 * The classes of ECMA-419 (3rd edition, IO Class Pattern) as the drivers ask for them: handed in, never imported, so
 * that the same driver runs on a chip, on an expander and in a test. Constructors throw where a pin is in use or an
 * option is bad; every call after `close` throws; `close` may be called again. Reads and writes throw where the device
 * does not answer.
 */

/** Modes and edges by number, as Moddable's classes have them. */
interface DigitalModes {
  readonly Input: number;
  readonly InputPullUp: number;
  readonly InputPullDown: number;
  readonly Output: number;
  readonly OutputOpenDrain: number;
}

export interface DigitalOptions {
  readonly pin: number;
  readonly mode: number;
  /** With onReadable: which edges, the class's Rising and Falling or both. */
  readonly edge: number;
  readonly onReadable: () => void;
}

export interface DigitalIo {
  read(): 0 | 1;
  write(value: 0 | 1): void;
  close(): void;
}

export interface DigitalClass extends DigitalModes {
  new (options: Pick<DigitalOptions, "pin" | "mode"> | DigitalOptions): DigitalIo;
  readonly Rising: number;
  readonly Falling: number;
}

/** pins, and what is read and written: bit masks. */
export interface DigitalBankOptions {
  readonly pins: number;
  readonly mode: number;
}

export interface DigitalBankIo {
  read(): number;
  write(value: number): void;
  close(): void;
}

export interface DigitalBankClass extends DigitalModes {
  new (options: DigitalBankOptions): DigitalBankIo;
}

export interface I2COptions {
  readonly data: number;
  readonly clock: number;
  readonly hz: number;
  readonly address: number;
  /** Moddable's own: ms after which a bus that hangs is given up; 400 if absent. */
  readonly timeout?: number;
}

export interface I2CIo {
  read(byteLength: number): ArrayBuffer;
  write(bytes: Uint8Array): void;
  /** Always there; Moddable's declarations leave it out. */
  close?(): void;
}

export interface I2CClass {
  new (options: I2COptions): I2CIo;
}

export interface SMBusIo {
  readUint8(register: number): number;
  writeUint8(register: number, value: number): void;
  readUint16(register: number, bigEndian?: boolean): number;
  writeUint16(register: number, value: number, bigEndian?: boolean): void;
  /** So many bytes from `register` on. */
  readBuffer(register: number, byteLength: number): Uint8Array;
  /** As of I2C. */
  close?(): void;
}

export interface SMBusClass {
  new (options: I2COptions): SMBusIo;
}

export interface SerialOptions {
  readonly receive: number;
  readonly transmit: number;
  readonly port: number;
  readonly baud: number;
  readonly format: "buffer";
  readonly onReadable: (bytes: number) => void;
  readonly onWritable: (bytes: number) => void;
}

export interface SerialIo {
  /** What has come in; undefined: nothing. */
  read(): ArrayBuffer | number | undefined;
  /** All of it or an exception: never a part. */
  write(bytes: Uint8Array): void;
  close(): void;
}

export interface SerialClass {
  new (options: SerialOptions): SerialIo;
}

/** As the SDK's esp32 has it: a pin for `select`, low while it is active where `active` is 0. */
export interface SpiOptions {
  readonly clock: number;
  readonly in: number;
  readonly out: number;
  readonly select: number;
  readonly active: 0 | 1;
  readonly port: number;
  readonly hz: number;
  readonly mode: 0 | 1 | 2 | 3;
}

export interface SpiIo {
  /** Sends `bytes` and puts into them what came meanwhile; the chip stays selected. */
  transfer(bytes: Uint8Array): void;
  /** Waits for the end; true: lets the chip go. */
  flush(deselect?: boolean): void;
  /** As of I2C. */
  close?(): void;
}

export interface SpiClass {
  new (options: SpiOptions): SpiIo;
}

/** One open partition of `embedded:storage/flash`. */
export interface FlashIo {
  status(): { readonly size: number; readonly blockLength: number; readonly blocks: number };
  read(byteLength: number, byteOffset: number): ArrayBuffer;
  write(bytes: Uint8Array, byteOffset: number): void;
  eraseBlock(start: number): void;
  close(): void;
}

export interface FlashStorage {
  /** Throws where there is no such partition. */
  open(options: { readonly path: string; readonly mode: "r" | "r+" }): FlashIo;
}

/** One open domain of `embedded:storage/key-value`, its values bytes. */
export interface KeyValueIo {
  /** Undefined or an exception: there is no such key. */
  read(key: string): unknown;
  write(key: string, value: Uint8Array): void;
  close(): void;
}

export interface KeyValueStorage {
  open(options: { readonly path: string; readonly format: "buffer" }): KeyValueIo;
}

/** The platform's timers. Not a part of ECMA-419; handed in likewise. */
export interface Timers {
  /** Monotonic ms. */
  nowMs(): number;
  /** Calls `run` once after `ms`; what it returns takes the order back. */
  after(ms: number, run: () => void): () => void;
  /** Calls `run` again and again, every `ms`; likewise. */
  every(ms: number, run: () => void): () => void;
  /** One alarm for many times: calls `run` once, so many ms after it was last set; set to undefined it rests. */
  alarm(run: () => void): (ms: number | undefined) => void;
}
