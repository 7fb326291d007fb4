/**
 * Setting a reader up (MDB 4.2 §7.3, PDF p125; mdb §5): SETUP, prices in 16 bits always, REQUEST ID, at level 3 the
 * options, and the prices again where they made money wider.
 */
import type { EvaDevice } from "../../shared/eva-dts/report.js";
import {
  CASHLESS_OPTIONS,
  type CashlessMessage,
  dialectOf,
  EXPANDING_OPTIONS,
  MAX_DISPLAY_CHARACTERS,
} from "../../shared/mdb/cashless.js";
import { FITTED } from "../../shared/wire/documents.js";
import {
  type Contact,
  inPhase,
  isForeign,
  type Limits,
  type MdbFacts,
  type PeripheralEffect,
  tell,
} from "./peripheral.js";
import { NO_UNIT } from "./reader-money.js";
import {
  abilitiesOf,
  FIRST_LIMITS,
  faultsOf,
  hasOption,
  type ReaderState,
  type ReaderStep,
  type Serving,
  type SetUpStep,
  VMC_LEVEL,
} from "./reader-state.js";
import { trouble, troublesWhenReady } from "./troubles.js";

/** What we can use of what it offers: all there is. */
const WANTED_OPTIONS =
  CASHLESS_OPTIONS.fileTransport |
  EXPANDING_OPTIONS |
  CASHLESS_OPTIONS.negativeVend |
  CASHLESS_OPTIONS.dataEntry |
  CASHLESS_OPTIONS.alwaysIdle;

const BOTH_READERS = (1 << FITTED.indexOf("reader1")) | (1 << FITTED.indexOf("reader2"));

type Config = Extract<CashlessMessage, { readonly event: "readerConfig" }>;

/** Columns x rows, as far as a display request can fill them. */
export function displayCharacters({ displayColumns, displayRows }: MdbFacts): number {
  return Math.min(MAX_DISPLAY_CHARACTERS, displayColumns * displayRows);
}

/** SETUP was answered. */
export function configured(state: ReaderState, config: Config, { facts, nowMs, tells }: Serving): ReaderState {
  const { level, country, scaling, decimals: deviceDecimals, maxResponseS, misc } = config;
  const offlineMs = Math.max(FIRST_LIMITS.offlineMs, maxResponseS * 1_000);
  const limits: Limits = { offlineMs, setUpMs: Math.max(FIRST_LIMITS.setUpMs, 3 * offlineMs) };
  const foreign = isForeign(country, facts.currency);
  const next: ReaderState = {
    ...state,
    foreign,
    limits,
    level,
    misc,
    offered: 0,
    identity: undefined,
    dialect: dialectOf(level, VMC_LEVEL, 0),
    unit: foreign ? NO_UNIT : { scaling, deviceDecimals, decimals: facts.decimals, wide: false },
    displayCharacters: displayCharacters(facts),
  };
  return advanced(next, "prices", nowMs, tells);
}

/**
 * REQUEST ID was answered. Of two readers none is always idle: a request can be out at one of them alone, and a card
 * at the other must be seen.
 */
export function identified(
  state: ReaderState,
  identity: EvaDevice,
  offers: number,
  { facts, nowMs, tells }: Serving,
): ReaderState {
  const offered = (facts.fitted & BOTH_READERS) === BOTH_READERS ? offers & ~CASHLESS_OPTIONS.alwaysIdle : offers;
  return afterId({ ...state, identity, offered }, nowMs, tells);
}

/** A step that wants no more than an ACK has got it. */
export function stepAcked(state: ReaderState, nowMs: number, tells: PeripheralEffect[]): ReaderState {
  switch (state.step) {
    case "setup":
    case "requestId":
      return { ...state, stepAckedMs: nowMs };
    case "prices":
      return advanced(state, "requestId", nowMs, tells);
    case "enableOptions": {
      const options = state.offered & WANTED_OPTIONS;
      const dialect = dialectOf(state.level, VMC_LEVEL, options);
      const wide = dialect === "expanded";
      const next = { ...state, options, dialect, unit: { ...state.unit, wide } };
      return wide ? advanced(next, "pricesExpanded", nowMs, tells) : finished(next, nowMs, tells);
    }
    case "pricesExpanded":
      return finished(state, nowMs, tells);
  }
}

/** The data of ENABLE OPTIONS. */
export function wantedOptions(state: ReaderState): number {
  return state.offered & WANTED_OPTIONS;
}

/**
 * ACKed, and then nothing for the whole response time: SETUP is sent anew; who made a reader need not be known. Sooner
 * it could still owe the answer, and would drop what is sent meanwhile (p119).
 */
export function stepOverdue(state: ReaderState, nowMs: number): ReaderStep {
  const { stepAckedMs, step, contact, limits } = state;
  if (contact.phase !== "setup" || stepAckedMs === undefined || nowMs - stepAckedMs < limits.offlineMs) {
    return { state, effects: [] };
  }
  if (step === "requestId") return stepRefused(state, nowMs);
  return { state: { ...state, stepAckedMs: undefined }, effects: [] };
}

/** Goes on without a step that the reader does not take; without SETUP and prices it cannot. */
export function stepRefused(state: ReaderState, nowMs: number): ReaderStep {
  const tells: PeripheralEffect[] = [];
  const next = { ...state, without: [...state.without, state.step] };
  switch (state.step) {
    case "requestId":
      return { state: afterId(next, nowMs, tells), effects: tells };
    case "enableOptions":
    case "pricesExpanded":
      return { state: finished(next, nowMs, tells), effects: tells };
    default:
      return { state, effects: tells };
  }
}

function afterId(state: ReaderState, nowMs: number, tells: PeripheralEffect[]): ReaderState {
  const useful = state.level >= 3 && wantedOptions(state) !== 0;
  return useful ? advanced(state, "enableOptions", nowMs, tells) : finished(state, nowMs, tells);
}

/** On to `step`, or past it if the reader has refused it before. */
function advanced(state: ReaderState, step: SetUpStep, nowMs: number, tells: PeripheralEffect[]): ReaderState {
  const contact = inPhase(state.contact, "setup", nowMs);
  const next: ReaderState = { ...state, step, contact, stepAckedMs: undefined };
  if (!state.without.includes(step)) return next;
  return step === "requestId" ? afterId(next, nowMs, tells) : finished(next, nowMs, tells);
}

/** Set up: it stands in Disabled, and READER ENABLE follows when it is wanted. */
function finished(state: ReaderState, nowMs: number, tells: PeripheralEffect[]): ReaderState {
  const { offline, trouble: broken, foreign } = faultsOf(state);
  const { troubles, effects } = troublesWhenReady(state.contact, [offline, broken]);
  const contact: Contact = { ...inPhase(state.contact, "ready", nowMs), told: "ready", troubles };
  const next: ReaderState = { ...state, contact, card: { at: "disabled" }, stepAckedMs: undefined };
  tells.push(...effects, trouble(offline, false), trouble(foreign, state.foreign));
  tells.push(tell({ event: "readerReady", reader: state.reader, abilities: abilitiesOf(next) }));
  return next;
}

/** Level 3 and switched on. */
export function isAlwaysIdle(state: ReaderState): boolean {
  return hasOption(state, CASHLESS_OPTIONS.alwaysIdle);
}
