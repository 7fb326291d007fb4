/** The carrier board of the devkit, simulated: its chip, I2C bus, expanders and cabinet, wired as the pin map says. */
import { DEVKIT } from "../../../firmware/io/boards/devkit.js";
import { SimChip } from "./chip.js";
import { SimI2CBus } from "./i2c.js";
import { Mcp23017 } from "./mcp23017.js";
import { SimCabinet } from "./rim.js";

export const I2C_PINS = Object.freeze({ data: 21, clock: 22, hz: 100_000 });

export class SimCarrier {
  readonly chip = new SimChip();
  readonly bus = new SimI2CBus(this.chip);
  readonly motorExpander = new Mcp23017();
  readonly keypadExpander = new Mcp23017();
  readonly cabinet: SimCabinet;

  constructor(columns: readonly number[] = [0, 1, 2]) {
    this.bus.attach(DEVKIT.motors.expander.address, this.motorExpander);
    if (DEVKIT.keypad !== undefined) this.bus.attach(DEVKIT.keypad.expander.address, this.keypadExpander);
    this.cabinet = new SimCabinet(
      this.chip,
      columns.map((column) => ({ column, products: 5 })),
    );
    this.cabinet.selected = () => this.selected();
  }

  /** Motors whose row and column line are both high. */
  selected(): number[] {
    const { rows, columns } = DEVKIT.motors;
    return rows.flatMap((row, r) =>
      columns.flatMap((line, c) =>
        this.motorExpander.level(row) === 1 && this.motorExpander.level(line) === 1 ? [r * columns.length + c] : [],
      ),
    );
  }
}
