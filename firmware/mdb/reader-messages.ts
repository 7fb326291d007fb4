/**
 * What a reader says, message by message in the order of the block (MDB 4.2 §7.4; mdb §4). A message that means nothing
 * in the state it comes in changes nothing and is counted.
 */
import type { FaultName } from "../../shared/faults.js";
import {
  type CashlessMessage,
  cashlessError,
  cashlessTable,
  decodeCashless,
  ENTRY_KEYS_MASK,
  MAX_ENTRY_KEYS,
} from "../../shared/mdb/cashless.js";
import { identityOf, isForeign, justReset, type PeripheralEffect, tell } from "./peripheral.js";
import { answersAtEnd, answersWhenForgotten, forgotten, resetAnew } from "./reader-endings.js";
import { minorOf, unknownUnits } from "./reader-money.js";
import { configured, identified, stepRefused } from "./reader-setup.js";
import {
  type CardState,
  faultsOf,
  idleAgain,
  type ReaderState,
  type Serving,
  type Session,
  taskOf,
  withSession,
} from "./reader-state.js";
import { troublesAfterPoll } from "./troubles.js";

/** Changer and validator, by bit of FITTED: without cash there is nothing to put on a card. */
const CASH_FITTED = 0b11;
/** Response time and abilities: a SETUP reply without them is one of a reader with 5 s and none. */
const CONFIG_TAIL_BYTES = 2;
const NO_FAULTS: readonly FaultName[] = Object.freeze([]);
const DISPLAY_UNIT_MS = 100;

/** Serves a reply: `bytes` as they came, without checksum. Never throws. */
export function served(before: ReaderState, bytes: Uint8Array, serving: Serving): ReaderState {
  const { reader, dialect, displayCharacters, contact } = before;
  const reply = decodeCashless(cashlessTable(reader, dialect), displayCharacters, bytes);
  const unknownCodes = contact.unknownCodes + reply.unknown.length;
  let state: ReaderState = { ...before, contact: { ...contact, unknownCodes } };
  const faults: FaultName[] = [];
  reply.messages.forEach((message, index) => {
    const last = index === reply.messages.length - 1;
    const broken = message.event === "error" && isTrouble(message.code);
    if (broken && faults.length === 0) faults.push(faultsOf(state).trouble);
    // JUST RESET stands alone; a 00 behind something else is the tail of a message we do not know.
    if (message.event === "justReset" && index > 0) state = stray(state);
    else state = serve(state, message, last ? reply.missing : 0, serving);
  });
  return withTroubles(state, faults, serving);
}

/** A bare ACK to POLL: what it complained of in every reply before is over. */
export function withTroubles(state: ReaderState, faults: readonly FaultName[], serving: Serving): ReaderState {
  const { troubles, effects } = troublesAfterPoll(state.contact.troubles, faults, serving.nowMs);
  if (troubles === state.contact.troubles) return state;
  serving.tells.push(...effects);
  return { ...state, contact: { ...state.contact, troubles } };
}

/** The quiet reply costs next to nothing. */
export function quiet(state: ReaderState, serving: Serving): ReaderState {
  return state.contact.troubles.length === 0 ? state : withTroubles(state, NO_FAULTS, serving);
}

function isTrouble(code: number): boolean {
  const kind = cashlessError(code)?.kind;
  return kind === "transient" || kind === "lasting";
}

function stray(state: ReaderState): ReaderState {
  return { ...state, strayMessages: state.strayMessages + 1 };
}

