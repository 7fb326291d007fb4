/** A well-behaved coin hopper at block level: quarters in bowl 0, nickels in bowl 1, with places to interfere. */
import type { Answer, Device } from "./rig.js";

function hex4(value: number): string {
  return value.toString(16).padStart(4, "0").toUpperCase();
}

function list(counts: readonly number[]): string {
  return Array.from({ length: 16 }, (_, type) => hex4(counts[type] ?? 0)).join("");
}

export class PlainHopper implements Device {
  /** Answers instead of the device where it returns something; commands as at 58h. */
  says: (hex: string) => Answer | undefined = () => undefined;
  readonly counts: number[] = [400, 500];
  fullMask = 0;
  /** Z2-3 of SETUP, in hex. */
  country = "1840";
  /** Z6, seconds. */
  responseS = 5;
  /** Events in hex, waiting for a POLL; one POLL takes them all. */
  readonly waiting: string[] = [];
  /** Said in every POLL. */
  lasting = "";
  resets = 0;
  manual = "";
  readonly dispensed: string[] = [];
  /** Pays at once; false: it is busy until `pay`. */
  atOnce = true;
  busy = false;
  paid: number[] = [];
  paidValue = 0;
  heard = 0;

  command(hex: string): Answer {
    const at58 = Number.parseInt(hex.slice(0, 2), 16) & 0x07;
    const own = (0x58 | at58).toString(16).toUpperCase() + hex.slice(2);
    return this.says(own) ?? this.#behave(own);
  }

  heardAck(heard: boolean): void {
    if (heard) this.heard += 1;
  }

  /** The coins come out; the payout has ended. */
  pay(type: number, count: number): void {
    this.counts[type] = (this.counts[type] ?? 0) - count;
    this.paid[type] = (this.paid[type] ?? 0) + count;
    this.paidValue += count * (type === 0 ? 5 : 1);
    this.busy = false;
    this.lasting = "";
  }

  #behave(hex: string): Answer {
    switch (hex.slice(0, 2)) {
      case "58":
        this.resets += 1;
        this.waiting.splice(0);
        this.waiting.push("0B");
        return "ack";
      case "59":
        return `01${this.country}0502${this.responseS.toString(16).padStart(2, "0")}00030000${"0501".padEnd(32, "0")}`;
      case "5A":
        return hex4(this.fullMask) + list(this.counts);
      case "5B": {
        const reply = this.waiting.splice(0).join("") + this.lasting;
        return reply === "" ? "ack" : reply;
      }
      case "5C":
        this.manual = hex.slice(2);
        return "ack";
      case "5D":
        return this.#dispense(hex);
      case "5E":
        if (hex.slice(2) === "00") return this.busy ? "ack" : list(this.paid);
        return this.paidValue === 0 && !this.busy ? "ack" : this.#value();
      default:
        return hex === "5F00" ? `${"53".repeat(27)}010000000000` : "silent";
    }
  }

  #value(): string {
    const value = this.paidValue;
    this.paidValue = 0;
    return hex4(value);
  }

  #dispense(hex: string): Answer {
    this.dispensed.push(hex);
    this.paid = [];
    this.paidValue = 0;
    const byValue = hex.slice(2, 4) === "01";
    const type = byValue ? 0 : Number.parseInt(hex.slice(4, 6), 16);
    const count = byValue ? Number.parseInt(hex.slice(4), 16) / 5 : Number.parseInt(hex.slice(6), 16);
    if (this.atOnce) this.pay(type, count);
    else {
      this.busy = true;
      this.lasting = "02";
    }
    return "ack";
  }
}
