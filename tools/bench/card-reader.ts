/**
 * A simulated cashless reader at 10h or 60h, levels 1 to 3 (MDB 4.2 §7, PDF p117-188): a behaviour per command in each
 * of the seven states, and what goes wrong with readers in the field as switches.
 */
import { type Answer, BARE_ACK, type BusBehaviour, BusDevice } from "./bus-device.js";
import {
  type CardReaderOptions,
  READER_QUIRKS,
  type ReaderAnswer,
  type ReaderMoment,
  type ReaderQuirks,
  type ReaderTrouble,
} from "./card-reader-options.js";
import {
  bytesOfNumber,
  bytesOfText,
  commandBytes,
  isLegal,
  numberAt,
  READER_OPTIONS,
  READER_STATES,
  type ReaderCommand,
  type ReaderState,
  readCommand,
} from "./card-reader-wire.js";
import { CardSession, isAlwaysIdle } from "./card-session.js";
import type { Card, CardTruth } from "./card-truth.js";
import { type ReaderMessage, ReaderQueue } from "./reader-queue.js";
import type { Wire } from "./wire.js";
import type { Timer, World } from "./world.js";

export type { CardReaderOptions } from "./card-reader-options.js";

/** Addresses of the two readers. */
export const READER_ADDRESSES: readonly number[] = Object.freeze([0x10, 0x60]);

/** Silence of a reader that says nothing to VEND FAILURE: beyond every response time. */
const REFUND_SILENCE_MS = 20_000;
/** Of what a trouble has it show. */
const SHOWN_MS = 2_000;
/** Most characters of one DISPLAY REQUEST. */
const MAX_DISPLAY_TEXT = 32;

/** As told in CASH SALE. Amount in minor units. */
export interface CashSale {
  readonly amountMinor: number;
  readonly item: number;
}

export class CardReader implements BusBehaviour {
  readonly index: number;
  readonly options: CardReaderOptions;
  readonly quirks: ReaderQuirks = { ...READER_QUIRKS };
  readonly bus: BusDevice;
  readonly queue = new ReaderQueue();
  readonly session: CardSession;
  /** What is to go wrong, in order; each once. */
  readonly troubles: ReaderTrouble[] = [];
  /** What has gone wrong. */
  readonly struck: ReaderTrouble[] = [];
  readonly cashSales: CashSale[] = [];
  /** Characters of each DATA ENTRY RESPONSE. */
  readonly dataEntries: string[] = [];
  /** Hex digits of each TIME/DATE. */
  readonly times: string[] = [];
  /** When each of them came, µs of the world. */
  readonly timesAtUs: number[] = [];
  state: ReaderState = "inactive";
  /** Highest and lowest price of SETUP, scaling units. */
  prices: { readonly highest: number; readonly lowest: number } | undefined;
  /** Commands that came where the state forbids them. */
  outOfSequence = 0;
  /** RESETs heard. */
  resets = 0;
  readonly #world: World;
  #vmc = { level: 1, columns: 0, rows: 0 };
  #configured = false;
  #optionBits = 0;
  #powered = false;
  #plugged = true;
  #starting: Timer | undefined;
  #silentUntilUs = 0;
  /** An answer the VMC waits for: only POLL, VEND CANCEL and RESET may come before it (p119). */
  #pending: ReaderMessage | undefined;
  #later: Timer | undefined;
  #wantsDigits = false;
  #lastingError: number | undefined;

  constructor(world: World, wire: Wire, cards: CardTruth, index: number, options: CardReaderOptions) {
    this.#world = world;
    this.index = index;
    this.options = options;
    this.session = new CardSession(world, cards, this);
    const address = READER_ADDRESSES[index] ?? 0;
    const table = { name: "cardReader", address, commands: [], events: [] };
    this.bus = new BusDevice(world, wire, world.forkRng(), table, this);
  }

  // ---- the outer world --------------------------------------------------------------------------------------------

  setPower(on: boolean): void {
    this.#powered = on;
    this.#startOrDie();
  }

  setPlugged(plugged: boolean): void {
    this.#plugged = plugged;
    this.#startOrDie();
  }

  get plugged(): boolean {
    return this.#plugged;
  }

