/**
 * ECMA-419 classes as the network uses them, as types only (ECMA-419 2nd ed. §10.8 TCP, §10.9 UDP; network interfaces
 * and DNS resolvers after the Moddable SDK). The classes are handed in; nothing here imports one.
 */

/** A TCP or TLS connection. `write` may take at most what `onWritable` or the last `write` offered. */
export interface Socket {
  /** Exactly so many bytes, at most those that `onReadable` announced. */
  read(byteLength: number): ArrayBuffer | number | undefined;
  /** How much more may be written at once; undefined = wait for `onWritable`. */
  write(bytes: Uint8Array): number | undefined;
  close(): void;
}

export interface SocketOptions {
  /** Dotted address. */
  readonly address: string;
  /** Name of the host: what its certificate must bear. */
  readonly host: string;
  readonly port: number;
  readonly onReadable: (byteLength: number) => void;
  readonly onWritable: (byteLength: number) => void;
  /** Refused, broken or closed by the other side; nothing comes after it. */
  readonly onError: () => void;
}

export type SocketClass = new (options: SocketOptions) => Socket;

export interface Datagrams {
  /** One datagram; the buffer bears the sender's `address` and `port`, as the SDK's do. */
  read(): ArrayBuffer | undefined;
  write(bytes: Uint8Array, address: string, port: number): void;
  close(): void;
}

export interface DatagramOptions {
  /** Our own port; absent: any. */
  readonly port?: number;
  readonly onReadable: (packets: number) => void;
  readonly onError: () => void;
}

export type DatagramClass = new (options: DatagramOptions) => Datagrams;

/** Answers once: an address, or undefined if there is none. */
export type Resolve = (host: string, answer: (address: string | undefined) => void) => void;

/** One alarm at a time, monotonic ms. */
export interface Clockwork {
  nowMs(): number;
  /** Calls `ring` once, `afterMs` from now; the newest order counts, undefined is none. */
  alarm(afterMs: number | undefined, ring: () => void): void;
}
