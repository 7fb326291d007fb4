/**
 * What the master knows of a card reader (MDB 4.2 §7): its seven states, each with its own data, and the one command
 * that is under way. No money is decided here.
 */

import type { EvaDevice } from "../../shared/eva-dts/report.js";
import type { FaultName } from "../../shared/faults.js";
import { deepFreeze } from "../../shared/freeze.js";
import {
  CASHLESS_MISC,
  CASHLESS_OPTIONS,
  type CashlessDialect,
  cashlessTable,
  MAX_DISPLAY_CHARACTERS,
} from "../../shared/mdb/cashless.js";
import { BUS_TIMING } from "../../shared/mdb/link.js";
import type { ReaderAbilities } from "../ports/rooms.js";
import { emptyMailbox, type FtlState } from "./file-transport.js";
import { type Contact, FIRST_CONTACT, type Limits, type MdbFacts, type PeripheralEffect } from "./peripheral.js";
import type { LegalFacts, ReaderCommand } from "./reader-legal.js";
import { NO_UNIT, type ReaderUnit, rangeOf } from "./reader-money.js";

/** The level we tell the reader. */
export const VMC_LEVEL = 3;
/** Cash sales that wait for a reader; a further one pushes out the oldest that is not under way, counted. */
export const MAX_CASH_SALES = 8;
/** A report that nobody waits for (cash sale, time) is sent so often at most. */
export const MAX_REPORT_SENDS = 3;
/** RESETs in a row for want of sequence or answer; then the reader is left alone for 10 s. */
export const MAX_RESETS_IN_ROW = 3;
/** REVALUE LIMIT may delay the customer so long at most. */
export const LIMIT_WAIT_MS = 1_000;

/** mdb §1.4: 5 s, or Z7 if larger. */
export const FIRST_LIMITS: Limits = Object.freeze<Limits>({ offlineMs: 5_000, setUpMs: BUS_TIMING.dataReplyMaxMs });

export const READER_FAULTS = deepFreeze([
  { offline: "reader1Offline", trouble: "reader1Trouble", foreign: "reader1Foreign" },
  { offline: "reader2Offline", trouble: "reader2Trouble", foreign: "reader2Foreign" },
]);
export interface ReaderFaults {
  readonly offline: FaultName;
  readonly trouble: FaultName;
  readonly foreign: FaultName;
}

/** told: the sale knows of it. always: begun by our VEND REQUEST. ending: to be ended as soon as it is idle. */
export interface Session {
  readonly told: boolean;
  readonly always: boolean;
  readonly ending: boolean;
  /** Minor units; undefined = unknown. */
  readonly fundsMinor: number | undefined;
}

/**
 * open: yes or no is awaited. refused: approved, with an amount that cannot be: it is given back before the sale hears
 * of it. void: approved, and denied again because our cancel crossed.
 */
export type VendAnswer = "open" | "approved" | "refused" | "void";

/** The seven states of MDB 4.2 §7.2. In each of the last four there is a session. */
export type CardState =
  | { readonly at: "inactive" }
  | { readonly at: "disabled" }
  | { readonly at: "enabled" }
  | { readonly at: "sessionIdle"; readonly session: Session }
  | {
      readonly at: "vend" | "negativeVend";
      readonly session: Session;
      readonly amountMinor: number;
      readonly answer: VendAnswer;
      readonly sinceMs: number;
    }
  | { readonly at: "revalue"; readonly session: Session; readonly sinceMs: number };

export type TaskCommand = Extract<
  ReaderCommand,
  | "vendRequest"
  | "negativeVend"
  | "vendSuccess"
  | "vendFailure"
  | "sessionComplete"
  | "readerCancel"
  | "revalueRequest"
  | "revalueLimit"
>;

/** The command under way, from the order to its complete answer. */
export interface Task {
  readonly command: TaskCommand;
  /** Reader's units, minor units; of a vend or revalue. */
  readonly units: number;
  readonly amountMinor: number;
  readonly item: number;
  /** After VEND SUCCESS the session goes on. */
  readonly stay: boolean;
  readonly sends: number;
  /** ACKed: its informational answer is awaited, and nothing but POLL and VEND CANCEL may be sent. */
  readonly acked: boolean;
  /** First sent, ms. */
  readonly sinceMs: number;
}

/** VEND CANCEL of the vend that is open. */
export interface Cancel {
  readonly acked: boolean;
  /** First sent, ms; undefined = not yet. */
  readonly sinceMs: number | undefined;
}

