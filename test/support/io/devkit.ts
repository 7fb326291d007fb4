/**
 * A whole board with its cabinet, simulated down to the pins, the devkit if no other map is named: chip, I2C bus and
 * what hangs on it, spirals, beam, bus with a coin changer, keys or touch panel, door, flash. The real drivers run on
 * it, and the real machine on them.
 */

import type { ChipPort } from "../../../firmware/io/board.js";
import { DEVKIT } from "../../../firmware/io/boards/devkit.js";
import type { PinMap } from "../../../firmware/io/boards/pin-map.js";
import { Parts, type PartsOptions, type PlatformClasses } from "../../../firmware/io/parts.js";
import { PAGE_MS, textPages } from "../../../firmware/panel/text-display.js";
import type { PanelView } from "../../../shared/panel-view.js";
import { CoinChanger, US_CHANGER } from "../../../tools/bench/changer.js";
import { Rng } from "../../../tools/bench/rng.js";
import { Wire } from "../../../tools/bench/wire.js";
import { SimCarrier } from "./carrier.js";
import { Ft6206 } from "./ft6206.js";
import { SimKeys } from "./keys.js";
import { SimMdbBus } from "./mdb-line.js";
import { SimSocket, serialClass } from "./serial.js";
import { SimFlashStorage, SimKeyValueStorage } from "./storage.js";
import { TextModule } from "./text-module.js";
import { Tmp117 } from "./tmp117.js";

export class SimDevkit {
  readonly carrier: SimCarrier;
  readonly wire: Wire;
  readonly changer: CoinChanger;
  readonly mdb: SimMdbBus;
  readonly keys: SimKeys;
  readonly text = new TextModule();
  readonly sensor = new Tmp117();
  readonly touch = new Ft6206();
  readonly socket = new SimSocket();
  readonly flash = new SimFlashStorage();
  readonly keyValue = new SimKeyValueStorage();
  readonly classes: PlatformClasses;
  /** Times the watchdog was fed, and the board restarted. */
  fed = 0;
  restarts = 0;
  readonly map: PinMap;
  readonly #rng = new Rng(7);

  constructor(columns: readonly number[] = [0, 1, 2], map: PinMap = DEVKIT) {
    this.map = map;
    this.carrier = new SimCarrier(columns);
    const { chip, bus, cabinet } = this.carrier;
    this.wire = new Wire(chip.world);
    this.changer = new CoinChanger(chip.world, this.wire, cabinet.truth, US_CHANGER);
    this.changer.setPower(true);
    this.mdb = new SimMdbBus(chip, this.wire);
    const { keypad, textDisplay, thermometer, touchPanel } = map;
    this.keys = new SimKeys(keypad?.rows ?? [], keypad?.columns ?? [], keypad?.keys ?? []);
    this.carrier.keypadExpander.outside = this.keys.outside;
    if (textDisplay !== undefined) bus.attach(textDisplay.address, this.text);
    if (touchPanel !== undefined) bus.attach(touchPanel.address, this.touch);
    bus.attach(thermometer.address, this.sensor);
    this.flash.add("ledger", 64);
    this.flash.add("documents", 8);
    this.flash.partitions.set("note", cabinet.noteFlash);
    this.setDoor(false);
    this.setButton(false);
    this.classes = {
      Digital: chip.Digital,
      I2C: bus.I2C,
      SMBus: bus.SMBus,
      Serial: serialClass(chip, this.socket),
      DeliveryRim: cabinet.rimClass(),
      MdbLine: this.mdb.lineClass(),
      flash: this.flash,
      keyValue: this.keyValue,
    };
  }

  setDoor(open: boolean): void {
    this.carrier.chip.outside(this.#pin("door"), open ? 1 : 0);
  }

  setButton(pressed: boolean): void {
    this.carrier.chip.outside(this.#pin("serviceButton"), pressed ? 0 : 1);
  }

  options(): PartsOptions<PanelView> {
    const { timers } = this.carrier.chip;
    return { map: this.map, classes: this.classes, timers, text: { pages: textPages, pageMs: PAGE_MS } };
  }

  parts(): Parts<PanelView> {
    return new Parts(this.options());
  }

  chipPort(): ChipPort {
    return {
      cause: "power",
      random: (length) => {
        const bytes = new ArrayBuffer(length);
        new Uint8Array(bytes).forEach((_none, i, all) => {
          all[i] = this.#rng.uint32() & 0xff;
        });
        return bytes;
      },
      freeBytes: () => 100_000,
      restart: () => {
        this.restarts += 1;
      },
      feed: () => {
        this.fed += 1;
      },
    };
  }

  run(ms: number): void {
    this.carrier.chip.world.runFor(ms * 1_000);
  }

  /** Presses the keys one after the other. */
  press(keys: string): void {
    for (const key of keys) {
      this.keys.hold(key);
      this.run(80);
      this.keys.hold("");
      this.run(80);
    }
  }

  shows(): string {
    return `${this.text.line(0, 20)}|${this.text.line(1, 20)}`;
  }

  #pin(role: "door" | "serviceButton"): number {
    return this.map.pins[role]?.pin ?? -1;
  }
}
