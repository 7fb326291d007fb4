/**
 * A simulated chip for drivers: ECMA-419 classes on pins with levels, in a simulated world's time. As on the real one,
 * a pin belongs to one instance at a time, bad options and every call after `close` throw, `close` may be repeated, and
 * callbacks come from the loop, never from within a call, never after `close`.
 */
import type {
  DigitalBankClass,
  DigitalBankIo,
  DigitalBankOptions,
  DigitalClass,
  DigitalIo,
  DigitalOptions,
  Timers,
} from "../../../firmware/io/ecma-419.js";
import { Timer, World } from "../../../tools/bench/world.js";

export const MODES = Object.freeze({
  Input: 0,
  InputPullUp: 1,
  InputPullDown: 2,
  Output: 8,
  OutputOpenDrain: 9,
});
const RISING = 1;
const FALLING = 2;
const PINS = 40;
const FIRST_INPUT_ONLY = 34;

interface Line {
  /** What the world outside does to it; undefined = nothing. */
  outside: 0 | 1 | undefined;
  /** What the chip drives. */
  driven: 0 | 1 | undefined;
  pull: 0 | 1 | undefined;
  owned: boolean;
  seen: 0 | 1;
  edge: ((level: 0 | 1) => void) | undefined;
  /** A part outside that follows the line. */
  watcher: ((level: 0 | 1) => void) | undefined;
}

export class SimChip {
  readonly world: World;
  readonly Digital: DigitalClass;
  readonly DigitalBank: DigitalBankClass;
  readonly timers: Timers;
  readonly #lines: Line[] = [];

  constructor(world = new World()) {
    this.world = world;
    for (let pin = 0; pin < PINS; pin++) {
      this.#lines.push({
        outside: undefined,
        driven: undefined,
        pull: undefined,
        owned: false,
        seen: 0,
        edge: undefined,
        watcher: undefined,
      });
    }
    this.Digital = digitalClass(this);
    this.DigitalBank = digitalBankClass(this);
    this.timers = worldTimers(world);
  }

  /** The world outside drives a line; undefined: lets go of it. */
  outside(pin: number, level: 0 | 1 | undefined): void {
    this.#line(pin).outside = level;
    this.#settle(pin);
  }

  /** What a line says: what drives it, else what pulls it, else 0. */
  level(pin: number): 0 | 1 {
    const { driven, outside, pull } = this.#line(pin);
    return driven ?? outside ?? pull ?? 0;
  }

  /** What the chip drives; undefined: nothing. */
  driven(pin: number): 0 | 1 | undefined {
    return this.#line(pin).driven;
  }

  /** A part outside is told each change of a line. */
  watch(pin: number, watcher: (level: 0 | 1) => void): void {
    this.#line(pin).watcher = watcher;
  }

  isOwned(pin: number): boolean {
    return this.#line(pin).owned;
  }

  // ---- for the classes --------------------------------------------------------------------------------------------

  /** Throws as the chip does if the pin cannot be had. */
  own(pin: number, output: boolean): void {
    if (!Number.isInteger(pin) || pin < 0 || pin >= PINS) throw new Error("invalid pin");
    if (this.#line(pin).owned) throw new Error("in use");
    if (output && pin >= FIRST_INPUT_ONLY) throw new RangeError("input only");
    this.#line(pin).owned = true;
  }

  free(pin: number): void {
    const line = this.#line(pin);
    line.owned = false;
    line.driven = undefined;
    line.pull = undefined;
    line.edge = undefined;
    this.#settle(pin);
  }

  drive(pin: number, level: 0 | 1 | undefined): void {
    this.#line(pin).driven = level;
    this.#settle(pin);
  }

  pull(pin: number, level: 0 | 1 | undefined): void {
    const line = this.#line(pin);
    line.pull = level;
    line.seen = this.level(pin);
  }

  onEdge(pin: number, edge: (level: 0 | 1) => void): void {
    const line = this.#line(pin);
    line.seen = this.level(pin);
    line.edge = edge;
  }

  #line(pin: number): Line {
    const line = this.#lines[pin];
    if (line === undefined) throw new RangeError(`chip: no pin ${pin}`);
    return line;
  }

  #settle(pin: number): void {
    const line = this.#line(pin);
    const level = this.level(pin);
    if (level === line.seen) return;
    line.seen = level;
    line.edge?.(level);
    line.watcher?.(level);
  }
}

export function worldTimers(world: World): Timers {
  return {
    nowMs: () => Math.floor(world.nowUs / 1_000),
    after: (ms, run) => {
      const timer = world.after(ms * 1_000, run);
      return () => world.cancel(timer);
    },
    every: (ms, run) => {
      let timer = world.after(ms * 1_000, again);
      function again(): void {
        timer = world.after(ms * 1_000, again);
        run();
      }
      return () => world.cancel(timer);
    },
    alarm: (run) => {
      const timer = new Timer(run);
      return (ms) => (ms === undefined ? world.cancel(timer) : world.arm(timer, world.nowUs + ms * 1_000));
    },
  };
}

