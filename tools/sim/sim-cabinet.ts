/**
 * The machine under simulation: a cabinet whose plug is always put in again, and that notes what checkers want to know:
 * every cut, turns and drops with their times, replies of the link, queues.
 */
import type { Effect } from "../../firmware/machine/types.js";
import type { WorldInput } from "../../firmware/ports/inputs.js";
import { BILL_VALIDATOR } from "../../shared/mdb/bill-validator.js";
import { COIN_CHANGER } from "../../shared/mdb/coin-changer.js";
import { MODE_BIT } from "../../shared/mdb/link.js";
import { decodePoll } from "../../shared/mdb/poll.js";
import { creditDifferenceMinor, holdDifferenceMinor } from "../../shared/records/durable.js";
import { STORE_RECYCLER } from "../../shared/records/fold-money-in.js";
import { MEANS_FREE, MEANS_TEST } from "../../shared/records/fold-sale.js";
import { PAYOUT_BY_VALUE, UNKNOWN_CAUSES } from "../../shared/records/kinds.js";
import type { PlanogramSlot } from "../../shared/wire/documents.js";
import { Cabinet } from "../bench/cabinet.js";
import type { CheckerFacts } from "../bench/checkers.js";
import { PowerCut } from "../bench/flash.js";
import type { MqttMessage } from "../bench/network.js";
import type { RecordSums } from "../bench/record-sums.js";
import type { TappedTransmission } from "../bench/wire.js";
import { EveryRecord } from "./every-record.js";
import { History } from "./history.js";
import { nothingMet } from "./met.js";
import { watchPrices } from "./new-prices.js";
import type { RandomMachine } from "./random-machine.js";
import { applyQuirks } from "./random-machine.js";
import { type Cut, TurnWatch } from "./turn-watch.js";

/** From the last word of a reply to the first word of our answer (design.md, invariant 5). */
const ANSWER_LIMIT_US = 5_000;
/** Inputs that may wait in the queue however long JavaScript stands still. */
export const MAX_BACKLOG = 256;
const DARK_MS = 1_500;
const BEAM_BLIND = UNKNOWN_CAUSES.indexOf("beamBlind");
type Appended = Extract<Effect, { readonly do: "append" }>["record"];
/** After words that were bent, for so long. */
const UNCLEAR_US = 100_000;

/** An order that came by this machine. genuine: signed for it by the fleet. late: up when sent, and without nonce. */
export interface GivenOrder {
  readonly genuine: boolean;
  readonly late: boolean;
}

export class SimCabinet extends Cabinet {
  readonly cuts: Cut[] = [];
  /** Turns, drops and what disturbs them. */
  readonly turns: TurnWatch = new TurnWatch(this.spirals);
  readonly found: string[] = [];
  /** Sequence of the newest record whose program was over when power went. */
  newestWritten = 0;
  /** Honest people at a machine that sold, with the product in its slot; and those who got it. */
  readonly honest = { attempts: 0, served: 0 };
  /** Rarer things that came about. */
  readonly met = nothingMet();
  /** Bills pulled back out, and products kicked loose. */
  fished = 0;
  kicked = 0;
  /** Everything the machine has published. */
  readonly published: MqttMessage[] = [];
  /** Most inputs that ever waited. */
  backlogMost = 0;
  /** Of these the judge has seen so many. */
  judgedMessages = 0;
  /** Remote orders that were sent to it, by counter. */
  readonly orders = new Map<number, GivenOrder>();
  /** Somebody has told it a wrong time. */
  clockJumped = false;
  /** Every record there ever was. */
  readonly history = new History();
  /** Judges behind each of them. */
  readonly everyRecord = new EveryRecord(this);
  /** Codes that the panel has ever shown. */
  readonly codesSeen = { vouchers: new Set<string>(), claims: new Set<string>() };
  /** Power stays away so long after a cut. */
  darkMs = DARK_MS;
  /** Somebody sees to it that power comes back. */
  attended = true;
  /** Called at every cut, when the power is gone. */
  onCut: (() => void) | undefined;
  /** Effects left until the power is cut at one; 0 = not. */
  effectsToCut = 0;
  #shelf: readonly PlanogramSlot[] = this.planogram.slots;
  #lastReplyEndUs = 0;
  #owesAnswer = false;
  /** Words were bent or ran into each other: which reply an answer is to cannot be told from outside. */
  #unclearUntilUs = 0;

