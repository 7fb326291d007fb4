/**
 * Driver of the door switch: an input whose edges start a look, and what it says once it has rested for `SETTLES_MS` is
 * told. A switch that never rests is believed after `BOUNCES_MS`, so that no bad contact hides an open door.
 */
import type { WorldInput } from "../ports/inputs.js";
import type { DigitalClass, DigitalIo, Timers } from "./ecma-419.js";

/** A contact that has kept its level for so long has stopped bouncing. */
export const SETTLES_MS = 50;
/** Longest time that edges put the look off. */
export const BOUNCES_MS = 500;

export interface DoorOptions {
  readonly io: DigitalClass;
  readonly pin: number;
  /** Level of the line while the door is open. */
  readonly openLevel: 0 | 1;
  readonly timers: Timers;
}

export class Door {
  readonly #openLevel: 0 | 1;
  readonly #timers: Timers;
  #io: DigitalIo | undefined;
  #open: boolean;
  #bouncingSinceMs: number | undefined;
  #takeBack: (() => void) | undefined;
  #deliver: ((input: WorldInput) => void) | undefined;

  constructor({ io, pin, openLevel, timers }: DoorOptions) {
    this.#openLevel = openLevel;
    this.#timers = timers;
    this.#io = new io({
      pin,
      mode: io.InputPullUp,
      edge: io.Rising | io.Falling,
      onReadable: () => this.#edge(),
    });
    this.#open = this.#reads();
  }

  /** As last told; at the beginning what the switch said. */
  get open(): boolean {
    return this.#open;
  }

  /** From now on changes go to `deliver`. */
  listen(deliver: (input: WorldInput) => void): void {
    this.#deliver = deliver;
  }

  /** What the switch says now, bouncing or not. */
  sample(): boolean {
    return this.#reads();
  }

  close(): void {
    this.#takeBack?.();
    this.#takeBack = undefined;
    const io = this.#io;
    this.#io = undefined;
    io?.close();
  }

  #edge(): void {
    const nowMs = this.#timers.nowMs();
    this.#bouncingSinceMs ??= nowMs;
    this.#takeBack?.();
    const restMs = Math.min(SETTLES_MS, Math.max(0, this.#bouncingSinceMs + BOUNCES_MS - nowMs));
    this.#takeBack = this.#timers.after(restMs, () => this.#settled());
  }

  #settled(): void {
    this.#bouncingSinceMs = undefined;
    this.#takeBack = undefined;
    const open = this.#reads();
    if (open === this.#open) return;
    this.#open = open;
    this.#deliver?.({ on: "door", open });
  }

  #reads(): boolean {
    if (this.#io === undefined) throw new Error("door is closed");
    return this.#io.read() === this.#openLevel;
  }
}
