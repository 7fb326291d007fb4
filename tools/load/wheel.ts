/** Wakes things when they are due, coarsely: one timer for 20,000 of them. */

/** Nobody here needs it finer. */
export const TICK_MS = 20;

export interface Sleeper {
  /** Monotonic ms; Infinity: not by itself. */
  readonly dueMs: number;
  wake(nowMs: number): void;
}

export class Wheel<T extends Sleeper> {
  readonly #now: () => number;
  readonly #slots = new Map<number, Set<T>>();
  readonly #slotOf = new Map<T, number>();
  readonly #timer: NodeJS.Timeout;
  #at: number;

  constructor(now: () => number) {
    this.#now = now;
    this.#at = Math.floor(now() / TICK_MS);
    this.#timer = setInterval(() => this.#turn(), TICK_MS);
  }

  /** Asks `sleeper` when it is due, and keeps it in mind until then. */
  set(sleeper: T): void {
    const held = this.#slotOf.get(sleeper);
    const due = sleeper.dueMs;
    const slot = due === Number.POSITIVE_INFINITY ? undefined : Math.max(this.#at + 1, Math.ceil(due / TICK_MS));
    if (held === slot) return;
    if (held !== undefined) this.#slots.get(held)?.delete(sleeper);
    if (slot === undefined) {
      this.#slotOf.delete(sleeper);
      return;
    }
    this.#slotOf.set(sleeper, slot);
    const others = this.#slots.get(slot);
    if (others === undefined) this.#slots.set(slot, new Set([sleeper]));
    else others.add(sleeper);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #turn(): void {
    const nowMs = this.#now();
    for (const until = Math.floor(nowMs / TICK_MS); this.#at < until; ) {
      this.#at++;
      const due = this.#slots.get(this.#at);
      if (due === undefined) continue;
      this.#slots.delete(this.#at);
      for (const sleeper of due) {
        this.#slotOf.delete(sleeper);
        sleeper.wake(nowMs);
        this.set(sleeper);
      }
    }
  }
}