  readonly random: RandomMachine;

  constructor(machine: RandomMachine) {
    super(machine.options);
    this.random = machine;
    applyQuirks(this, machine);
    this.watch = {
      before: (effect) => this.#effect(effect, false),
      after: (effect) => this.#effect(effect, true),
      idle: () => this.effectsToCut === 0,
    };
    this.onView((view) => {
      const { code } = view ?? {};
      if (code !== undefined) this.codesSeen[code.kind === "voucher" ? "vouchers" : "claims"].add(code.code);
    });
    const { fleet } = this;
    const arrived = fleet.published.bind(fleet);
    fleet.published = (machineId, message) => {
      this.published.push(message);
      arrived(machineId, message);
    };
    watchPrices(this);
    this.truth.watch((event) => {
      if (event.what !== "product") return;
      if (event.to === "tray") this.turns.fell(event.product, this.world.nowUs);
    });
    this.wire.tap((told) => this.#heard(told), "may pass");
  }

  /** The planogram in force; while there is no power, the one that was. */
  get shelf(): readonly PlanogramSlot[] {
    this.#shelf = this.machine?.rooms.planogram?.slots ?? this.#shelf;
    return this.#shelf;
  }

  /** Something that must not be. */
  note(violation: string): void {
    this.found.push(`${violation} (at ${(this.world.nowUs / 1_000_000).toFixed(3)} s)`);
  }

  override cutPower(): void {
    if (!this.powered) return;
    this.newestWritten = this.machine?.rooms.ledger.newestSeq ?? this.newestWritten;
    const vend = this.machine?.snapshot().durable.vend ?? this.readFlash().durable.vend;
    this.cuts.push(this.turns.cut(this.world.nowUs, vend?.saleNo));
    this.effectsToCut = 0;
    super.cutPower();
    const lost = this.#ackedMinor(this.js.lostInputs);
    this.truth.maybeUnreportedCoinsMinor += lost.coins;
    this.truth.maybeUnreportedBillsMinor += lost.bills;
    this.onCut?.();
    if (this.attended) this.world.after(this.darkMs * 1_000, () => this.powerOn());
  }

  /** Nobody is owed anything, nothing is open and nothing moves, whether the machine sells or not. */
  get settled(): boolean {
    const { view } = this;
    const snapshot = this.machine?.snapshot();
    if (view === undefined || snapshot === undefined || this.js.backlog > 0) return false;
    const { durable, sale } = snapshot;
    const quiet = sale.at === "IDLE" || (sale.at === "OUT_OF_SERVICE" && sale.cause !== "starting");
    const { vend, payout, stack, hold, revalue } = durable;
    const open = [vend, payout, stack, hold, revalue].some((bracket) => bracket !== undefined);
    if (!quiet || durable.creditMinor > 0 || open) return false;
    // a report of money that its device has not yet seen ACKed
    if ((this.changer?.waitingMinor ?? 0) + (this.validator?.waitingMinor ?? 0) > 0) return false;
    const still = this.truth.inMotionMinor === 0 && this.truth.productsAt("falling") === 0;
    return still && this.spirals.turning === undefined && !this.pays;
  }

  /** The changer is there, with its tubes audited since its last reset; true of a machine without one. */
  get counted(): boolean {
    return this.changer === undefined || this.machine?.snapshot().cash.changer !== undefined;
  }

  /** Coins or bills are on their way out. */
  get pays(): boolean {
    const recycles = this.validator?.recycler?.busy === true;
    return this.changer?.payout.busy === true || recycles || this.hoppers.some((hopper) => hopper?.busy === true);
  }

  /** The judge has looked at all that was published so far. */
  readonly judged = (): void => {
    this.judgedMessages = this.published.length;
  };

  /** Somebody covers the beam, shines at it, or goes away. */
  disturbBeam(how: "blocked" | "sunlit", on: boolean): void {
    if (how === "blocked") this.beam.setBlocked(on);
    else this.beam.setSunlit(on);
    this.turns.disturbed(how, on);
  }

  /** Of the whole life, also of what the ring has dropped. */
  override facts(audited = false): CheckerFacts {
    const facts = super.facts(audited);
    return this.#withAcked({ ...facts, records: facts.records ?? this.history.records });
  }

  /** Of the running machine in the middle of what it does, with all its records as `sums`; the flash is not read. */
  factsBehind(sums: RecordSums): CheckerFacts {
    const { durable } = this;
    const unread = { durable, records: [], oldestSeq: Number.POSITIVE_INFINITY, room: 0 };
    return this.#withAcked({ ...this.factsWith(durable, unread), sums });
  }

  #withAcked(facts: CheckerFacts): CheckerFacts {
    const { coins, bills } = this.#ackedMinor(this.js.unfinished);
    const waitingCoinsMinor = facts.waitingCoinsMinor + coins;
    return { ...facts, waitingCoinsMinor, waitingBillsMinor: facts.waitingBillsMinor + bills };
  }

