/**
 * The delivery side of a board: motors, home switches, drop beam and power-fail input, as the native rim and the
 * matrix of the motors together make them. Puts the rim's latched news into the machine's queue, in their order.
 * Decides nothing.
 */
import type { BeamPort, MotorsPort, SensorSnapshot } from "../ports/hardware.js";
import type { WorldInput } from "../ports/inputs.js";
import type { PinMap } from "./boards/pin-map.js";
import type { Timers } from "./ecma-419.js";
import type { MotorMatrix, Selection } from "./motor-matrix.js";
import type { DeliveryRimEvent, DeliveryRimOptions, RimLine } from "./native/delivery-rim.js";

/** What the native binding gives: see native/delivery-rim.d.ts. */
export interface DeliveryRimIo {
  turn(column: number, maxMs: number, saleNo: number): void;
  stop(): void;
  emitter(on: boolean): void;
  read(): DeliveryRimEvent | undefined;
  readonly homeClosed: boolean;
  readonly dark: boolean;
  readonly mainsFailing: boolean;
  readonly stalling: boolean;
  readonly nowUs: number;
  close(): void;
}

export interface DeliveryRimClass {
  new (options: DeliveryRimOptions): DeliveryRimIo;
}

/** News from before anybody listens: as many as the rim itself keeps. */
export const MAX_NEWS_WAITING = 64;
/** Receiver and blinks have followed the emitter by then. */
export const BEAM_FOLLOWS_MS = 15;

/** What the receiver saw: with the emitter on, off, and on again. */
export interface BeamTest {
  readonly lit: boolean;
  readonly dark: boolean;
  readonly litAgain: boolean;
  /** Foreign light, as the rim's blinks tell it. */
  readonly glare: boolean;
}

export interface DeliveryOptions {
  readonly io: DeliveryRimClass;
  readonly map: Pick<PinMap, "pins" | "levels">;
  readonly matrix: MotorMatrix;
}

export class Delivery {
  readonly motors: MotorsPort;
  readonly beam: BeamPort;
  readonly #matrix: MotorMatrix;
  #io: DeliveryRimIo | undefined;
  #deliver: ((input: WorldInput) => void) | undefined;
  readonly #waiting: WorldInput[] = [];
  #glare = false;
  /** The beam's edges are a test's doing. */
  #testing = false;

