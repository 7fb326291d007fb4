/**
 * Why the machine may not sell, most pressing first, and whether the sale has something new to look at. Remembered
 * until something it depends on is another object: an idle poll asks for the price of a few comparisons.
 */
import { FAULTS, type FaultName, faultOf } from "../../shared/faults.js";
import { deepFreeze } from "../../shared/freeze.js";
import { type Durable, hasFault } from "../../shared/records/durable.js";
import { isFitted, type Planogram, type Settings } from "../../shared/wire/documents.js";
import { cashResolved, cashUsable } from "../cash/queries.js";
import type { CashFacts, CashState } from "../cash/state.js";
import type { ClimateState } from "../climate.js";
import type { Cards } from "../sale/cards-state.js";
import type { OutCause, SaleStateName } from "../sale/state.js";
import { smallestCoinMinor } from "./prices.js";
import { paymentPending, type Rooms } from "./rooms.js";

/** Computed afresh. */
export function outOfService(rooms: Rooms, facts: CashFacts): OutCause | undefined {
  const { ledger, cash, settings } = rooms;
  // Above all else: the rooms that would find out the rest are not even started.
  if (ledger.stands !== undefined || hasFault(ledger.durable, FAULTS.assertRepeated.code)) return "stopped";
  const waits =
    (!rooms.changerKnown && isFitted(settings, "changer")) ||
    (!rooms.validatorKnown && isFitted(settings, "validator"));
  if (waits || !cashResolved(cash, ledger.durable)) return "starting";
  if (rooms.planogram === undefined) return "noPlanogram";
  if (!ledger.canTakeMoney(settings.maxCreditMinor, smallestCoinMinor(cash) ?? 1)) return "ledgerFull";
  if (rooms.doorOpen) return "doorOpen";
  if (rooms.climate.locked) return "tooWarm";
  if (hasFault(ledger.durable, FAULTS.beamBlind.code)) return "beamBlind";
  const means = meansLeft(rooms, facts);
  if (means.coins || means.bills || means.cards) return undefined;
  // A reader takes its time to be set up; a machine that sells by card alone waits for it.
  const awaited = READERS_FITTED.some((name, reader) => isFitted(settings, name) && !rooms.cards.seats[reader]?.known);
  return awaited ? "starting" : "noMeansOfPayment";
}

export interface MeansLeft {
  readonly coins: boolean;
  readonly bills: boolean;
  readonly cards: boolean;
}

const READERS_FITTED = deepFreeze(["reader1", "reader2"] as const);
const READER_TROUBLE = deepFreeze(["reader1Trouble", "reader2Trouble"] as const);

/** By what customers can pay now: of what is fitted, what answers and has no fault that takes it out of use. */
export function meansLeft({ settings, cash, cards, ledger }: Rooms, facts: CashFacts): MeansLeft {
  const { durable } = ledger;
  const changer = cash.changer !== undefined && isFitted(settings, "changer");
  const validator = cash.validator !== undefined && isFitted(settings, "validator") && !cash.validator.stackerFull;
  const cashable = cashUsable(cash, facts);
  return {
    coins: cashable && changer && !loses(durable, "coins"),
    bills: cashable && validator && !loses(durable, "bills"),
    cards: readerWorks(settings, cards, durable, 0) || readerWorks(settings, cards, durable, 1),
  };
}

function readerWorks(settings: Settings, { seats }: Cards, durable: Readonly<Durable>, reader: 0 | 1): boolean {
  const fitted = isFitted(settings, READERS_FITTED[reader]);
  if (!fitted || seats[reader]?.abilities === undefined) return false;
  return !hasFault(durable, FAULTS[READER_TROUBLE[reader]].code);
}

/** An open fault takes this means of payment out of use. */
function loses(durable: Readonly<Durable>, means: "coins" | "bills"): boolean {
  const { faults } = durable;
  for (let i = 0; i < faults.length; i += 1) {
    const name = faultOf(faults[i]?.fault ?? 0);
    if (name !== undefined && FAULTS[name].sales === means) return true;
  }
  return false;
}

