/**
 * The JavaScript half of the simulated board: one thing at a time, while the native rim and the world run on. Inputs
 * wait in order with the times they were latched at; flash operations and injected stalls make it stand still. A cut
 * of power unwinds whatever it is doing by throwing `PowerCut` out of the port it has called.
 */
import type { WorldInput } from "../../firmware/ports/inputs.js";
import { PowerCut } from "./flash.js";
import type { Timer, World } from "./world.js";

/** What runs there: firmware/machine, or a hand-driven stand-in in tests. */
export interface JavaScriptProgram {
  input(input: WorldInput, nowMs: number): void;
  /** When it wants its next tick, monotonic ms; Infinity = none. */
  dueMs(): number;
}

export interface JavaScriptTiming {
  /** Computing time for one input. */
  stepUs: number;
}

/** Ticks in a row without time passing before the program counts as stuck. */
const MAX_IDLE_TICKS = 1_000;

export class JavaScriptSide {
  readonly timing: JavaScriptTiming = { stepUs: 300 };
  /** Inputs not fully processed when power was last cut, the interrupted one first. */
  lostInputs: readonly WorldInput[] = [];
  /** Steps taken since the world began, for benches. */
  steps = 0;
  readonly #world: World;
  readonly #powerCut: () => void;
  #program: JavaScriptProgram | undefined;
  #queue: WorldInput[] = [];
  #current: WorldInput | undefined;
  #powered = false;
  #generation = 0;
  #running = false;
  #bootUs = 0;
  #freeAtUs = 0;
  #pump: Timer | undefined;
  #tick: Timer | undefined;
  #idleTicks = 0;
  #lastTickMs = -1;

  /** `powerCut`: called when the program ran into a cut of its own (an effect or flash operation chosen by a test). */
  constructor(world: World, powerCut: () => void) {
    this.#world = world;
    this.#powerCut = powerCut;
  }

  /** Power is there: time counts from now, inputs are latched; the program starts `bootUs` later. */
  powerOn(bootUs: number, boot: () => JavaScriptProgram): void {
    this.#powered = true;
    this.#bootUs = this.#world.nowUs;
    this.#freeAtUs = this.#world.nowUs + bootUs;
    this.#pump = this.#world.schedule(this.#freeAtUs, () => {
      this.#pump = undefined;
      this.#attempt(undefined, () => {
        this.#program = boot();
      });
    });
  }

  /** Power is gone: queue and program with it. */
  powerOff(): void {
    if (!this.#powered) return;
    this.#powered = false;
    this.#generation += 1;
    this.lostInputs = this.unfinished;
    this.#queue = [];
    this.#program = undefined;
    this.#world.cancel(this.#pump);
    this.#world.cancel(this.#tick);
    this.#pump = undefined;
    this.#tick = undefined;
  }

  get running(): boolean {
    return this.#program !== undefined;
  }

  /** Inputs waiting. */
  get backlog(): number {
    return this.#queue.length;
  }

  /** Inputs not yet done with, the one being taken first. */
  get unfinished(): readonly WorldInput[] {
    return this.#current === undefined ? this.#queue : [this.#current, ...this.#queue];
  }

  /** Monotonic ms since power came. */
  get nowMs(): number {
    return this.toMs(this.#world.nowUs);
  }

  toMs(worldUs: number): number {
    return Math.floor((worldUs - this.#bootUs) / 1_000);
  }

  /** The rim has something to tell. */
  deliver(input: WorldInput): void {
    if (!this.#powered) return;
    this.#queue.push(input);
    this.#wake();
  }

  /** JavaScript stands still for so long, at once or as soon as it is done with what it does. */
  stall(ms: number): void {
    this.#freeAtUs = Math.max(this.#freeAtUs, this.#world.nowUs) + ms * 1_000;
  }

  /** The running program waits: the world goes on, inputs pile up. False if power went meanwhile. */
  wait(us: number): boolean {
    const generation = this.#generation;
    if (us > 0) this.#world.runUntil(this.#world.nowUs + us, () => this.#generation !== generation);
    return this.#generation === generation;
  }

  /** Waits; throws PowerCut if power goes meanwhile. */
  spend(us: number): void {
    if (!this.wait(us)) throw new PowerCut("while JavaScript waited");
  }

  #wake(): void {
    if (this.#running || this.#program === undefined || this.#pump !== undefined) return;
    this.#pump = this.#world.schedule(this.#freeAtUs, () => {
      this.#pump = undefined;
      this.#next();
    });
  }

  #next(): void {
    const program = this.#program;
    if (program === undefined) return;
    if (this.#world.nowUs < this.#freeAtUs) return this.#wake();
    const input = this.#queue.shift();
    if (input === undefined) return;
    this.#attempt(input, () => {
      this.spend(this.timing.stepUs);
      program.input(input, this.nowMs);
    });
  }

  #attempt(input: WorldInput | undefined, act: () => void): void {
    const generation = this.#generation;
    this.#running = true;
    this.#current = input;
    this.steps += 1;
    try {
      act();
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      if (this.#generation === generation) this.#powerCut();
    } finally {
      this.#running = false;
      this.#current = undefined;
    }
    if (this.#generation !== generation) return;
    this.#freeAtUs = Math.max(this.#freeAtUs, this.#world.nowUs);
    this.#armTick();
    if (this.#queue.length > 0) this.#wake();
  }

  #armTick(): void {
    this.#world.cancel(this.#tick);
    this.#tick = undefined;
    const dueMs = this.#program?.dueMs() ?? Number.POSITIVE_INFINITY;
    if (dueMs === Number.POSITIVE_INFINITY) return;
    if (!Number.isFinite(dueMs)) throw new RangeError(`machine: dueMs ${dueMs}`);
    this.#tick = this.#world.schedule(this.#bootUs + Math.ceil(dueMs) * 1_000, () => {
      this.#tick = undefined;
      this.#countTick();
      this.deliver({ on: "tick" });
    });
  }

  #countTick(): void {
    this.#idleTicks = this.nowMs === this.#lastTickMs ? this.#idleTicks + 1 : 0;
    this.#lastTickMs = this.nowMs;
    if (this.#idleTicks > MAX_IDLE_TICKS) throw new Error("machine: asks for ticks without end");
  }
}