  /** A card or phone is held to it; false: it does not read it now (off, disabled, somebody else's is in). */
  tap(card: Card): boolean {
    return this.bus.alive && this.session.tap(card);
  }

  /** Its cancel button. */
  pressCancel(): void {
    if (this.bus.alive) this.session.customerCancels();
  }

  /** Hears and says nothing for so long; its own time runs on. */
  silenceFor(ms: number): void {
    this.#silentUntilUs = this.#world.nowUs + ms * 1_000;
  }

  /** Its watchdog bites: as after power-up, with JUST RESET. */
  selfReset(): void {
    if (!this.bus.alive) return;
    this.session.interrupt("self-reset");
    this.#clear();
    this.bus.die();
    this.#starting = this.#world.after(this.quirks.justResetMs * 1_000, () => this.#startUp());
  }

  /** MALFUNCTION/ERROR with this byte; lasting ones come in every POLL until undefined is set. */
  malfunction(code: number | undefined): void {
    const transient = code !== undefined && code >> 4 <= 3;
    this.#lastingError = transient ? undefined : code;
    if (transient) this.queue.push({ bytes: [0x0a, code] });
  }

  /** DISPLAY REQUEST, on the VMC's display. */
  displayText(text: string, showMs: number): void {
    const size = Math.min(MAX_DISPLAY_TEXT, Math.max(1, this.#vmc.columns * this.#vmc.rows));
    this.queue.push({ bytes: [0x02, ...bytesOfNumber(showMs / 100, 1), ...bytesOfText(text, size)], last: true });
  }

  /** DATA ENTRY REQUEST for 1 to 8 digits; 0 = DATA ENTRY CANCEL. */
  askDigits(digits: number, secret = false): void {
    this.#wantsDigits = digits > 0;
    this.queue.push({ bytes: digits === 0 ? [0x13] : [0x12, (secret ? 0x80 : 0) | (digits & 0x7f)] });
  }

  /** TIME/DATE REQUEST. */
  askTime(): void {
    this.queue.push({ bytes: [0x11] });
  }

  // ---- what its parts ask -----------------------------------------------------------------------------------------

  /** The level both sides speak. */
  get level(): number {
    return Math.min(this.options.level, this.#vmc.level);
  }

  /** Expanded currency mode: four bytes of money. */
  get wide(): boolean {
    return (this.#optionBits & (READER_OPTIONS.money32 | READER_OPTIONS.multiCurrency)) !== 0;
  }

  get alwaysIdle(): boolean {
    return isAlwaysIdle(this.#optionBits);
  }

  units(amountMinor: number): number {
    return Math.floor(amountMinor / this.options.scalingMinor);
  }

  /** A block of the length this reader gives it. */
  lie(bytes: readonly number[]): number[] {
    const { lengthLie } = this.quirks;
    if (lengthLie < 0) return bytes.slice(0, Math.max(1, bytes.length + lengthLie));
    return [...bytes, ...new Array<number>(lengthLie).fill(0)];
  }

  /** Something happened at which trouble may be waiting. */
  moment(at: ReaderMoment): void {
    const next = this.troubles[0];
    if (next === undefined || next.at !== at) return;
    this.troubles.shift();
    this.struck.push(next);
    if (next.what === "silence") this.silenceFor(next.forMs ?? REFUND_SILENCE_MS);
    else if (next.what === "malfunction") this.#failFor(next);
    else if (next.what === "asksTime") this.askTime();
    else if (next.what === "asksDisplay") this.displayText(`Reader ${this.index + 1} thinks`, SHOWN_MS);
    // behind what is under way in this very moment
    else this.#world.after(0, () => (next.what === "unplug" ? this.setPlugged(false) : this.selfReset()));
  }

  #failFor({ code = 0, forMs = 0 }: ReaderTrouble): void {
    this.malfunction(code);
    this.#world.after(forMs * 1_000, () => this.malfunction(undefined));
  }

  // ---- the bus ----------------------------------------------------------------------------------------------------

  commandBytes(heard: ArrayLike<number>): number | undefined {
    return commandBytes(heard, this.wide);
  }

  command(block: Uint8Array): Answer {
    if (this.#world.nowUs < this.#silentUntilUs) return "silent";
    const command = readCommand(block);
    if (command === undefined) return "silent";
    if (command.name === "poll") return this.#poll();
    if (command.name === "reset") return this.#reset();
    const waits = this.#pending !== undefined && command.name !== "vendCancel";
    if (waits || !this.#allows(command)) return this.#refuse();
    return this.#obey(command);
  }

  standingAnswer(): Uint8Array | undefined {
    const silent = this.#world.nowUs < this.#silentUntilUs;
    return !silent && this.queue.isEmpty && this.#lastingError === undefined ? BARE_ACK : undefined;
  }

  acknowledged(): void {
    this.queue.acknowledged();
  }

  notReceived(): void {
    this.queue.notReceived(this.quirks.repeats);
  }

  busReset(): void {
    this.session.interrupt("reset");
    this.#clear();
    this.#world.cancel(this.#starting);
    this.#starting = this.#world.after(this.quirks.justResetMs * 1_000, () => this.#tellReset());
  }

  // ---- inside -----------------------------------------------------------------------------------------------------

  #startOrDie(): void {
    if (!(this.#powered && this.#plugged)) {
      this.#world.cancel(this.#starting);
      this.#starting = undefined;
      this.session.interrupt("power");
      this.#clear();
      this.bus.die();
    } else if (!this.bus.alive && this.#starting === undefined) {
      this.#starting = this.#world.after(this.options.startUpMs * 1_000, () => this.#startUp());
    }
  }

  #startUp(): void {
    this.bus.alive = true;
    this.#silentUntilUs = 0;
    this.#tellReset();
  }

  /** One that says it late has forgotten what it was told meanwhile: only now is its reset over. */
  #tellReset(): void {
    this.#starting = undefined;
    if (!this.quirks.saysJustReset) return;
    this.session.interrupt("reset");
    this.#clear();
    this.queue.push({ bytes: [0x00] });
  }

  #clear(): void {
    this.state = "inactive";
    this.#configured = false;
    this.#optionBits = 0;
    this.#pending = undefined;
    this.#wantsDigits = false;
    this.#world.cancel(this.#later);
    this.queue.clear();
  }

  #reset(): Answer {
    this.resets += 1;
    this.busReset();
    return "ack";
  }

  #poll(): Answer {
    const block = this.queue.compose(this.quirks.chains);
    if (block !== undefined) return block;
    return this.#lastingError === undefined ? "ack" : Uint8Array.of(0x0a, this.#lastingError);
  }

  #allows({ name }: ReaderCommand): boolean {
    if (name === "vendRequest" && this.alwaysIdle && this.state === "enabled") return true;
    if (name === "cashSale" && !this.options.cashSale) return false;
    if (name === "enableOptions" && this.level < 3) return false;
    if (name === "negativeVend" && (this.#optionBits & READER_OPTIONS.negativeVend) === 0) return false;
    if (name === "dataEntry") return this.#wantsDigits;
    return isLegal(name, this.state);
  }

  /** ACK, and COMMAND OUT OF SEQUENCE in the next POLL (p120). */
  #refuse(): Answer {
    this.outOfSequence += 1;
    const number = READER_STATES.indexOf(this.state) + 1;
    this.queue.push({ bytes: this.level === 1 ? [0x0b] : [0x0b, number] });
    return "ack";
  }

  #obey({ name, data }: ReaderCommand): Answer {
    const money = this.wide ? 4 : 2;
    const amountMinor = numberAt(data, 0, money) * this.options.scalingMinor;
    const item = numberAt(data, money, 2);
    switch (name) {
      case "setupConfig":
        this.#vmc = { level: data[0] ?? 1, columns: data[1] ?? 0, rows: data[2] ?? 0 };
        this.#configured = true;
        return this.#answer("setup", { bytes: this.lie(this.#config()), last: true });
      case "setupPrices":
        this.prices = { highest: numberAt(data, 0, money), lowest: numberAt(data, money, money) };
        if (this.#configured && this.state === "inactive") this.state = "disabled";
        return "ack";
      case "requestId":
        return this.#answer("id", { bytes: this.lie(this.#id()), last: true });
      case "enableOptions":
        this.#optionBits = numberAt(data, 0, 4) & this.options.options;
        return "ack";
      case "enable":
      case "disable":
        if (this.state !== "sessionIdle") this.state = name === "enable" ? "enabled" : "disabled";
        if (name === "disable" && this.state === "disabled") this.session.letGo();
        return "ack";
      case "readerCancel":
        this.session.letGo();
        return this.#answer("readerCancel", { bytes: [0x08] });
      case "cashSale":
        this.cashSales.push({ amountMinor, item });
        return "ack";
      case "dataEntry":
        this.#wantsDigits = false;
        this.dataEntries.push(String.fromCharCode(...data));
        return "ack";
      case "timeDate":
        this.timesAtUs.push(this.#world.nowUs);
        this.times.push(Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join(""));
        return "ack";
      case "revalue":
        return this.#answer("revalue", this.session.revalue(amountMinor));
      case "revalueLimit":
        return this.#answer("limit", this.#limit(money));
      case "sessionComplete":
        return this.#answer("end", this.session.complete());
      case "diagnostics":
        // the maker's own: what was asked, and what the reader is
        return Uint8Array.of(0xff, ...data, this.options.level);
      default:
        return this.#vend(name, amountMinor, item);
    }
  }

  #vend(name: ReaderCommand["name"], amountMinor: number, item: number): Answer {
    switch (name) {
      case "vendRequest":
      case "negativeVend":
        this.session.vendRequest(amountMinor, item, name === "negativeVend");
        if (this.quirks.approvalMs === "atOnce") return this.#poll();
        return this.#unlessSilent();
      case "vendCancel":
        return this.session.vendCancel() ? "ack" : this.#refuse();
      case "vendSuccess":
        return this.session.vendSuccess() ? this.#unlessSilent() : this.#refuse();
      case "vendFailure": {
        if (!this.session.vendFailure()) return this.#refuse();
        const { refund } = this.quirks;
        if (refund === "silentDone" || refund === "silentCharged") this.silenceFor(REFUND_SILENCE_MS);
        return this.#unlessSilent();
      }
      default:
        return "silent";
    }
  }

  /** A silence that this very command began swallows its ACK, too. */
  #unlessSilent(): Answer {
    return this.#world.nowUs < this.#silentUntilUs ? "silent" : "ack";
  }

