/**
 * A WIZnet W5500 as its datasheet has it: frames over SPI, common registers, and the eight sockets of
 * `w5500-socket.ts` on a simulated network. Its troubles are the test's to make: a cable pulled, an interrupt line that
 * says nothing, a supply that dips in the middle of a frame, a chip that hangs until its reset line is pulled, another
 * chip.
 */
import type { SimChip } from "./chip.js";
import type { Datagram, LanStation, SimLan } from "./lan.js";
import type { SpiDevice } from "./spi.js";
import { W5500Socket } from "./w5500-socket.js";

const MODE = 0x00;
const INTERRUPT = 0x15;
const INTERRUPT_MASK = 0x16;
const SOCKET_INTERRUPT = 0x17;
const SOCKET_MASK = 0x18;
const PHY = 0x2e;
const VERSION = 0x39;
const COMMON_BYTES = 0x40;

export interface W5500Pins {
  readonly interrupt: number;
  readonly reset?: number;
}

export class W5500Model implements SpiDevice, LanStation {
  readonly common = new Uint8Array(COMMON_BYTES);
  readonly sockets: readonly W5500Socket[];
  readonly lan: SimLan;
  version = 0x04;
  /** Answers nothing that makes sense until its reset line is pulled. */
  hangs = false;
  /** The interrupt line is broken: nobody hears it. */
  mute = false;
  /** Resets by register, by line and by supply. */
  resets = 0;
  /** After so many more bytes on the bus its supply dips. */
  dipsAfterBytes = Infinity;
  readonly #chip: SimChip;
  readonly #pins: W5500Pins;
  #linked = true;
  #inReset = false;
  /** Bytes of the frame so far; undefined: not selected. */
  #at: number | undefined;
  #address = 0;
  #control = 0;

  constructor(chip: SimChip, lan: SimLan, pins: W5500Pins) {
    this.#chip = chip;
    this.lan = lan;
    this.#pins = pins;
    this.sockets = Array.from({ length: 8 }, () => new W5500Socket(this));
    lan.stations.push(this);
    this.reset();
    if (pins.reset === undefined) return;
    chip.watch(pins.reset, (level) => {
      this.#inReset = level === 0;
      if (level === 0) {
        this.hangs = false;
        this.reset();
      }
    });
  }

  get linked(): boolean {
    return this.#linked;
  }

  plug(linked: boolean): void {
    this.#linked = linked;
    for (const socket of this.sockets) if (linked) socket.pump();
  }

  get address(): string {
    return [...this.common.subarray(0x0f, 0x13)].join(".");
  }

  /** As after power-up. */
  reset(): void {
    this.resets += 1;
    this.common.fill(0);
    this.common[0x19] = 0x07;
    this.common[0x1a] = 0xd0;
    this.common[0x1b] = 0x08;
    this.common[VERSION] = this.version;
    for (const socket of this.sockets) socket.powerUp();
    this.#at = undefined;
    this.settle();
  }

  /** Somebody else on the network has our address. */
  conflict(): void {
    this.common[INTERRUPT] = (this.common[INTERRUPT] ?? 0) | 0x80;
    this.settle();
  }

  /** Drives the interrupt line as registers and masks say. */
  settle(): void {
    let waiting = 0;
    this.sockets.forEach((socket, i) => {
      if (socket.interrupts) waiting |= 1 << i;
    });
    this.common[SOCKET_INTERRUPT] = waiting;
    const common = (this.common[INTERRUPT] ?? 0) & (this.common[INTERRUPT_MASK] ?? 0);
    const low = common !== 0 || (waiting & (this.common[SOCKET_MASK] ?? 0)) !== 0;
    this.#chip.outside(this.#pins.interrupt, low && !this.mute ? 0 : 1);
  }

  // ---- SPI -------------------------------------------------------------------------------------------------------

  select(active: boolean): void {
    this.#at = active ? 0 : undefined;
  }

  exchange(byte: number): number {
    this.dipsAfterBytes -= 1;
    if (this.dipsAfterBytes <= 0) {
      this.dipsAfterBytes = Infinity;
      this.reset();
    }
    const at = this.#at;
    // a frame whose beginning was lost is no frame
    if (at === undefined || this.#inReset || this.hangs) return 0;
    this.#at = at + 1;
    if (at === 0) this.#address = byte << 8;
    else if (at === 1) this.#address |= byte;
    else if (at === 2) this.#control = byte;
    else return this.#data(byte);
    return at + 1;
  }

  #data(byte: number): number {
    const block = this.#control >> 3;
    const writes = (this.#control & 4) !== 0;
    const address = this.#address;
    this.#address = (address + 1) & 0xffff;
    const socket = block === 0 ? undefined : this.sockets[(block - 1) >> 2];
    switch (block & 3) {
      case 0:
        return block === 0 ? this.#commonData(address, byte, writes) : 0;
      case 1:
        if (writes) socket?.writeRegister(address, byte);
        return writes ? 0 : (socket?.readRegister(address) ?? 0);
      case 2:
        if (writes) socket?.writeBuffer(address, byte);
        return 0;
      default:
        return writes ? 0 : (socket?.readBuffer(address) ?? 0);
    }
  }

  #commonData(address: number, byte: number, writes: boolean): number {
    if (address >= COMMON_BYTES) return 0;
    if (!writes) {
      if (address === PHY) return this.#linked ? 0xbf : 0xb8;
      return this.common[address] ?? 0;
    }
    if (address === MODE && (byte & 0x80) !== 0) this.reset();
    else if (address === INTERRUPT) this.common[INTERRUPT] = (this.common[INTERRUPT] ?? 0) & ~byte;
    else if (address !== VERSION && address !== SOCKET_INTERRUPT) this.common[address] = byte;
    this.settle();
    return 0;
  }

  // ---- the network -----------------------------------------------------------------------------------------------

  datagram(datagram: Datagram): boolean {
    const { to, toPort } = datagram;
    // without an address it hears broadcasts only
    if (!this.#linked || this.#inReset || (to !== "255.255.255.255" && to !== this.address)) return false;
    return this.sockets.some((socket) => socket.hearsDatagrams(toPort) && socket.takeDatagram(datagram));
  }
}
