/** ECMA-419 TCP and TLS classes on Node's sockets, so that the device's network driver can meet real servers. */
import { Buffer } from "node:buffer";
import { connect, isIP, type Socket as NodeSocket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import type { Clockwork, Socket, SocketClass, SocketOptions } from "../../firmware/io/net/sockets.js";

/** What a socket of the device offers at once. */
const ROOM_BYTES = 8_192;

class OnNode implements Socket {
  readonly #socket: NodeSocket;
  readonly #options: SocketOptions;
  #chunks = Buffer.alloc(0);
  #room = 0;
  #closed = false;

  constructor(options: SocketOptions, socket: NodeSocket, readyEvent: "connect" | "secureConnect") {
    this.#options = options;
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.once(readyEvent, () => this.#offer());
    socket.on("drain", () => this.#offer());
    socket.on("data", (chunk) => {
      if (this.#closed) return;
      this.#chunks = Buffer.concat([this.#chunks, chunk]);
      options.onReadable(this.#chunks.length);
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      if (this.#closed) return;
      this.#closed = true;
      options.onError();
    });
  }

  read(byteLength: number): ArrayBuffer {
    if (this.#closed) throw new Error("closed");
    if (byteLength <= 0 || byteLength > this.#chunks.length) throw new Error("invalid");
    const bytes = new Uint8Array(this.#chunks.subarray(0, byteLength));
    this.#chunks = this.#chunks.subarray(byteLength);
    return bytes.buffer;
  }

  write(bytes: Uint8Array): number {
    if (this.#closed) throw new Error("closed");
    if (bytes.length > this.#room) throw new Error("would block");
    this.#room = this.#socket.write(bytes.slice()) ? ROOM_BYTES : 0;
    return this.#room;
  }

  close(): void {
    this.#closed = true;
    this.#socket.destroy();
  }

  #offer(): void {
    if (this.#closed) return;
    this.#room = ROOM_BYTES;
    this.#options.onWritable(this.#room);
  }
}

/** `taps` sees each socket as it is made: for tests that count or cut. */
export function nodeTcp(taps: (socket: NodeSocket) => void = () => {}): SocketClass {
  return class extends OnNode {
    constructor(options: SocketOptions) {
      const socket = connect(options.port, options.address);
      taps(socket);
      super(options, socket, "connect");
    }
  };
}

export function nodeTls(secure: ConnectionOptions, taps: (socket: NodeSocket) => void = () => {}): SocketClass {
  return class extends OnNode {
    constructor(options: SocketOptions) {
      const tcp = connect(options.port, options.address);
      taps(tcp);
      const { host } = options;
      // RFC 6066 §3: an address is no name; the certificate is held against it all the same
      const names = isIP(host) === 0 ? { host, servername: host } : { host };
      super(options, connectTls({ ...secure, ...names, socket: tcp }), "secureConnect");
    }
  };
}

/** Time that really passes; `close` lets the process end. */
export class NodeClockwork implements Clockwork {
  #timer: NodeJS.Timeout | undefined;

  nowMs(): number {
    return Math.floor(performance.now());
  }

  alarm(afterMs: number | undefined, ring: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = afterMs === undefined ? undefined : setTimeout(ring, afterMs);
  }
}
