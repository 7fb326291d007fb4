/**
 * Wall time from a time server (SNTP, RFC 4330; packets RFC 5905 §7.3): asked when the network comes up and once a day.
 * What it says is told, with its quality; no clock of the machine is ever moved, and the monotonic clock knows nothing
 * of it. An answer is believed only if it echoes our question's 64 random bits, comes in time, and does not lie below
 * the floor (build time, newest ledger record) or a machine's life above it.
 */
import type { Clockwork, DatagramClass, Datagrams, Resolve } from "./sockets.js";

export const NTP_PORT = 123;
export const NTP_BYTES = 48;
/** Half of it is the error of the answer. */
export const MAX_ROUND_TRIP_MS = 2_000;
export const ASK_AGAIN_FIRST_MS = 5_000;
export const ASK_AGAIN_MAX_MS = 3_600_000;
/** A crystal of 20 ppm drifts 1.7 s a day: within what a record's stamp forgives (CLOCK_JUMP_S). */
export const RESYNC_MS = 86_400_000;
/** 20 years. */
export const MAX_AHEAD_S = 631_152_000;

/** Seconds from 1900 to 1970. */
const NTP_TO_UNIX_S = 2_208_988_800;
const ERA_S = 2 ** 32;

export interface TimeClientOptions {
  readonly io: DatagramClass;
  readonly host: string;
  readonly resolve: Resolve;
  readonly clockwork: Clockwork;
  readonly random: (bound: number) => number;
  readonly floorS: number;
  /** Unix seconds, now. */
  readonly onTime: (wallS: number) => void;
}

export class TimeClient {
  readonly #options: TimeClientOptions;
  #up = false;
  #udp: Datagrams | undefined;
  #nonce: Uint8Array = new Uint8Array(0);
  #askedMs = 0;
  #againMs = ASK_AGAIN_FIRST_MS;
  #attempt = 0;
  #closed = false;
  /** Answers that were none, since power-up. */
  refused = 0;

  constructor(options: TimeClientOptions) {
    if (options.host === "") throw new RangeError("host");
    if (!Number.isInteger(options.floorS) || options.floorS < 0) throw new RangeError("floorS");
    this.#options = options;
  }

  link(up: boolean): void {
    if (this.#closed) throw new Error("closed");
    if (up === this.#up) return;
    this.#up = up;
    this.#againMs = ASK_AGAIN_FIRST_MS;
    if (up) this.#ask();
    else this.#rest();
  }

  close(): void {
    if (this.#closed) return;
    this.#rest();
    this.#closed = true;
  }

  #ask(): void {
    const { host, resolve, clockwork } = this.#options;
    this.#rest();
    const attempt = this.#attempt;
    clockwork.alarm(this.#againMs, () => this.#ask());
    this.#againMs = Math.min(ASK_AGAIN_MAX_MS, this.#againMs * 2);
    resolve(host, (address) => {
      if (address !== undefined && attempt === this.#attempt) this.#send(address);
    });
  }

  #send(address: string): void {
    const { io, random, clockwork } = this.#options;
    this.#nonce = new Uint8Array(8);
    for (let i = 0; i < 8; i++) this.#nonce[i] = random(256);
    const packet = new Uint8Array(NTP_BYTES);
    // version 4, mode 3 = client; the transmit time is ours alone, so it may as well be random (RFC 5905 §7.3)
    packet[0] = (4 << 3) | 3;
    packet.set(this.#nonce, 40);
    try {
      this.#udp = new io({ onReadable: (packets) => this.#readAll(packets), onError: () => this.#drop() });
      this.#askedMs = clockwork.nowMs();
      this.#udp.write(packet, address, NTP_PORT);
    } catch {
      this.#drop();
    }
  }

  #readAll(packets: number): void {
    for (let i = 0; i < packets && this.#udp !== undefined; i++) this.#read();
  }

  #read(): void {
    const { clockwork, onTime } = this.#options;
    let answer: ArrayBuffer | undefined;
    try {
      answer = this.#udp?.read();
    } catch {
      return this.#drop();
    }
    if (answer === undefined) return;
    const wallS = this.#believe(new Uint8Array(answer), clockwork.nowMs() - this.#askedMs);
    if (wallS === undefined) {
      this.refused += 1;
      return;
    }
    this.#rest();
    this.#againMs = ASK_AGAIN_FIRST_MS;
    clockwork.alarm(RESYNC_MS, () => this.#ask());
    onTime(wallS);
  }

  /** Unix seconds now, or undefined if this is no answer to our question. */
  #believe(answer: Uint8Array, roundTripMs: number): number | undefined {
    if (answer.length < NTP_BYTES || roundTripMs > MAX_ROUND_TRIP_MS) return undefined;
    const first = answer[0] ?? 0;
    const stratum = answer[1] ?? 0;
    // leap indicator 3: its own clock is not set; mode 4: server; stratum 0: "kiss of death"
    if (first >> 6 === 3 || (first & 7) !== 4 || stratum < 1 || stratum > 15) return undefined;
    for (let i = 0; i < 8; i++) if (answer[24 + i] !== this.#nonce[i]) return undefined;
    const view = new DataView(answer.buffer, answer.byteOffset);
    const ntpS = view.getUint32(40);
    if (ntpS === 0) return undefined;
    const { floorS } = this.#options;
    // the count runs over in 2036: the era is the one in which it is not below the floor
    let wallS = ntpS - NTP_TO_UNIX_S;
    while (wallS < floorS && wallS + ERA_S <= floorS + MAX_AHEAD_S) wallS += ERA_S;
    if (wallS < floorS || wallS > floorS + MAX_AHEAD_S) return undefined;
    const fractionMs = (view.getUint32(44) / ERA_S) * 1_000;
    return wallS + Math.floor((fractionMs + roundTripMs / 2) / 1_000);
  }

  #drop(): void {
    const udp = this.#udp;
    this.#udp = undefined;
    try {
      udp?.close();
    } catch {
      // it is gone, which is what was wanted
    }
  }

  #rest(): void {
    this.#attempt += 1;
    this.#options.clockwork.alarm(undefined, () => {});
    this.#drop();
  }
}
