/**
 * The bus as a pair of lines: the VMC talks to all peripherals, peripherals talk to the VMC (MDB 4.2 §2). Words take
 * their time; faults lose or bend them on the way; taps see whole transmissions as sent and as received.
 */
import { ADDRESS_MASK, LINK_TIMING, MODE_BIT } from "../../shared/mdb/link.js";
import type { Rng } from "./rng.js";
import { Timer, type World } from "./world.js";

export type Side = "vmc" | "peripheral";

/** Words back to back from one side. `address`: five-bit address of the device spoken to or speaking. */
export interface Transmission {
  readonly from: Side;
  readonly address: number;
  readonly words: readonly number[];
  readonly startUs: number;
}

/** What taps get at the end of a transmission. `received`: the words as they arrived, undefined = lost. */
export interface TappedTransmission extends Transmission {
  readonly endUs: number;
  readonly received: readonly (number | undefined)[];
}

export interface BusListener {
  /** A word has arrived; `atUs` is its end. */
  word(word: number, atUs: number): void;
  /** The VMC has held the line active for so long. */
  lineBreak?(durationUs: number): void;
  /** Absent: nothing can be leapt over while it listens. */
  readonly idle?: IdleListener;
}

/** A peripheral as a leap over POLLs sees it. */
export interface IdleListener {
  readonly address: number;
  /**
   * The data that every POLL gets until something happens in the world, without checksum; empty: a bare ACK. `deaf`:
   * hears and says nothing. `news`: it has something to say, or nothing of this can be said. Undefined: it is in the
   * middle of an exchange.
   */
  idleNow(): Uint8Array | "deaf" | "news" | undefined;
  /** Draws the time to its next answer. */
  drawResponseUs(): number;
  readonly rng: Rng;
}

/** What happens to the words of one transmission. */
export type WireAct = (words: readonly number[], rng: Rng) => readonly (number | undefined)[];

/** A fault waits for the transmissions it matches, lets `skip` pass, then acts `times` times (default once). */
export interface WireFault {
  readonly from?: Side;
  readonly address?: number;
  readonly matches?: (transmission: Transmission) => boolean;
  readonly skip?: number;
  readonly times?: number;
  readonly act: WireAct;
}

export interface InjectedFault {
  /** How often it has acted. */
  readonly hits: number;
  remove(): void;
}

/** A transmission under way. */
export interface Sending {
  /** The sender has lost power: what has not gone out never will. */
  breakOff(): void;
}

/** Its own timer, set for the end of its next word. */
class Live extends Timer implements Sending, Transmission {
  readonly from: Side;
  readonly address: number;
  readonly words: readonly number[];
  readonly startUs: number;
  /** What becomes of its words on the way: the same, another, or none. */
  bent: readonly (number | undefined)[];
  /** Words that have had their time. */
  ended = 0;
  /** As they arrived; undefined = as `bent` says. */
  received: (number | undefined)[] | undefined;
  /** Those of the same side that had not ended when it began. */
  collided = NONE;
  readonly #wire: LiveWire;

  constructor(wire: LiveWire, from: Side, address: number, words: readonly number[], startUs: number) {
    super();
    this.#wire = wire;
    this.from = from;
    this.address = address;
    this.words = words;
    this.startUs = startUs;
    this.bent = words;
  }

  get endUs(): number {
    return this.startUs + this.words.length * LINK_TIMING.wordUs;
  }

  override run(): void {
    this.#wire.arrive(this);
  }

  breakOff(): void {
    this.#wire.abort(this);
  }
}

const NONE: readonly Live[] = Object.freeze([]);

/** What a transmission needs of its wire. */
interface LiveWire {
  arrive(live: Live): void;
  abort(live: Live): void;
}

interface Tap {
  readonly told: (transmission: TappedTransmission) => void;
  /** Idle polls may be leapt over. */
  readonly mayMiss: boolean;
}

interface Armed {
  readonly fault: WireFault;
  seen: number;
  hits: number;
}

export class Wire {
  /** Each word is bent in one bit with this chance, per million. */
  noisePerMillion = 0;
  readonly #world: World;
  readonly #rng: Rng;
  /** Each list is replaced, never changed: whoever goes through one may be the cause of the next. */
  readonly #listeners: Record<Side, readonly BusListener[]> = { vmc: [], peripheral: [] };
  readonly #taps: Tap[] = [];
  #faults: Armed[] = [];
  #live: Live[] = [];
  #addressed = 0;
  readonly #ends: LiveWire = { arrive: (live) => this.#arrive(live), abort: (live) => this.#abort(live) };

  constructor(world: World) {
    this.#world = world;
    this.#rng = world.forkRng();
  }

  /** Hears what the other side says. Returns how to leave. */
  attach(side: Side, listener: BusListener): () => void {
    const lists = this.#listeners;
    lists[side] = [...lists[side], listener];
    return () => {
      lists[side] = lists[side].filter((other) => other !== listener);
    };
  }

  /** idlePolls "may pass": POLLs of an idle bus may be leapt over, of which this listener is then not told. */
  tap(told: Tap["told"], idlePolls: "heard" | "may pass" = "heard"): () => void {
    const tap: Tap = { told, mayMiss: idlePolls === "may pass" };
    this.#taps.push(tap);
    return () => {
      const at = this.#taps.indexOf(tap);
      if (at >= 0) this.#taps.splice(at, 1);
    };
  }

