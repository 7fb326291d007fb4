/** A well-behaved recycling validator at block level: drums for $1 and $5, level 2, with a place to interfere. */
import { PlainValidator } from "./devices.js";
import type { Answer } from "./rig.js";

function hex4(value: number): string {
  return value.toString(16).padStart(4, "0").toUpperCase();
}

export class PlainRecycler extends PlainValidator {
  /** Bills in the drums by type. */
  readonly drums: number[] = [10, 6];
  fullMask = 0;
  /** What it was told: 37 01 options, 32 mask, 37 04 data, 37 06 and 37 07 orders. */
  options = "";
  security = "";
  routes = "";
  readonly dispensed: string[] = [];
  /** Pays at once; false: it says busy until told to end. */
  atOnce = true;
  busy = false;
  paid: number[] = [];
  paidValue = 0;
  cancelled = 0;
  /** Its options: recycling. */
  optionBits = "00000002";

  constructor() {
    super();
    this.level = 2;
  }

  /** The bills come out; the payout has ended. */
  pay(type: number, count: number): void {
    this.drums[type] = (this.drums[type] ?? 0) - count;
    this.paid[type] = (this.paid[type] ?? 0) + count;
    this.paidValue += count * ([1, 5, 10, 20][type] ?? 0);
    this.busy = false;
    this.lasting = "";
  }

  protected override behave(hex: string): Answer {
    if (hex.startsWith("32")) {
      this.security = hex.slice(2);
      return "ack";
    }
    if (!hex.startsWith("37")) return super.behave(hex);
    const data = hex.slice(4);
    switch (hex.slice(2, 4)) {
      case "01":
        this.options = data;
        return "ack";
      case "02":
        return `${"53".repeat(29)}${this.optionBits}`;
      case "03":
        return "0003";
      case "04":
        this.routes = data;
        return "ack";
      case "05":
        return `${hex4(this.fullMask)}${Array.from({ length: 16 }, (_, type) => hex4(this.drums[type] ?? 0)).join("")}`;
      case "06":
        return this.#ordered(hex, Number.parseInt(data.slice(0, 2), 16), Number.parseInt(data.slice(2), 16));
      case "07":
        return this.#ordered(hex, 0, Number.parseInt(data, 16));
      case "08":
        return this.busy ? "ack" : Array.from({ length: 16 }, (_, type) => hex4(this.paid[type] ?? 0)).join("");
      case "09": {
        const value = this.paidValue;
        this.paidValue = 0;
        return value === 0 && !this.busy ? "ack" : hex4(value);
      }
      case "0A":
        this.cancelled += 1;
        this.busy = false;
        this.lasting = "";
        return "ack";
      default:
        return super.behave(hex);
    }
  }

  #ordered(hex: string, type: number, count: number): Answer {
    this.dispensed.push(hex);
    this.paid = [];
    this.paidValue = 0;
    if (this.atOnce) this.pay(type, count);
    else {
      this.busy = true;
      this.lasting = "22";
    }
    return "ack";
  }
}
