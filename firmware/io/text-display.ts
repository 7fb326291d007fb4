/**
 * Driver of a text display of two lines: an HD44780 (Hitachi ADE-207-272) on four bits behind a PCF8574. Shows the
 * pages of a view in turn, writes only what differs, a few letters at a time so that nothing waits for it, and looks
 * now and then whether the display still is where it should be: motors disturb it, and then it is set up anew.
 */
import { deepFreeze } from "../../shared/freeze.js";
import type { PanelPort } from "../ports/hardware.js";
import type { I2CClass, I2CIo, I2COptions, Timers } from "./ecma-419.js";

/** Letters in one turn, and from one to the next: 2 ms on the bus, every 10 ms. */
export const LETTERS_AT_ONCE = 4;
export const WRITE_EVERY_MS = 10;
/** A display that lost its place is found out so soon. */
export const CHECK_EVERY_MS = 5_000;
/** A display that does not answer is tried again so often. */
export const RETRY_MS = 2_000;
/** Faster, an instruction would meet the one before. */
export const MAX_HZ = 100_000;

const RS = 0x01;
const RW = 0x02;
const E = 0x04;
const BACKLIGHT = 0x08;
const DATA = 0xf0;
const CLEAR = 0x01;
const ENTRY_RIGHT = 0x06;
const OFF = 0x08;
const ON = 0x0c;
const FOUR_BITS_TWO_LINES = 0x28;
const GLYPHS = 0x40;
const ADDRESS = 0x80;
const SECOND_LINE = 0x40;
const LINES = 2;
const BLANK = 0x20;

/** What its letters lack, 5 × 8 dots, and which of its eight own letters it becomes: currencies, German capitals. */
const OWN_LETTERS = "€£₹₩₪ÄÖÜ";
const DOTS: readonly (readonly number[])[] = deepFreeze([
  [0x06, 0x09, 0x1c, 0x08, 0x1c, 0x09, 0x06, 0x00],
  [0x06, 0x09, 0x08, 0x1c, 0x08, 0x08, 0x1f, 0x00],
  [0x1f, 0x02, 0x1f, 0x02, 0x0c, 0x04, 0x02, 0x00],
  [0x11, 0x11, 0x1f, 0x15, 0x1f, 0x0a, 0x0a, 0x00],
  [0x1d, 0x15, 0x15, 0x15, 0x15, 0x17, 0x00, 0x00],
  [0x0a, 0x00, 0x0e, 0x11, 0x1f, 0x11, 0x11, 0x00],
  [0x0a, 0x00, 0x0e, 0x11, 0x11, 0x11, 0x0e, 0x00],
  [0x0a, 0x00, 0x11, 0x11, 0x11, 0x11, 0x0e, 0x00],
]);
/** Where its letters are not ASCII's (ROM A00). */
const ROM_LETTERS: { readonly [letter: string]: number | undefined } = deepFreeze({
  "¥": 0x5c,
  ä: 0xe1,
  ß: 0xe2,
  ö: 0xef,
  ü: 0xf5,
});

/** What is done to set it up, and how long it needs after each step. nibble: half a byte, the bus is not known yet. */
type SetUpStep = { readonly waitMs: number } & (
  | { readonly nibble: number }
  | { readonly command: number }
  | { readonly glyph: number }
);
const SET_UP: readonly SetUpStep[] = deepFreeze<SetUpStep[]>([
  { nibble: 0x3, waitMs: 5 },
  { nibble: 0x3, waitMs: 1 },
  { nibble: 0x3, waitMs: 1 },
  { nibble: 0x2, waitMs: 1 },
  { command: FOUR_BITS_TWO_LINES, waitMs: 1 },
  { command: OFF, waitMs: 1 },
  { command: CLEAR, waitMs: 3 },
  { command: ENTRY_RIGHT, waitMs: 1 },
  { glyph: 0, waitMs: 1 },
  { glyph: 1, waitMs: 1 },
  { glyph: 2, waitMs: 1 },
  { glyph: 3, waitMs: 1 },
  { glyph: 4, waitMs: 1 },
  { glyph: 5, waitMs: 1 },
  { glyph: 6, waitMs: 1 },
  { glyph: 7, waitMs: 1 },
  { command: ON, waitMs: 1 },
]);
/** From its supply to the first step. */
const POWER_UP_MS = 50;

