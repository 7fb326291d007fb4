/**
 * What a peripheral has to tell in POLL (MDB 4.2 §2.3, p35): events wait in order, at most 16 bytes go in one reply,
 * and what the VMC has not ACKed is said again, byte for byte, at the head of the next reply; news follow it.
 */
import { equalBytes } from "../../shared/bytes.js";
import { MAX_POLL_BYTES } from "../../shared/mdb/link.js";

/** Most events waiting; a device forgets the oldest beyond it. */
export const MAX_WAITING_EVENTS = 64;

interface Waiting {
  readonly bytes: Uint8Array;
  /** Money this event reports, minor units. */
  readonly moneyMinor: number;
}

export class PollQueue {
  /** False: a device that forgets what it has said once, ACK or not. */
  repeats = true;
  #waiting: Waiting[] = [];
  /** Said and not ACKed; they lead the next reply. */
  #unacked: Waiting[] = [];
  /** Money whose report was given up: forgotten, cleared, or said once without ACK by a device that does not repeat. */
  #lostMinor = 0;

  push(bytes: Uint8Array, moneyMinor = 0): void {
    if (this.#waiting.length >= MAX_WAITING_EVENTS) this.#lostMinor += this.#waiting.shift()?.moneyMinor ?? 0;
    this.#waiting.push({ bytes, moneyMinor });
  }

  /** Puts an event in place of the newest waiting one if that is `old`, else behind all. For counts that add up. */
  merge(old: Uint8Array, bytes: Uint8Array): void {
    const last = this.#waiting[this.#waiting.length - 1];
    if (last !== undefined && equalBytes(last.bytes, old)) this.#waiting.pop();
    this.push(bytes);
  }

  /** The bytes of the next reply; empty = nothing to say. `lasting`: conditions told in every reply while they hold. */
  compose(lasting: readonly Uint8Array[]): Uint8Array {
    const reply = this.#unacked;
    let length = 0;
    for (const { bytes } of reply) length += bytes.length;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (length + next.bytes.length > MAX_POLL_BYTES) break;
      this.#waiting.shift();
      reply.push(next);
      length += next.bytes.length;
    }
    for (const bytes of lasting) {
      if (length + bytes.length > MAX_POLL_BYTES || reply.some((event) => equalBytes(event.bytes, bytes))) continue;
      reply.push({ bytes, moneyMinor: 0 });
      length += bytes.length;
    }
    const block = new Uint8Array(length);
    let at = 0;
    for (const event of reply) {
      block.set(event.bytes, at);
      at += event.bytes.length;
    }
    return block;
  }

  /** Nothing to say, nothing to repeat. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#unacked.length === 0;
  }

  acknowledged(): void {
    this.#unacked = [];
  }

  notReceived(): void {
    if (this.repeats) return;
    this.#lostMinor += sumOf(this.#unacked);
    this.#unacked = [];
  }

  /** Forgets everything (reset, power). */
  clear(): void {
    this.#lostMinor += this.waitingMinor;
    this.#waiting = [];
    this.#unacked = [];
  }

  /** Money in reports not yet ACKed. The VMC may know of those already said. */
  get waitingMinor(): number {
    return sumOf(this.#unacked) + sumOf(this.#waiting);
  }

  /** Money in reports that will never be said again; reading it starts from 0. */
  takeLostMinor(): number {
    const lost = this.#lostMinor;
    this.#lostMinor = 0;
    return lost;
  }
}

function sumOf(events: readonly Waiting[]): number {
  return events.reduce((sum, event) => sum + event.moneyMinor, 0);
}
