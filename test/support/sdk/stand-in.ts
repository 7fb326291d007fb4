/**
 * Puts stand-ins in the place of the SDK's modules for whatever below `firmware/` is imported after it, so that a test
 * starts what a board's manifest starts. Timer and time are the SDK's by their rules (8.2.3: modTimer.c, time.js), in a
 * simulated world's time.
 */
import { register } from "node:module";
import type { World } from "../../../tools/bench/world.js";

/** Exports of each module, by its name in names.ts. */
export type Modules = { readonly [module: string]: { readonly [name: string]: unknown } };

/** Once in a process. */
export function standIn(modules: Modules): void {
  Reflect.set(globalThis, Symbol.for("spiral.test.sdk"), modules);
  register("./hooks.ts", import.meta.url);
}

/**
 * A module of ours at its path from the root, with the stand-ins under it. Not by an import that TypeScript follows:
 * its types are those of the chip, which the side of the tests does not know.
 */
export async function load<Exports = unknown>(path: string): Promise<Exports> {
  return import(new URL(`../../../${path}`, import.meta.url).href);
}

class Entry {
  repeatMs = 0;
  gone = false;
  cancel: () => void = () => {};
}

/**
 * Class Timer: one that has run and does not repeat is gone; to schedule a gone one throws, to clear it does nothing.
 */
export function timerOf(world: World): unknown {
  const arm = (entry: Entry, run: () => void, ms: number, repeatMs: number): void => {
    entry.cancel();
    entry.repeatMs = repeatMs;
    const timer = world.after(Math.max(0, ms) * 1_000, () => {
      if (entry.repeatMs > 0) arm(entry, run, entry.repeatMs, entry.repeatMs);
      run();
      if (entry.repeatMs === 0) entry.gone = true;
    });
    entry.cancel = () => world.cancel(timer);
  };
  const runs = new Map<Entry, () => void>();
  const set = (run: () => void, ms = 0, repeatMs = 0): Entry => {
    const entry = new Entry();
    runs.set(entry, run);
    arm(entry, run, ms, repeatMs);
    return entry;
  };
  return {
    set,
    repeat: (run: () => void, ms: number) => set(run, ms, ms),
    schedule: (entry: Entry, ms?: number, repeatMs = 0): void => {
      const run = runs.get(entry);
      if (run === undefined || entry.gone) throw new Error("invalid timer");
      if (ms === undefined) entry.cancel();
      else arm(entry, run, ms, repeatMs);
    },
    clear: (entry?: Entry): void => {
      if (entry === undefined) return;
      entry.cancel();
      entry.gone = true;
      runs.delete(entry);
    },
  };
}

/** Class Time: ticks of 32 bits that wrap, and their difference. */
export function timeOf(world: World, offsetMs = 0): unknown {
  return {
    get ticks(): number {
      return (Math.floor(world.nowUs / 1_000) + offsetMs) | 0;
    },
    delta: (start: number, end: number): number => (end - start) | 0,
  };
}
