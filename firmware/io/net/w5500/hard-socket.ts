/**
 * One of the W5500's eight sockets: its registers, commands and buffers (W5500 datasheet §4.2). Knows nothing of what
 * travels; `tcp.ts` and `udp.ts` use it, `chip.ts` hands it out and tells it what the chip has latched.
 */
import type { W5500Bus } from "./bus.js";
import { COMMAND, EVENT, receiveBlock, registerBlock, SOCKET, STATUS, transmitBlock } from "./registers.js";

/** The chip takes a command within microseconds: after so many looks there is no chip. */
export const MAX_COMMAND_READS = 64;
/** For the other side to close, too; then it is closed without it. */
export const LINGER_MS = 3_000;

/** Who uses a socket. */
export interface SocketUser {
  /** Bits of EVENT; 0: nothing has happened, but something that no event tells may have changed. */
  onEvents(events: number): void;
  /** The chip, the address or the way is gone, and the socket with it. */
  onLost(): void;
}

export class HardSocket {
  readonly index: number;
  readonly receiveBytes: number;
  readonly transmitBytes: number;
  user: SocketUser | undefined;
  /** A SEND is under way: no other may be ordered before its end. */
  sending = false;
  readonly #bus: W5500Bus;
  readonly #registers: number;
  /** Of a socket that its user has left: when it is closed by force; undefined: nobody has left it. */
  #lingerUntilMs: number | undefined;
  #finSent = false;

  constructor(bus: W5500Bus, index: number, kiB: number) {
    this.#bus = bus;
    this.index = index;
    this.receiveBytes = kiB * 1_024;
    this.transmitBytes = kiB * 1_024;
    this.#registers = registerBlock(index);
  }

  get isFree(): boolean {
    return this.user === undefined && this.#lingerUntilMs === undefined;
  }

  get lingers(): boolean {
    return this.#lingerUntilMs !== undefined;
  }

  /** False: the chip does not do as it is told. */
  open(mode: number, port: number, status: number): boolean {
    this.sending = false;
    this.#lingerUntilMs = undefined;
    this.#finSent = false;
    this.#bus.write8(this.#registers, SOCKET.mode, mode);
    this.#bus.write16(this.#registers, SOCKET.port, port);
    this.#bus.write8(this.#registers, SOCKET.interrupt, 0xff);
    this.#bus.write8(this.#registers, SOCKET.interruptMask, 0x1f);
    return this.#command(COMMAND.open) && this.status === status;
  }

  get status(): number {
    return this.#bus.read8(this.#registers, SOCKET.status);
  }

  setPeer(address: Uint8Array, port: number): void {
    this.#bus.write(this.#registers, SOCKET.peerAddress, address);
    this.#bus.write16(this.#registers, SOCKET.peerPort, port);
  }

  connect(): boolean {
    return this.#command(COMMAND.connect);
  }

  /** What has happened since; the chip is told that we know. */
  takeEvents(): number {
    const events = this.#bus.read8(this.#registers, SOCKET.interrupt) & 0x1f;
    if (events !== 0) this.#bus.write8(this.#registers, SOCKET.interrupt, events);
    if ((events & (EVENT.sent | EVENT.timeout)) !== 0) this.sending = false;
    return events;
  }

  /** Bytes that have come; never more than there is room for. */
  received(): number {
    const size = this.#bus.readSize(this.#registers, SOCKET.received);
    return size <= this.receiveBytes ? size : 0;
  }

  /** Bytes that may be put. */
  free(): number {
    const size = this.#bus.readSize(this.#registers, SOCKET.transmitFree);
    return size <= this.transmitBytes ? size : 0;
  }

  /** Bytes from `offset` behind the oldest unread one; they stay. */
  peek(offset: number, byteLength: number): Uint8Array<ArrayBuffer> {
    const from = this.#bus.read16(this.#registers, SOCKET.receiveRead) + offset;
    return this.#bus.read(receiveBlock(this.index), from & 0xffff, byteLength);
  }

  /** The oldest `byteLength` bytes make room. */
  drop(byteLength: number): void {
    const from = this.#bus.read16(this.#registers, SOCKET.receiveRead);
    this.#bus.write16(this.#registers, SOCKET.receiveRead, (from + byteLength) & 0xffff);
    this.#command(COMMAND.receive);
  }

  send(bytes: Uint8Array): boolean {
    const from = this.#bus.read16(this.#registers, SOCKET.transmitWrite);
    this.#bus.write(transmitBlock(this.index), from, bytes);
    this.#bus.write16(this.#registers, SOCKET.transmitWrite, (from + bytes.length) & 0xffff);
    this.sending = this.#command(COMMAND.send);
    return this.sending;
  }

  /** At once; whatever was under way is gone. */
  close(): void {
    this.user = undefined;
    this.sending = false;
    this.#lingerUntilMs = undefined;
    this.#command(COMMAND.close);
    this.#bus.write8(this.#registers, SOCKET.interrupt, 0xff);
  }

  /** TCP: what was given is still sent, then the end is said; `linger` has to be called until it is over. */
  leave(nowMs: number): void {
    this.user = undefined;
    this.#lingerUntilMs = nowMs + LINGER_MS;
    this.linger(nowMs);
  }

  linger(nowMs: number): void {
    if (this.#lingerUntilMs === undefined) return;
    const { status } = this;
    const stands = status === STATUS.established || status === STATUS.closeWait;
    if (status === STATUS.closed || nowMs >= this.#lingerUntilMs || (!stands && !this.#finSent)) return this.close();
    if (stands && !this.sending && !this.#finSent) this.#finSent = this.#command(COMMAND.disconnect);
  }

  #command(command: number): boolean {
    this.#bus.write8(this.#registers, SOCKET.command, command);
    for (let reads = 0; reads < MAX_COMMAND_READS; reads++) {
      if (this.#bus.read8(this.#registers, SOCKET.command) === 0) return true;
    }
    return false;
  }
}
