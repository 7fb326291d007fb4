/**
 * What waits to be booked: bounded, telemetry shed before events. Pure data, no timers; the worker drains it.
 */
import type { StatusMessage, TelemetryMessage } from "../../shared/wire/messages.js";

export interface Waiting<T> {
  readonly serial: string;
  readonly message: T;
  readonly receivedMs: number;
  readonly ack: () => void;
  /** See `Arrival.reply`. */
  readonly reply: (payload: Uint8Array) => boolean;
  readonly bytes: number;
  /** See `Arrival`. */
  readonly byHttp?: boolean;
  readonly retained?: boolean;
}

export interface TelemetryItem {
  readonly serial: string;
  readonly message: TelemetryMessage;
  readonly body: Uint8Array;
  readonly receivedMs: number;
  /** Tells the broker that the report is stored, or that nobody will. */
  readonly ack: () => void;
  /** The whole report that later ones are read against, to be kept; it outlives this item's place in the queue. */
  readonly base?: Uint8Array;
}

export interface QueueLimits {
  readonly maxBatches: number;
  readonly maxBytes: number;
  readonly maxTelemetry: number;
  readonly maxPresence: number;
}

export const QUEUE_LIMITS: QueueLimits = {
  maxBatches: 4_000,
  maxBytes: 16_777_216,
  maxTelemetry: 10_000,
  maxPresence: 10_000,
};

/** Above this share of the bounds machines are asked to wait, and telemetry is shed. */
const BUSY_SHARE = 0.5;
const LONGEST_WAIT_MS = 60_000;

/** What a worker takes at once. */
export interface Taking<B> {
  readonly maxBatches: number;
  readonly maxRecords: number;
  readonly recordsOf: (message: B) => number;
  readonly isBusy: (serial: string) => boolean;
}

export interface Counters {
  /** Messages dropped since the start: batches are sent again by their machines, the rest is superseded. */
  batchesDropped: number;
  telemetryShed: number;
  presenceDropped: number;
}

/** Takes what arrives; `B` is the batch message. */
export class IngestQueue<B> {
  readonly limits: QueueLimits;
  readonly dropped: Counters = { batchesDropped: 0, telemetryShed: 0, presenceDropped: 0 };
  private batches: Waiting<B>[] = [];
  private bytes = 0;
  private telemetry = new Map<string, TelemetryItem>();
  private presence: Waiting<StatusMessage>[] = [];

  constructor(limits: QueueLimits = QUEUE_LIMITS) {
    this.limits = limits;
  }

  /** Batches that wait. */
  get length(): number {
    return this.batches.length;
  }

  get isEmpty(): boolean {
    return this.batches.length === 0 && this.telemetry.size === 0 && this.presence.length === 0;
  }

  /** When the batch that waits longest of those of one way came; undefined if none waits. */
  oldestMs(byHttp: boolean): number | undefined {
    return this.batches.find((batch) => (batch.byHttp ?? false) === byHttp)?.receivedMs;
  }

  /** How full the bounds are, 0 to 1. */
  get share(): number {
    return Math.max(this.batches.length / this.limits.maxBatches, this.bytes / this.limits.maxBytes);
  }

  /** How long machines shall hold their next batch back. */
  get waitMs(): number {
    if (this.share <= BUSY_SHARE) return 0;
    return Math.round(((this.share - BUSY_SHARE) / (1 - BUSY_SHARE)) * LONGEST_WAIT_MS);
  }

  /** False if the bounds are reached: the machine will send it again. */
  addBatch(item: Waiting<B>): boolean {
    if (this.batches.length >= this.limits.maxBatches || this.bytes + item.bytes > this.limits.maxBytes) {
      this.dropped.batchesDropped++;
      return false;
    }
    this.batches.push(item);
    this.bytes += item.bytes;
    return true;
  }

  /** Newest of each machine; shed while batches crowd. One that is superseded or shed is acknowledged. */
  addTelemetry(item: TelemetryItem): boolean {
    const before = this.telemetry.get(item.serial);
    if (before !== undefined && before.message.epoch > item.message.epoch) {
      // Of a board that was replaced: the new one's waits.
      item.ack();
      return false;
    }
    const fresh = before === undefined;
    if (this.share > BUSY_SHARE || (fresh && this.telemetry.size >= this.limits.maxTelemetry)) {
      this.dropped.telemetryShed++;
      item.ack();
      return false;
    }
    before?.ack();
    const base = item.base ?? before?.base;
    this.telemetry.set(item.serial, base === undefined ? item : { ...item, base });
    return true;
  }

  addPresence(item: Waiting<StatusMessage>): boolean {
    if (this.presence.length >= this.limits.maxPresence) {
      this.dropped.presenceDropped++;
      return false;
    }
    this.presence.push(item);
    return true;
  }

  /**
   * The oldest batches, at most `maxBatches` with about `maxRecords` records, but for those of machines that are busy:
   * batches of one machine are booked one after the other.
   */
  takeBatches({ maxBatches, maxRecords, recordsOf, isBusy }: Taking<B>): readonly Waiting<B>[] {
    const taken: Waiting<B>[] = [];
    const left: Waiting<B>[] = [];
    let records = 0;
    let at = 0;
    for (; at < this.batches.length && taken.length < maxBatches && records < maxRecords; at++) {
      const item = this.batches[at];
      if (item === undefined) continue;
      if (isBusy(item.serial)) {
        left.push(item);
        continue;
      }
      taken.push(item);
      records += recordsOf(item.message);
      this.bytes -= item.bytes;
    }
    if (taken.length > 0) this.batches = left.concat(this.batches.slice(at));
    return taken;
  }

  /** The oldest reports, at most `count`, but for those of machines that are busy. */
  takeTelemetry(count: number, isBusy: (serial: string) => boolean): readonly TelemetryItem[] {
    const taken: TelemetryItem[] = [];
    for (const item of this.telemetry.values()) {
      if (taken.length === count) break;
      if (!isBusy(item.serial)) taken.push(item);
    }
    for (const { serial } of taken) this.telemetry.delete(serial);
    return taken;
  }

  /** The oldest births and deaths, at most `count`, but for those of machines that are busy: their order counts. */
  takePresence(count: number, isBusy: (serial: string) => boolean): readonly Waiting<StatusMessage>[] {
    const taken: Waiting<StatusMessage>[] = [];
    const left: Waiting<StatusMessage>[] = [];
    for (const item of this.presence) (taken.length < count && !isBusy(item.serial) ? taken : left).push(item);
    this.presence = left;
    return taken;
  }
}
