/**
 * The chip's nine-bit line as its binding gives it (firmware/io/native/mdb-line.d.ts), on the bench's wire: the
 * reference of the link does the bus's part. Class and event codes are checked as far as they can be seen.
 */
import type { BusLinkOptions, MdbLineClass, MdbLineIo } from "../../../firmware/io/bus-link.js";
import type {
  MdbLineCounters,
  MdbLineOptions,
  MdbLineResult,
  MdbReplyClass,
} from "../../../firmware/io/native/mdb-line.js";
import type { LinkResult } from "../../../firmware/ports/inputs.js";
import { MAX_BLOCK_BYTES } from "../../../shared/mdb/link.js";
import { LinkRim } from "../../../tools/bench/link-rim.js";
import type { Wire } from "../../../tools/bench/wire.js";
import type { SimChip } from "./chip.js";

const EVENT_CODES = 256;

/** What was said to the line with each block. */
export interface SentBlock {
  readonly block: readonly number[];
  readonly replyClass: MdbReplyClass;
  readonly events: boolean;
  readonly ackFirst: boolean;
}

export class SimMdbBus {
  readonly chip: SimChip;
  readonly wire: Wire;
  readonly sent: SentBlock[] = [];
  /** The line that is open. */
  line: SimMdbLine | undefined;

  constructor(chip: SimChip, wire: Wire) {
    this.chip = chip;
    this.wire = wire;
  }

  lineClass(): MdbLineClass {
    const bus = this;
    return class MdbLine extends SimMdbLine {
      constructor(options: MdbLineOptions) {
        super(bus, options);
      }
    };
  }
}

export type RestLevels = BusLinkOptions["rests"];

class SimMdbLine implements MdbLineIo {
  readonly inverted: { readonly receive: boolean; readonly transmit: boolean };
  readonly #bus: SimMdbBus;
  readonly #options: MdbLineOptions;
  readonly #link: LinkRim;
  readonly #news: MdbLineResult[] = [];
  #open = true;
  #busy = false;
  #told = false;

  constructor(bus: SimMdbBus, options: MdbLineOptions) {
    if (bus.line !== undefined) throw new Error("in use");
    bus.chip.own(options.transmit, true);
    try {
      bus.chip.own(options.receive, false);
    } catch (error) {
      bus.chip.free(options.transmit);
      throw error;
    }
    this.#bus = bus;
    this.#options = options;
    this.inverted = { receive: options.invertReceive === true, transmit: options.invertTransmit === true };
    this.#link = new LinkRim(bus.chip.world, bus.wire, (result) => this.#take(result));
    bus.line = this;
  }

  send(block: Uint8Array, replyClass: MdbReplyClass, events: Uint8Array | undefined, ackFirst: boolean): boolean {
    this.#check();
    if ((replyClass === 2) !== (events?.length === EVENT_CODES)) throw new RangeError("invalid events");
    if (this.#busy || block.length === 0 || block.length > MAX_BLOCK_BYTES) return false;
    this.#busy = true;
    this.#bus.sent.push({ block: [...block], replyClass, events: events !== undefined, ackFirst });
    this.#link.send(block, { ackFirst });
    return true;
  }

  release(): void {
    this.#check();
    this.#link.release();
  }

  busReset(): void {
    this.#check();
    this.#link.busReset();
  }

  read(): MdbLineResult | undefined {
    this.#check();
    return this.#news.shift();
  }

  counters(): MdbLineCounters {
    this.#check();
    return { ...this.#link.counters, framingErrors: 0, newsLost: 0 };
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#link.powerOff();
    this.#bus.line = undefined;
    this.#bus.chip.free(this.#options.receive);
    this.#bus.chip.free(this.#options.transmit);
  }

  #take(result: LinkResult): void {
    this.#busy = result.kind === "data" && result.held;
    this.#news.push(newsOf(result));
    if (this.#told) return;
    this.#told = true;
    this.#bus.chip.world.after(0, () => {
      this.#told = false;
      if (this.#open) this.#options.onReadable();
    });
  }

  #check(): void {
    if (!this.#open) throw new Error("mdb line is closed");
  }
}

function newsOf(result: LinkResult): MdbLineResult {
  if (result.kind === "data") {
    const bytes = new ArrayBuffer(result.bytes.length);
    new Uint8Array(bytes).set(result.bytes);
    return { kind: "data", bytes, held: result.held };
  }
  if (result.kind !== "garbled") return { kind: result.kind };
  const reasons = ["checksum", "noEnd", "overLong", "conflict", "late"] as const;
  return { kind: "garbled", reason: reasons.find((reason) => reason === result.reason) ?? "noEnd" };
}
