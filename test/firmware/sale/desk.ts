/**
 * Sale and cards joined as the machine joins them, without the rest: records are folded when appended, orders between
 * the two run first come first served, what goes out to cash, delivery and the bus is noted in short words.
 */

import type { ReaderAbilities, ReaderEvent, ReaderOrder } from "../../../firmware/ports/rooms.js";
import { stepCards } from "../../../firmware/sale/cards.js";
import { CARDS_AT_BOOT, type CardInput, type Cards, cardsDueMs } from "../../../firmware/sale/cards-state.js";
import type { OutCause, SaleInput, SaleState } from "../../../firmware/sale/state.js";
import { STARTING, saleDueMs, stepSale } from "../../../firmware/sale/step.js";
import { creditDifferenceMinor, type Durable, holdDifferenceMinor } from "../../../shared/records/durable.js";
import { applyRecord } from "../../../shared/records/fold.js";
import type { LedgerRecord, NewRecord } from "../../../shared/records/kinds.js";
import { facts, folded } from "./facts.js";

export const PLAIN_READER: ReaderAbilities = Object.freeze({
  level: 1,
  refunds: true,
  multivend: false,
  display: false,
  cashSale: true,
  alwaysIdle: false,
  negativeVend: false,
  dataEntry: false,
  revalue: true,
  unitMinor: 5,
  mostMinor: 327_670,
});

type Task = { to: "sale"; input: SaleInput } | { to: "cards"; input: CardInput };

/** Looks of "the facts changed" in one input; more is two rooms chasing each other. */
const MAX_LOOKS = 16;

export class Desk {
  durable: Durable;
  cards: Cards = CARDS_AT_BOOT;
  sale: SaleState = STARTING;
  nowMs = 1_000;
  outOfService: OutCause | undefined;
  moneyPending = false;
  changePayable = true;
  /** Column that stands away from home. */
  away: number | undefined;
  /** Everything that went out since last asked for. */
  out: string[] = [];
  readonly #tasks: Task[] = [];
  #seq = 0;

  /** A machine at rest that sells, with `readers` set up; what they were told at first is forgotten. */
  constructor(readers: readonly ReaderAbilities[] = [PLAIN_READER], ...records: readonly NewRecord[]) {
    this.durable = folded(...records);
    this.#push({ to: "cards", input: { on: "boot" } });
    this.sale = STARTING;
    this.input({ on: "start" });
    for (const [reader, abilities] of readers.entries()) this.reader({ event: "readerReady", reader, abilities });
  }

  /** What went out, and forgets it. */
  said(): string {
    const words = this.out.join(" ");
    this.out = [];
    return words;
  }

  /** Purchase state and phase. */
  get at(): string {
    const { sale } = this;
    return sale.at === "ACCEPTING_PAYMENT" ? `${sale.at}/${sale.phase}` : sale.at;
  }

  get notice(): string | undefined {
    return "notice" in this.sale ? this.sale.notice?.say : undefined;
  }

  input(input: SaleInput): this {
    this.#push({ to: "sale", input });
    this.#settle();
    return this;
  }

  reader(event: ReaderEvent): this {
    this.#push({ to: "cards", input: { on: "reader", event } });
    this.#settle();
    return this;
  }

  /** Keys of the machine's, while a reader asks for digits. */
  keys(keys: string): this {
    for (const key of keys) this.#push({ to: "cards", input: { on: "key", key } });
    this.#settle();
    return this;
  }

  /** A card at a reader. */
  tap(reader = 0, revalueLimitMinor?: number): this {
    return this.reader({ event: "session", reader, fundsMinor: undefined, revalueLimitMinor });
  }

  select(slot = "B4"): this {
    return this.input({ on: "select", slot });
  }

  ready(): this {
    return this.input({ on: "delivery", event: { delivery: "ready" } });
  }

  approve(amountMinor = 175, reader = 0, crossed = false): this {
    return this.reader({ event: "approved", reader, amountMinor, crossed });
  }

  drop(): this {
    this.input({ on: "delivery", event: { delivery: "leftHome", turn: 1 } });
    return this.input({ on: "delivery", event: { delivery: "dropped", fallMs: 900 } });
  }

