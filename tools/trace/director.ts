/**
 * Plays the rest of the machine in a replay: what the recorded VMC asked of a device becomes the order that makes our
 * master ask the same, at the place in the conversation where it was asked.
 */
import { valueMinor } from "../../firmware/mdb/peripheral.js";
import type { MdbOrder } from "../../firmware/ports/rooms.js";
import type { FieldRecord, FieldValue } from "../../shared/mdb/layout.js";
import type { BlockReport } from "./decode.js";

/** How a reader counts money, as it told at its set-up. */
export interface ReaderScale {
  readonly scaling: number;
  readonly decimals: number;
}

const READER_NAMES: readonly string[] = Object.freeze(["cashless1", "cashless2"]);
const ESCROW_STACK = 1;

export class Director {
  readonly #decimals: number;
  readonly #scales: readonly ReaderScale[];
  #coinMask = 0;
  #billMask = 0;

  /** decimals: of the replay's currency. scales: by reader. */
  constructor(decimals: number, scales: readonly ReaderScale[]) {
    this.#decimals = decimals;
    this.#scales = scales;
  }

  /** The order behind a recorded command; undefined for what the master does of itself. */
  orderFor({ device, command, fields }: BlockReport): MdbOrder | undefined {
    const reader = READER_NAMES.indexOf(device);
    if (reader >= 0) return this.#readerOrder(reader, command, fields);
    if (device === "coinChanger") return this.#changerOrder(command, fields);
    if (device === "billValidator") return this.#validatorOrder(command, fields);
    return undefined;
  }

  #changerOrder(command: string, fields: FieldRecord): MdbOrder | undefined {
    if (command === "coinType") {
      this.#coinMask = number(fields.acceptMask);
      return { order: "accept", coinMask: this.#coinMask, billMask: this.#billMask };
    }
    if (command === "dispense") {
      return { order: "dispense", type: number(fields.type), count: number(fields.count) };
    }
    return undefined;
  }

  #validatorOrder(command: string, fields: FieldRecord): MdbOrder | undefined {
    if (command === "billType") {
      this.#billMask = number(fields.acceptMask);
      return { order: "accept", coinMask: this.#coinMask, billMask: this.#billMask };
    }
    return command === "escrow" ? { order: "escrow", stack: number(fields.order) === ESCROW_STACK } : undefined;
  }

  #readerOrder(reader: number, command: string, fields: FieldRecord): MdbOrder | undefined {
    const item = number(fields.item);
    switch (command) {
      case "readerEnable":
        return { order: "readers", enabled: true };
      case "readerDisable":
        return { order: "readers", enabled: false };
      case "vendRequest":
        return { order: "vendRequest", reader, amountMinor: this.#minor(reader, fields.price), item };
      case "vendCancel":
        return { order: "vendCancel", reader };
      case "vendSuccess":
        // the recording says when its session ended
        return { order: "vendSuccess", reader, item, stay: true };
      case "vendFailure":
        return { order: "vendFailure", reader };
      case "sessionComplete":
        return { order: "sessionComplete", reader };
      case "cashSale":
        return { order: "cashSale", amountMinor: this.#minor(reader, fields.price), item };
      case "negativeVend":
        return { order: "negativeVend", reader, amountMinor: this.#minor(reader, fields.price), item };
      case "revalueRequest":
        return { order: "revalue", reader, amountMinor: this.#minor(reader, fields.amount) };
      case "dataEntryResponse":
        return { order: "dataEntry", reader, keys: keysOf(fields.keys) };
      default:
        return undefined;
    }
  }

  #minor(reader: number, units: FieldValue | undefined): number {
    const { scaling, decimals } = this.#scales[reader] ?? { scaling: 1, decimals: this.#decimals };
    return valueMinor(number(units), scaling, decimals, this.#decimals);
  }
}

function number(value: FieldValue | undefined): number {
  return typeof value === "number" ? value : 0;
}

function keysOf(value: FieldValue | undefined): string {
  if (typeof value === "string" || typeof value === "number" || value === undefined) return String(value ?? "");
  return String.fromCharCode(...value.filter((byte) => byte > 0));
}
