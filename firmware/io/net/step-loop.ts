/**
 * Carries out what a state machine of the worker decides: one input at a time, and what an effect brings waits until
 * all effects before it are carried out. Ticks when the state wants it. Decides nothing.
 */
import type { Clockwork } from "./sockets.js";

export interface StepLoopOptions<State, Input, Effect> {
  readonly clockwork: Clockwork;
  readonly tick: Input;
  step(state: State, input: Input, nowMs: number): { readonly state: State; readonly effects: readonly Effect[] };
  execute(effect: Effect): void;
  /** All inputs are taken. May give more. */
  rested(): void;
  /** When the state wants a tick, absolute ms; Infinity: not. */
  dueMs(state: State, nowMs: number): number;
}

export class StepLoop<State, Input, Effect> {
  state: State;
  readonly #options: StepLoopOptions<State, Input, Effect>;
  readonly #inbox: Input[] = [];
  #busy = false;
  #closed = false;

  constructor(state: State, options: StepLoopOptions<State, Input, Effect>) {
    this.state = state;
    this.#options = options;
  }

  give(input: Input): void {
    if (this.#closed) return;
    this.#inbox.push(input);
    if (this.#busy) return;
    this.#busy = true;
    const { clockwork, tick } = this.#options;
    for (let next = this.#inbox.shift(); next !== undefined && !this.#closed; next = this.#inbox.shift()) {
      const step = this.#options.step(this.state, next, clockwork.nowMs());
      this.state = step.state;
      for (const effect of step.effects) this.#options.execute(effect);
    }
    this.#busy = false;
    if (this.#closed) return;
    this.#options.rested();
    if (this.#closed) return;
    const nowMs = clockwork.nowMs();
    const dueMs = this.#options.dueMs(this.state, nowMs);
    const afterMs = dueMs === Infinity ? undefined : Math.max(0, dueMs - nowMs);
    clockwork.alarm(afterMs, () => this.give(tick));
  }

  /** False if it was closed already. Nothing is taken any more. */
  close(): boolean {
    if (this.#closed) return false;
    this.#closed = true;
    this.#options.clockwork.alarm(undefined, () => {});
    return true;
  }
}
