/** Door switch and thermometer of the cabinet. */
import type { WorldInput } from "../../firmware/ports/inputs.js";
import type { Timer, World } from "./world.js";

/** How often the thermometer is read. */
const READ_EVERY_US = 10_000_000;

export class Door {
  #open = false;
  readonly #report: (input: WorldInput) => void;

  constructor(report: (input: WorldInput) => void) {
    this.#report = report;
  }

  get open(): boolean {
    return this.#open;
  }

  set(open: boolean): void {
    if (open === this.#open) return;
    this.#open = open;
    this.#report({ on: "door", open });
  }
}

export class Thermometer {
  /** Inside temperature, thousandths of a degree Celsius. */
  milliC = 4_500;
  /** Broken wire: readings without a value. */
  broken = false;
  readonly #world: World;
  readonly #report: (input: WorldInput) => void;
  #timer: Timer | undefined;

  constructor(world: World, report: (input: WorldInput) => void) {
    this.#world = world;
    this.#report = report;
  }

  setPower(on: boolean): void {
    this.#world.cancel(this.#timer);
    if (on) this.#timer = this.#world.after(100_000, () => this.#read());
  }

  #read(): void {
    this.#report({ on: "temperature", milliC: this.broken ? undefined : this.milliC });
    this.#timer = this.#world.after(READ_EVERY_US, () => this.#read());
  }
}