  inject(fault: WireFault): InjectedFault {
    const armed: Armed = { fault, seen: 0, hits: 0 };
    this.#faults.push(armed);
    return {
      get hits() {
        return armed.hits;
      },
      remove: () => {
        this.#faults = this.#faults.filter((other) => other !== armed);
      },
    };
  }

  /** Faults that have not struck yet never will. */
  clearFaults(): void {
    this.#faults = [];
  }

  /**
   * The listeners on the peripherals' side while all words pass as they are and nobody takes notice of each; undefined:
   * faults, noise, taps, or words under way.
   */
  get plainListeners(): readonly BusListener[] | undefined {
    const watched = this.#taps.length > 0 && this.#taps.some(({ mayMiss }) => !mayMiss);
    if (watched || this.noisePerMillion > 0 || this.#faults.length > 0) return undefined;
    if (this.#live.length > 0 || this.#listeners.vmc.length !== 1) return undefined;
    return this.#listeners.peripheral;
  }

  /** Meanwhile the VMC has spoken to this device last. */
  leapt(address: number): void {
    this.#addressed = address;
  }

  /** Starts sending now. */
  send(from: Side, words: readonly number[], address = this.#addressed): Sending {
    const startUs = this.#world.nowUs;
    const first = words[0] ?? 0;
    if (from === "vmc" && (first & MODE_BIT) !== 0) this.#addressed = first & ADDRESS_MASK;
    const live = new Live(this.#ends, from, from === "vmc" ? this.#addressed : address, words, startUs);
    live.bent = this.#bend(live);
    return this.#start(live);
  }

  /** A word out of nowhere, as from a device gone wrong or a spike on the line; faults leave it alone. */
  stray(from: Side, word: number): void {
    this.#start(new Live(this.#ends, from, this.#addressed, [word], this.#world.nowUs));
  }

  /** The VMC holds its line active; peripherals hear of it when it ends. Words under way are lost. */
  lineBreak(durationUs: number): void {
    for (const live of [...this.#live]) this.#abort(live);
    this.#world.after(durationUs, () => {
      for (const listener of this.#listeners.peripheral) listener.lineBreak?.(durationUs);
    });
  }

  #start(live: Live): Sending {
    const { from, startUs } = live;
    if (this.#live.length > 0) {
      this.#live = this.#live.filter((other) => other.endUs > startUs);
      live.collided = this.#live.filter((other) => other.from === from);
    }
    this.#live.push(live);
    this.#world.arm(live, startUs + LINK_TIMING.wordUs);
    return live;
  }

  #arrive(live: Live): void {
    const index = live.ended;
    const atUs = live.startUs + (index + 1) * LINK_TIMING.wordUs;
    const last = index === live.words.length - 1;
    live.ended += 1;
    if (!last) this.#world.arm(live, atUs + LINK_TIMING.wordUs);
    let word = live.bent[index];
    const alone = live.collided.length === 0 && this.#live.length === 1;
    if (word !== undefined && !alone) {
      word = this.#mix(live, word, atUs);
      live.received ??= [...live.bent];
      live.received[index] = word;
    }
    if (word !== undefined) {
      const hearers = live.from === "vmc" ? this.#listeners.peripheral : this.#listeners.vmc;
      for (let i = 0; i < hearers.length; i++) hearers[i]?.word(word, atUs);
    }
    if (last) this.#finish(live, atUs);
  }

  /** Two drivers on one line: where their words overlap, the bits of both are seen. */
  #mix(live: Live, word: number, atUs: number): number {
    let mixed = word;
    for (const other of [...live.collided, ...this.#live]) {
      const { from, startUs, words } = other;
      if (other === live || from !== live.from) continue;
      const index = Math.floor((atUs - 1 - startUs) / LINK_TIMING.wordUs);
      if (startUs < atUs && index >= 0 && index < words.length) mixed |= words[index] ?? 0;
    }
    return mixed;
  }

  #finish(live: Live, endUs: number): void {
    if (this.#live.length === 1 && this.#live[0] === live) this.#live.pop();
    else this.#live = this.#live.filter((other) => other !== live);
    if (this.#taps.length === 0) return;
    const { from, address, words, startUs } = live;
    const received = (live.received ?? live.bent).slice(0, live.ended);
    const tapped = { from, address, words, startUs, endUs, received };
    for (const tap of [...this.#taps]) tap.told(tapped);
  }

  #abort(live: Live): void {
    if (!this.#live.includes(live)) return;
    this.#world.cancel(live);
    if (live.ended > 0) return this.#finish(live, this.#world.nowUs);
    this.#live = this.#live.filter((other) => other !== live);
  }

  #bend(transmission: Transmission): readonly (number | undefined)[] {
    let words: readonly (number | undefined)[] = transmission.words;
    if (this.#faults.length === 0 && this.noisePerMillion === 0) return words;
    for (const armed of this.#faults) {
      const { fault } = armed;
      if (fault.from !== undefined && fault.from !== transmission.from) continue;
      if (fault.address !== undefined && fault.address !== transmission.address) continue;
      if (fault.matches?.(transmission) === false) continue;
      armed.seen += 1;
      if (armed.seen <= (fault.skip ?? 0)) continue;
      armed.hits += 1;
      words = fault.act(transmission.words, this.#rng);
    }
    this.#faults = this.#faults.filter((armed) => armed.hits < (armed.fault.times ?? 1));
    if (this.noisePerMillion === 0) return words;
    return words.map((word) => {
      if (word === undefined || !this.#rng.chance(this.noisePerMillion)) return word;
      return word ^ (1 << this.#rng.below(9));
    });
  }
}
