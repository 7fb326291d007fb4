/**
 * The native rim's note of the turn under way (firmware/io/native/rim-note.c): what machine and beam do from its start
 * is kept in memory, and when the mains have failed and the beam has been watched for long enough, one page of flash
 * takes it, whether JavaScript runs or stands still.
 */
import { MAX_NOTE_EVENTS, NOTE_BYTES, NOTE_KINDS, NOTE_STOPS } from "../../firmware/delivery/turn-note.js";
import type { MotorStop } from "../../firmware/ports/inputs.js";
import { crc32, Writer } from "../../shared/bytes.js";
import { PAGE_PROGRAM_US, PowerCut, type SimFlash } from "./flash.js";
import type { Rng } from "./rng.js";
import { Timer, type World } from "./world.js";

/** Falls last up to 600 ms and darken the beam for up to 80 ms. */
export const NOTE_AFTER_US = 700_000;
/** A turn is noted for so long: its drop window, and JavaScript standing still behind it. */
export const NOTED_US = 10_000_000;

export interface RimEvent {
  readonly kind: (typeof NOTE_KINDS)[number];
  readonly atUs: number;
  readonly why?: MotorStop;
  readonly yes?: boolean;
}

interface NotedTurn {
  readonly saleNo: number;
  readonly column: number;
  readonly beam: number;
  readonly startedUs: number;
  readonly events: RimEvent[];
  overflown: boolean;
}

export class RimNote {
  readonly #world: World;
  readonly #flash: SimFlash;
  readonly #rng: Rng;
  #turn: NotedTurn | undefined;
  #failedUs = 0;
  readonly #watched = new Timer(() => this.#world.arm(this.#written, this.#world.nowUs + PAGE_PROGRAM_US));
  readonly #written = new Timer(() => this.#program());

  constructor(world: World, flash: SimFlash, rng: Rng) {
    this.#world = world;
    this.#flash = flash;
    this.#rng = rng;
  }

  /** A motor is about to run, for sale `saleNo`; 0: for nobody's. */
  turn(saleNo: number, column: number, dark: boolean, glare: boolean): void {
    const beam = (dark ? 1 : 0) | (glare ? 2 : 0);
    const startedUs = this.#world.nowUs;
    this.#turn = saleNo === 0 ? undefined : { saleNo, column, beam, startedUs, events: [], overflown: false };
  }

  tell(event: RimEvent): void {
    const turn = this.#turn;
    if (turn === undefined || event.atUs > turn.startedUs + NOTED_US) return;
    if (turn.events.length < MAX_NOTE_EVENTS) turn.events.push(event);
    else turn.overflown = true;
  }

  /** The mains fail. */
  powerFail(): void {
    const { nowUs } = this.#world;
    this.tell({ kind: "powerFail", atUs: nowUs });
    const turn = this.#turn;
    if (turn === undefined || turn.overflown || nowUs > turn.startedUs + NOTED_US) return;
    this.#failedUs = nowUs;
    this.#world.arm(this.#watched, nowUs + NOTE_AFTER_US);
  }

  /** Power is gone: a page that was being programmed is torn. */
  powerOff(): void {
    if (this.#written.armed) {
      this.#flash.cutAt(1, "during", this.#rng.uint32());
      try {
        this.#program();
      } catch (error) {
        if (!(error instanceof PowerCut)) throw error;
      }
    }
    this.#world.cancel(this.#watched);
    this.#world.cancel(this.#written);
    this.#turn = undefined;
  }

  #program(): void {
    const turn = this.#turn;
    if (turn !== undefined && !turn.overflown) {
      this.#flash.write(0, noteBytes(turn, this.#failedUs + NOTE_AFTER_US - turn.startedUs));
    }
  }
}

function noteBytes({ saleNo, column, beam, startedUs, events }: NotedTurn, watchedUs: number): Uint8Array {
  const writer = new Writer(NOTE_BYTES);
  writer.u32(saleNo).u8(column).u8(beam).u8(events.length).u8(0);
  for (const { kind, atUs, why, yes = false } of events) {
    const value = why === undefined ? Number(yes) : NOTE_STOPS.indexOf(why);
    writer
      .u32(atUs - startedUs)
      .u8(NOTE_KINDS.indexOf(kind))
      .u8(value)
      .u16(0);
  }
  writer.u32(watchedUs);
  return writer.u32(crc32(writer.toBytes())).toBytes();
}