/** A maker's own command (17 FF) on behalf of a service person. */
export interface Diagnosis {
  readonly bytes: readonly number[];
  /** ACKed at this time; its answer is awaited, ms. */
  readonly ackedMs: number | undefined;
}

/** Sent, in this order, while `contact.phase` is "setup" (mdb §5). */
export type SetUpStep = "setup" | "prices" | "requestId" | "enableOptions" | "pricesExpanded";

export interface CashSale {
  readonly units: number;
  readonly item: number;
}

export interface ReaderState {
  /** Index of READERS. */
  readonly reader: number;
  readonly contact: Contact;
  readonly limits: Limits;
  readonly card: CardState;
  readonly step: SetUpStep;
  /** The step was ACKed at this time and its answer is awaited, ms. */
  readonly stepAckedMs: number | undefined;
  /** Steps this reader has refused: left out from now on. */
  readonly without: readonly SetUpStep[];
  readonly level: number;
  /** SETUP Z8. */
  readonly misc: number;
  /** Options it offers, and those switched on. */
  readonly offered: number;
  readonly options: number;
  readonly dialect: CashlessDialect;
  readonly unit: ReaderUnit;
  /** It is for another currency than the machine: never enabled, asked for nothing. */
  readonly foreign: boolean;
  /** Characters of the display we told it of. */
  readonly displayCharacters: number;
  readonly enabledWanted: boolean;
  /** The other reader has a customer: ours is sent away. Set by the bus. */
  readonly barred: boolean;
  /** The command on the wire while an order comes. Set by the bus. */
  readonly underWay: string | undefined;
  readonly task: Task | undefined;
  readonly cancel: Cancel | undefined;
  readonly cashSales: readonly CashSale[];
  /** Sends of the first of them without an ACK. */
  readonly reportSends: number;
  readonly timeWanted: boolean;
  /** DATA ENTRY REQUEST is open; the keys to answer with, as eight bytes. */
  readonly entryOpen: boolean;
  readonly keys: readonly number[] | undefined;
  readonly diagnosis: Diagnosis | undefined;
  /** It does not know REVALUE LIMIT. */
  readonly noRevalue: boolean;
  readonly resetsInRow: number;
  /** Counted since power-up, for the service page. */
  readonly ordersRefused: number;
  readonly cashSalesLost: number;
  /** Messages that mean nothing in the state they came in. */
  readonly strayMessages: number;
  readonly outOfSequence: number;
  readonly files: FtlState;
  /** As it told at its newest set-up; undefined = it told nothing. */
  readonly identity: EvaDevice | undefined;
}

const INACTIVE: CardState = Object.freeze<CardState>({ at: "inactive" });

export function readerAtBoot(reader: number): ReaderState {
  return Object.freeze<ReaderState>({
    reader,
    contact: FIRST_CONTACT,
    limits: FIRST_LIMITS,
    card: INACTIVE,
    step: "setup",
    stepAckedMs: undefined,
    without: Object.freeze([]),
    level: 0,
    misc: 0,
    offered: 0,
    options: 0,
    dialect: "level1",
    unit: NO_UNIT,
    foreign: false,
    displayCharacters: MAX_DISPLAY_CHARACTERS,
    enabledWanted: false,
    barred: false,
    underWay: undefined,
    task: undefined,
    cancel: undefined,
    cashSales: Object.freeze([]),
    reportSends: 0,
    timeWanted: false,
    entryOpen: false,
    keys: undefined,
    diagnosis: undefined,
    noRevalue: false,
    resetsInRow: 0,
    ordersRefused: 0,
    cashSalesLost: 0,
    strayMessages: 0,
    outOfSequence: 0,
    files: emptyMailbox(cashlessTable(reader, "level1").address),
    identity: undefined,
  });
}