/** missing: bytes that its last fields lack. */
function serve(state: ReaderState, message: CashlessMessage, missing: number, serving: Serving): ReaderState {
  const { reader } = state;
  const cut = missing > 0;
  switch (message.event) {
    case "justReset":
      return restarted(state, serving);
    case "readerConfig":
      if (!inStep(state, "setup") || missing > CONFIG_TAIL_BYTES) return stray(state);
      return configured(state, message, serving);
    case "peripheralId":
      if (!inStep(state, "requestId")) return stray(state);
      return identified(state, identityOf(message), "options" in message && !cut ? message.options : 0, serving);
    case "displayRequest":
      return displayed(state, message, serving);
    case "beginSession":
      return begun(state, message, serving);
    case "sessionCancelRequest":
      return cancelWanted(state, serving);
    case "vendApproved":
      return approved(state, cut ? undefined : message.amount, serving);
    case "vendDenied":
      return denied(state, serving);
    case "endSession":
      return ended(state, serving);
    case "cancelled":
      return state.task?.command === "readerCancel" ? { ...state, task: undefined } : stray(state);
    case "error":
      return cashlessError(message.code)?.kind === "refund" ? refundFailed(state, serving) : state;
    case "outOfSequence":
      return outOfSequence(state, serving);
    case "revalueApproved":
      return revalued(state, "approved", serving);
    case "revalueDenied":
      if (state.task?.command === "revalueLimit") return welcomed(state, undefined, serving);
      return revalued(state, "denied", serving);
    case "revalueLimit": {
      if (state.task?.command !== "revalueLimit") return stray(state);
      return welcomed(state, cut ? undefined : minorOf(state.unit, message.amount), serving);
    }
    case "timeDateRequest":
      // Without a clock there is no answer; it asks again.
      return serving.facts.wallS(serving.nowMs) === undefined ? state : { ...state, timeWanted: true };
    case "dataEntryRequest": {
      const digits = Math.min(MAX_ENTRY_KEYS, message.entry & ENTRY_KEYS_MASK);
      // Bit 7 says that it asks again. What is typed may be a PIN: never shown.
      serving.tells.push(tell({ event: "dataEntry", reader, digits, secret: true }));
      return { ...state, entryOpen: true, keys: undefined };
    }
    case "dataEntryCancel":
      serving.tells.push(tell({ event: "dataEntry", reader, digits: 0, secret: true }));
      return { ...state, entryOpen: false, keys: undefined };
    case "diagnostics":
      return state.diagnosis?.ackedMs === undefined ? state : diagnosed(state, message.data, serving.tells);
    case "userFileData":
      return state;
  }
}

function inStep(state: ReaderState, step: ReaderState["step"]): boolean {
  return state.contact.phase === "setup" && state.step === step;
}

// ---- resets --------------------------------------------------------------------------------------------------------

function restarted(state: ReaderState, { nowMs, tells }: Serving): ReaderState {
  const contact = justReset(state.contact, nowMs);
  if (contact === undefined) return stray(state);
  tells.push(...answersWhenForgotten(state));
  return forgotten(state, contact);
}

/** 0B: the reader has dropped a command, so nobody knows where it stands (p120). */
function outOfSequence(was: ReaderState, { nowMs, tells }: Serving): ReaderState {
  const state = { ...was, outOfSequence: was.outOfSequence + 1 };
  if (state.contact.phase !== "ready" && state.contact.phase !== "setup") return state;
  // What it does not know is not asked of it again.
  const without = state.contact.phase === "setup" ? stepRefused(state, nowMs).state.without : state.without;
  const noRevalue = state.noRevalue || state.task?.command === "revalueLimit";
  const { state: next, effects } = resetAnew({ ...state, without, noRevalue }, nowMs);
  tells.push(...effects);
  return next;
}

// ---- sessions ------------------------------------------------------------------------------------------------------

type Begin = Extract<CashlessMessage, { readonly event: "beginSession" }>;

/**
 * A customer. Sent away again, without a word to the sale: one at a disabled reader, one while the other reader has a
 * customer, and one whose currency is not ours (p119).
 */
function begun(state: ReaderState, message: Begin, serving: Serving): ReaderState {
  const { card, task, unit } = state;
  if (card.at !== "enabled" && card.at !== "disabled") return stray(state);
  const foreign = "country" in message && isForeign(message.country, serving.facts.currency);
  const ending = card.at === "disabled" || state.barred || foreign || task?.command === "readerCancel";
  const fundsMinor = minorOf(unit, message.funds);
  const session: Session = { told: false, always: false, ending, fundsMinor };
  const request = task?.command === "readerCancel" ? undefined : task;
  const next: ReaderState = { ...state, card: { at: "sessionIdle", session }, task: request };
  if (ending) return next;
  const { level, noRevalue } = state;
  const asksLimit = level >= 2 && !noRevalue && request === undefined && (serving.facts.fitted & CASH_FITTED) !== 0;
  return asksLimit ? { ...next, task: taskOf("revalueLimit") } : welcomed(next, undefined, serving);
}

/** The sale hears of the customer, unless the session is to end already. */
export function welcomed(state: ReaderState, limitMinor: number | undefined, { tells }: Serving): ReaderState {
  const { card, reader } = state;
  const task = state.task?.command === "revalueLimit" ? undefined : state.task;
  if (!("session" in card) || card.session.ending) return { ...state, task };
  const { fundsMinor } = card.session;
  tells.push(tell({ event: "session", reader, fundsMinor, revalueLimitMinor: limitMinor }));
  return withSession({ ...state, task }, { told: true });
}

