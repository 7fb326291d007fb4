/**
 * The JavaScript half of the simulated board: one thing at a time, while the native rim and the world run on. Inputs
 * wait in order with the times they were latched at; flash operations and injected stalls make it stand still. A cut
 * of power unwinds whatever it is doing by throwing `PowerCut` out of the port it has called.
 */
import type { WorldInput } from "../../firmware/ports/inputs.js";
import { PowerCut } from "./flash.js";
import { type IdleClock, type IdlePolls, type Leapt, SHORTEST_POLL_US } from "./idle-bus.js";
import { Timer, type World } from "./world.js";

/** What runs there: firmware/machine, or a hand-driven stand-in in tests. */
export interface JavaScriptProgram {
  input(input: WorldInput, nowMs: number): void;
  /** When it wants its next tick, monotonic ms; Infinity = none. */
  dueMs(): number;
  /**
   * The POLLs that are all it would do until `untilMs`, or until the earlier time told back, if they get what
   * `answerTo` says; undefined: more than that. Absent: nothing is ever leapt over.
   */
  idle?(
    nowMs: number,
    untilMs: number,
    answerTo: IdleLeap["answerTo"],
  ): { readonly seats: readonly IdlePolls[]; readonly untilMs: number } | undefined;
  /** They have been leapt over: `seats` as `idle` gave them, with new times; the last answer was taken at `nowMs`. */
  leapt?(seats: readonly IdlePolls[], nowMs: number): void;
}

/** Gets over idle POLLs that end before `endUs`; undefined if it cannot. */
export interface IdleLeap {
  /** Asked first: what follows is said of this moment. */
  mayLeap(): boolean;
  /** The data that every such POLL gets, empty: a bare ACK; undefined: news, nothing, or two answers. */
  answerTo(poll: number): Uint8Array | undefined;
  leap(polls: readonly IdlePolls[], clock: IdleClock, endUs: number): Leapt | undefined;
}

export interface JavaScriptTiming {
  /** Computing time for one input. */
  stepUs: number;
}

/** Ticks in a row without time passing before the program counts as stuck. */
const MAX_IDLE_TICKS = 1_000;

const TICK: WorldInput = Object.freeze({ on: "tick" });

export class JavaScriptSide {
  readonly timing: JavaScriptTiming = { stepUs: 300 };
  /** Inputs not fully processed when power was last cut, the interrupted one first. */
  lostInputs: readonly WorldInput[] = [];
  /** Steps taken since the world began, for benches. */
  steps = 0;
  /** Of these, taken by leaping. */
  stepsLeapt = 0;
  /** Undefined: every POLL is played. */
  idleLeap: IdleLeap | undefined;
  readonly #world: World;
  readonly #powerCut: () => void;
  #program: JavaScriptProgram | undefined;
  /** What starts it, until it has. */
  #boot: (() => JavaScriptProgram) | undefined;
  #queue: WorldInput[] = [];
  #current: WorldInput | undefined;
  #powered = false;
  #generation = 0;
  #running = false;
  #bootUs = 0;
  #freeAtUs = 0;
  readonly #pump = new Timer(() => this.#next());
  readonly #tick = new Timer(
    () => this.#onTick(),
    (endUs) => this.#leap(endUs),
  );
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
    this.#boot = boot;
    this.#world.arm(this.#pump, this.#freeAtUs);
  }

  /** Power is gone: queue and program with it. */
  powerOff(): void {
    if (!this.#powered) return;
    this.#powered = false;
    this.#generation += 1;
    this.lostInputs = this.unfinished;
    this.#queue = [];
    this.#program = undefined;
    this.#boot = undefined;
    this.#world.cancel(this.#pump);
    this.#world.cancel(this.#tick);
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
    const untilUs = this.#world.nowUs + us;
    const generation = this.#generation;
    if (this.#world.nextUs > untilUs) this.#world.nowUs = untilUs;
    else if (us > 0) this.#world.runUntil(untilUs, () => this.#generation !== generation);
    return this.#generation === generation;
  }

  /** Waits; throws PowerCut if power goes meanwhile. */
  spend(us: number): void {
    if (!this.wait(us)) throw new PowerCut("while JavaScript waited");
  }

  #wake(): void {
    if (this.#running || this.#program === undefined || this.#pump.armed) return;
    this.#world.arm(this.#pump, this.#freeAtUs);
  }

  #next(): void {
    if (this.#program === undefined) return this.#attempt(undefined);
    if (this.#world.nowUs < this.#freeAtUs) return this.#wake();
    const input = this.#queue.shift();
    if (input !== undefined) this.#attempt(input);
  }

  /** Takes one input, or starts the program. */
  #attempt(input: WorldInput | undefined): void {
    const generation = this.#generation;
    this.#running = true;
    this.#current = input;
    this.steps += 1;
    try {
      this.#act(input);
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

  #act(input: WorldInput | undefined): void {
    if (input === undefined) {
      const boot = this.#boot;
      this.#boot = undefined;
      this.#program = boot?.();
      return;
    }
    this.spend(this.timing.stepUs);
    this.#program?.input(input, this.nowMs);
  }

  #armTick(): void {
    const dueMs = this.#program?.dueMs() ?? Number.POSITIVE_INFINITY;
    if (dueMs === Number.POSITIVE_INFINITY) return this.#world.cancel(this.#tick);
    if (!Number.isFinite(dueMs)) throw new RangeError(`machine: dueMs ${dueMs}`);
    const atUs = this.#bootUs + Math.ceil(dueMs) * 1_000;
    if (this.#tick.armed && this.#tick.atUs === atUs) return;
    this.#world.arm(this.#tick, atUs);
  }

  #onTick(): void {
    this.#countTick();
    this.deliver(TICK);
  }

  /** In place of a tick: all POLLs that nothing can meet before `endUs`. */
  #leap(endUs: number): number | undefined {
    const program = this.#program;
    const { nowUs } = this.#world;
    const { stepUs } = this.timing;
    if (endUs - nowUs <= SHORTEST_POLL_US || endUs === Number.POSITIVE_INFINITY) return;
    if (this.#running || this.#queue.length > 0 || this.#freeAtUs > nowUs) return;
    if (program?.idle === undefined || program.leapt === undefined || this.idleLeap?.mayLeap() !== true) return;
    const idle = program.idle(this.nowMs, this.toMs(endUs), this.idleLeap.answerTo);
    if (idle === undefined) return;
    const clock = { bootUs: this.#bootUs, tickUs: nowUs, stepUs };
    const leapt = this.idleLeap.leap(idle.seats, clock, Math.min(endUs, this.#bootUs + idle.untilMs * 1_000));
    if (leapt === undefined) return;
    this.steps += leapt.steps;
    this.stepsLeapt += leapt.steps;
    this.#freeAtUs = leapt.freeAtUs;
    this.#idleTicks = 0;
    this.#lastTickMs = this.toMs(leapt.lastTickUs);
    program.leapt(idle.seats, this.toMs(leapt.freeAtUs));
    this.#armTick();
    return leapt.toUs;
  }

  #countTick(): void {
    this.#idleTicks = this.nowMs === this.#lastTickMs ? this.#idleTicks + 1 : 0;
    this.#lastTickMs = this.nowMs;
    if (this.#idleTicks > MAX_IDLE_TICKS) throw new Error("machine: asks for ticks without end");
  }
}