  /** At once, or ACK now and the message in POLL. */
  #answer(kind: ReaderAnswer, message: ReaderMessage): Answer {
    const delay = this.quirks.delays[kind];
    if (delay === "atOnce") return this.queue.atOnce(message);
    const heard = (): void => {
      this.#pending = undefined;
      message.heard?.();
    };
    // no spread: one that adds a key makes V8 a new hidden class each time
    const pending: ReaderMessage = Object.assign({}, message, { heard });
    this.#pending = pending;
    this.#later = this.#world.after(delay * 1_000, () => this.queue.push(pending));
    return "ack";
  }

  #config(): number[] {
    const { level, country, scalingMinor, decimals, maxResponseS, refunds, multivend, display, cashSale } =
      this.options;
    const factor = this.options.scalingFactor ?? scalingMinor;
    const bits = (refunds ? 1 : 0) | (multivend ? 2 : 0) | (display ? 4 : 0) | (cashSale ? 8 : 0);
    return [0x01, level, ...bytesOfNumber(country, 2), factor, decimals, maxResponseS, bits];
  }

  #id(): number[] {
    const { maker, serial, model, softwareBcd, options } = this.options;
    const names = [...bytesOfText(maker, 3), ...bytesOfText(serial, 12), ...bytesOfText(model, 12)];
    const head = [0x09, ...names, ...bytesOfNumber(softwareBcd, 2)];
    return this.level === 3 ? [...head, ...bytesOfNumber(options, 4)] : head;
  }

  #limit(money: number): ReaderMessage {
    const { revalueLimitMinor } = this.options;
    if (revalueLimitMinor === undefined || this.level < 2) return { bytes: [0x0e] };
    return { bytes: [0x0f, ...bytesOfNumber(this.units(revalueLimitMinor), money)] };
  }
}
