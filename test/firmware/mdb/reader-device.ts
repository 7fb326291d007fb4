/**
 * A strict card reader at block level: its seven states after MDB 4.2 §7.2, written from the specification and not from
 * the master. What the master may not send where it stands is noted in `wrongs` and answered with 0B in the next POLL.
 * It keeps the customer's account, so that a test can say what was charged.
 */
import { type CashlessDialect, cashlessTable, dialectOf } from "../../../shared/mdb/cashless.js";
import { decodeCommandOf } from "../../../shared/mdb/codec.js";
import type { FieldRecord } from "../../../shared/mdb/layout.js";
import { bytesOf } from "../../vectors/mdb.js";
import type { Answer, Device } from "./rig.js";

const STATES = ["inactive", "disabled", "enabled", "sessionIdle", "vend", "revalue", "negativeVend"] as const;
export type At = (typeof STATES)[number];

export function hexNumber(value: number, bytes: number): string {
  return value
    .toString(16)
    .toUpperCase()
    .padStart(bytes * 2, "0");
}

export class PlainReader implements Device {
  /** Answers instead of the device where it returns something. */
  says: (hex: string) => Answer | undefined = () => undefined;
  at: At = "inactive";
  readonly wrongs: string[] = [];
  readonly commands: string[] = [];
  level = 1;
  scaling = 5;
  /** Z2-3 of SETUP, in hex. */
  country = "1840";
  misc = 0x0f;
  offered = 0;
  options = 0;
  responseS = 0;
  /** Informational answers come with the command instead of in POLL. */
  atOnce = false;
  /** What it says to a vend, in hex; undefined = approves what was asked, "" = keeps silent about it. */
  vendAnswer: string | undefined;
  limit = 2_000;
  /** It keeps to itself after a refund that fails. */
  refundFails = false;
  /** So many of its answers are lost on the way. */
  losesAnswers = 0;
  /** So many of our ACKs are lost on the way: it says the same again in the next POLL. */
  losesAcks = 0;
  /** Units asked for and approved, taken for good, put on the card. */
  held = 0;
  charged = 0;
  revalued = 0;
  readonly cashSales: number[] = [];
  private asked = 0;
  private approvedVend = false;
  private waiting: string[] = [];
  private said = "";

  readonly reader: number;

  constructor(reader: number) {
    this.reader = reader;
  }

  say(hex: string): void {
    this.waiting.push(hex);
  }

  /** A card is shown; the session begins when the master hears of it. */
  card(units = 1_000): void {
    const rest = this.level === 1 ? "" : "00000009010002";
    const wide = this.dialect() === "expanded" ? "656E184001" : "";
    this.say(`03${hexNumber(units, wide === "" ? 2 : 4)}${rest}${wide}`);
  }

  dialect(): CashlessDialect {
    return dialectOf(this.level, 3, this.options);
  }

  command(hex: string): Answer {
    const instead = this.says(hex);
    if (instead !== undefined) return instead;
    const table = cashlessTable(this.reader, hex.slice(2) === "00" ? "level1" : this.dialect());
    const decoded = decodeCommandOf(this.priceTable(hex) ?? table, bytesOf(hex));
    if (!decoded.ok) {
      this.wrongs.push(`${hex} ${decoded.error}`);
      return "silent";
    }
    this.commands.push(decoded.command);
    const answer = this.behave(decoded.command, decoded.fields);
    if (this.losesAnswers > 0) {
      this.losesAnswers -= 1;
      if (answer !== "ack") this.waiting.unshift(answer);
      return "silent";
    }
    this.said = answer === "ack" ? "" : answer;
    return answer;
  }

  heardAck(heard: boolean): void {
    if (heard && this.losesAcks === 0) this.said = "";
    if (this.losesAcks > 0 && this.said !== "") {
      this.losesAcks -= 1;
      this.waiting.unshift(this.said);
      this.said = "";
    }
  }

  private config(): string {
    const { level, country, scaling, responseS, misc } = this;
    const money = `${country}${hexNumber(scaling, 1)}02`;
    return `01${hexNumber(level, 1)}${money}${hexNumber(responseS, 1)}${hexNumber(misc, 1)}`;
  }

  /** Prices come in 16 bits until the options are on. */
  private priceTable(hex: string) {
    const isPrices = hex.length === 12 && (hex.startsWith("1101") || hex.startsWith("6101"));
    return isPrices ? cashlessTable(this.reader, "level1") : undefined;
  }

