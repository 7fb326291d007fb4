/**
 * One socket of the simulated W5500: registers, commands, TCP and UDP as seen from outside, buffers that wrap. What it
 * sends is gone only when the other side has it; what nobody answers ends in a time-out after RTR and RCR.
 */
import { type Datagram, LATENCY_US, Peer } from "./lan.js";
import type { W5500Model } from "./w5500.js";

const EVENT = { connected: 1, disconnected: 2, received: 4, timeout: 8, sent: 0x10 };
const BUFFER_BYTES = 0x4000;
const RETRY_US = 200_000;
const RETRIES = 8;

export class W5500Socket {
  readonly registers = new Uint8Array(0x30);
  readonly #model: W5500Model;
  readonly #transmit = new Uint8Array(BUFFER_BYTES);
  readonly #receive = new Uint8Array(BUFFER_BYTES);
  /** Commands are never taken. */
  stuck = false;
  /** So many readings of a size come out torn. */
  tornReads = 0;
  peer: Peer | undefined;
  /** Pointers start here: near the end, so that they wrap. */
  startAt = 0xfff0;
  #transmitRead = 0;
  /** Up to where SEND has been ordered. */
  #transmitSent = 0;
  #receiveRead = 0;
  #receiveWrite = 0;
  #toCome: number[] = [];
  #finToCome = false;
  /** Counts openings: what was under way for an earlier one is stale. */
  #opened = 0;

  constructor(model: W5500Model) {
    this.#model = model;
  }

  powerUp(): void {
    this.registers.fill(0);
    this.registers[0x16] = 0x80;
    this.registers[0x1e] = 2;
    this.registers[0x1f] = 2;
    this.registers[0x2c] = 0xff;
    this.#forget();
  }

  get status(): number {
    return this.registers[3] ?? 0;
  }

  get interrupts(): boolean {
    return ((this.registers[2] ?? 0) & (this.registers[0x2c] ?? 0)) !== 0;
  }

  // ---- registers and buffers -------------------------------------------------------------------------------------

  readRegister(address: number): number {
    const sizes: { readonly [at: number]: number } = {
      32: this.#free,
      34: this.#transmitRead,
      38: this.#received,
      42: this.#receiveWrite,
    };
    const at = address & ~1;
    const size = sizes[at];
    if (size === undefined) return this.registers[address] ?? 0;
    const isSize = at === 32 || at === 38;
    if (isSize && this.tornReads > 0 && address === at) {
      this.tornReads -= 1;
      return ((size >> 8) + 1 + this.tornReads) & 0xff;
    }
    return address === at ? size >> 8 : size & 0xff;
  }

  writeRegister(address: number, byte: number): void {
    if (address === 1) this.#command(byte);
    else if (address === 2) this.registers[2] = (this.registers[2] ?? 0) & ~byte;
    else if (address !== 3 && address < 0x30) this.registers[address] = byte;
    this.#model.settle();
  }

  writeBuffer(address: number, byte: number): void {
    const size = this.#transmitBytes;
    if (size > 0) this.#transmit[address % size] = byte;
  }

  readBuffer(address: number): number {
    const size = this.#receiveBytes;
    return size > 0 ? (this.#receive[address % size] ?? 0) : 0;
  }

  #word(at: number): number {
    return ((this.registers[at] ?? 0) << 8) | (this.registers[at + 1] ?? 0);
  }

