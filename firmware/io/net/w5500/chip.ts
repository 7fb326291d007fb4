/**
 * Driver of a WIZnet W5500: Ethernet with TCP and UDP in the chip, over SPI. Resets and checks the chip, sets it up,
 * watches it and its cable, hands out its sockets. Its interrupt line only makes it faster: whatever the line loses is
 * found at the next look, because the chip latches what happened. A chip that is silent, another one, or has been reset
 * by a dip of its supply loses its sockets and is begun anew, with back-off, for ever. Drives no protocol.
 */
import { deepFreeze } from "../../../../shared/freeze.js";
import type { DigitalClass, DigitalIo, SpiClass } from "../../ecma-419.js";
import type { Clockwork } from "../sockets.js";
import { W5500Bus, type W5500Wiring } from "./bus.js";
import { HardSocket, type SocketUser } from "./hard-socket.js";
import {
  BUFFER_SIZES_KIB,
  COMMON,
  COMMON_BLOCK,
  COMMON_BYTES,
  INTERRUPT_CONFLICT,
  MEMORY_KIB,
  MODE_RESET,
  PHY_LINK,
  registerBlock,
  SOCKET,
  SOCKETS,
  VERSION,
} from "./registers.js";

/** RSTn low for 500 µs at least (datasheet §5.5.1), rounded up to what timers can do. */
export const RESET_MS = 2;
/** The PLL locks within 1 ms; its PHY takes longer. */
export const SETTLE_MS = 60;
/** Between two looks at chip, cable and sockets. */
export const LOOK_MS = 100;
export const AGAIN_FIRST_MS = 2_000;
export const AGAIN_MAX_MS = 60_000;
/** Times the interrupts are looked for in one go; what is left is found at the next look. */
export const MAX_ROUNDS = 8;
/** Retransmission: 200 ms, doubling, eight times: a peer that is silent for 31 s is gone. */
const RETRY_TIME = 2_000;
const RETRY_COUNT = 8;
/** Highest that the datasheet vouches for. */
const MAX_HZ = 33_300_000;
/** Ports of our own, as RFC 6335 §6 has them. */
const FIRST_OWN_PORT = 49_152;
const OWN_PORTS = 16_384;
/** Two of 4 KiB for TLS, which then takes a whole record at once; four of 2 KiB for names, time and address. */
export const BUFFERS_KIB: readonly number[] = deepFreeze([4, 4, 2, 2, 2, 2, 0, 0]);
const NO_ADDRESS: readonly number[] = deepFreeze([0, 0, 0, 0]);

export interface W5500Options extends W5500Wiring {
  readonly io: SpiClass;
  readonly Digital: DigitalClass;
  /** INTn, low while there is something to be fetched. */
  readonly interrupt: number;
  /** RSTn; absent: reset by register alone, which a chip that hangs may not hear. */
  readonly reset?: number | undefined;
  /** 6 bytes, of one station. */
  readonly hardwareAddress: Uint8Array;
  /** For each socket, both ways, KiB: 0, 1, 2, 4, 8 or 16, together at most 16. */
  readonly buffersKiB?: readonly number[];
  readonly clockwork: Clockwork;
  readonly random: (bound: number) => number;
  /** Chip or cable have come or gone. */
  readonly onChanged: () => void;
  /** Another station has said that our address is its own. */
  readonly onConflict: () => void;
}

/** Four bytes each. */
export interface StationAddress {
  readonly address: Uint8Array;
  readonly mask: Uint8Array;
  readonly gateway: Uint8Array;
}

export class W5500 {
  readonly #options: W5500Options;
  readonly #bus: W5500Bus;
  readonly #reset: DigitalIo | undefined;
  readonly #interrupt: DigitalIo;
  readonly #sockets: HardSocket[] = [];
  readonly #ring = (): void => this.#rings();
  #phase: "resetting" | "settling" | "ready" | "absent" | "closed" = "resetting";
  #linked = false;
  #hasAddress = false;
  #againMs = AGAIN_FIRST_MS;
  /** Chips that were lost, or never found, since power-up. */
  failures = 0;

