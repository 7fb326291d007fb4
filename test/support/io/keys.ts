/**
 * A keypad matrix without diodes on an expander's pins: pressed keys join a row and a column, joined lines have one
 * level, and so three keys of a rectangle make the fourth appear.
 */
import type { Outside } from "./mcp23017.js";

export class SimKeys {
  readonly #rows: readonly number[];
  readonly #columns: readonly number[];
  readonly #keys: readonly string[];
  #pressed = "";

  constructor(rows: readonly number[], columns: readonly number[], keys: readonly string[]) {
    this.#rows = rows;
    this.#columns = columns;
    this.#keys = keys;
  }

  /** These keys are held down and no others. */
  hold(keys: string): void {
    this.#pressed = keys;
  }

  /** To be wired to the expander. A line pulled down by one pin and up by another counts as down. */
  readonly outside: Outside = (pin, drives) => {
    const levels = this.#joined(pin).map(drives);
    return levels.includes(0) ? 0 : undefined;
  };

  /** All pins that pressed keys join to `pin`, itself left out. */
  #joined(pin: number): number[] {
    const net = [pin];
    for (const at of net) {
      this.#keys.forEach((row, r) => {
        for (let c = 0; c < row.length; c++) {
          if (!this.#pressed.includes(row.charAt(c))) continue;
          const [one, other] = [this.#rows[r], this.#columns[c]];
          if (one === undefined || other === undefined) continue;
          if (at === one && !net.includes(other)) net.push(other);
          if (at === other && !net.includes(one)) net.push(one);
        }
      });
    }
    return net.slice(1);
  }
}