  private behave(command: string, fields: FieldRecord): Answer {
    const number = (name: string) => Number(fields[name] ?? 0);
    switch (command) {
      case "reset":
        Object.assign(this, { at: "inactive", options: 0, held: 0, waiting: ["00"] });
        return "ack";
      case "poll": {
        const said = this.waiting.splice(0);
        const reply = said.join("");
        for (const message of said) this.delivered(message);
        if (said.at(-1) === "07" && this.at === "sessionIdle") this.at = "enabled";
        return reply === "" ? "ack" : reply;
      }
      case "setup":
        return this.when(["inactive", "disabled"], command, () => this.inform(this.config()));
      case "prices":
        return this.when(["inactive", "disabled"], command, () => "ack");
      case "requestId":
        return this.when(["inactive", "disabled"], command, () => {
          const id = `09${"53".repeat(3)}${"31".repeat(12)}${"4D".repeat(12)}0100`;
          return this.inform(this.level >= 3 ? id + hexNumber(this.offered, 4) : id);
        });
      case "enableOptions":
        return this.when(["inactive", "disabled"], command, () => {
          this.options = number("options");
          return "ack";
        });
      case "readerEnable":
        if (this.at === "inactive") this.at = "disabled";
        return this.moved(["disabled", "enabled"], command, "enabled");
      case "readerDisable":
        return this.moved(["disabled", "enabled"], command, "disabled");
      case "readerCancel":
        return this.when(["enabled"], command, () => this.inform("08"));
      case "cashSale":
        return this.when(["inactive", "disabled", "enabled"], command, () => {
          this.cashSales.push(number("price"));
          return "ack";
        });
      default:
        return this.behaveInSession(command, number);
    }
  }

  private behaveInSession(command: string, number: (name: string) => number): Answer {
    const idle: At[] = (this.options & 0x20) === 0 ? ["sessionIdle"] : ["sessionIdle", "enabled"];
    const money = this.dialect() === "expanded" ? 4 : 2;
    switch (command) {
      case "vendRequest":
      case "negativeVend":
        // The same request again, because our ACK was lost: no second vend.
        if (this.at === "vend" && !this.approvedVend && this.asked === number("price")) return "ack";
        return this.when(idle, command, () => {
          this.at = command === "vendRequest" ? "vend" : "negativeVend";
          // A session it was about to begin is this one.
          this.waiting = this.waiting.filter((hex) => !hex.startsWith("03"));
          this.asked = number("price");
          this.approvedVend = false;
          return this.decide(this.vendAnswer ?? `05${hexNumber(this.asked, money)}`);
        });
      case "vendCancel":
        if (this.at !== "vend" || this.approvedVend) return this.wrong(command);
        // What it was about to say is void.
        this.waiting = this.waiting.filter((hex) => !hex.startsWith("05") && !hex.startsWith("06"));
        return this.decide("06");
      case "vendSuccess":
        if (!this.approvedVend) return this.wrong(command);
        this.charged += this.held;
        return this.vendOver();
      case "vendFailure":
        if (!this.approvedVend) return this.wrong(command);
        if (this.refundFails) {
          this.charged += this.held;
          this.say("0AC0");
        }
        return this.vendOver();
      case "sessionComplete":
        return this.when(["sessionIdle"], command, () => {
          const answer = this.inform("07");
          if (this.atOnce) this.at = "enabled";
          return answer;
        });
      case "revalueLimit":
        return this.when(idle, command, () => this.inform(`0F${hexNumber(this.limit, money)}`));
      case "revalueRequest":
        return this.when(idle, command, () => {
          this.at = "sessionIdle";
          this.revalued += number("amount");
          return this.inform("0D");
        });
      default:
        return "ack";
    }
  }

  /** The reader's word on a vend; "" = none yet. */
  decide(hex: string): Answer {
    if (this.atOnce) this.delivered(hex);
    return hex === "" ? "ack" : this.inform(hex);
  }

  /** What it has told is what it stands by. */
  private delivered(hex: string): void {
    if (hex.startsWith("03") || (hex.startsWith("06") && !this.approvedVend)) this.at = "sessionIdle";
    if (!hex.startsWith("05") || this.at === "sessionIdle") return;
    this.approvedVend = true;
    this.held = this.asked;
  }

  private vendOver(): Answer {
    this.held = 0;
    this.approvedVend = false;
    this.at = "sessionIdle";
    return "ack";
  }

  private inform(hex: string): Answer {
    if (this.atOnce) return hex;
    this.waiting.push(hex);
    return "ack";
  }

  private moved(from: readonly At[], command: string, to: At): Answer {
    return this.when(from, command, () => {
      this.at = to;
      return "ack";
    });
  }

  private when(legal: readonly At[], command: string, then: () => Answer): Answer {
    return legal.includes(this.at) ? then() : this.wrong(command);
  }

  private wrong(command: string): Answer {
    this.wrongs.push(`${command} in ${this.at}`);
    this.waiting.push(this.level === 1 ? "0B" : `0B${hexNumber(STATES.indexOf(this.at) + 1, 1)}`);
    return "ack";
  }
}