/** The same with another contact. Written out, as every poll makes one and a spread costs ten times as much. */
export function withContact(state: ReaderState, contact: Contact): ReaderState {
  return {
    reader: state.reader,
    contact,
    limits: state.limits,
    card: state.card,
    step: state.step,
    stepAckedMs: state.stepAckedMs,
    without: state.without,
    level: state.level,
    misc: state.misc,
    offered: state.offered,
    options: state.options,
    dialect: state.dialect,
    unit: state.unit,
    foreign: state.foreign,
    displayCharacters: state.displayCharacters,
    enabledWanted: state.enabledWanted,
    barred: state.barred,
    underWay: state.underWay,
    task: state.task,
    cancel: state.cancel,
    cashSales: state.cashSales,
    reportSends: state.reportSends,
    timeWanted: state.timeWanted,
    entryOpen: state.entryOpen,
    keys: state.keys,
    diagnosis: state.diagnosis,
    noRevalue: state.noRevalue,
    resetsInRow: state.resetsInRow,
    ordersRefused: state.ordersRefused,
    cashSalesLost: state.cashSalesLost,
    strayMessages: state.strayMessages,
    outOfSequence: state.outOfSequence,
    files: state.files,
    identity: state.identity,
  };
}

export interface ReaderStep {
  readonly state: ReaderState;
  readonly effects: readonly PeripheralEffect[];
}

/** What a message is served with; `tells` collects what is to be told. */
export interface Serving {
  readonly facts: MdbFacts;
  readonly nowMs: number;
  readonly tells: PeripheralEffect[];
}

/** The session there is, if any. */
export function sessionOf(card: CardState): Session | undefined {
  return "session" in card ? card.session : undefined;
}

/** A customer stands at this reader, or is being asked for money. */
export function readerIsBusy({ card, task }: ReaderState): boolean {
  if (card.at === "sessionIdle") return !card.session.ending;
  return "session" in card || task?.command === "vendRequest";
}

export function withSession(state: ReaderState, change: Partial<Session>): ReaderState {
  const { card } = state;
  return "session" in card ? { ...state, card: { ...card, session: { ...card.session, ...change } } } : state;
}

/** Back in Session Idle. */
export function idleAgain(state: ReaderState, ending: boolean): ReaderState {
  const session = sessionOf(state.card);
  if (session === undefined) return state;
  const card: CardState = { at: "sessionIdle", session: { ...session, ending: session.ending || ending } };
  return { ...state, card, task: undefined, cancel: undefined };
}

const NO_TASK = deepFreeze({ units: 0, amountMinor: 0, item: 0, stay: false, sends: 0, acked: false, sinceMs: 0 });

export function taskOf(command: TaskCommand, of: Partial<Omit<Task, "command">> = NO_TASK): Task {
  return { command, ...NO_TASK, ...of };
}

/** It has not left us, and may still be taken back. */
export function isUnsent({ task, underWay }: ReaderState, command: TaskCommand): boolean {
  return task?.command === command && task.sends === 0 && underWay !== command;
}

export function hasOption(state: ReaderState, option: number): boolean {
  return (state.options & option) !== 0;
}

/** Fault names of this reader. */
export function faultsOf({ reader }: ReaderState): ReaderFaults {
  return READER_FAULTS[reader === 1 ? 1 : 0];
}

/** What decides which commands are legal now (mdb §4.3). */
export function legalFacts(state: ReaderState): LegalFacts {
  const { card } = state;
  const approved = "answer" in card && card.answer !== "open";
  return { at: card.at, alwaysIdle: hasOption(state, CASHLESS_OPTIONS.alwaysIdle), approved };
}

/** It is to be enabled. */
export function isWanted({ enabledWanted, foreign }: ReaderState): boolean {
  return enabledWanted && !foreign;
}

/** The same once an ENABLE that is owed has gone out: what may be asked of the reader already, and waits for that. */
export function legalFactsSoon(state: ReaderState): LegalFacts {
  const facts = legalFacts(state);
  return facts.at === "disabled" && isWanted(state) ? { ...facts, at: "enabled" } : facts;
}

export function abilitiesOf(state: ReaderState): ReaderAbilities {
  const { level, misc, noRevalue, unit } = state;
  return {
    level,
    refunds: (misc & CASHLESS_MISC.refunds) !== 0,
    multivend: (misc & CASHLESS_MISC.multivend) !== 0,
    display: (misc & CASHLESS_MISC.display) !== 0,
    cashSale: (misc & CASHLESS_MISC.cashSale) !== 0,
    alwaysIdle: hasOption(state, CASHLESS_OPTIONS.alwaysIdle),
    negativeVend: hasOption(state, CASHLESS_OPTIONS.negativeVend),
    dataEntry: hasOption(state, CASHLESS_OPTIONS.dataEntry),
    revalue: level >= 2 && !noRevalue,
    ...rangeOf(unit),
  };
}
