/**
 * The delivery rim as the chip's binding gives it (firmware/io/native/delivery-rim.d.ts), around the bench's spirals
 * and beam: what turns is the motor that is selected, whatever number the order names; none selected, none turns.
 */
import type { DeliveryRimClass, DeliveryRimIo } from "../../../firmware/io/delivery.js";
import type { DeliveryRimEvent, DeliveryRimOptions } from "../../../firmware/io/native/delivery-rim.js";
import { Beam } from "../../../tools/bench/beam.js";
import { SimFlash } from "../../../tools/bench/flash.js";
import { RimNote } from "../../../tools/bench/rim-note.js";
import { type ColumnOptions, Spirals } from "../../../tools/bench/spirals.js";
import { Truth } from "../../../tools/bench/truth.js";
import type { SimChip } from "./chip.js";

const STALL_MS = 600;

/** The mechanics behind the pins. */
export class SimCabinet {
  readonly truth: Truth;
  readonly beam: Beam;
  readonly spirals: Spirals;
  /** The rim's partition for the turn that the mains' failing ends. */
  readonly noteFlash = new SimFlash({ blocks: 1 });
  readonly note: RimNote;
  /** Motors whose two select lines are high. */
  selected: () => readonly number[] = () => [];
  mainsFailing = false;
  /** The comparator's line hangs: no motor runs. */
  stalling = false;
  readonly chip: SimChip;
  /** To the rim that is open. */
  tell: ((event: DeliveryRimEvent) => void) | undefined;
  /** The number that the order under way names. */
  named = 0;

  constructor(chip: SimChip, columns: readonly ColumnOptions[]) {
    this.chip = chip;
    const { world } = chip;
    this.truth = new Truth(world);
    this.note = new RimNote(world, this.noteFlash, world.forkRng());
    this.beam = new Beam(world, this.truth, ({ on, yes, atUs }) => {
      this.note.tell({ kind: on, yes, atUs });
      this.tell?.(on === "beam" ? { kind: "beam", dark: yes, atUs } : { kind: "glare", present: yes, atUs });
    });
    this.spirals = new Spirals(world, this.truth, this.beam, columns, (event) => {
      const { atUs } = event;
      const column = this.named;
      if (event.event === "leftHome") {
        this.note.tell({ kind: "leftHome", atUs });
        this.tell?.({ kind: "leftHome", column, atUs });
      } else {
        this.note.tell({ kind: "motorStopped", why: event.why, atUs });
        this.tell?.({ kind: "stopped", column, why: event.why, atUs });
      }
    });
    this.beam.setPower(true);
    this.spirals.setPower(true);
  }

  /** The class of the rim; one is open at a time. */
  rimClass(): DeliveryRimClass {
    const cabinet = this;
    return class DeliveryRim extends SimRim {
      constructor(options: DeliveryRimOptions) {
        super(cabinet, options);
      }
    };
  }

  /** The mains fail: the motor stops at once. */
  failMains(): void {
    this.mainsFailing = true;
    this.spirals.stop();
    this.note.powerFail();
    this.tell?.({ kind: "powerFail", atUs: this.chip.world.nowUs });
  }
}

class SimRim implements DeliveryRimIo {
  readonly #cabinet: SimCabinet;
  readonly #pins: readonly number[];
  readonly #events: DeliveryRimEvent[] = [];
  #open = true;
  #told = false;

  constructor(cabinet: SimCabinet, options: DeliveryRimOptions) {
    this.#cabinet = cabinet;
    if (this.#cabinet.tell !== undefined) throw new Error("in use");
    const { motor, emitter, home, beam, stall, powerFail, onReadable } = options;
    const owned: number[] = [];
    const own = (pin: number | undefined, output: boolean): void => {
      if (pin === undefined) return;
      try {
        this.#cabinet.chip.own(pin, output);
      } catch (error) {
        for (const taken of owned) this.#cabinet.chip.free(taken);
        throw error;
      }
      owned.push(pin);
    };
    for (const pin of [motor, emitter]) own(pin, true);
    for (const pin of [home, beam, stall, powerFail]) own(pin, false);
    this.#pins = owned;
    this.#cabinet.tell = (event) => {
      this.#events.push(event);
      if (this.#told) return;
      this.#told = true;
      this.#cabinet.chip.world.after(0, () => {
        this.#told = false;
        if (this.#open) onReadable();
      });
    };
  }

  turn(column: number, maxMs: number, saleNo: number): void {
    this.#check();
    this.#cabinet.spirals.stop();
    this.#cabinet.named = column;
    const { beam, note } = this.#cabinet;
    note.turn(saleNo, column, beam.dark, beam.glare);
    const [motor, ...others] = this.#cabinet.selected();
    if (motor === undefined || others.length > 0) {
      this.#cabinet.chip.world.after(STALL_MS * 1_000, () => {
        const { nowUs } = this.#cabinet.chip.world;
        this.#cabinet.tell?.({ kind: "stopped", column, why: "stall", atUs: nowUs });
      });
      return;
    }
    this.#cabinet.spirals.turn(motor, maxMs);
  }

  stop(): void {
    this.#check();
    this.#cabinet.spirals.stop();
  }

  emitter(on: boolean): void {
    this.#check();
    this.#cabinet.beam.emitter(on);
  }

  read(): DeliveryRimEvent | undefined {
    this.#check();
    return this.#events.shift();
  }

  get homeClosed(): boolean {
    this.#check();
    const [motor] = this.#cabinet.selected();
    return motor !== undefined && !this.#cabinet.spirals.awayFromHome.includes(motor);
  }

  get dark(): boolean {
    this.#check();
    return this.#cabinet.beam.dark;
  }

  get mainsFailing(): boolean {
    this.#check();
    return this.#cabinet.mainsFailing;
  }

  get stalling(): boolean {
    this.#check();
    return this.#cabinet.stalling;
  }

  get nowUs(): number {
    this.#check();
    return this.#cabinet.chip.world.nowUs;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#cabinet.spirals.stop();
    this.#cabinet.tell = undefined;
    for (const pin of this.#pins) this.#cabinet.chip.free(pin);
  }

  #check(): void {
    if (!this.#open) throw new Error("rim is closed");
  }
}