export interface TextDisplayOptions<View> extends I2COptions {
  readonly io: I2CClass;
  readonly columns: 16 | 20;
  readonly timers: Timers;
  /** All pages of a view, one at least, no line longer than `columns`. */
  readonly pages: (view: View, columns: number) => readonly (readonly [top: string, bottom: string])[];
  /** Each page stays so long. */
  readonly pageMs: number;
}

export class TextDisplay<View> implements PanelPort<View> {
  readonly columns: 16 | 20;
  readonly #timers: Timers;
  readonly #pagesOf: TextDisplayOptions<View>["pages"];
  readonly #pageMs: number;
  readonly #want: Uint8Array;
  readonly #shown: Uint8Array;
  #io: I2CIo | undefined;
  #pages: readonly (readonly [string, string])[] = [];
  #shownSinceMs = 0;
  #checkAtMs = 0;
  /** Next step of the set-up; SET_UP.length: it is done. */
  #step = 0;
  #answers = false;
  /** Where its cursor is, as an address; undefined: unknown. */
  #cursor: number | undefined;
  #takeBack: (() => void) | undefined;

  /** Throws where pins or address are in use or bad; a display that does not answer is looked for again and again. */
  constructor({ io, columns, timers, pages, pageMs, ...options }: TextDisplayOptions<View>) {
    if (columns !== 16 && columns !== 20) throw new RangeError("invalid columns");
    if (options.hz > MAX_HZ) throw new RangeError("invalid hz");
    this.columns = columns;
    this.#timers = timers;
    this.#pagesOf = pages;
    this.#pageMs = pageMs;
    this.#want = new Uint8Array(LINES * columns).fill(BLANK);
    this.#shown = new Uint8Array(LINES * columns).fill(BLANK);
    this.#io = new io(options);
    this.#next(POWER_UP_MS);
  }

  /** It was set up, and was where it should be when last looked at. */
  get answers(): boolean {
    return this.#answers;
  }

