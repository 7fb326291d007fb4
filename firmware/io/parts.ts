/**
 * Opens all that is wired to a board, by its pin map, with the classes of its platform. A part that cannot be opened is
 * missing and named; whether the machine can do without it is for whoever asks for it. Nothing is imported here that
 * only a chip has.
 */
import { MAX_MOTORS, type PinMap, pinMapProblems } from "./boards/pin-map.js";
import { BusLink, type MdbLineClass } from "./bus-link.js";
import { Compressor } from "./compressor.js";
import { Delivery, type DeliveryRimClass } from "./delivery.js";
import { DexSerial } from "./dex-serial.js";
import { Door } from "./door.js";
import type {
  DigitalClass,
  FlashStorage,
  I2CClass,
  I2COptions,
  KeyValueStorage,
  SerialClass,
  SMBusClass,
  Timers,
} from "./ecma-419.js";
import { Expander } from "./expander.js";
import { FlashPartition } from "./flash-partition.js";
import { Keypad } from "./keypad.js";
import { MotorMatrix } from "./motor-matrix.js";
import { SecretStore } from "./secret-store.js";
import { TextDisplay, type TextDisplayOptions } from "./text-display.js";
import { Thermometer } from "./thermometer.js";
import { TouchPanel } from "./touch-panel.js";

/** Labels and least sizes as in boards/partitions.csv. */
export const LEDGER_PARTITION = "ledger";
export const LEDGER_MIN_BLOCKS = 64;
export const DOCUMENT_PARTITION = "documents";
export const DOCUMENT_MIN_BLOCKS = 6;
/** The native rim writes into it by itself (native/delivery-rim.c). */
export const NOTE_PARTITION = "note";

/** A bus that hangs keeps JavaScript waiting no longer than a page of flash does; no transfer takes so long. */
export const I2C_TIMEOUT_MS = 5;

export interface PlatformClasses {
  readonly Digital: DigitalClass;
  readonly I2C: I2CClass;
  readonly SMBus: SMBusClass;
  readonly Serial: SerialClass;
  readonly DeliveryRim: DeliveryRimClass;
  readonly MdbLine: MdbLineClass;
  readonly flash: FlashStorage;
  readonly keyValue: KeyValueStorage;
}

export interface PartsOptions<View> {
  readonly map: PinMap;
  readonly classes: PlatformClasses;
  readonly timers: Timers;
  /** How a view becomes pages of text. */
  readonly text: Pick<TextDisplayOptions<View>, "pages" | "pageMs">;
}

/** A part that could not be opened, and what its class said. */
export interface Trouble {
  readonly part: string;
  readonly why: string;
}

export class Parts<View> {
  readonly map: PinMap;
  readonly timers: Timers;
  readonly link: BusLink | undefined;
  readonly motorExpander: Expander | undefined;
  readonly matrix: MotorMatrix | undefined;
  readonly delivery: Delivery | undefined;
  readonly door: Door | undefined;
  readonly serviceButton: Door | undefined;
  readonly keypadExpander: Expander | undefined;
  readonly keypad: Keypad | undefined;
  readonly thermometer: Thermometer | undefined;
  readonly compressor: Compressor | undefined;
  readonly textDisplay: TextDisplay<View> | undefined;
  /** For the self-test: whoever draws the screen closes it, and has one of its own (an address belongs to one). */
  readonly touchPanel: TouchPanel | undefined;
  readonly dex: DexSerial | undefined;
  readonly ledgerFlash: FlashPartition | undefined;
  readonly documentFlash: FlashPartition | undefined;
  readonly noteFlash: FlashPartition | undefined;
  readonly secrets: SecretStore | undefined;
  readonly troubles: Trouble[] = [];