  #setWord(at: number, value: number): void {
    this.registers[at] = value >> 8;
    this.registers[at + 1] = value;
  }

  get #transmitBytes(): number {
    return (this.registers[0x1f] ?? 0) * 1_024;
  }

  get #receiveBytes(): number {
    return (this.registers[0x1e] ?? 0) * 1_024;
  }

  get #free(): number {
    return this.#transmitBytes - ((this.#transmitSent - this.#transmitRead) & 0xffff);
  }

  get #received(): number {
    return (this.#receiveWrite - this.#receiveRead) & 0xffff;
  }

  #event(event: number): void {
    this.registers[2] = (this.registers[2] ?? 0) | event;
    this.#model.settle();
  }

  #later(afterUs: number, run: () => void): void {
    const opened = this.#opened;
    this.#model.lan.world.after(afterUs, () => {
      if (opened === this.#opened) run();
    });
  }

  // ---- commands --------------------------------------------------------------------------------------------------

  #command(command: number): void {
    this.registers[1] = this.stuck ? command : 0;
    if (this.stuck) return;
    if (command === 0x01) this.#open();
    else if (command === 0x04 && this.status === 0x13) this.#connect(0);
    else if (command === 0x08) this.#disconnect();
    else if (command === 0x10) this.#close();
    else if (command === 0x20) this.#send();
    else if (command === 0x40) {
      this.#receiveRead = this.#word(0x28);
      this.pump();
    }
  }

  #forget(): void {
    this.#opened += 1;
    if (this.peer !== undefined) this.peer.gone = true;
    this.peer = undefined;
    this.#toCome = [];
    this.#finToCome = false;
    this.registers[3] = 0;
  }

  #close(): void {
    this.#forget();
  }

  #open(): void {
    this.#forget();
    this.registers[3] = (this.registers[0] ?? 0) & 0x0f ? (((this.registers[0] ?? 0) & 0x0f) === 2 ? 0x22 : 0x13) : 0;
    const { startAt } = this;
    this.#transmitRead = startAt;
    this.#transmitSent = startAt;
    this.#receiveRead = startAt;
    this.#receiveWrite = startAt;
    this.#setWord(0x24, startAt);
    this.#setWord(0x28, startAt);
  }

  #connect(tries: number): void {
    this.registers[3] = 0x15;
    const address = [...this.registers.subarray(0x0c, 0x10)].join(".");
    const service = this.#model.linked ? this.#model.lan.reach(address, this.#word(0x10)) : undefined;
    if (service === undefined) {
      if (tries < RETRIES) this.#later(RETRY_US << tries, () => this.#connect(tries + 1));
      else this.#timeOut();
      return;
    }
    this.#later(LATENCY_US, () => {
      if (service === "refused") return this.#forget();
      this.registers[3] = 0x17;
      const peer = new Peer();
      peer.say = (bytes) => {
        if (peer.gone) return;
        for (const byte of bytes) this.#toCome.push(byte);
        this.#later(LATENCY_US, () => this.pump());
      };
      peer.close = () => {
        if (peer.gone) return;
        this.#finToCome = true;
        this.#later(LATENCY_US, () => this.pump());
      };
      peer.reset = () => {
        if (!peer.gone) this.#later(LATENCY_US, () => this.#forget());
      };
      this.peer = peer;
      this.#event(EVENT.connected);
      service(peer);
    });
  }

  #timeOut(): void {
    this.#forget();
    this.#event(EVENT.timeout);
  }

  #disconnect(): void {
    const { peer } = this;
    if (this.status === 0x1c) {
      this.registers[3] = 0x1d;
      this.#later(LATENCY_US, () => this.#forget());
    } else if (this.status === 0x17) {
      this.registers[3] = 0x18;
    }
    this.#later(LATENCY_US, () => {
      if (peer === undefined || !this.#model.linked) return;
      peer.ended = true;
      peer.onEnd();
    });
  }

  #send(): void {
    const upTo = this.#word(0x24);
    const count = (upTo - this.#transmitSent) & 0xffff;
    const bytes = Uint8Array.from({ length: count }, (_, i) => {
      return this.#transmit[((this.#transmitSent + i) & 0xffff) % this.#transmitBytes] ?? 0;
    });
    this.#transmitSent = upTo;
    if (this.status === 0x22) this.#sendDatagram(bytes, 0);
    else if (this.status === 0x17 || this.status === 0x1c) this.#sendBytes(bytes, 0);
  }

  #sendBytes(bytes: Uint8Array, tries: number): void {
    this.#later(LATENCY_US, () => {
      const { peer } = this;
      // the datasheet does not say what DISCON makes of a SEND under way: here it is lost
      if (this.status !== 0x17 && this.status !== 0x1c) return;
      if (!this.#model.linked || peer === undefined) {
        if (tries < RETRIES) this.#later(RETRY_US << tries, () => this.#sendBytes(bytes, tries + 1));
        else this.#timeOut();
        return;
      }
      this.#transmitRead = (this.#transmitRead + bytes.length) & 0xffff;
      for (const byte of bytes) peer.heard.push(byte);
      this.#event(EVENT.sent);
      peer.onBytes();
    });
  }

  #sendDatagram(bytes: Uint8Array, tries: number): void {
    const to = [...this.registers.subarray(0x0c, 0x10)].join(".");
    const toPort = this.#word(0x10);
    this.#later(LATENCY_US, () => {
      const { lan, address, linked } = this.#model;
      if (!linked || (to !== "255.255.255.255" && !lan.hosts.has(to))) {
        if (tries < 1) this.#later(RETRY_US, () => this.#sendDatagram(bytes, tries + 1));
        else {
          this.#transmitRead = this.#transmitSent;
          this.#event(EVENT.timeout);
        }
        return;
      }
      this.#transmitRead = this.#transmitSent;
      this.#event(EVENT.sent);
      lan.sent({ from: address, fromPort: this.#word(4), to, toPort, bytes });
    });
  }

  // ---- what comes in ---------------------------------------------------------------------------------------------

  /** As much of what the other side has sent as there is room for. */
  pump(): void {
    if (!this.#model.linked || (this.status !== 0x17 && this.status !== 0x18)) return;
    const room = this.#receiveBytes - this.#received;
    const bytes = this.#toCome.splice(0, room);
    if (bytes.length > 0) {
      this.#store(bytes);
      this.#event(EVENT.received);
    }
    if (!this.#finToCome || this.#toCome.length > 0) return;
    this.#finToCome = false;
    if (this.status === 0x18) return this.#forget();
    this.registers[3] = 0x1c;
    this.#event(EVENT.disconnected);
  }

  #store(bytes: readonly number[]): void {
    for (const byte of bytes) {
      this.#receive[this.#receiveWrite % this.#receiveBytes] = byte;
      this.#receiveWrite = (this.#receiveWrite + 1) & 0xffff;
    }
  }

  hearsDatagrams(port: number): boolean {
    return this.status === 0x22 && this.#word(4) === port;
  }

  takeDatagram({ from, fromPort, bytes }: Datagram): boolean {
    if (this.#receiveBytes - this.#received < bytes.length + 8) return false;
    const { length } = bytes;
    this.#store([...from.split(".").map(Number), fromPort >> 8, fromPort & 255, length >> 8, length & 255, ...bytes]);
    this.#event(EVENT.received);
    return true;
  }
}