  /** Throws where a pin is in use or an option is bad; a chip that is not there is looked for again and again. */
  constructor(options: W5500Options) {
    mustBeGood(options);
    const { io, Digital, interrupt, reset, clockwork, buffersKiB = BUFFERS_KIB } = options;
    this.#options = options;
    this.#bus = new W5500Bus(io, options);
    try {
      const onReadable = (): void => this.#interrupted();
      this.#interrupt = new Digital({ pin: interrupt, mode: Digital.InputPullUp, edge: Digital.Falling, onReadable });
      try {
        this.#reset = reset === undefined ? undefined : new Digital({ pin: reset, mode: Digital.Output });
      } catch (error) {
        this.#interrupt.close();
        throw error;
      }
    } catch (error) {
      this.#bus.close();
      throw error;
    }
    for (let i = 0; i < SOCKETS; i++) this.#sockets.push(new HardSocket(this.#bus, i, buffersKiB[i] ?? 0));
    this.#reset?.write(0);
    clockwork.alarm(RESET_MS, this.#ring);
  }

  /** It answers, is a W5500, and is set up. */
  get ready(): boolean {
    return this.#phase === "ready";
  }

  /** The cable has a link. */
  get linked(): boolean {
    return this.#linked;
  }

  /** Sockets for TCP can be had. */
  get hasAddress(): boolean {
    return this.#hasAddress;
  }

  get hardwareAddress(): Uint8Array {
    return this.#options.hardwareAddress;
  }

  /** From now on this station is `station`; undefined: none. Every socket is lost by it. */
  setStation(station: StationAddress | undefined): void {
    this.#mustBeOpen();
    if (!this.ready) return;
    this.#hasAddress = false;
    for (const { user } of this.#sockets) user?.onLost();
    for (const socket of this.#sockets) if (!socket.isFree) socket.close();
    this.#bus.write(COMMON_BLOCK, COMMON.gateway, station?.gateway ?? Uint8Array.from(NO_ADDRESS));
    this.#bus.write(COMMON_BLOCK, COMMON.mask, station?.mask ?? Uint8Array.from(NO_ADDRESS));
    this.#bus.write(COMMON_BLOCK, COMMON.address, station?.address ?? Uint8Array.from(NO_ADDRESS));
    this.#hasAddress = station !== undefined;
  }

  /** A socket for `user`, opened, with the largest or the smallest buffer there is; throws where none can be had. */
  openSocket(user: SocketUser, size: "large" | "small", mode: number, status: number, port: number): HardSocket {
    this.#mustBeOpen();
    if (!this.ready) throw new Error("w5500 is not there");
    const socket = this.#freeSocket(size) ?? this.#reclaimed(size);
    if (socket === undefined) throw new RangeError("no socket");
    if (!socket.open(mode, port === 0 ? this.#ownPort() : port, status)) {
      socket.close();
      throw new Error("w5500 opens no socket");
    }
    socket.user = user;
    return socket;
  }

  nowMs(): number {
    return this.#options.clockwork.nowMs();
  }

  close(): void {
    if (this.#phase === "closed") return;
    this.#lose();
    this.#phase = "closed";
    this.#options.clockwork.alarm(undefined, this.#ring);
    this.#interrupt.close();
    this.#reset?.close();
    this.#bus.close();
  }

  #mustBeOpen(): void {
    if (this.#phase === "closed") throw new Error("w5500 is closed");
  }

  // ---- its life --------------------------------------------------------------------------------------------------

  #rings(): void {
    const { clockwork } = this.#options;
    switch (this.#phase) {
      case "resetting":
        this.#phase = "settling";
        this.#reset?.write(1);
        return clockwork.alarm(SETTLE_MS, this.#ring);
      case "settling":
        if (!this.#configure()) return this.#gone();
        this.#phase = "ready";
        clockwork.alarm(LOOK_MS, this.#ring);
        return this.#options.onChanged();
      case "ready":
        clockwork.alarm(LOOK_MS, this.#ring);
        return this.#look();
      case "absent":
        this.#phase = "resetting";
        this.#reset?.write(0);
        return clockwork.alarm(RESET_MS, this.#ring);
      case "closed":
        return;
    }
  }

  /** False: silent, or another chip. */
  #configure(): boolean {
    const bus = this.#bus;
    if (bus.read8(COMMON_BLOCK, COMMON.version) !== VERSION) return false;
    bus.write8(COMMON_BLOCK, COMMON.mode, MODE_RESET);
    if ((bus.read8(COMMON_BLOCK, COMMON.mode) & MODE_RESET) !== 0) return false;
    bus.write(COMMON_BLOCK, COMMON.hardwareAddress, this.#options.hardwareAddress);
    bus.write16(COMMON_BLOCK, COMMON.retryTime, RETRY_TIME);
    bus.write8(COMMON_BLOCK, COMMON.retryCount, RETRY_COUNT);
    for (const { index, receiveBytes } of this.#sockets) {
      bus.write8(registerBlock(index), SOCKET.receiveKiB, receiveBytes / 1_024);
      bus.write8(registerBlock(index), SOCKET.transmitKiB, receiveBytes / 1_024);
    }
    bus.write8(COMMON_BLOCK, COMMON.interruptMask, INTERRUPT_CONFLICT);
    bus.write8(COMMON_BLOCK, COMMON.socketInterruptMask, 0xff);
    return this.#isOurs(bus.read(COMMON_BLOCK, 0, COMMON_BYTES));
  }

  /** The registers are those of a W5500 that we have set up and nobody has reset since. */
  #isOurs(registers: Uint8Array): boolean {
    if (registers[COMMON.version] !== VERSION || registers[COMMON.socketInterruptMask] !== 0xff) return false;
    return this.#options.hardwareAddress.every((byte, i) => registers[COMMON.hardwareAddress + i] === byte);
  }

  /** At chip, cable, and every socket. */
  #look(): void {
    const registers = this.#bus.read(COMMON_BLOCK, 0, COMMON_BYTES);
    if (!this.#isOurs(registers)) return this.#gone();
    this.#againMs = AGAIN_FIRST_MS;
    const linked = ((registers[COMMON.phy] ?? 0) & PHY_LINK) !== 0;
    if (linked !== this.#linked) {
      this.#linked = linked;
      this.#options.onChanged();
    }
    if (registers[COMMON.interrupt] !== 0 || registers[COMMON.socketInterrupt] !== 0) this.#fetch();
    const nowMs = this.nowMs();
    for (const socket of this.#sockets) {
      if (!this.ready) return;
      socket.user?.onEvents(0);
      socket.linger(nowMs);
    }
  }

  #interrupted(): void {
    if (this.ready) this.#fetch();
  }

  /** What the chip has latched goes to who it is for. */
  #fetch(): void {
    for (let rounds = 0; rounds < MAX_ROUNDS && this.ready; rounds++) {
      const common = this.#bus.read8(COMMON_BLOCK, COMMON.interrupt);
      const waiting = this.#bus.read8(COMMON_BLOCK, COMMON.socketInterrupt);
      // all ones is no chip at all: the next look says so
      if ((common === 0 && waiting === 0) || (common === 0xff && waiting === 0xff)) return;
      if (common !== 0) this.#bus.write8(COMMON_BLOCK, COMMON.interrupt, common);
      if ((common & INTERRUPT_CONFLICT) !== 0) this.#options.onConflict();
      for (const socket of this.#sockets) {
        if (!this.ready) return;
        if (((waiting >> socket.index) & 1) === 1) this.#tell(socket);
      }
    }
  }

  #tell(socket: HardSocket): void {
    const events = socket.takeEvents();
    if (events !== 0) socket.user?.onEvents(events);
    if (this.ready) socket.linger(this.nowMs());
  }

  /** Begun anew after a while. */
  #gone(): void {
    const { clockwork, random, onChanged } = this.#options;
    this.failures += 1;
    const was = this.ready;
    this.#phase = "absent";
    this.#lose();
    const half = Math.floor(this.#againMs / 2);
    clockwork.alarm(half + random(half + 1), this.#ring);
    this.#againMs = Math.min(AGAIN_MAX_MS, this.#againMs * 2);
    if (was) onChanged();
  }

  #lose(): void {
    this.#linked = false;
    this.#hasAddress = false;
    for (const socket of this.#sockets) {
      const { user } = socket;
      if (!socket.isFree) socket.close();
      user?.onLost();
    }
  }

  // ---- its sockets -----------------------------------------------------------------------------------------------

  #freeSocket(size: "large" | "small"): HardSocket | undefined {
    let best: HardSocket | undefined;
    for (const socket of this.#sockets) {
      if (!socket.isFree || socket.receiveBytes === 0) continue;
      const better =
        best === undefined ||
        (size === "large" ? socket.receiveBytes > best.receiveBytes : socket.receiveBytes < best.receiveBytes);
      if (better) best = socket;
    }
    return best;
  }

  /** All are taken: those that only wait for the other side's end wait no longer. */
  #reclaimed(size: "large" | "small"): HardSocket | undefined {
    for (const socket of this.#sockets) if (socket.lingers) socket.close();
    return this.#freeSocket(size);
  }

  /** Drawn, so that a connection after a restart is not taken for the one before it. */
  #ownPort(): number {
    return FIRST_OWN_PORT + this.#options.random(OWN_PORTS);
  }
}

function mustBeGood({ hz, hardwareAddress, buffersKiB = BUFFERS_KIB }: W5500Options): void {
  if (!(hz > 0) || hz > MAX_HZ) throw new RangeError("hz");
  const [first = 0xff] = hardwareAddress;
  if (hardwareAddress.length !== 6 || (first & 1) !== 0) throw new RangeError("hardwareAddress");
  const sizes = buffersKiB.every((kiB) => BUFFER_SIZES_KIB.includes(kiB));
  const sumKiB = buffersKiB.reduce((sum, kiB) => sum + kiB, 0);
  if (!sizes || buffersKiB.length !== SOCKETS || sumKiB > MEMORY_KIB || sumKiB === 0)
    throw new RangeError("buffersKiB");
}
