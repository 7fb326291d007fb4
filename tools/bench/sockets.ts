/**
 * ECMA-419 sockets, datagrams and an alarm without a network: what the network driver is given in tests. They are as
 * strict as the real ones: nothing is written beyond what was offered, nothing read that has not come, nothing used
 * after `close`. The test is the other side: it accepts, splits, stalls and breaks.
 */
import type {
  Clockwork,
  DatagramClass,
  DatagramOptions,
  Datagrams,
  Socket,
  SocketClass,
  SocketOptions,
} from "../../firmware/io/net/sockets.js";
import { concatBytes } from "../../shared/bytes.js";

/** One alarm, and time that passes when told to. */
export class SimClockwork implements Clockwork {
  #nowMs = 0;
  #ringAtMs = Infinity;
  #ring: () => void = () => {};

  nowMs(): number {
    return this.#nowMs;
  }

  /** When the alarm is set to ring; Infinity is never. */
  get ringAtMs(): number {
    return this.#ringAtMs;
  }

  alarm(afterMs: number | undefined, ring: () => void): void {
    this.#ringAtMs = afterMs === undefined ? Infinity : this.#nowMs + afterMs;
    this.#ring = ring;
  }

  /** Lets `ms` pass, ringing on the way. */
  pass(ms: number): void {
    const endMs = this.#nowMs + ms;
    while (this.#ringAtMs <= endMs) {
      this.#nowMs = Math.max(this.#nowMs, this.#ringAtMs);
      this.#ringAtMs = Infinity;
      this.#ring();
    }
    this.#nowMs = endMs;
  }
}

export class SimSocket implements Socket {
  readonly options: SocketOptions;
  /** All the machine has written over this connection. */
  written: Uint8Array = new Uint8Array(0);
  closed = false;
  #inbox: Uint8Array = new Uint8Array(0);
  #room = 0;
  /** What is offered after each write; 0 stalls the connection. */
  roomBytes = 8_192;

  constructor(options: SocketOptions) {
    this.options = options;
  }

  read(byteLength: number): ArrayBuffer {
    this.#mustBeOpen();
    if (byteLength <= 0 || byteLength > this.#inbox.length) throw new Error("invalid");
    const bytes = this.#inbox.slice(0, byteLength);
    this.#inbox = this.#inbox.slice(byteLength);
    return bytes.buffer;
  }

  write(bytes: Uint8Array): number {
    this.#mustBeOpen();
    if (bytes.length > this.#room) throw new Error("would block");
    this.written = concatBytes(this.written, bytes);
    this.#room = this.roomBytes;
    return this.#room;
  }

  close(): void {
    this.closed = true;
  }

  // ---- the other side ------------------------------------------------------------------------------------------

  /** Bytes that have come and were not read. */
  get unreadBytes(): number {
    return this.#inbox.length;
  }

  /** The connection stands, or there is room again. */
  offer(): void {
    this.#room = this.roomBytes;
    if (!this.closed) this.options.onWritable(this.#room);
  }

  /** `bytes` arrive in pieces of `pieceBytes`. */
  arrive(bytes: Uint8Array, pieceBytes = bytes.length): void {
    for (let at = 0; at < bytes.length && !this.closed; at += pieceBytes) {
      this.#inbox = concatBytes(this.#inbox, bytes.subarray(at, at + pieceBytes));
      this.options.onReadable(this.#inbox.length);
    }
  }

  /** The other side, or the way to it, is gone. */
  break(): void {
    if (!this.closed) this.options.onError();
  }

  #mustBeOpen(): void {
    if (this.closed) throw new Error("closed");
  }
}

/** Makes sockets and remembers them. */
export class SimSockets {
  readonly opened: SimSocket[] = [];
  /** The next ones cannot even be made: no memory, no address. */
  refuses = false;
  readonly io: SocketClass;

  constructor() {
    const world = this;
    this.io = class extends SimSocket {
      constructor(options: SocketOptions) {
        if (world.refuses) throw new Error("no socket");
        super(options);
        world.opened.push(this);
      }
    };
  }

  get last(): SimSocket {
    const socket = this.opened.at(-1);
    if (socket === undefined) throw new Error("nothing was opened");
    return socket;
  }
}

export class SimDatagrams implements Datagrams {
  readonly options: DatagramOptions;
  readonly sent: { readonly bytes: Uint8Array; readonly address: string; readonly port: number }[] = [];
  closed = false;
  readonly #inbox: ArrayBuffer[] = [];

  constructor(options: DatagramOptions) {
    this.options = options;
  }

  read(): ArrayBuffer | undefined {
    if (this.closed) throw new Error("closed");
    return this.#inbox.shift();
  }

  write(bytes: Uint8Array, address: string, port: number): void {
    if (this.closed) throw new Error("closed");
    this.sent.push({ bytes: bytes.slice(), address, port });
  }

  close(): void {
    this.closed = true;
  }

  arrive(bytes: Uint8Array): void {
    this.#inbox.push(bytes.slice().buffer);
    if (!this.closed) this.options.onReadable(1);
  }
}

export class SimDatagramSockets {
  readonly opened: SimDatagrams[] = [];
  readonly io: DatagramClass;

  constructor() {
    const { opened } = this;
    this.io = class extends SimDatagrams {
      constructor(options: DatagramOptions) {
        super(options);
        opened.push(this);
      }
    };
  }
}
