/**
 * The level 3 side of a simulated coin changer (MDB 4.2 §5, EXPANSION 0F): identification, options, payout by value
 * with its value polls and its status, diagnosis, reports of what hands did at its keys.
 */
import type { decodeCommand } from "../../shared/mdb/codec.js";
import { encodeReply } from "../../shared/mdb/codec.js";
import { COIN_CHANGER, COIN_OPTIONS, COIN_TYPES } from "../../shared/mdb/coin-changer.js";
import type { Answer } from "./bus-device.js";
import type { ChangerOptions, ChangerQuirks } from "./changer-options.js";
import type { CoinAcceptor } from "./coin-acceptor.js";
import type { Payout } from "./payout.js";
import type { CoinTubes } from "./tubes.js";

type Command = Extract<ReturnType<typeof decodeCommand>, { ok: true; device: "coinChanger" }>;

/** What 0F 04 of some changers says for ever: "busy", as in POLL. */
const BUSY = 0x02;

/** Diagnostic codes (p81-84). */
const OK = 0x0300;
const NEW_INVENTORY = 0x0520;
const INHIBITED = 0x0600;
const COIN_JAM = 0x1130;
const TOO_MUCH_LIGHT = 0x1504;

/** What the expansion is about. */
export interface ExpansionParts {
  readonly options: ChangerOptions;
  readonly quirks: ChangerQuirks;
  readonly tubes: CoinTubes;
  readonly acceptor: CoinAcceptor;
  readonly payout: Payout;
  /** Begins a payout of one coin of each type listed. */
  pay(types: readonly number[]): void;
  readonly inhibited: boolean;
}

export class ChangerExpansion {
  /** COIN_OPTIONS that are on. */
  enabled = 0;
  /** Somebody may put another changer in this one's place while the power is away. */
  serial: string;
  /** A code the diagnosis names as long as it is set, e.g. 1502: the tubes were taken out. */
  trouble: number | undefined;
  /** Coins by type that hands filled in and let out, not yet told. */
  readonly filled: number[] = new Array<number>(COIN_TYPES).fill(0);
  readonly letOut: number[] = new Array<number>(COIN_TYPES).fill(0);
  readonly #parts: ExpansionParts;
  /** What our ACK of the last reply takes away. */
  #onAck: (() => void) | undefined;
  #endless = false;

  constructor(parts: ExpansionParts) {
    this.#parts = parts;
    this.serial = parts.options.serial;
  }

  isOn(option: keyof typeof COIN_OPTIONS): boolean {
    return (this.enabled & COIN_OPTIONS[option]) !== 0;
  }

  /** Another command, or POLL: nothing of ours waits for an ACK any more. */
  leave(): void {
    this.#onAck = undefined;
  }

  acknowledged(): void {
    this.#onAck?.();
    this.#onAck = undefined;
  }

  /** What a reset or loss of power takes. */
  forget(): void {
    this.enabled = 0;
    this.#onAck = undefined;
    this.#endless = false;
    this.#parts.payout.forget();
    this.filled.fill(0);
    this.letOut.fill(0);
  }

  command(command: Command): Answer {
    const { options, payout } = this.#parts;
    switch (command.command) {
      case "identification": {
        const { maker, model, softwareBcd } = options;
        const { serial } = this;
        return encodeReply(COIN_CHANGER, "identification", {
          maker,
          serial,
          model,
          softwareBcd,
          options: options.options,
        });
      }
      case "featureEnable":
        this.enabled = command.fields.options & options.options;
        return "ack";
      case "payout":
        if (!this.isOn("alternativePayout") || payout.busy) return "silent";
        return this.#pay(command.fields.value * options.scalingMinor);
      case "payoutStatus":
        return this.isOn("alternativePayout") ? this.#status() : "silent";
      case "payoutValuePoll":
        return this.isOn("alternativePayout") ? this.#value() : "silent";
      case "sendDiagnostic":
        if (!this.isOn("extendedDiagnostic")) return "silent";
        return encodeReply(COIN_CHANGER, "sendDiagnostic", { codes: this.#codes() });
      case "manualFillReport":
        return this.isOn("controlledManualFill") ? this.#report("manualFillReport", this.filled) : "silent";
      case "manualPayoutReport":
        return this.isOn("controlledManualFill") ? this.#report("manualPayoutReport", this.letOut) : "silent";
      default:
        return "silent";
    }
  }

  #pay(valueMinor: number): Answer {
    const { payout, quirks } = this.#parts;
    if (quirks.ignoresPayout) return "silent";
    this.#endless = quirks.valuePoll === "endlessBusy";
    payout.forget();
    this.#parts.pay(payout.pick(valueMinor, quirks.picks).slice(0, quirks.valueCoinsAtMost));
    return "ack";
  }

  /** 0F 03: ACK while it pays, then the coins by type until they were acknowledged. */
  #status(): Answer {
    const { payout, quirks } = this.#parts;
    if (payout.busy || quirks.payoutStatus === "ackOnly") return "ack";
    const told = [...payout.counts];
    this.#onAck = () => subtract(payout.counts, told);
    return this.#cut(encodeReply(COIN_CHANGER, "payoutStatus", { counts: told }));
  }

  /** 0F 04: what was paid since the last one that was acknowledged; a bare ACK = it has ended. */
  #value(): Answer {
    const { payout, quirks, options } = this.#parts;
    if (this.#endless) return Uint8Array.of(BUSY);
    if (quirks.valuePoll === "ackOnly" || (!payout.busy && payout.valueSincePollMinor === 0)) return "ack";
    const toldMinor = payout.valueSincePollMinor;
    this.#onAck = () => {
      payout.valueSincePollMinor -= toldMinor;
    };
    return encodeReply(COIN_CHANGER, "payoutValuePoll", { value: toldMinor / options.scalingMinor });
  }

  #report(name: "manualFillReport" | "manualPayoutReport", coins: number[]): Answer {
    const told = coins.map((count) => Math.min(count, 255));
    if (this.#parts.quirks.reportsForget) this.#onAck = () => subtract(coins, told);
    return this.#cut(encodeReply(COIN_CHANGER, name, { counts: told }));
  }

  /** Some stop behind the last type they have. */
  #cut(counts: Uint8Array): Uint8Array {
    const { quirks, options } = this.#parts;
    return quirks.shortReplies ? counts.slice(0, options.types.length) : counts;
  }

  #codes(): number[] {
    const { acceptor, tubes, inhibited } = this.#parts;
    const codes: number[] = [];
    if (acceptor.jammed) codes.push(COIN_JAM);
    if (tubes.anyDefective) codes.push(TOO_MUCH_LIGHT);
    if (this.trouble !== undefined) codes.push(this.trouble);
    if (this.isOn("controlledManualFill") && this.filled.some((count) => count > 0)) codes.push(NEW_INVENTORY);
    return codes.length > 0 ? codes : [inhibited ? INHIBITED : OK];
  }
}

function subtract(from: number[], told: readonly number[]): void {
  for (let type = 0; type < from.length; type++) from[type] = Math.max(0, (from[type] ?? 0) - (told[type] ?? 0));
}
