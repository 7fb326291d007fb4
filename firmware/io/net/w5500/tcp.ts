/**
 * TCP as a socket class (`Socket`, after ECMA-419 §10.8) on a W5500's own TCP. Room is offered when the chip has sent
 * what it was given: until then `write` says undefined, and `onWritable` follows. What has come in before the other
 * side closed can still be read; the error follows when it has been.
 */

import { addressBytes, isStation } from "../addresses.js";
import type { Socket, SocketClass, SocketOptions } from "../sockets.js";
import type { W5500 } from "./chip.js";
import type { HardSocket, SocketUser } from "./hard-socket.js";
import { EVENT, SOCKET_MODE, STATUS } from "./registers.js";

/** The socket class of one chip. */
export function tcpClassOn(chip: W5500): SocketClass {
  return class extends W5500Tcp {
    constructor(options: SocketOptions) {
      super(chip, options);
    }
  };
}

class W5500Tcp implements Socket, SocketUser {
  readonly #chip: W5500;
  readonly #options: SocketOptions;
  #socket: HardSocket | undefined;
  #connected = false;
  /** Bytes that may be written. */
  #room = 0;
  /** Told to be readable, and not read. */
  #announced = 0;

  /** Throws for a bad address or port, and where there is no network or no socket. */
  constructor(chip: W5500, options: SocketOptions) {
    const { address, port } = options;
    const peer = addressBytes(address);
    if (peer === undefined || !isStation(peer)) throw new RangeError("invalid address");
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new RangeError("invalid port");
    if (!chip.hasAddress) throw new Error("no network");
    this.#chip = chip;
    this.#options = options;
    const socket = chip.openSocket(this, "large", SOCKET_MODE.tcp, STATUS.initial, 0);
    socket.setPeer(peer, port);
    if (!socket.connect()) {
      socket.close();
      throw new Error("w5500 does not connect");
    }
    this.#socket = socket;
  }

  read(byteLength: number): ArrayBuffer {
    const socket = this.#open();
    if (!Number.isInteger(byteLength) || byteLength <= 0 || byteLength > this.#announced) throw new Error("invalid");
    const bytes = socket.peek(0, byteLength);
    socket.drop(byteLength);
    this.#announced -= byteLength;
    return bytes.buffer;
  }

  write(bytes: Uint8Array): number | undefined {
    const socket = this.#open();
    if (!this.#connected || bytes.length > this.#room) throw new Error("would block");
    if (bytes.length === 0) return this.#room;
    this.#room = 0;
    if (!socket.send(bytes)) throw new Error("w5500 does not send");
    return undefined;
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    if (this.#connected) socket.leave(this.#chip.nowMs());
    else socket.close();
  }

  onLost(): void {
    this.#end();
  }

  onEvents(events: number): void {
    if ((events & EVENT.connected) !== 0) this.#connected = true;
    if (this.#connected && (events & EVENT.timeout) === 0) this.#offer();
    this.#announce();
    if ((events & EVENT.timeout) !== 0) return this.#end();
    const status = this.#socket?.status;
    if ((status === STATUS.closeWait || status === STATUS.closed) && this.#announced === 0) this.#end();
  }

  #announce(): void {
    const received = this.#socket?.received() ?? 0;
    if (received <= this.#announced) return;
    this.#announced = received;
    this.#options.onReadable(received);
  }

  #offer(): void {
    const socket = this.#socket;
    if (socket === undefined || socket.sending || this.#room > 0) return;
    this.#room = socket.free();
    if (this.#room > 0) this.#options.onWritable(this.#room);
  }

  #open(): HardSocket {
    if (this.#socket === undefined) throw new Error("socket is closed");
    return this.#socket;
  }

  #end(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    socket.close();
    this.#options.onError();
  }
}
