/**
 * A level 3 coin changer at block level, US coins: its options, payout by value, diagnosis and reports of hands, with a
 * place to interfere (`says`).
 */
import { PlainChanger } from "./devices.js";
import type { Answer } from "./rig.js";

const NAME = `${"53".repeat(3)}${"31".repeat(12)}${"4D".repeat(12)}0100`;
const TYPES = 16;

function hex8(value: number): string {
  return value.toString(16).padStart(2, "0").toUpperCase();
}

export function countsHex(...counts: number[]): string {
  return Array.from({ length: TYPES }, (_, type) => hex8(counts[type] ?? 0)).join("");
}

export class OptionChanger extends PlainChanger {
  /** Offered; what was switched on. */
  options = 0b111;
  enabled = 0;
  /** What PAYOUT does; units as ordered. By default nothing leaves. */
  paysValue: (units: number) => void = () => undefined;
  /** Answers of 0F 04 and 0F 03, the last one for ever. */
  readonly values: Answer[] = ["ack"];
  readonly statuses: Answer[] = [countsHex()];
  /** What 0F 05 names. */
  codes = "0300";
  /** What the reports hold until an ACK of ours is heard. */
  filled = countsHex();
  letOut = countsHex();
  readonly ordered: string[] = [];
  #told: "fill" | "payout" | undefined;

  override command(hex: string): Answer {
    this.#told = undefined;
    return super.command(hex);
  }

  override heardAck(heard: boolean): void {
    super.heardAck(heard);
    if (heard && this.#told === "fill") this.filled = countsHex();
    if (heard && this.#told === "payout") this.letOut = countsHex();
  }

  protected override behave(hex: string): Answer {
    if (hex === "08") this.enabled = 0;
    if (!hex.startsWith("0F")) return super.behave(hex);
    const on = (bit: number, answer: () => Answer): Answer => ((this.enabled >> bit) & 1 ? answer() : "silent");
    switch (hex.slice(2, 4)) {
      case "00":
        return `${NAME}000000${hex8(this.options)}`;
      case "01":
        this.enabled = Number.parseInt(hex.slice(4), 16) & this.options;
        return "ack";
      case "02":
        return on(0, () => {
          this.ordered.push(hex);
          this.paysValue(Number.parseInt(hex.slice(4), 16));
          return "ack";
        });
      case "03":
        return on(0, () => next(this.statuses));
      case "04":
        return on(0, () => next(this.values));
      case "05":
        return on(1, () => this.codes);
      case "06":
        this.#told = "fill";
        return on(2, () => this.filled);
      case "07":
        this.#told = "payout";
        return on(2, () => this.letOut);
      default:
        return "silent";
    }
  }
}

function next(answers: Answer[]): Answer {
  return (answers.length > 1 ? answers.shift() : answers[0]) ?? "ack";
}
