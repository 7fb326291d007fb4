/**
 * The simulated world's clock: discrete events in integer microseconds, equal times in the order they were scheduled.
 * Nothing here knows real time; whoever wants the world to follow it calls `runFor` with what has passed.
 */
import { Rng } from "./rng.js";

export interface Timer {
  readonly atUs: number;
  readonly order: number;
  /** Undefined once it has run or was cancelled. */
  run: (() => void) | undefined;
}

export class World {
  nowUs = 0;
  readonly seed: number;
  readonly #rng: Rng;
  readonly #heap: Timer[] = [];
  #order = 0;

  constructor(seed = 1) {
    this.seed = seed;
    this.#rng = new Rng(seed);
  }

  /** A generator for one device; call in a fixed order. */
  forkRng(): Rng {
    return this.#rng.fork();
  }

  /** Runs `run` at `atUs`, or now if that has passed. */
  schedule(atUs: number, run: () => void): Timer {
    if (!Number.isFinite(atUs)) throw new RangeError("world: an event needs a time");
    const timer: Timer = { atUs: Math.max(Math.ceil(atUs), this.nowUs), order: this.#order++, run };
    this.#push(timer);
    return timer;
  }

  after(delayUs: number, run: () => void): Timer {
    return this.schedule(this.nowUs + delayUs, run);
  }

  /** Does nothing for a timer that has run, was cancelled, or never was. */
  cancel(timer: Timer | undefined): void {
    if (timer !== undefined) timer.run = undefined;
  }

  /** Time of the next event, Infinity if none waits. */
  get nextUs(): number {
    this.#dropCancelled();
    return this.#heap[0]?.atUs ?? Number.POSITIVE_INFINITY;
  }

  /** Runs the next event if it is due by `limitUs`; false if none is. */
  step(limitUs: number): boolean {
    this.#dropCancelled();
    const next = this.#heap[0];
    if (next === undefined || next.atUs > limitUs) return false;
    this.#pop();
    this.nowUs = Math.max(this.nowUs, next.atUs);
    const { run } = next;
    next.run = undefined;
    run?.();
    return true;
  }

  /**
   * Runs every event due by `untilUs`, then sets the clock there. May be called from within an event (JavaScript that
   * waits for its flash). `stopped`: asked after each event; true leaves the clock where it is.
   */
  runUntil(untilUs: number, stopped?: () => boolean): void {
    while (this.step(untilUs)) {
      if (stopped?.() === true) return;
    }
    this.nowUs = Math.max(this.nowUs, untilUs);
  }

  runFor(us: number): void {
    this.runUntil(this.nowUs + us);
  }

  #dropCancelled(): void {
    while (this.#heap.length > 0 && this.#heap[0]?.run === undefined) this.#pop();
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(timer);
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || before(parent, timer)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      let least = heap[child];
      if (least === undefined) break;
      const right = heap[child + 1];
      if (right !== undefined && before(right, least)) {
        least = right;
        child += 1;
      }
      if (before(last, least)) break;
      heap[at] = least;
      at = child;
    }
    heap[at] = last;
  }
}

function before(left: Timer, right: Timer): boolean {
  return left.atUs < right.atUs || (left.atUs === right.atUs && left.order < right.order);
}
