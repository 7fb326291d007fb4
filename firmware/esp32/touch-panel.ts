/**
 * What `config.touch` of the touch board's manifest names: the class of which Piu makes one when the application opens
 * (the SDK's build/devices/esp32/setup/piu.js). Piu puts its own fields onto it. Where the panel cannot be opened
 * nobody can choose, but the machine runs on, and its console says why.
 */
import I2C from "embedded:io/i2c";
import { TOUCH } from "../io/boards/touch.js";
import { touchPanelOf } from "../io/parts.js";
import { smbusOn } from "../io/smbus.js";
import type { TouchPanel, TouchPoint } from "../io/touch-panel.js";

export default class Touch {
  readonly #panel: TouchPanel | undefined;

  constructor() {
    try {
      this.#panel = touchPanelOf(TOUCH, smbusOn(I2C));
    } catch (error) {
      trace(`touch panel: not opened (${error instanceof Error ? error.message : String(error)})\n`);
    }
  }

  sample(): TouchPoint[] | undefined {
    return this.#panel?.sample();
  }

  close(): void {
    this.#panel?.close();
  }
}
