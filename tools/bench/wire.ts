/**
 * The bus as a pair of lines: the VMC talks to all peripherals, peripherals talk to the VMC (MDB 4.2 §2). Words take
 * their time; faults lose or bend them on the way; taps see whole transmissions as sent and as received.
 */
import { ADDRESS_MASK, LINK_TIMING, MODE_BIT } from "../../shared/mdb/link.js";
import type { Rng } from "./rng.js";
import type { Timer, World } from "./world.js";

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

interface Live {
  readonly transmission: Transmission;
  readonly endUs: number;
  readonly received: (number | undefined)[];
  readonly timers: Timer[];
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
  readonly #listeners: { readonly vmc: BusListener[]; readonly peripheral: BusListener[] } = {
    vmc: [],
    peripheral: [],
  };
  readonly #taps: ((transmission: TappedTransmission) => void)[] = [];
  #faults: Armed[] = [];
  #live: Live[] = [];
  #addressed = 0;

  constructor(world: World) {
    this.#world = world;
    this.#rng = world.forkRng();
  }

  /** Hears what the other side says. Returns how to leave. */
  attach(side: Side, listener: BusListener): () => void {
    const list = this.#listeners[side];
    list.push(listener);
    return () => {
      const at = list.indexOf(listener);
      if (at >= 0) list.splice(at, 1);
    };
  }

  tap(listener: (transmission: TappedTransmission) => void): () => void {
    this.#taps.push(listener);
    return () => {
      const at = this.#taps.indexOf(listener);
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

  /** Starts sending now. Returns how to break off (the sender lost power). */
  send(from: Side, words: readonly number[], address = this.#addressed): () => void {
    const startUs = this.#world.nowUs;
    const first = words[0] ?? 0;
    if (from === "vmc" && (first & MODE_BIT) !== 0) this.#addressed = first & ADDRESS_MASK;
    const transmission = { from, address: from === "vmc" ? this.#addressed : address, words, startUs };
    return this.#start(transmission, this.#bend(transmission));
  }

  /** A word out of nowhere, as from a device gone wrong or a spike on the line; faults leave it alone. */
  stray(from: Side, word: number): void {
    const startUs = this.#world.nowUs;
    this.#start({ from, address: this.#addressed, words: [word], startUs }, [word]);
  }

  /** The VMC holds its line active; peripherals hear of it when it ends. Words under way are lost. */
  lineBreak(durationUs: number): void {
    for (const live of this.#live) this.#abort(live);
    this.#world.after(durationUs, () => {
      for (const listener of [...this.#listeners.peripheral]) listener.lineBreak?.(durationUs);
    });
  }

  #start(transmission: Transmission, bent: readonly (number | undefined)[]): () => void {
    const { from, words, startUs } = transmission;
    const endUs = startUs + words.length * LINK_TIMING.wordUs;
    this.#live = this.#live.filter((other) => other.endUs > startUs);
    const live: Live = { transmission, endUs, received: [], timers: [] };
    const collided = this.#live.filter((other) => other.transmission.from === from);
    this.#live.push(live);
    for (let i = 0; i < words.length; i++) {
      const atUs = startUs + (i + 1) * LINK_TIMING.wordUs;
      live.timers.push(this.#world.schedule(atUs, () => this.#arrive(live, i, bent[i], collided)));
    }
    return () => this.#abort(live);
  }

  #arrive(live: Live, index: number, bent: number | undefined, collided: readonly Live[]): void {
    const { from, words } = live.transmission;
    const atUs = live.transmission.startUs + (index + 1) * LINK_TIMING.wordUs;
    const word = bent === undefined ? undefined : this.#mix(live, bent, atUs, collided);
    live.received[index] = word;
    if (word !== undefined) {
      const hearers = from === "vmc" ? this.#listeners.peripheral : this.#listeners.vmc;
      for (const listener of [...hearers]) listener.word(word, atUs);
    }
    if (index === words.length - 1) this.#finish(live, atUs);
  }

  /** Two drivers on one line: where their words overlap, the bits of both are seen. */
  #mix(live: Live, word: number, atUs: number, earlier: readonly Live[]): number {
    let mixed = word;
    for (const other of [...earlier, ...this.#live]) {
      const { from, startUs, words } = other.transmission;
      if (other === live || from !== live.transmission.from) continue;
      const index = Math.floor((atUs - 1 - startUs) / LINK_TIMING.wordUs);
      if (startUs < atUs && index >= 0 && index < words.length) mixed |= words[index] ?? 0;
    }
    return mixed;
  }

  #finish(live: Live, endUs: number): void {
    this.#live = this.#live.filter((other) => other !== live);
    if (this.#taps.length === 0) return;
    const tapped = { ...live.transmission, endUs, received: live.received };
    for (const tap of [...this.#taps]) tap(tapped);
  }

  #abort(live: Live): void {
    if (!this.#live.includes(live)) return;
    for (const timer of live.timers) this.#world.cancel(timer);
    if (live.received.length > 0) this.#finish(live, this.#world.nowUs);
    this.#live = this.#live.filter((other) => other !== live);
  }

  #bend(transmission: Transmission): readonly (number | undefined)[] {
    let words: readonly (number | undefined)[] = transmission.words;
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