  /** Throws RangeError for a map that cannot be built: a programmer's error. */
  constructor({ map, classes, timers, text }: PartsOptions<View>) {
    const problems = pinMapProblems(map);
    if (problems.length > 0) throw new RangeError(problems.join("; "));
    this.map = map;
    this.timers = timers;
    const { Digital, I2C, SMBus, Serial, flash, keyValue } = classes;
    const { pins, levels, motors, keypad, textDisplay } = map;
    // Motors and relay first: from here on their lines are driven to rest.
    this.motorExpander = this.#open("motor expander", () => new Expander({ io: SMBus, ...this.#at(motors.expander) }));
    this.matrix = this.#open("motor matrix", () => matrixOf(map, this.motorExpander));
    this.delivery = this.#open("delivery", () => deliveryOf(map, classes, this.matrix));
    const { compressor, door, serviceButton, mdbReceive, mdbTransmit, dexReceive, dexTransmit } = pins;
    if (compressor !== undefined) {
      const options = { io: Digital, pin: compressor.pin, onLevel: levels.compressorOn, timers };
      this.compressor = this.#open("compressor", () => new Compressor(options));
    }
    if (mdbReceive !== undefined && mdbTransmit !== undefined) {
      const rests = { receive: levels.mdbReceiveRest, transmit: levels.mdbTransmitRest };
      const options = { io: classes.MdbLine, receive: mdbReceive.pin, transmit: mdbTransmit.pin, rests };
      this.link = this.#open("bus", () => new BusLink(options));
    }
    if (door !== undefined) {
      const options = { io: Digital, pin: door.pin, openLevel: levels.doorOpen, timers };
      this.door = this.#open("door", () => new Door(options));
    }
    if (serviceButton !== undefined) {
      // A contact like the door's: "open" is pressed, and pressed reads 0.
      const options = { io: Digital, pin: serviceButton.pin, openLevel: 0, timers } as const;
      this.serviceButton = this.#open("service button", () => new Door(options));
    }
    if (keypad !== undefined) {
      this.keypadExpander = this.#open("keypad expander", () => {
        return new Expander({ io: SMBus, ...this.#at(keypad.expander) });
      });
      this.keypad = this.#open("keypad", () => keypadOf(map, timers, this.keypadExpander));
    }
    this.thermometer = this.#open("thermometer", () => {
      return new Thermometer({ io: SMBus, ...this.#at(map.thermometer), timers });
    });
    if (textDisplay !== undefined) {
      const { columns } = textDisplay;
      const options = { io: I2C, ...this.#at(textDisplay), columns, timers, ...text };
      this.textDisplay = this.#open("text display", () => new TextDisplay<View>(options));
    }
    if (map.touchPanel !== undefined) this.touchPanel = this.#open("touch panel", () => touchPanelOf(map, SMBus));
    if (dexReceive !== undefined && dexTransmit !== undefined) {
      const options = { io: Serial, receive: dexReceive.pin, transmit: dexTransmit.pin, port: map.dexPort };
      this.dex = this.#open("DEX", () => new DexSerial(options));
    }
    this.ledgerFlash = this.#open("ledger flash", () => {
      return new FlashPartition({ io: flash, path: LEDGER_PARTITION, minBlocks: LEDGER_MIN_BLOCKS });
    });
    this.documentFlash = this.#open("document flash", () => {
      return new FlashPartition({ io: flash, path: DOCUMENT_PARTITION, minBlocks: DOCUMENT_MIN_BLOCKS });
    });
    this.noteFlash = this.#open("turn notes", () => {
      return new FlashPartition({ io: flash, path: NOTE_PARTITION, minBlocks: 1 });
    });
    this.secrets = this.#open("secrets", () => new SecretStore({ io: keyValue }));
  }

  /** Everything off and free again. */
  close(): void {
    const { delivery, matrix, keypad, motorExpander, keypadExpander, compressor, link, door, serviceButton } = this;
    const { thermometer, textDisplay, touchPanel, dex, ledgerFlash, documentFlash, noteFlash, secrets } = this;
    const behind = [motorExpander, keypadExpander, ledgerFlash, documentFlash, noteFlash, secrets];
    const panels = [keypad, textDisplay, touchPanel];
    const parts = [delivery, matrix, compressor, link, door, serviceButton, thermometer, dex];
    for (const part of [...parts, ...panels, ...behind]) part?.close();
  }

  #at({ address }: { readonly address: number }): I2COptions {
    return i2cAt(this.map, address);
  }

  #open<Part>(part: string, make: () => Part): Part | undefined {
    try {
      return make();
    } catch (error) {
      this.troubles.push({ part, why: error instanceof Error ? error.message : String(error) });
      return undefined;
    }
  }
}

function i2cAt({ pins, i2cHz }: PinMap, address: number): I2COptions {
  // A map without them is refused before.
  return {
    data: pins.i2cData?.pin ?? -1,
    clock: pins.i2cClock?.pin ?? -1,
    hz: i2cHz,
    address,
    timeout: I2C_TIMEOUT_MS,
  };
}

/** Throws where the map has none, or pins or address are in use. */
export function touchPanelOf(map: PinMap, io: SMBusClass): TouchPanel {
  const { screen, touchPanel } = map;
  if (screen === undefined || touchPanel === undefined) throw new RangeError("no touch panel");
  const { address, threshold, edges } = touchPanel;
  return new TouchPanel({ io, ...i2cAt(map, address), threshold, edges, screen });
}

function matrixOf({ motors }: PinMap, expander: Expander | undefined): MotorMatrix {
  if (expander === undefined) throw new Error("no motor expander");
  const { rows, columns } = motors;
  return new MotorMatrix({ io: expander.DigitalBank, rows, columns, renew: () => expander.renew() });
}

function deliveryOf(map: PinMap, { DeliveryRim }: PlatformClasses, matrix: MotorMatrix | undefined): Delivery {
  if (matrix === undefined || matrix.count > MAX_MOTORS) throw new Error("no motor matrix");
  return new Delivery({ io: DeliveryRim, map, matrix });
}

function keypadOf({ keypad }: PinMap, timers: Timers, expander: Expander | undefined): Keypad {
  if (expander === undefined || keypad === undefined) throw new Error("no keypad expander");
  const { rows, columns, keys } = keypad;
  return new Keypad({ io: expander.DigitalBank, rows, columns, keys, timers, renew: () => expander.renew() });
}