  /** Motors rest, the beam's emitter is on. Throws where a pin is missing, in use or bad. */
  constructor({ io, map, matrix }: DeliveryOptions) {
    this.#matrix = matrix;
    this.#io = new io(rimOptions(map, () => this.#drain()));
    this.motors = {
      turn: (column, maxMs, saleNo) => this.#turn(column, maxMs, saleNo),
      stop: () => this.#rim().stop(),
    };
    this.beam = { emitter: (on) => this.#rim().emitter(on) };
  }

  /** The clock of all its times, whole ms since power-up. */
  nowMs(): number {
    return toMs(this.#rim().nowUs);
  }

  get beamDark(): boolean {
    return this.#rim().dark;
  }

  get mainsFailing(): boolean {
    return this.#rim().mainsFailing;
  }

  /** The comparator says that stall current is drawn. */
  get stalling(): boolean {
    return this.#rim().stalling;
  }

  /** From now on news goes to `deliver`; what waits at once. */
  listen(deliver: (input: WorldInput) => void): void {
    this.#deliver = deliver;
    for (const input of this.#waiting.splice(0)) deliver(input);
    this.#drain();
  }

  /** Looks whether the receiver follows its emitter; not while anybody listens. Its edges are told to nobody. */
  testBeam(timers: Timers, done: (saw: BeamTest) => void): void {
    if (this.#deliver !== undefined) throw new Error("delivery is listened to");
    this.#drain();
    const lit = !this.beamDark;
    this.#testing = true;
    this.beam.emitter(false);
    timers.after(BEAM_FOLLOWS_MS, () => {
      const dark = this.beamDark;
      this.beam.emitter(true);
      timers.after(BEAM_FOLLOWS_MS, () => {
        this.#drain();
        this.#testing = false;
        done({ lit, dark, litAgain: !this.beamDark, glare: this.#glare });
      });
    });
  }

  /** What the home switch of `column` says while no motor runs; the matrix lets go of it again. */
  homeSwitch(column: number): "closed" | "open" | Exclude<Selection, "selected"> {
    const rim = this.#rim();
    const selection = this.#matrix.select(column);
    const closed = selection === "selected" && rim.homeClosed;
    this.#matrix.release();
    if (selection !== "selected") return selection;
    return closed ? "closed" : "open";
  }

  /** Columns of `columns` whose spiral stands away from home. One that cannot be selected is not known to be away. */
  awayFromHome(columns: readonly number[]): SensorSnapshot["awayFromHome"] {
    return columns.filter((column) => this.homeSwitch(column) === "open");
  }

  close(): void {
    const rim = this.#io;
    if (rim === undefined) return;
    this.#io = undefined;
    rim.close();
    this.#matrix.close();
  }

  #turn(column: number, maxMs: number, saleNo: number): void {
    const rim = this.#rim();
    rim.stop();
    // The matrix stays where it is until the end of the motor before has been told.
    this.#drain();
    const selection = this.#matrix.select(column);
    if (selection === "selected") return rim.turn(column, maxMs, saleNo);
    // Nothing has turned: to the machine it is a motor that cannot move.
    this.#deliver?.({ on: "motorStopped", column, why: "stall", atMs: toMs(rim.nowUs) });
  }

  #drain(): void {
    for (let news = this.#io?.read(); news !== undefined; news = this.#io?.read()) {
      if (news.kind === "stopped") this.#matrix.release();
      if (news.kind === "glare") this.#glare = news.present;
      if (news.kind === "beam" && this.#testing) continue;
      const input = inputOf(news);
      if (this.#deliver !== undefined) this.#deliver(input);
      else if (this.#waiting.length < MAX_NEWS_WAITING) this.#waiting.push(input);
    }
  }

  #rim(): DeliveryRimIo {
    if (this.#io === undefined) throw new Error("delivery is closed");
    return this.#io;
  }
}

function rimOptions({ pins, levels }: DeliveryOptions["map"], onReadable: () => void): DeliveryRimOptions {
  const { motorDrive, home, stall, beamEmitter, beamReceiver, powerFail } = pins;
  if (motorDrive === undefined || home === undefined || beamEmitter === undefined || beamReceiver === undefined) {
    throw new RangeError("delivery lacks a pin");
  }
  const activeLow: RimLine[] = [];
  if (levels.homeClosed === 0) activeLow.push("home");
  if (levels.stalling === 0) activeLow.push("stall");
  if (levels.beamDark === 0) activeLow.push("beam");
  if (levels.powerFailing === 0) activeLow.push("powerFail");
  return {
    motor: motorDrive.pin,
    home: home.pin,
    emitter: beamEmitter.pin,
    beam: beamReceiver.pin,
    ...(stall === undefined ? {} : { stall: stall.pin }),
    ...(powerFail === undefined ? {} : { powerFail: powerFail.pin }),
    activeLow,
    onReadable,
  };
}

function inputOf(news: DeliveryRimEvent): WorldInput {
  const atMs = toMs(news.atUs);
  switch (news.kind) {
    case "leftHome":
      return { on: "leftHome", column: news.column, atMs };
    case "stopped":
      return { on: "motorStopped", column: news.column, why: news.why, atMs };
    case "beam":
      return { on: "beam", dark: news.dark, atMs };
    case "glare":
      return { on: "glare", present: news.present, atMs };
    case "powerFail":
      return { on: "powerFail", atMs };
  }
}

function toMs(us: number): number {
  return Math.floor(us / 1_000);
}
