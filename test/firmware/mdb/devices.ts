/**
 * Two well-behaved peripherals at block level, with a place to interfere: `says` answers before they do. What they
 * report is repeated at the head of the next POLL until our ACK was heard (MDB 4.2 §2.3, p35).
 */
import type { Answer, Device } from "./rig.js";

function hex8(value: number): string {
  return value.toString(16).padStart(2, "0").toUpperCase();
}

abstract class Reporter implements Device {
  /** Answers instead of the device where it returns something. */
  says: (hex: string) => Answer | undefined = () => undefined;
  /** Events in hex, waiting for a POLL. */
  readonly waiting: string[] = [];
  /** Said in every POLL. */
  lasting = "";
  resets = 0;
  mask = 0;
  private unacked = "";
  private polled = false;

  command(hex: string): Answer {
    this.polled = false;
    const instead = this.says(hex);
    return instead ?? this.behave(hex);
  }

  heardAck(heard: boolean): void {
    if (heard && this.polled) this.unacked = "";
  }

  report(hex: string): void {
    this.waiting.push(hex);
  }

  protected abstract behave(hex: string): Answer;

  protected poll(): Answer {
    this.polled = true;
    this.unacked += this.waiting.splice(0).join("");
    const reply = this.unacked + this.lasting;
    return reply === "" ? "ack" : reply;
  }

  protected wasReset(justReset: string): Answer {
    this.resets += 1;
    this.mask = 0;
    this.unacked = "";
    this.waiting.splice(0);
    this.waiting.push(justReset);
    return "ack";
  }
}

/** US coins: 5 10 25 100 ¢, the first three with tubes. */
export class PlainChanger extends Reporter {
  level = 3;
  /** Z2-3 of SETUP, in hex. */
  country = "1840";
  readonly counts: number[] = [20, 30, 45];
  /** What a DISPENSE does to the counts; by default all coins leave at once. */
  pays: (type: number, count: number) => void = (type, count) => {
    this.counts[type] = (this.counts[type] ?? 0) - count;
  };
  readonly dispensed: string[] = [];

  setup(): string {
    return `${hex8(this.level)}${this.country}05020007010205140000000000000000000000`.padEnd(46, "0");
  }

  tubes(): string {
    return `0000${this.counts.map(hex8).join("")}`;
  }

  coin(type: number, path: "tube" | "cashBox"): void {
    if (path === "tube") this.counts[type] = (this.counts[type] ?? 0) + 1;
    this.report(`${path === "tube" ? "5" : "4"}${type.toString(16)}${hex8(this.counts[type] ?? 0)}`);
  }

  protected behave(hex: string): Answer {
    switch (hex.slice(0, 2)) {
      case "08":
        return this.wasReset("0B");
      case "09":
        return this.setup();
      case "0A":
        return this.tubes();
      case "0B":
        return this.poll();
      case "0C":
        this.mask = Number.parseInt(hex.slice(2, 6), 16);
        return "ack";
      case "0D": {
        this.dispensed.push(hex);
        this.pays(Number.parseInt(hex.slice(3, 4), 16), Number.parseInt(hex.slice(2, 3), 16));
        return "ack";
      }
      default:
        return hex === "0F00" ? `${"53".repeat(3)}${"31".repeat(12)}${"4D".repeat(12)}010000000000` : "silent";
    }
  }
}

/** US bills: $1 $5 $10 $20. */
export class PlainValidator extends Reporter {
  level = 1;
  escrow = true;
  stacked = 7;
  /** ESCROW commands that came. */
  readonly orders: string[] = [];
  escrowMask = 0;

  setup(): string {
    const values = "01050A14".padEnd(32, "0");
    return `${hex8(this.level)}1840006402${"01F4"}0000${this.escrow ? "FF" : "00"}${values}`;
  }

  /** The bill is in the stacker. */
  stack(type: number): void {
    this.stacked += 1;
    this.report(`8${type.toString(16)}`);
  }

  protected behave(hex: string): Answer {
    switch (hex.slice(0, 2)) {
      case "30":
        return this.wasReset("06");
      case "31":
        return this.setup();
      case "33":
        return this.poll();
      case "34":
        this.mask = Number.parseInt(hex.slice(2, 6), 16);
        this.escrowMask = Number.parseInt(hex.slice(6, 10), 16);
        return "ack";
      case "35":
        this.orders.push(hex);
        return "ack";
      case "36":
        return `${hex8(this.stacked >> 8)}${hex8(this.stacked & 0xff)}`;
      default:
        if (hex === "3700" && this.level === 1) return "53".repeat(29);
        if (hex === "3702") return "53".repeat(33);
        return hex.startsWith("3701") ? "ack" : "silent";
    }
  }
}
