/**
 * What a cashless reader has to tell in POLL: messages wait in order, several may go in one block (MDB 4.2 §7, PDF
 * p120-121), and what the VMC has not ACKed is said again first.
 */
import { MAX_BLOCK_BYTES } from "../../shared/mdb/link.js";

/** Most messages waiting; a reader that has more to say forgets the newest. */
export const MAX_WAITING_MESSAGES = 32;

export interface ReaderMessage {
  readonly bytes: readonly number[];
  /** It ends its block: nothing may follow (its length is a lie, or junk comes behind it). */
  readonly last?: boolean;
  /** It goes out for the first time. */
  readonly said?: () => void;
  /** The VMC has ACKed it. */
  readonly heard?: () => void;
}

export class ReaderQueue {
  #waiting: ReaderMessage[] = [];
  #unacked: ReaderMessage[] = [];

  push(message: ReaderMessage): void {
    if (this.#waiting.length < MAX_WAITING_MESSAGES) this.#waiting.push(message);
  }

  /** Takes back a message that was not yet said; false if it was, or never was there. */
  takeBack(message: ReaderMessage | undefined): boolean {
    const before = this.#waiting.length;
    this.#waiting = this.#waiting.filter((other) => other !== message);
    return this.#waiting.length < before;
  }

  /** The block to say now; undefined = nothing to say. */
  compose(chains: boolean): Uint8Array | undefined {
    const repeated = this.#unacked.length > 0;
    if (!repeated) {
      let length = 0;
      for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
        length += next.bytes.length;
        if (length > MAX_BLOCK_BYTES && this.#unacked.length > 0) break;
        this.#waiting.shift();
        this.#unacked.push(next);
        if (!chains || next.last === true) break;
      }
      for (const message of this.#unacked) message.said?.();
    }
    if (this.#unacked.length === 0) return undefined;
    return Uint8Array.from(this.#unacked.flatMap(({ bytes }) => bytes)).slice(0, MAX_BLOCK_BYTES);
  }

  /** `reply` goes out at once, as the answer to a command; what waits stays behind it. */
  atOnce(reply: ReaderMessage): Uint8Array {
    // what was said before and not heard has its turn in the next POLL
    this.#waiting.unshift(...this.#unacked.map(({ bytes, last, heard }) => withoutSaid(bytes, last, heard)));
    this.#unacked = [reply];
    reply.said?.();
    return Uint8Array.from(reply.bytes).slice(0, MAX_BLOCK_BYTES);
  }

  /** Nothing to say, nothing to repeat. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#unacked.length === 0;
  }

  acknowledged(): void {
    const heard = this.#unacked;
    this.#unacked = [];
    for (const message of heard) message.heard?.();
  }

  /** No ACK came; `repeats`: it will be said again. */
  notReceived(repeats: boolean): void {
    if (!repeats) this.#unacked = [];
  }

  clear(): void {
    this.#waiting = [];
    this.#unacked = [];
  }
}

function withoutSaid(
  bytes: readonly number[],
  last: boolean | undefined,
  heard: (() => void) | undefined,
): ReaderMessage {
  return { bytes, ...(last === undefined ? {} : { last }), ...(heard === undefined ? {} : { heard }) };
}
