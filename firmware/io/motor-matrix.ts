/**
 * Driver of the motors' select lines: one row and one column of a matrix make one motor, whose current the rim then
 * feeds and whose home switch it reads. After each change the lines are read back: a motor is selected only if its two
 * lines are high and all others low. A line that fails selects nothing. Never switches a motor on.
 */
import { maskOf } from "./boards/pin-map.js";
import type { DigitalBankClass, DigitalBankIo } from "./ecma-419.js";

export interface MotorMatrixOptions {
  /** A bank whose outputs can be read back, as an expander's. */
  readonly io: DigitalBankClass;
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  /** Puts the bank's chip right, in case it had lost its supply. */
  readonly renew?: () => unknown;
}

/** noColumn: the matrix has none of that number. shorted: other lines are high than should be. silent: no answer. */
export type Selection = "selected" | "noColumn" | "shorted" | "silent";

export class MotorMatrix {
  readonly #rows: readonly number[];
  readonly #columns: readonly number[];
  readonly #renew: (() => unknown) | undefined;
  #io: DigitalBankIo | undefined;

  constructor({ io, rows, columns, renew }: MotorMatrixOptions) {
    const pins = [...rows, ...columns];
    if (rows.length === 0 || columns.length === 0) throw new RangeError("invalid matrix");
    if (new Set(pins).size !== pins.length) throw new RangeError("a pin twice");
    this.#rows = rows;
    this.#columns = columns;
    this.#renew = renew;
    this.#io = new io({ pins: maskOf(pins), mode: io.Output });
  }

  /** Motors it can tell apart: 0 to count − 1. */
  get count(): number {
    return this.#rows.length * this.#columns.length;
  }

  /** Lets the motor before it go, whatever becomes of this one. */
  select(column: number): Selection {
    const row = this.#rows[Math.floor(column / this.#columns.length)];
    const line = this.#columns[column % this.#columns.length];
    if (row === undefined || line === undefined) return this.#write(0) === "silent" ? "silent" : "noColumn";
    const selection = this.#write(maskOf([row, line]));
    if (selection === "shorted") this.#write(0);
    return selection;
  }

  /** No motor is selected any more. `shorted`: a line is high all the same. */
  release(): Selection {
    return this.#write(0);
  }

  close(): void {
    const io = this.#io;
    this.#io = undefined;
    io?.close();
  }

  #write(lines: number): Selection {
    const io = this.#io;
    if (io === undefined) throw new Error("motor matrix is closed");
    const selection = tryLines(io, lines);
    if (selection === "selected" || this.#renew === undefined) return selection;
    this.#renew();
    return tryLines(io, lines);
  }
}

function tryLines(io: DigitalBankIo, lines: number): Selection {
  try {
    io.write(lines);
    return io.read() === lines ? "selected" : "shorted";
  } catch {
    return "silent";
  }
}
