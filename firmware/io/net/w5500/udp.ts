/**
 * Datagrams as a class (`Datagrams`, after ECMA-419 §10.9) on a W5500's own UDP. What is read bears the sender's
 * `address` and `port`, as the Moddable SDK's does.
 */

import { addressBytes, addressText } from "../addresses.js";
import type { DatagramClass, DatagramOptions, Datagrams } from "../sockets.js";
import type { W5500 } from "./chip.js";
import type { HardSocket, SocketUser } from "./hard-socket.js";
import { EVENT, SOCKET_MODE, STATUS, UDP_HEADER_BYTES } from "./registers.js";

/** What a frame of Ethernet can carry; the chip does not take packets apart or put them together. */
export const MAX_DATAGRAM_BYTES = 1_472;
/** Datagrams counted in the buffer at once. */
export const MAX_WAITING = 16;

/** The datagram class of one chip. */
export function udpClassOn(chip: W5500): DatagramClass {
  return class extends W5500Udp {
    constructor(options: DatagramOptions) {
      super(chip, options);
    }
  };
}

class W5500Udp implements Datagrams, SocketUser {
  readonly #options: DatagramOptions;
  #socket: HardSocket | undefined;
  /** Datagrams told of and not read. */
  #announced = 0;

  /** Throws for a bad port, and where there is no chip or no socket. */
  constructor(chip: W5500, options: DatagramOptions) {
    const { port = 0 } = options;
    if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new RangeError("invalid port");
    this.#options = options;
    this.#socket = chip.openSocket(this, "small", SOCKET_MODE.udp, STATUS.udp, port);
  }

  read(): ArrayBuffer | undefined {
    const socket = this.#open();
    const received = socket.received();
    if (received < UDP_HEADER_BYTES) return undefined;
    const header = socket.peek(0, UDP_HEADER_BYTES);
    const byteLength = lengthIn(header);
    if (byteLength === 0 || UDP_HEADER_BYTES + byteLength > received) {
      // no datagram can be like that: begin with an empty buffer
      socket.drop(received);
      this.#announced = 0;
      return undefined;
    }
    const bytes = socket.peek(UDP_HEADER_BYTES, byteLength).buffer;
    socket.drop(UDP_HEADER_BYTES + byteLength);
    this.#announced = Math.max(0, this.#announced - 1);
    return Object.assign(bytes, {
      address: addressText(header),
      port: ((header[4] ?? 0) << 8) | (header[5] ?? 0),
    });
  }

  write(bytes: Uint8Array, address: string, port: number): void {
    const socket = this.#open();
    const peer = addressBytes(address);
    if (peer === undefined) throw new RangeError("invalid address");
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new RangeError("invalid port");
    if (bytes.length === 0 || bytes.length > MAX_DATAGRAM_BYTES) throw new RangeError("invalid length");
    if (socket.sending || socket.free() < bytes.length) throw new Error("would block");
    socket.setPeer(peer, port);
    if (!socket.send(bytes)) throw new Error("w5500 does not send");
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  onLost(): void {
    if (this.#socket === undefined) return;
    this.close();
    this.#options.onError();
  }

  /** A datagram that found nobody (timeout of ARP) is lost, as datagrams may be. */
  onEvents(events: number): void {
    if (events !== 0 && (events & EVENT.received) === 0) return;
    const waiting = this.#waiting();
    if (waiting <= this.#announced) return;
    const fresh = waiting - this.#announced;
    this.#announced = waiting;
    this.#options.onReadable(fresh);
  }

  #waiting(): number {
    const socket = this.#socket;
    const received = socket?.received() ?? 0;
    let count = 0;
    for (let at = 0; socket !== undefined && at + UDP_HEADER_BYTES < received && count < MAX_WAITING; count++) {
      at += UDP_HEADER_BYTES + lengthIn(socket.peek(at, UDP_HEADER_BYTES));
    }
    return count;
  }

  #open(): HardSocket {
    if (this.#socket === undefined) throw new Error("socket is closed");
    return this.#socket;
  }
}

function lengthIn(header: Uint8Array): number {
  return ((header[6] ?? 0) << 8) | (header[7] ?? 0);
}
