/**
 * Messages that machines bring by HTTP: put to what the broker's go through, so that there is one way of booking. What
 * comes back is gathered until the message is dealt with; what comes later waits for the machine's next request here.
 */
import { type Channel, type MACHINE_CHANNELS, topicOf } from "../../shared/wire/topics.js";
import type { Arrival } from "../broker/connection.js";

/** Machines whose messages are being dealt with; more are told to come again. */
export const MAX_POSTING = 2_000;
/** Replies that came late, one a machine; the oldest goes first. It is lost as one by MQTT can be. */
export const MAX_LATE_REPLIES = 1_000;
/** A request is answered within this; what it brought may be booked later, and is known then. */
export const BOOKED_WITHIN_MS = 20_000;

/** One message of each channel at most. */
export type Post = { readonly [channel in (typeof MACHINE_CHANNELS)[number]]?: Uint8Array | undefined };

export type Posted =
  /** Dealt with; `replies`: as they would have been published on `acks`. */
  | { readonly is: "taken"; readonly replies: readonly Uint8Array[] }
  /** Nobody will deal with it, or not soon: the machine sends it again. */
  | { readonly is: "busy" };

export class Postbox {
  private readonly take: (arrival: Arrival) => void;
  private readonly withinMs: number;
  /** By serial: messages that are not dealt with yet. */
  private readonly open = new Map<string, number>();
  private readonly late = new Map<string, Uint8Array>();
  /** Machines that were told to come again, since the start. */
  toldBusy = 0;

  constructor(take: (arrival: Arrival) => void, withinMs: number = BOOKED_WITHIN_MS) {
    this.take = take;
    this.withinMs = withinMs;
  }

  /** Machines whose messages are being dealt with. */
  get posting(): number {
    return this.open.size;
  }

  /** Resolves when all of `post` is dealt with, or may not be for a while. */
  async post(serial: string, post: Post): Promise<Posted> {
    const posted = await this.tryPost(serial, post);
    if (posted.is === "busy") this.toldBusy += 1;
    return posted;
  }

  private async tryPost(serial: string, post: Post): Promise<Posted> {
    // What an earlier request brought is still with us: it would only be doubled in the queue.
    if (this.open.has(serial) || this.open.size >= MAX_POSTING) return BUSY;
    const box: Box = { replies: [], isClosed: false };
    const lateness = deadline(this.withinMs);
    try {
      const soon = <T>(work: Promise<T>): Promise<T | undefined> => Promise.race([work, lateness.promise]);
      const { status, telemetry, audit, events } = post;
      // Orders are signed for the newest birth, so it is stored first.
      if (status !== undefined && (await soon(this.put(serial, "status", status, box))) === undefined) return BUSY;
      const puts = [this.put(serial, "telemetry", telemetry, box), this.put(serial, "audit", audit, box)];
      const booked = this.put(serial, "events", events, box);
      if ((await soon(Promise.all([...puts, booked]))) === undefined) return BUSY;
      // A batch without an answer was dropped: the queue is full.
      if (events !== undefined && !(await booked)) return BUSY;
      return { is: "taken", replies: [...box.replies, ...this.lateReplies(serial)] };
    } finally {
      box.isClosed = true;
      lateness.clear();
    }
  }

  /** What came for the machine after its request was answered. */
  lateReplies(serial: string): readonly Uint8Array[] {
    const reply = this.late.get(serial);
    this.late.delete(serial);
    return reply === undefined ? [] : [reply];
  }

  /** Resolves when it is dealt with: true if there was a reply. */
  private put(serial: string, channel: Channel, payload: Uint8Array | undefined, box: Box): Promise<boolean> {
    if (payload === undefined) return Promise.resolve(false);
    this.open.set(serial, (this.open.get(serial) ?? 0) + 1);
    return new Promise((resolve) => {
      let acked = false;
      let replied = false;
      this.take({
        topic: topicOf(serial, channel),
        payload,
        retained: false,
        byHttp: true,
        ack: () => {
          if (acked) return;
          acked = true;
          this.dealt(serial);
          resolve(replied);
        },
        reply: (_topic, reply) => {
          replied = true;
          if (box.isClosed) this.keep(serial, reply);
          else box.replies.push(reply);
          return true;
        },
      });
    });
  }

  private dealt(serial: string): void {
    const left = (this.open.get(serial) ?? 1) - 1;
    if (left > 0) this.open.set(serial, left);
    else this.open.delete(serial);
  }

  private keep(serial: string, reply: Uint8Array): void {
    const [oldest] = this.late.keys();
    if (!this.late.has(serial) && this.late.size >= MAX_LATE_REPLIES && oldest !== undefined) this.late.delete(oldest);
    this.late.set(serial, reply);
  }
}

const BUSY: Posted = { is: "busy" };

/** Of one request. */
interface Box {
  readonly replies: Uint8Array[];
  isClosed: boolean;
}

function deadline(ms: number): { readonly promise: Promise<undefined>; clear(): void } {
  let timer: NodeJS.Timeout | undefined;
  const promise = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  return { promise, clear: () => clearTimeout(timer) };
}