  /** Money in reports that were ACKed on arrival (setting `ackFirst`) and that JavaScript has not done with. */
  #ackedMinor(inputs: readonly WorldInput[]): { readonly coins: number; readonly bills: number } {
    const first = this.random.options.settings?.ackFirst ?? 0;
    const sums = { coins: 0, bills: 0 };
    for (const input of first === 0 ? [] : inputs) {
      if (input.on !== "link" || input.result.kind !== "data") continue;
      const { bytes } = input.result;
      for (const event of (first & 1) === 0 ? [] : decodePoll(COIN_CHANGER, bytes).events) {
        if (event.event === "coinDeposited") sums.coins += this.changer?.options.types[event.type]?.valueMinor ?? 0;
      }
      for (const event of (first & 2) === 0 ? [] : decodePoll(BILL_VALIDATOR, bytes).events) {
        const stacked = event.event === "billStacked" || event.event === "billToRecycler";
        if (stacked) sums.bills += this.validator?.options.valuesMinor[event.type] ?? 0;
      }
    }
    return sums;
  }

  get synced(): boolean {
    return this.fleet.mark(this.options.machineId) === this.machine?.rooms.ledger.newestSeq;
  }

  /** Waits until `reached`, or for `limitMs`; says which. */
  waitFor(reached: () => boolean, limitMs: number): boolean {
    const limitUs = this.world.nowUs + limitMs * 1_000;
    while (!reached()) {
      if (this.world.step(limitUs)) continue;
      this.world.runUntil(limitUs);
      return reached();
    }
    return true;
  }

  /** (5) Whatever JavaScript does, a whole reply is answered in time or not at all. */
  #heard({ from, words, received, startUs, endUs }: TappedTransmission): void {
    if (from === "peripheral") {
      const whole = words.every((word, at) => received[at] === word) && startUs >= this.#lastReplyEndUs;
      if (!whole) this.#unclearUntilUs = endUs + UNCLEAR_US;
      this.#lastReplyEndUs = endUs;
      this.#owesAnswer = words.length > 1;
      return;
    }
    const answers = words.length === 1 && ((words[0] ?? 0) & MODE_BIT) === 0;
    const lateUs = startUs - this.#lastReplyEndUs;
    const judged = answers && this.#owesAnswer && startUs > this.#unclearUntilUs;
    if (judged && lateUs > ANSWER_LIMIT_US) this.note(`a reply answered ${lateUs} us late`);
    this.#owesAnswer = false;
  }

  override select(slot: string): void {
    this.turns.ready(this.world.nowUs);
    super.select(slot);
  }

  #effect(effect: Effect, after: boolean): void {
    this.everyRecord.follow();
    if (this.effectsToCut > 0) {
      this.effectsToCut -= 1;
      if (this.effectsToCut === 0) throw new PowerCut(`${after ? "after" : "before"} ${effect.do}`);
    }
    this.backlogMost = Math.max(this.backlogMost, this.js.backlog);
    if (!after) return;
    if (effect.do === "motor") {
      const { column, saleNo } = this.turns.sale ?? { column: effect.column, saleNo: 0 };
      if (this.durable.vend?.saleNo === saleNo && column !== effect.column) {
        this.note(`sale ${saleNo} turned column ${effect.column}, its slot has ${column}`);
      }
      this.turns.motorStarted(effect.column, this.world.nowUs);
    }
    if (effect.do !== "append") return;
    const { record } = effect;
    if (record.kind === "payoutStarted") this.#orderedOut(record);
    if (record.kind === "outcomeUnknown" && record.cause === BEAM_BLIND && !this.turns.blind) {
      this.note(`sale ${record.saleNo} is unknown for a beam that nobody touched`);
    }
    if (record.kind === "vendStarted") {
      const column = this.shelf.find(({ slot }) => slot === record.slot)?.column ?? -1;
      this.turns.saleStarted(record.saleNo, column, record.means !== MEANS_TEST && record.means !== MEANS_FREE);
    }
    this.#appended(record.kind);
  }

  /** (5) No payout is ordered beyond what lies in the tube, drum or bowl at that moment. */
  #orderedOut({ store, type, count, valueMinor }: Extract<Appended, { readonly kind: "payoutStarted" }>): void {
    if (type === PAYOUT_BY_VALUE) return this.#valueOut(valueMinor);
    const bowl = store === undefined ? undefined : this.hoppers[store - 1 - STORE_RECYCLER];
    const changer = store === undefined ? this.changer?.tubes.count(type) : undefined;
    const drum = store === STORE_RECYCLER ? this.validator?.recycler?.count(type) : undefined;
    const inside = changer ?? drum ?? bowl?.bowls.believed(type);
    if (inside === undefined) this.note(`payout of ${count} from a store ${store ?? 0} that is not there`);
    else if (count > inside) this.note(`payout of ${count} of type ${type} where ${inside} are (store ${store ?? 0})`);
  }

  /** The same where the changer chooses: whatever it takes first, the rest can be paid. */
  #valueOut(valueMinor: number): void {
    const { tubes } = this.changer ?? {};
    const coins = tubes?.types.map((spec, type) => ({ worth: spec.valueMinor, count: tubes.count(type) })) ?? [];
    const smallest = Math.min(...coins.filter(({ count }) => count > 0).map(({ worth }) => worth));
    const held = coins.reduce((sum, { worth, count }) => (worth === smallest ? sum + worth * count : sum), 0);
    if (held < valueMinor) this.note(`payout of ${valueMinor} by value where the smallest coins make ${held}`);
  }

  #appended(kind: string): void {
    const pays = kind === "coinIn" || kind === "billStacked" || kind === "vendApproved";
    // While a card is asked, money that comes beside it waits for the answer.
    const answers = kind === "holdReleased" || kind === "revalueDone" || kind === "refundDue";
    if (pays || answers) this.turns.ready(this.world.nowUs);
    const durable = this.machine?.snapshot().durable;
    if (durable === undefined) return;
    const cash = creditDifferenceMinor(durable);
    const cards = holdDifferenceMinor(durable);
    if (cash !== 0) this.note(`after ${kind} the ledger's cash does not balance: ${cash}`);
    // an approval that has rotted away is missing in the sum
    if (cards !== 0 && !this.history.rotten) this.note(`after ${kind} the ledger's holds do not balance: ${cards}`);
  }
}