  show(view: View): void {
    if (this.#io === undefined) throw new Error("text display is closed");
    this.#pages = this.#pagesOf(view, this.columns);
    this.#shownSinceMs = this.#timers.nowMs();
    this.#turnPage();
    if (this.#step === SET_UP.length) this.#next(0);
  }

  /** Sets it up anew. */
  configure(): void {
    if (this.#io === undefined) throw new Error("text display is closed");
    this.#step = 0;
    this.#answers = false;
    this.#next(0);
  }

  /** Dark and silent. */
  close(): void {
    this.#takeBack?.();
    this.#takeBack = undefined;
    const io = this.#io;
    this.#io = undefined;
    if (io === undefined) return;
    try {
      io.write(Uint8Array.of(0));
    } catch {
      // It does not answer: nothing to darken.
    }
    io.close?.();
  }

  #next(ms: number): void {
    this.#takeBack?.();
    this.#takeBack = this.#timers.after(ms, () => this.#turn());
  }

  /** One small piece of work; then the time of the next. */
  #turn(): void {
    const io = this.#io;
    if (io === undefined) return;
    try {
      if (this.#step < SET_UP.length) return this.#setUp(io);
      this.#turnPage();
      if (this.#writeSome(io)) return this.#next(WRITE_EVERY_MS);
      const nowMs = this.#timers.nowMs();
      if (nowMs >= this.#checkAtMs) {
        if (!this.#isInPlace(io)) return this.configure();
        this.#answers = true;
        this.#checkAtMs = nowMs + CHECK_EVERY_MS;
      }
      const pageMs = this.#pages.length > 1 ? this.#pageMs - ((nowMs - this.#shownSinceMs) % this.#pageMs) : Infinity;
      this.#next(Math.min(pageMs, this.#checkAtMs - nowMs));
    } catch {
      this.#step = 0;
      this.#answers = false;
      this.#next(RETRY_MS);
    }
  }

  #setUp(io: I2CIo): void {
    const step = SET_UP[this.#step];
    if (step === undefined) return;
    if ("nibble" in step) io.write(Uint8Array.of(BACKLIGHT, ...strobe((step.nibble << 4) | BACKLIGHT)));
    else if ("command" in step) io.write(Uint8Array.from(bytesOf([step.command], 0)));
    else io.write(glyphBytes(step.glyph));
    this.#step += 1;
    if (this.#step === SET_UP.length) {
      this.#shown.fill(BLANK);
      this.#cursor = undefined;
      this.#checkAtMs = 0;
    }
    this.#next(step.waitMs);
  }

  #turnPage(): void {
    const forMs = this.#timers.nowMs() - this.#shownSinceMs;
    const page = this.#pages[Math.floor(forMs / this.#pageMs) % Math.max(1, this.#pages.length)];
    page?.forEach((text, line) => {
      for (let i = 0; i < this.columns; i++) this.#want[line * this.columns + i] = letterOf(text.charAt(i));
    });
  }

  /** True if something differed. */
  #writeSome(io: I2CIo): boolean {
    const from = this.#want.findIndex((code, at) => code !== this.#shown[at]);
    if (from < 0) return false;
    const lineEnd = from < this.columns ? this.columns : LINES * this.columns;
    const letters = this.#want.slice(from, Math.min(from + LETTERS_AT_ONCE, lineEnd));
    const address = from < this.columns ? from : SECOND_LINE + from - this.columns;
    const move = this.#cursor === address ? [] : bytesOf([ADDRESS | address], 0);
    io.write(Uint8Array.of(...move, ...bytesOf([...letters], RS)));
    this.#shown.set(letters, from);
    this.#cursor = address + letters.length;
    return true;
  }

  /** Sends the cursor to the start of the second line and asks where it is. */
  #isInPlace(io: I2CIo): boolean {
    io.write(Uint8Array.from(bytesOf([ADDRESS | SECOND_LINE], 0)));
    this.#cursor = SECOND_LINE;
    const high = readNibble(io);
    const low = readNibble(io);
    return ((high << 4) | low) === SECOND_LINE;
  }
}

/** Half a byte on the upper lines, taken when E falls. */
function strobe(pins: number): number[] {
  return [pins | E, pins];
}

/** Bytes for the expander: RS settles before the first E. */
function bytesOf(values: readonly number[], rs: number): number[] {
  const control = BACKLIGHT | rs;
  const bytes = [control];
  for (const value of values)
    bytes.push(...strobe((value & DATA) | control), ...strobe(((value << 4) & DATA) | control));
  return bytes;
}

function glyphBytes(glyph: number): Uint8Array {
  return Uint8Array.of(...bytesOf([GLYPHS | (glyph << 3)], 0), ...bytesOf(DOTS[glyph] ?? [], RS));
}

/** The expander's upper lines are let go (1), the display drives them while E is high. */
function readNibble(io: I2CIo): number {
  const control = DATA | BACKLIGHT | RW;
  io.write(Uint8Array.of(control, control | E));
  const pins = new Uint8Array(io.read(1))[0] ?? 0;
  io.write(Uint8Array.of(control));
  return pins >> 4;
}

function letterOf(letter: string): number {
  if (letter === "") return BLANK;
  const own = OWN_LETTERS.indexOf(letter);
  if (own >= 0) return own;
  const inRom = ROM_LETTERS[letter];
  if (inRom !== undefined) return inRom;
  // Its set has an arrow and a yen sign where ASCII has these.
  if (letter === "\\") return 0x2f;
  if (letter === "~") return 0x2d;
  const code = letter.charCodeAt(0);
  return code >= BLANK && code < 0x7f ? code : 0x3f;
}
