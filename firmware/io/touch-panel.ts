/**
 * Driver of an FT6206 (FocalTech, as the SDK's own drivers have its registers), to the contract of Piu's touch class
 * (the SDK's build/devices/esp32/setup/piu.js): asked every 16 ms, `sample` gives where fingers are, an empty list when
 * the last has gone, undefined where nothing is new. One finger counts, the first. Other than the SDK's driver this one
 * throws for no chip that is silent or disturbed: from Piu's timer an exception would restart the machine.
 */
import type { ScreenUse, TouchPanelUse } from "./boards/pin-map.js";
import type { I2COptions, SMBusClass, SMBusIo } from "./ecma-419.js";

/** Samples running that fail before the panel is said to be silent. */
export const SILENT_SAMPLES = 20;
/** Samples from one look at its set-up to the next: about a second. */
export const SAMPLES_TO_RENEW = 64;

/** How many fingers, and then six bytes of each: event and X (12 bits), number and Y (12 bits), weight, area. */
const FINGERS = 0x02;
const FINGER_BYTES = 6;
const MAX_FINGERS = 2;
/** The last two bytes of the last finger are of no use. */
const REPORT_BYTES = 1 + MAX_FINGERS * FINGER_BYTES - 2;
const LIFTED = 1;
const NO_EVENT = 3;
const THRESHOLD = 0x80;
/** 1: it rests while nobody touches it. */
const CONTROL = 0x86;
/** Seconds from the last touch until it does. */
const REST_AFTER = 0x87;
const REST_AFTER_S = 10;
const CHIP = 0xa3;
/** FT6206, and FT6236, which reports the same. */
const CHIPS: readonly number[] = Object.freeze([6, 100]);
/** No place on any screen: what was pressed when the panel fell silent is let go of there, and so is not chosen. */
const NOWHERE = -1;

/** Pixels of the screen. Piu turns them where the screen is turned, so each is made anew; there is one finger: 0. */
export interface TouchPoint {
  id: 0;
  x: number;
  y: number;
}

interface Finger {
  /** The chip's number of it. */
  readonly number: number;
  readonly x: number;
  readonly y: number;
}

export interface TouchPanelOptions extends I2COptions, Omit<TouchPanelUse, "address"> {
  readonly io: SMBusClass;
  readonly screen: ScreenUse;
}

export class TouchPanel {
  readonly #threshold: number;
  readonly #edges: TouchPanelUse["edges"];
  readonly #screen: ScreenUse;
  #io: SMBusIo | undefined;
  /** It has answered, and is set up as we want it. */
  #ready = false;
  #failed = 0;
  #samples = 0;
  /** Whom we follow. others: he has gone, and whoever is left has to let go first. */
  #follows: number | "nobody" | "others" = "nobody";
  #letsGo = false;

  /** Throws where pins or address are in use or an option is bad; a chip that does not answer is looked for again. */
  constructor({ io, threshold, edges, screen, ...options }: TouchPanelOptions) {
    if (!Number.isInteger(threshold) || threshold < 1 || threshold > 0xff) throw new RangeError("invalid threshold");
    if (!(edges.left < edges.right) || !(edges.top < edges.bottom)) throw new RangeError("invalid edges");
    if (!(screen.width > 0) || !(screen.height > 0)) throw new RangeError("invalid screen");
    this.#threshold = threshold;
    this.#edges = edges;
    this.#screen = screen;
    this.#io = new io(options);
    this.#ready = this.configure();
  }

  /** False while the chip does not answer, or is another one. */
  get answers(): boolean {
    return this.#ready;
  }

  /** Looks for the chip and sets it up; false: it is not there or not this chip. */
  configure(): boolean {
    const io = this.#chip();
    try {
      if (!CHIPS.includes(io.readUint8(CHIP))) return false;
      io.writeUint8(THRESHOLD, this.#threshold);
      io.writeUint8(CONTROL, 1);
      io.writeUint8(REST_AFTER, REST_AFTER_S);
      return true;
    } catch {
      return false;
    }
  }

  /** See above. */
  sample(): TouchPoint[] | undefined {
    const io = this.#chip();
    this.#samples += 1;
    if (this.#letsGo) {
      this.#letsGo = false;
      return [];
    }
    const renews = this.#samples % SAMPLES_TO_RENEW === 0;
    // Each try on a bus that hangs keeps everything else waiting: once it is known to be silent, one a second.
    if (this.#failed >= SILENT_SAMPLES && !renews) return undefined;
    try {
      // After its supply was gone it is as it was delivered.
      this.#ready = (this.#ready && (!renews || io.readUint8(THRESHOLD) === this.#threshold)) || this.configure();
      if (this.#ready) {
        const points = this.#follow(fingersOf(io));
        this.#failed = 0;
        return points;
      }
    } catch {
      this.#ready = false;
    }
    if (this.#failed < SILENT_SAMPLES) this.#failed += 1;
    return this.#failed < SILENT_SAMPLES ? undefined : this.#abandon();
  }

  close(): void {
    const io = this.#io;
    this.#io = undefined;
    io?.close?.();
  }

  #follow(fingers: readonly Finger[]): TouchPoint[] | undefined {
    const was = this.#follows;
    const first = was === "nobody" ? fingers[0] : fingers.find(({ number }) => number === was);
    if (first !== undefined) {
      this.#follows = first.number;
      return [{ id: 0, ...this.#place(first) }];
    }
    this.#follows = fingers.length === 0 ? "nobody" : "others";
    return typeof was === "number" ? [] : undefined;
  }

  /** Where a finger was, nobody knows any longer. */
  #abandon(): TouchPoint[] | undefined {
    if (typeof this.#follows !== "number") return undefined;
    this.#follows = "others";
    this.#letsGo = true;
    return [{ id: 0, x: NOWHERE, y: NOWHERE }];
  }

  #place({ x, y }: Finger): { x: number; y: number } {
    const { left, right, top, bottom } = this.#edges;
    const { width, height } = this.#screen;
    return { x: scaled(x, left, right, width - 1), y: scaled(y, top, bottom, height - 1) };
  }

  #chip(): SMBusIo {
    if (this.#io === undefined) throw new Error("touch panel is closed");
    return this.#io;
  }
}

function fingersOf(io: SMBusIo): readonly Finger[] {
  const fingers: Finger[] = [];
  if (countIn(io.readUint8(FINGERS)) === 0) return fingers;
  // Together, or a finger could be of another moment than their number.
  const report = io.readBuffer(FINGERS, REPORT_BYTES);
  for (let i = 0; i < countIn(report[0]); i++) {
    const [highX = 0, lowX = 0, highY = 0, lowY = 0] = report.subarray(1 + i * FINGER_BYTES);
    const event = highX >> 6;
    if (event === LIFTED || event === NO_EVENT) continue;
    fingers.push({ number: highY >> 4, x: ((highX & 0x0f) << 8) | lowX, y: ((highY & 0x0f) << 8) | lowY });
  }
  return fingers;
}

/** More than it can have, as before its first measurement: none. */
function countIn(fingers = 0): number {
  const count = fingers & 0x0f;
  return count > MAX_FINGERS ? 0 : count;
}

function scaled(value: number, least: number, most: number, scale: number): number {
  return Math.max(0, Math.min(scale, Math.round(((value - least) * scale) / (most - least))));
}
