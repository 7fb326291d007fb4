/**
 * The core's LinkPort on the chip's nine-bit line (native/mdb-line): tells the line which replies are HELD, and puts
 * its results into the machine's queue. MDB 4.2 itself is the line's; here is only who gets what.
 */
import { findDevice } from "../../shared/mdb/codec.js";
import { eventCodes, replyClass } from "../../shared/mdb/held.js";
import type { LinkPort, LinkSendOptions } from "../ports/hardware.js";
import type { LinkResult, WorldInput } from "../ports/inputs.js";
import type { MdbLineCounters, MdbLineOptions, MdbLineResult, MdbReplyClass } from "./native/mdb-line.js";

/** What the native binding gives: see native/mdb-line.d.ts. */
export interface MdbLineIo {
  send(block: Uint8Array, replyClass: MdbReplyClass, events: Uint8Array | undefined, ackFirst: boolean): boolean;
  release(): void;
  busReset(): void;
  read(): MdbLineResult | undefined;
  counters(): MdbLineCounters;
  close(): void;
}

export interface MdbLineClass {
  new (options: MdbLineOptions): MdbLineIo;
}

export interface BusLinkOptions {
  readonly io: MdbLineClass;
  readonly receive: number;
  readonly transmit: number;
  /** What a resting line reads, and is driven to. */
  readonly rests: { readonly receive: 0 | 1; readonly transmit: 0 | 1 };
}

const CLASSES: { readonly [name in ReturnType<typeof replyClass>]: MdbReplyClass } = Object.freeze({
  free: 0,
  held: 1,
  events: 2,
});

export class BusLink implements LinkPort {
  #io: MdbLineIo | undefined;
  #deliver: ((input: WorldInput) => void) | undefined;
  /** Event codes by the device's address: made once, the line keeps a copy. */
  readonly #events = new Map<number, Uint8Array>();

  constructor({ io, receive, transmit, rests }: BusLinkOptions) {
    this.#io = new io({
      receive,
      transmit,
      invertReceive: rests.receive === 0,
      invertTransmit: rests.transmit === 0,
      onReadable: () => this.#drain(),
    });
  }

  /** From now on results go to `deliver`. */
  listen(deliver: (input: WorldInput) => void): void {
    this.#deliver = deliver;
    this.#drain();
  }

  send(block: Uint8Array, { ackFirst }: LinkSendOptions): void {
    const of = replyClass(block);
    const events = of === "events" ? this.#eventsOf(block) : undefined;
    // One exchange at a time, no block longer than the bus allows: the bus master keeps to both.
    if (!this.#line().send(block, CLASSES[of], events, ackFirst)) throw new Error("bus link: refused");
  }

  release(): void {
    this.#line().release();
  }

  busReset(): void {
    this.#line().busReset();
  }

  counters(): MdbLineCounters {
    return this.#line().counters();
  }

  /** For a self-test before anybody listens: the oldest result. */
  take(): LinkResult | undefined {
    const result = this.#line().read();
    return result === undefined ? undefined : resultOf(result);
  }

  close(): void {
    const line = this.#io;
    this.#io = undefined;
    line?.close();
  }

  #drain(): void {
    const deliver = this.#deliver;
    if (deliver === undefined) return;
    for (let result = this.#io?.read(); result !== undefined; result = this.#io?.read()) {
      deliver({ on: "link", result: resultOf(result) });
    }
  }

  #eventsOf(block: Uint8Array): Uint8Array | undefined {
    const device = findDevice(block);
    if (device === undefined) return undefined;
    const known = this.#events.get(device.address);
    if (known !== undefined) return known;
    const events = eventCodes(device);
    this.#events.set(device.address, events);
    return events;
  }

  #line(): MdbLineIo {
    if (this.#io === undefined) throw new Error("bus link is closed");
    return this.#io;
  }
}

function resultOf({ kind, bytes, held, reason }: MdbLineResult): LinkResult {
  if (kind === "data") return { kind, bytes: new Uint8Array(bytes ?? new ArrayBuffer(0)), held: held === true };
  if (kind === "garbled") return { kind, reason: reason ?? "noEnd" };
  return { kind };
}
