/**
 * Driver of a keypad matrix without diodes: rows pulled down one at a time, columns read. A key counts when it was seen
 * in `SCANS_TO_AGREE` scans running, each press once, the next key also while the first is still held. Where three keys
 * make a fourth appear, nobody knows which are pressed: none counts until all are let go.
 */
import type { WorldInput } from "../ports/inputs.js";
import { maskOf } from "./boards/pin-map.js";
import type { DigitalBankClass, DigitalBankIo, Timers } from "./ecma-419.js";

/** From one look to the next: a press lasts 50 ms and more. */
export const SCAN_EVERY_MS = 15;
export const SCANS_TO_AGREE = 2;
/** Scans running that fail before the keypad is said to be silent. */
export const SILENT_SCANS = 20;
/** Scans from one look at the expander to the next: about a second. */
export const SCANS_TO_RENEW = 64;

export interface KeypadOptions {
  readonly io: DigitalBankClass;
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  /** One text a row, one key a letter. */
  readonly keys: readonly string[];
  readonly timers: Timers;
  /** Puts the banks' chip right, in case it had lost its supply. */
  readonly renew?: () => unknown;
}

export class Keypad {
  readonly #rowPins: readonly number[];
  readonly #columnPins: readonly number[];
  readonly #keys: readonly string[];
  readonly #allRows: number;
  readonly #columnMask: number;
  readonly #renew: (() => unknown) | undefined;
  #rows: DigitalBankIo | undefined;
  #columns: DigitalBankIo | undefined;
  #stop: (() => void) | undefined;
  #deliver: ((input: WorldInput) => void) | undefined;
  /** Columns pulled down in each row: in the newest scan, and as agreed. */
  #seen: number[];
  #pressed: number[];
  #agreeing = 0;
  #ghosting = false;
  #failed = 0;
  #scans = 0;

  constructor({ io, rows, columns, keys, timers, renew }: KeypadOptions) {
    const fits = keys.length === rows.length && keys.every((row) => row.length === columns.length);
    if (rows.length === 0 || columns.length === 0 || !fits) throw new RangeError("invalid keys");
    this.#rowPins = rows;
    this.#columnPins = columns;
    this.#keys = keys;
    this.#allRows = maskOf(rows);
    this.#columnMask = maskOf(columns);
    this.#renew = renew;
    this.#seen = rows.map(() => 0);
    this.#pressed = rows.map(() => 0);
    this.#rows = new io({ pins: this.#allRows, mode: io.OutputOpenDrain });
    try {
      this.#columns = new io({ pins: this.#columnMask, mode: io.InputPullUp });
    } catch (error) {
      this.close();
      throw error;
    }
    this.#stop = timers.every(SCAN_EVERY_MS, () => this.#tick());
  }

  /** False while its expander does not answer. */
  get answers(): boolean {
    return this.#failed < SILENT_SCANS;
  }

  listen(deliver: (input: WorldInput) => void): void {
    this.#deliver = deliver;
  }

  /** All rows pulled down: any key shows. */
  configure(): void {
    this.#bank(this.#rows).write(0);
  }

  /** Keys that are pressed now, by one scan; undefined: nobody knows which. Throws if the keypad does not answer. */
  sample(): string | undefined {
    const seen = this.#scan();
    if (isGhost(seen)) return undefined;
    return this.#keysOf(seen);
  }

  close(): void {
    this.#stop?.();
    this.#stop = undefined;
    const banks = [this.#rows, this.#columns];
    this.#rows = undefined;
    this.#columns = undefined;
    for (const bank of banks) bank?.close();
  }

  #tick(): void {
    this.#scans += 1;
    // Each try on a bus that hangs keeps everything else waiting: once it is known to be silent, one a second.
    if (!this.answers && this.#scans % SCANS_TO_RENEW !== 0) return;
    try {
      if (this.#scans % SCANS_TO_RENEW === 0) this.#renew?.();
      this.#look();
      this.#failed = 0;
    } catch {
      // No key is pressed as long as nobody can say so; the expander is tried again every time.
      if (this.#failed < SILENT_SCANS) this.#failed += 1;
      this.#agreeing = 0;
    }
  }

  #look(): void {
    if (this.#failed > 0 || this.#scans === 1) this.configure();
    // At rest one look at all rows together is enough.
    if (this.#pressed.every((columns) => columns === 0) && this.#seen.every((columns) => columns === 0)) {
      if (this.#down() === 0) return;
    }
    const seen = this.#scan();
    const same = seen.every((columns, row) => columns === this.#seen[row]);
    this.#agreeing = same ? this.#agreeing + 1 : 1;
    this.#seen = seen;
    if (this.#agreeing < SCANS_TO_AGREE) return;
    if (seen.every((columns) => columns === 0)) this.#ghosting = false;
    else if (isGhost(seen)) this.#ghosting = true;
    const fresh = seen.map((columns, row) => columns & ~(this.#pressed[row] ?? 0));
    this.#pressed = seen;
    if (this.#ghosting) return;
    for (const key of this.#keysOf(fresh)) this.#deliver?.({ on: "key", key });
  }

  #scan(): number[] {
    const rows = this.#bank(this.#rows);
    try {
      return this.#rowPins.map((pin) => {
        rows.write(this.#allRows & ~(1 << pin));
        return this.#down();
      });
    } finally {
      if (this.#rows !== undefined) this.configure();
    }
  }

  #down(): number {
    return ~this.#bank(this.#columns).read() & this.#columnMask;
  }

  #keysOf(seen: readonly number[]): string {
    let keys = "";
    this.#columnPins.forEach((pin, column) => {
      seen.forEach((columns, row) => {
        if ((columns & (1 << pin)) !== 0) keys += this.#keys[row]?.charAt(column) ?? "";
      });
    });
    return keys;
  }

  #bank(bank: DigitalBankIo | undefined): DigitalBankIo {
    if (bank === undefined) throw new Error("keypad is closed");
    return bank;
  }
}

/** Two rows with two columns in common are four crossings, of which three pressed keys are enough. */
function isGhost(seen: readonly number[]): boolean {
  return seen.some((columns, row) =>
    seen.some((others, other) => {
      const common = columns & others;
      return other > row && (common & (common - 1)) !== 0;
    }),
  );
}
