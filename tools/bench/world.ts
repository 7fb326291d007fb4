/**
 * The simulated world's clock: discrete events in integer microseconds, equal times in the order they were scheduled.
 * Nothing here knows real time; whoever wants the world to follow it calls `runFor` with what has passed.
 */
import { Rng } from "./rng.js";

/**
 * Asked when an event is due, in place of running it: gets over everything that it would begin and that is over before
 * `endUs`, as if it had happened, and schedules what comes behind. Returns the time it got to; undefined: it cannot.
 */
export type Leap = (endUs: number) => number | undefined;

/** An event to come, or one that can be armed again and again. */
export class Timer {
  atUs = 0;
  order = 0;
  /** Place in the world's heap; −1 = not armed. */
  place = -1;
  readonly leap: Leap | undefined;
  readonly #act: (() => void) | undefined;

  /** act: what happens, unless a kind of timer of its own says it in `run`. */
  constructor(act?: () => void, leap?: Leap) {
    this.#act = act;
    this.leap = leap;
  }

  run(): void {
    this.#act?.();
  }

  get armed(): boolean {
    return this.place >= 0;
  }
}

export class World {
  nowUs = 0;
  readonly seed: number;
  readonly #rng: Rng;
  /** Binary heap: no event before its parent. */
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
    const timer = new Timer(run);
    this.arm(timer, atUs);
    return timer;
  }

  after(delayUs: number, run: () => void): Timer {
    return this.schedule(this.nowUs + delayUs, run);
  }

  /** Sets a timer, anew if it was set: at `atUs`, or now if that has passed, behind what is set for the same time. */
  arm(timer: Timer, atUs: number): void {
    if (!Number.isFinite(atUs)) throw new RangeError("world: an event needs a time");
    this.cancel(timer);
    timer.atUs = Math.max(Math.ceil(atUs), this.nowUs);
    timer.order = this.#order++;
    this.#heap.push(timer);
    this.#rise(timer, this.#heap.length - 1);
  }

  /** Does nothing for a timer that has run, was cancelled, or never was. */
  cancel(timer: Timer | undefined): void {
    if (timer === undefined || timer.place < 0) return;
    const heap = this.#heap;
    const at = timer.place;
    timer.place = -1;
    const last = heap.pop();
    if (last === undefined || last === timer) return;
    const parent = at > 0 ? heap[(at - 1) >> 1] : undefined;
    if (parent !== undefined && before(last, parent)) this.#rise(last, at);
    else this.#sink(last, at);
  }

  /** Time of the next event, Infinity if none waits. */
  get nextUs(): number {
    return this.#heap.length === 0 ? Number.POSITIVE_INFINITY : (this.#heap[0]?.atUs ?? Number.POSITIVE_INFINITY);
  }

  /**
   * Runs the next event if it is due by `limitUs`; false if none is. What can be leapt over is no event: nobody outside
   * sees the world between a leap and the event that ends it.
   */
  step(limitUs: number): boolean {
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.atUs > limitUs) return false;
      this.cancel(next);
      this.nowUs = Math.max(this.nowUs, next.atUs);
      const toUs = next.leap?.(Math.min(this.nextUs, limitUs));
      if (toUs === undefined) {
        next.run();
        return true;
      }
      this.nowUs = toUs;
    }
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

  #rise(timer: Timer, from: number): void {
    const heap = this.#heap;
    let at = from;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || before(parent, timer)) break;
      heap[at] = parent;
      parent.place = at;
      at = up;
    }
    heap[at] = timer;
    timer.place = at;
  }

  #sink(timer: Timer, from: number): void {
    const heap = this.#heap;
    const { length } = heap;
    let at = from;
    // Never past the end: for what is not there the engine searches the prototypes, too, and that takes long.
    for (let child = 1 + 2 * at; child < length; child = 1 + 2 * at) {
      let least = heap[child];
      const right = child + 1 < length ? heap[child + 1] : undefined;
      if (least === undefined) break;
      if (right !== undefined && before(right, least)) {
        least = right;
        child += 1;
      }
      if (before(timer, least)) break;
      heap[at] = least;
      least.place = at;
      at = child;
    }
    heap[at] = timer;
    timer.place = at;
  }
}

function before(left: Timer, right: Timer): boolean {
  return left.atUs < right.atUs || (left.atUs === right.atUs && left.order < right.order);
}
