/**
 * A text display module: an HD44780 (Hitachi) behind a PCF8574, as they are sold on one board: P0 RS, P1 R/W, P2 E, P3
 * backlight, P4 to P7 the upper half of the data. It takes its time: what is written while it is busy is lost. It
 * powers up with an eight-bit bus and must be told of its four bits; a lost nibble turns everything round.
 */
import type { I2CDevice } from "./i2c.js";

const RS = 0x01;
const RW = 0x02;
const E = 0x04;
const BACKLIGHT = 0x08;
const DATA = 0xf0;
const EXECUTION_US = 37;
const CLEAR_US = 1_520;
/** After its first function set at power-up. */
const FIRST_SET_US = 4_100;
const LINE_BYTES = 40;
const SECOND_LINE = 0x40;

export class TextModule implements I2CDevice {
  /** Instructions and data that came while it was busy. */
  lost = 0;
  on = false;
  readonly cells = new Uint8Array(2 * LINE_BYTES).fill(0x20);
  readonly glyphs = new Uint8Array(64);
  #pins = 0xff;
  #eightBit = true;
  #twoLines = false;
  #sets = 0;
  /** Upper half of a byte under way. */
  #high: number | undefined;
  #highRead = true;
  #address = 0;
  #inGlyphs = false;
  #busyUntilUs = 0;
  #nowUs = 0;

  get backlight(): boolean {
    return (this.#pins & BACKLIGHT) !== 0;
  }

  /** Its supply was gone for a moment: it shows nothing and has an eight-bit bus again. */
  reset(): void {
    this.#eightBit = true;
    this.#twoLines = false;
    this.#sets = 0;
    this.#high = undefined;
    this.on = false;
    this.cells.fill(0x20);
  }

  /** A spike on E: half a byte too many or too few. */
  loseNibble(): void {
    this.#high = this.#high === undefined ? 0 : undefined;
  }

  /** What can be read on it, blanks at the end left out; glyphs of its own as digits 0 to 7 in angle brackets. */
  line(line: 0 | 1, columns: number): string {
    if (!this.on) return "";
    let text = "";
    for (let i = 0; i < columns; i++) {
      const code = this.cells[line * LINE_BYTES + i] ?? 0;
      text += code < 8 ? `<${code}>` : String.fromCharCode(code);
    }
    // Not trimEnd: of a text that is all blanks, XS leaves one.
    let end = text.length;
    while (end > 0 && text.charAt(end - 1) === " ") end -= 1;
    return text.slice(0, end);
  }

  take(byte: number, _first: boolean, atUs: number): boolean {
    this.#nowUs = atUs;
    const fell = (this.#pins & E) !== 0 && (byte & E) === 0;
    const before = this.#pins;
    this.#pins = byte;
    if (!fell) return true;
    if ((before & RW) !== 0) this.#highRead = this.#eightBit || !this.#highRead;
    else this.#strobe((before & DATA) >> 4, (before & RS) !== 0);
    return true;
  }

  give(atUs: number): number {
    this.#nowUs = atUs;
    const driven = (this.#pins & (RW | E)) === (RW | E) && (this.#pins & RS) === 0;
    if (!driven) return this.#pins;
    const status = (this.#nowUs < this.#busyUntilUs ? 0x80 : 0) | (this.#address & 0x7f);
    const nibble = this.#eightBit || this.#highRead ? status >> 4 : status & 0x0f;
    // Lines that the expander does not let go (writes 0 to) stay low.
    return (this.#pins & ~DATA) | (this.#pins & (nibble << 4));
  }

  #strobe(nibble: number, isData: boolean): void {
    if (this.#eightBit) return this.#execute(nibble << 4, isData);
    if (this.#high === undefined) {
      this.#high = nibble;
      return;
    }
    const byte = (this.#high << 4) | nibble;
    this.#high = undefined;
    this.#execute(byte, isData);
  }

  #execute(byte: number, isData: boolean): void {
    if (this.#nowUs < this.#busyUntilUs) {
      this.lost += 1;
      return;
    }
    this.#busyUntilUs = this.#nowUs + EXECUTION_US;
    if (isData) return this.#write(byte);
    if ((byte & 0x80) !== 0) {
      this.#address = byte & 0x7f;
      this.#inGlyphs = false;
    } else if ((byte & 0x40) !== 0) {
      this.#address = byte & 0x3f;
      this.#inGlyphs = true;
    } else if ((byte & 0x20) !== 0) {
      this.#functionSet(byte);
    } else if ((byte & 0x08) !== 0) {
      this.on = (byte & 0x04) !== 0;
    } else if (byte === 0x01) {
      this.#busyUntilUs = this.#nowUs + CLEAR_US;
      this.cells.fill(0x20);
      this.#address = 0;
      this.#inGlyphs = false;
    }
  }

  #functionSet(byte: number): void {
    this.#eightBit = (byte & 0x10) !== 0;
    this.#twoLines = (byte & 0x08) !== 0;
    if (this.#eightBit && this.#sets === 0) this.#busyUntilUs = this.#nowUs + FIRST_SET_US;
    this.#sets += 1;
  }

  #write(byte: number): void {
    if (this.#inGlyphs) {
      this.glyphs[this.#address & 0x3f] = byte;
      this.#address = (this.#address + 1) & 0x3f;
      return;
    }
    const second = this.#address >= SECOND_LINE;
    if (this.#twoLines || !second) {
      this.cells[(second ? LINE_BYTES : 0) + (this.#address % SECOND_LINE)] = byte;
    }
    this.#address += 1;
    if (this.#address === LINE_BYTES) this.#address = SECOND_LINE;
    else if (this.#address === SECOND_LINE + LINE_BYTES) this.#address = 0;
  }
}
