/**
 * Driver of the compressor's relay. A compressor that is started against its own pressure burns: it rests at least
 * `MIN_OFF_MS` after each run and after each power-up, because nobody knows how long it has been off then. It also runs
 * at least `MIN_ON_MS`, or its oil stays where it was pumped to. The relay's line has a pull-down: no program, no run.
 */
import type { CompressorPort } from "../ports/hardware.js";
import type { DigitalClass, DigitalIo, Timers } from "./ecma-419.js";

export const MIN_OFF_MS = 300_000;
export const MIN_ON_MS = 120_000;
/** Where nobody knows how cold it is it runs and rests by turns: products neither spoil nor burst. */
export const BLIND_TURN_MS = 600_000;

export interface CompressorOptions {
  readonly io: DigitalClass;
  readonly pin: number;
  /** Level of the line while it runs. */
  readonly onLevel: 0 | 1;
  readonly timers: Timers;
}

export class Compressor implements CompressorPort {
  readonly #onLevel: 0 | 1;
  readonly #timers: Timers;
  #io: DigitalIo | undefined;
  #wanted = false;
  #running = false;
  /** It may change over from then on. */
  #freeAtMs: number;
  #takeBack: (() => void) | undefined;
  #stopTurns: (() => void) | undefined;

  constructor({ io, pin, onLevel, timers }: CompressorOptions) {
    this.#onLevel = onLevel;
    this.#timers = timers;
    this.#io = new io({ pin, mode: io.Output });
    this.#write(false);
    this.#freeAtMs = timers.nowMs() + MIN_OFF_MS;
  }

  get running(): boolean {
    return this.#running;
  }

  /** When it may change over, absolute ms. */
  get freeAtMs(): number {
    return this.#freeAtMs;
  }

  /** It is to run or to rest, as soon as it may. The newest order counts. */
  cool(on: boolean | undefined): void {
    if (this.#io === undefined) throw new Error("compressor is closed");
    if (on === undefined && this.#stopTurns !== undefined) return;
    this.#stopTurns?.();
    this.#stopTurns = undefined;
    if (on === undefined) this.#stopTurns = this.#timers.every(BLIND_TURN_MS, () => this.#changeTo(!this.#wanted));
    this.#changeTo(on ?? true);
  }

  #changeTo(on: boolean): void {
    this.#wanted = on;
    this.#takeBack?.();
    this.#takeBack = undefined;
    if (this.#wanted === this.#running) return;
    const waitMs = this.#freeAtMs - this.#timers.nowMs();
    if (waitMs > 0) {
      this.#takeBack = this.#timers.after(waitMs, () => this.#changeTo(this.#wanted));
      return;
    }
    this.#write(on);
    this.#running = on;
    this.#freeAtMs = this.#timers.nowMs() + (on ? MIN_ON_MS : MIN_OFF_MS);
  }

  /** It rests at once. */
  close(): void {
    this.#stopTurns?.();
    this.#stopTurns = undefined;
    this.#takeBack?.();
    this.#takeBack = undefined;
    if (this.#io === undefined) return;
    this.#write(false);
    this.#running = false;
    const io = this.#io;
    this.#io = undefined;
    io.close();
  }

  #write(on: boolean): void {
    this.#io?.write(on === (this.#onLevel === 1) ? 1 : 0);
  }
}