/** Causes in that order, each with the fault it is recorded as; the others have a fault of a room's own, or none. */
const CAUSES: readonly { readonly cause: OutCause; readonly fault: FaultName | undefined }[] = deepFreeze([
  { cause: "stopped", fault: undefined },
  { cause: "starting", fault: undefined },
  { cause: "noPlanogram", fault: "noPlanogram" },
  { cause: "ledgerFull", fault: "ledgerFull" },
  { cause: "doorOpen", fault: undefined },
  { cause: "tooWarm", fault: undefined },
  { cause: "beamBlind", fault: undefined },
  { cause: "noMeansOfPayment", fault: "noMeansOfPayment" },
]);

/** Tells which faults `cause` amounts to. Of those less pressing than it nothing is known: they stay as they are. */
export function tellCause(cause: OutCause | undefined, tell: (fault: FaultName, present: boolean) => void): void {
  for (let i = 0; i < CAUSES.length; i += 1) {
    const row = CAUSES[i];
    if (row?.fault !== undefined) tell(row.fault, row.cause === cause);
    if (row?.cause === cause) return;
  }
}

export class Outlook {
  private readonly rooms: Rooms;
  private readonly facts: CashFacts;
  private known = false;
  private cause: OutCause | undefined;
  // What the cause was computed from.
  private cash: CashState | undefined;
  private cards: Cards | undefined;
  private climate: ClimateState | undefined;
  private planogram: Planogram | undefined;
  private settings: Settings | undefined;
  private seq = -1;
  private mark = -1;
  private doorOpen = false;
  private peripherals = 0;
  // What the sale saw last.
  private sawAt: SaleStateName | undefined;
  private sawCause: OutCause | undefined;
  private sawPending = false;
  private sawCreditMinor = 0;
  private sawCards: Cards | undefined;
  /** Money's standstill in the sale's newest step: its clock may stand for it. */
  private stepSawPending = false;

  constructor(rooms: Rooms, facts: CashFacts) {
    this.rooms = rooms;
    this.facts = facts;
  }

  get outOfService(): OutCause | undefined {
    if (!this.isCurrent()) {
      this.remember();
      this.cause = outOfService(this.rooms, this.facts);
    }
    return this.cause;
  }

  /** The sale is about to take an input. */
  saleSteps(): void {
    this.stepSawPending = paymentPending(this.rooms);
  }

  /** True once after the sale's state, the cause, money's standstill or the credit has become another. */
  hasNews(): boolean {
    const { sale, cards, ledger } = this.rooms;
    const cause = this.outOfService;
    const pending = paymentPending(this.rooms);
    const { creditMinor } = ledger.durable;
    if (
      sale.at === this.sawAt &&
      cause === this.sawCause &&
      pending === this.sawPending &&
      pending === this.stepSawPending &&
      creditMinor === this.sawCreditMinor &&
      cards === this.sawCards
    ) {
      return false;
    }
    this.sawAt = sale.at;
    this.sawCause = cause;
    this.sawPending = pending;
    this.stepSawPending = pending;
    this.sawCreditMinor = creditMinor;
    this.sawCards = cards;
    return true;
  }

  private isCurrent(): boolean {
    const { rooms } = this;
    return (
      this.known &&
      rooms.cash === this.cash &&
      rooms.cards === this.cards &&
      rooms.ledger.newestSeq === this.seq &&
      rooms.ledger.mark === this.mark &&
      rooms.climate === this.climate &&
      rooms.doorOpen === this.doorOpen &&
      rooms.planogram === this.planogram &&
      rooms.settings === this.settings &&
      peripheralsKnown(rooms) === this.peripherals
    );
  }

  private remember(): void {
    const { rooms } = this;
    this.known = true;
    this.cash = rooms.cash;
    this.cards = rooms.cards;
    this.seq = rooms.ledger.newestSeq;
    this.mark = rooms.ledger.mark;
    this.climate = rooms.climate;
    this.doorOpen = rooms.doorOpen;
    this.planogram = rooms.planogram;
    this.settings = rooms.settings;
    this.peripherals = peripheralsKnown(rooms);
  }
}

function peripheralsKnown(rooms: Rooms): number {
  return (rooms.changerKnown ? 1 : 0) + (rooms.validatorKnown ? 2 : 0);
}