  coin(valueMinor: number): this {
    this.append({ kind: "coinIn", type: 0, valueMinor, path: 1, tubeCount: 3 });
    this.#settle();
    return this;
  }

  returned(): this {
    const event = { cash: "returned", paidMinor: 0, voucherMinor: 0, voucherCode: undefined, claimMinor: 0 } as const;
    return this.input({ on: "cash", event });
  }

  /** Time passes; rooms whose time has come get their tick. */
  wait(ms: number): this {
    this.nowMs += ms;
    if (cardsDueMs(this.cards) <= this.nowMs) this.#push({ to: "cards", input: { on: "tick" } });
    if (saleDueMs(this.sale) <= this.nowMs) this.#push({ to: "sale", input: { on: "tick" } });
    this.#settle();
    return this;
  }

  /** Power goes and comes: the ledger stays, everything else begins anew. */
  restart(): this {
    this.cards = CARDS_AT_BOOT;
    this.sale = STARTING;
    this.out = [];
    this.#push({ to: "cards", input: { on: "boot" } });
    return this.input({ on: "start" });
  }

  append(record: NewRecord): void {
    this.#seq += 1;
    const stamped: LedgerRecord = { ...record, seq: this.#seq, atMs: this.nowMs };
    applyRecord(this.durable, stamped);
    if (holdDifferenceMinor(this.durable) !== 0) throw new Error(`${record.kind}: holds do not balance`);
    if (creditDifferenceMinor(this.durable) !== 0) throw new Error(`${record.kind}: credit does not balance`);
    this.#push({ to: "sale", input: { on: "committed", record: stamped } });
  }

  get #facts() {
    const { durable, cards, outOfService, moneyPending, changePayable, away } = this;
    const options = { durable, cards, outOfService, moneyPending, changePayable };
    return facts(away === undefined ? options : { ...options, away });
  }

  #push(task: Task): void {
    this.#tasks.push(task);
  }

  #settle(): void {
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      const before = { sale: this.sale.at, cards: this.cards };
      for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) this.#run(task);
      if (looks > 0 && before.sale === this.sale.at && before.cards === this.cards) return;
      this.#push({ to: "sale", input: { on: "tick" } });
    }
    throw new Error("sale and cards chase each other");
  }

  #run(task: Task): void {
    if (task.to === "cards") {
      const claimCode = (claimNo: number): string => `CLAIM-${claimNo}`;
      const step = stepCards(
        this.cards,
        task.input,
        { durable: this.durable, cancelAfterMs: 30_000, claimCode },
        this.nowMs,
      );
      this.cards = step.state;
      for (const effect of step.effects) {
        if (effect.do === "append") this.#record(effect.record);
        else if (effect.do === "mdb") this.out.push(this.#words(effect.order));
        else if (effect.do === "tellSale") this.#push({ to: "sale", input: { on: "card", event: effect.event } });
        else this.out.push(`${effect.fault}:${effect.present ? "on" : "off"}`);
      }
      return;
    }
    const step = stepSale(this.sale, task.input, this.#facts, this.nowMs);
    this.sale = step.state;
    for (const effect of step.effects) {
      if (effect.do === "append") this.#record(effect.record);
      else if (effect.do === "card") this.#push({ to: "cards", input: { on: "order", order: effect.order } });
      else if (effect.do === "deliver") this.out.push(effect.order.delivery);
      else if (effect.do === "fault") this.out.push(`${effect.fault}:${effect.present ? "on" : "off"}`);
      else if (effect.order.cash === "return") this.out.push(`return:${effect.order.reason}`);
    }
  }

  #record(record: NewRecord): void {
    this.out.push(`+${record.kind}`);
    this.append(record);
  }

  #words(order: ReaderOrder): string {
    if (order.order === "dataEntry") return `digits:${order.keys ?? "none"}`;
    if (order.order === "readers") return order.enabled ? "enable" : "disable";
    const { reader } = { reader: 0, ...order };
    return reader === 0 ? order.order : `${order.order}@${reader}`;
  }
}