function isInput(mode: number): boolean {
  return mode === MODES.Input || mode === MODES.InputPullUp || mode === MODES.InputPullDown;
}

function isOutput(mode: number): boolean {
  return mode === MODES.Output || mode === MODES.OutputOpenDrain;
}

function pullOf(mode: number): 0 | 1 | undefined {
  if (mode === MODES.InputPullUp) return 1;
  return mode === MODES.InputPullDown ? 0 : undefined;
}

function digitalClass(chip: SimChip): DigitalClass {
  class Digital implements DigitalIo {
    static readonly Input = MODES.Input;
    static readonly InputPullUp = MODES.InputPullUp;
    static readonly InputPullDown = MODES.InputPullDown;
    static readonly Output = MODES.Output;
    static readonly OutputOpenDrain = MODES.OutputOpenDrain;
    static readonly Rising = RISING;
    static readonly Falling = FALLING;
    readonly #pin: number;
    readonly #mode: number;
    #open = true;
    /** Edges come together: one callback tells of all of them. */
    #told = false;

    constructor(options: Pick<DigitalOptions, "pin" | "mode"> | DigitalOptions) {
      const { pin, mode } = options;
      if (!isInput(mode) && !isOutput(mode)) throw new RangeError("invalid mode");
      const edge = "onReadable" in options && isInput(mode) ? options.edge : 0;
      if ("onReadable" in options && isInput(mode) && (edge & (RISING | FALLING)) === 0) {
        throw new RangeError("invalid edges");
      }
      chip.own(pin, isOutput(mode));
      this.#pin = pin;
      this.#mode = mode;
      if (isOutput(mode)) chip.drive(pin, mode === MODES.Output ? 0 : undefined);
      else chip.pull(pin, pullOf(mode));
      if ("onReadable" in options && edge !== 0) {
        chip.onEdge(pin, (level) => this.#edge(level, edge, options.onReadable));
      }
    }

    read(): 0 | 1 {
      this.#check();
      if (!isInput(this.#mode)) throw new Error("can't read output");
      return chip.level(this.#pin);
    }

    write(value: 0 | 1): void {
      this.#check();
      if (isInput(this.#mode)) throw new Error("can't write input");
      chip.drive(this.#pin, this.#mode === MODES.OutputOpenDrain && value === 1 ? undefined : value);
    }

    close(): void {
      if (!this.#open) return;
      this.#open = false;
      chip.free(this.#pin);
    }

    #edge(level: 0 | 1, edge: number, onReadable: () => void): void {
      if ((edge & (level === 1 ? RISING : FALLING)) === 0 || this.#told) return;
      this.#told = true;
      chip.world.after(0, () => {
        this.#told = false;
        if (this.#open) onReadable.call(this);
      });
    }

    #check(): void {
      if (!this.#open) throw new Error("digital is closed");
    }
  }
  return Digital;
}

function digitalBankClass(chip: SimChip): DigitalBankClass {
  class DigitalBank implements DigitalBankIo {
    static readonly Input = MODES.Input;
    static readonly InputPullUp = MODES.InputPullUp;
    static readonly InputPullDown = MODES.InputPullDown;
    static readonly Output = MODES.Output;
    static readonly OutputOpenDrain = MODES.OutputOpenDrain;
    readonly #pins: readonly number[];
    readonly #mode: number;
    #open = true;

    constructor({ pins, mode }: DigitalBankOptions) {
      if (!isInput(mode) && !isOutput(mode)) throw new RangeError("invalid mode");
      const list = pinsOf(pins);
      if (list.length === 0) throw new Error("invalid pin");
      // All or none, as the chip looks at them first.
      for (const pin of list) if (chip.isOwned(pin)) throw new Error("in use");
      for (const pin of list) chip.own(pin, isOutput(mode));
      for (const pin of list) {
        if (isOutput(mode)) chip.drive(pin, mode === MODES.Output ? 0 : undefined);
        else chip.pull(pin, pullOf(mode));
      }
      this.#pins = list;
      this.#mode = mode;
    }

    read(): number {
      this.#check();
      if (!isInput(this.#mode)) throw new Error("can't read output");
      return this.#pins.reduce((value, pin) => value | (chip.level(pin) << pin), 0) >>> 0;
    }

    write(value: number): void {
      this.#check();
      if (isInput(this.#mode)) throw new Error("can't write input");
      for (const pin of this.#pins) {
        const level = ((value >>> pin) & 1) === 1 ? 1 : 0;
        chip.drive(pin, this.#mode === MODES.OutputOpenDrain && level === 1 ? undefined : level);
      }
    }

    close(): void {
      if (!this.#open) return;
      this.#open = false;
      for (const pin of this.#pins) chip.free(pin);
    }

    #check(): void {
      if (!this.#open) throw new Error("digital bank is closed");
    }
  }
  return DigitalBank;
}

function pinsOf(mask: number): number[] {
  const pins: number[] = [];
  for (let pin = 0; pin < 32; pin++) if (((mask >>> pin) & 1) === 1) pins.push(pin);
  return pins;
}