/** 04: the session ends as soon as it is idle; what becomes of an open vend is the sale's to say. */
function cancelWanted(state: ReaderState, { tells }: Serving): ReaderState {
  const { card, reader } = state;
  if (!("session" in card)) return stray(state);
  if (card.session.ending) return state;
  if (card.session.told || card.session.always) tells.push(tell({ event: "sessionCancel", reader }));
  return withSession(state, { ending: true });
}

function ended(state: ReaderState, { tells }: Serving): ReaderState {
  const { card, cancel, reader } = state;
  if (!("session" in card)) return stray(state);
  const withdrawn = card.at === "vend" && card.answer === "open" && cancel?.sinceMs !== undefined;
  const [first, ...rest] = answersAtEnd(state);
  // An end in place of the denial that our cancel asked for.
  if (withdrawn) tells.push(tell({ event: "denied", reader }), ...rest);
  else if (first !== undefined) tells.push(first, ...rest);
  return { ...state, card: { at: "enabled" }, task: undefined, cancel: undefined, entryOpen: false, resetsInRow: 0 };
}

// ---- vends ---------------------------------------------------------------------------------------------------------

function approved(state: ReaderState, units: number | undefined, { tells }: Serving): ReaderState {
  const { card, cancel, reader, unit } = state;
  if (!("answer" in card) || card.answer !== "open") return stray(state);
  const heldMinor = units === unknownUnits(unit) ? card.amountMinor : minorOf(unit, units ?? unknownUnits(unit));
  const next = (answer: "approved" | "refused"): ReaderState => {
    const after: CardState = { ...card, answer };
    return { ...state, card: after, task: undefined };
  };
  // An amount cut off, or no whole number of ours: given back before anybody counts on it.
  if (heldMinor === undefined) return { ...next("refused"), task: taskOf("vendFailure") };
  const crossed = cancel?.sinceMs !== undefined;
  if (card.at === "vend") tells.push(tell({ event: "approved", reader, amountMinor: heldMinor, crossed }));
  else tells.push(tell({ event: "negativeVendAnswer", reader, outcome: "approved" }));
  return next("approved");
}

function denied(state: ReaderState, { tells }: Serving): ReaderState {
  const { card, cancel, reader } = state;
  if (!("answer" in card)) return stray(state);
  if (card.answer === "approved" && cancel?.sinceMs !== undefined && state.task === undefined) {
    return { ...state, card: { ...card, answer: "void" } };
  }
  if (card.answer !== "open") return stray(state);
  if (card.at === "vend") tells.push(tell({ event: "denied", reader }));
  else tells.push(tell({ event: "negativeVendAnswer", reader, outcome: "denied" }));
  return idleAgain(state, card.session.always);
}

function revalued(state: ReaderState, outcome: "approved" | "denied", { tells }: Serving): ReaderState {
  if (state.card.at !== "revalue") return stray(state);
  tells.push(tell({ event: "revalued", reader: state.reader, outcome }));
  return idleAgain(state, state.card.session.always);
}

/** 0A Cx behind VEND FAILURE: the money is not back (p134). */
function refundFailed(state: ReaderState, serving: Serving): ReaderState {
  return state.task?.command === "vendFailure" ? failureOver(state, false, serving) : stray(state);
}

/** VEND FAILURE is over; back: the poll behind it said so, and the reader is one that can give money back. */
export function failureOver(state: ReaderState, back: boolean, { tells }: Serving): ReaderState {
  const { card, reader } = state;
  const refused = "answer" in card && card.answer === "refused";
  if (card.at === "negativeVend" && refused) {
    tells.push(tell({ event: "negativeVendAnswer", reader, outcome: back ? "denied" : "unknown" }));
  } else if (refused) {
    tells.push(tell(back ? { event: "denied", reader } : { event: "vendUnknown", reader }));
  } else {
    tells.push(tell({ event: back ? "failureConfirmed" : "failureUnconfirmed", reader }));
  }
  return idleAgain(state, true);
}

/** The one answer to the order `diagnose`. bytes: undefined = none came. */
export function diagnosed(
  state: ReaderState,
  bytes: ArrayLike<number> | undefined,
  tells: PeripheralEffect[],
): ReaderState {
  const told = bytes === undefined ? undefined : Uint8Array.from(bytes);
  tells.push(tell({ event: "diagnosis", reader: state.reader, bytes: told }));
  return { ...state, diagnosis: undefined };
}

// ---- the rest ------------------------------------------------------------------------------------------------------

function displayed(
  state: ReaderState,
  { time, text }: { readonly time: number; readonly text: string },
  { tells }: Serving,
): ReaderState {
  const shown = text.replaceAll("\0", " ").trim();
  tells.push(tell({ event: "readerDisplay", reader: state.reader, text: shown, showMs: time * DISPLAY_UNIT_MS }));
  return state;
}
