/**
 * A card reader's side of the master, 10h and 60h (MDB 4.2 §7; mdb §4 and §5): search, set-up, sessions, vends. One
 * command is under way at a time. It reports and obeys; what a hold means is decided by firmware/sale.
 */
import { CASHLESS_MISC } from "../../shared/mdb/cashless.js";
import { BUS_TIMING } from "../../shared/mdb/link.js";
import type { Driver } from "./driver.js";
import {
  COUNT_EVERY_MS,
  type Contact,
  commandAnswered,
  inPhase,
  isLost,
  justResetOverdue,
  type MdbFacts,
  NO_EFFECTS,
  type Outcome,
  type PeripheralEffect,
  pollAnswered,
  resetDone,
  soon,
  tell,
  unanswered,
} from "./peripheral.js";
import { readerBlock } from "./reader-blocks.js";
import { forgotten, loseReader, resetAnew, settled, stillLegal } from "./reader-endings.js";
import { isLegal, type ReaderCommand } from "./reader-legal.js";
import { diagnosed, failureOver, quiet, served, welcomed } from "./reader-messages.js";
import { orderReader } from "./reader-orders.js";
import { stepAcked, stepOverdue, stepRefused } from "./reader-setup.js";
import {
  type CardState,
  idleAgain,
  isWanted,
  LIMIT_WAIT_MS,
  legalFacts,
  MAX_REPORT_SENDS,
  type ReaderState,
  type ReaderStep,
  type Serving,
  type Session,
  sessionOf,
  type Task,
  withContact,
} from "./reader-state.js";
import { sweep } from "./troubles.js";

/** The second failure in a row of a step that can be left out. */
const STEP_TRIES = 3;

// ---- what to say next ----------------------------------------------------------------------------------------------

/** What to send when the bus is ours. */
export function nextReaderCommand(state: ReaderState): ReaderCommand {
  const { contact } = state;
  switch (contact.phase) {
    case "reset":
    case "absent":
      return "reset";
    case "setup":
      return contact.pollNext || state.stepAckedMs !== undefined ? "poll" : state.step;
    case "ready": {
      if (contact.pollNext) return "poll";
      const command = nextWhenReady(state);
      const repeat = state.task?.command === command && state.task.sends > 0;
      return repeat || isLegal(command, legalFacts(state)) ? command : "poll";
    }
    default:
      return "poll";
  }
}

function nextWhenReady(state: ReaderState): ReaderCommand {
  const { task, cancel, card } = state;
  const open = "answer" in card && card.answer === "open";
  if (cancel !== undefined && open) return cancel.acked ? "poll" : "vendCancel";
  // The keys answer a question of the reader's own, so they may not wait for its answer.
  if (state.keys !== undefined) return "dataEntryResponse";
  // Ordered before our ENABLE has left: that goes first.
  if (task?.sends === 0 && card.at === "disabled" && isWanted(state)) return "readerEnable";
  if (task !== undefined) return task.acked ? "poll" : task.command;
  if (state.timeWanted) return "timeDate";
  const { diagnosis } = state;
  if (diagnosis !== undefined && diagnosis.ackedMs === undefined) return "diagnostics";
  if (card.at !== "enabled" && card.at !== "disabled") return "poll";
  const wanted = isWanted(state);
  if (wanted !== (card.at === "enabled")) return wanted ? "readerEnable" : "readerDisable";
  return state.cashSales.length > 0 ? "cashSale" : "poll";
}

// ---- what it brought -----------------------------------------------------------------------------------------------

/** Takes the outcome of `command`. */
export function takeReaderOutcome(
  before: ReaderState,
  command: ReaderCommand,
  _block: Uint8Array,
  outcome: Outcome,
  facts: MdbFacts,
  nowMs: number,
): ReaderStep {
  if (command === "poll" && outcome.is === "ack" && isQuiet(before, nowMs)) {
    return { state: withContact(before, pollAnswered(before.contact, nowMs)), effects: NO_EFFECTS };
  }
  const serving: Serving = { facts, nowMs, tells: [] };
  let state =
    outcome.is === "noAnswer" ? noAnswer(before, command, serving) : answered(before, command, outcome, serving);
  state = settled(stillLegal(inTime(state, serving), serving.tells));
  if (isLost(state.contact, state.limits, state.limits.offlineMs, nowMs)) {
    const lost = loseReader(state, false, nowMs);
    return { state: lost.state, effects: [...serving.tells, ...lost.effects] };
  }
  const contact = paced(before, state, outcome, nowMs);
  return { state: contact === state.contact ? state : withContact(state, contact), effects: serving.tells };
}

/** Nothing is under way or due: what most polls of a day find. */
function isQuiet(state: ReaderState, nowMs: number): boolean {
  const { contact, task } = state;
  if (contact.phase !== "ready" || task !== undefined || "answer" in state.card || state.card.at === "revalue") {
    return false;
  }
  if (contact.troubles.length > 0 || contact.pollNext || nowMs >= contact.sweepAtMs) return false;
  if (state.diagnosis !== undefined) return false;
  return contact.failingSinceMs === undefined && nextReaderCommand(state) === "poll";
}

/** What has to be said next follows at once; a command that is over no longer counts as failing. */
function paced(before: ReaderState, state: ReaderState, outcome: Outcome, nowMs: number): Contact {
  let { contact } = state;
  const over = before.task !== undefined && before.task.command !== state.task?.command;
  if (over && contact.failingSinceMs !== undefined) contact = { ...contact, failingSinceMs: undefined, failures: 0 };
  const busy = contact.phase === "ready" && outcome.is !== "noAnswer" && !contact.pollNext;
  return busy && nextReaderCommand(state) !== "poll" ? soon(contact, nowMs) : contact;
}

function answered(before: ReaderState, command: ReaderCommand, outcome: Outcome, serving: Serving): ReaderState {
  const { nowMs } = serving;
  const bytes = outcome.is === "data" ? outcome.bytes : undefined;
  if (command === "poll") {
    const contact = pollAnswered(before.contact, nowMs);
    const heard = withContact(before, contact);
    return bytes === undefined ? afterBareAck(quiet(heard, serving), serving) : served(heard, bytes, serving);
  }
  if (command === "reset") {
    const reset = forgotten(before, resetDone(before.contact, nowMs));
    return bytes === undefined ? reset : served(reset, bytes, serving);
  }
  const contact = commandAnswered(before.contact, nowMs);
  if (before.contact.phase === "setup") return setUpAnswered(withContact(before, contact), command, bytes, serving);
  const state = took(withContact(before, contact), command, serving);
  return bytes === undefined ? state : served(state, bytes, serving);
}

/** A step has been heard, unless what came with it changed everything. */
function setUpAnswered(
  before: ReaderState,
  command: ReaderCommand,
  bytes: Uint8Array | undefined,
  serving: Serving,
): ReaderState {
  const state = bytes === undefined ? before : served(before, bytes, serving);
  const same = state.contact.phase === "setup" && state.step === command && before.step === command;
  return same ? stepAcked(state, serving.nowMs, serving.tells) : state;
}

/** POLL brought nothing: the refund behind VEND FAILURE is done, or JUST RESET is not to come. */
function afterBareAck(state: ReaderState, serving: Serving): ReaderState {
  const { task, contact, misc } = state;
  if (task?.command === "vendFailure" && task.acked) {
    return failureOver(state, (misc & CASHLESS_MISC.refunds) !== 0, serving);
  }
  if (justResetOverdue(contact, serving.nowMs)) return { ...state, contact: inPhase(contact, "setup", serving.nowMs) };
  return state;
}

/** The reader has heard the command: an ACK, or data in which its answer may stand already. */
function took(state: ReaderState, command: ReaderCommand, serving: Serving): ReaderState {
  const { nowMs, tells } = serving;
  switch (command) {
    case "readerEnable":
      return state.card.at === "disabled" ? { ...state, card: { at: "enabled" } } : state;
    case "readerDisable":
      return state.card.at === "enabled" ? { ...state, card: { at: "disabled" } } : state;
    case "cashSale":
      return { ...state, cashSales: state.cashSales.slice(1), reportSends: 0 };
    case "timeDate":
      return { ...state, timeWanted: false, reportSends: 0 };
    case "dataEntryResponse":
      return { ...withTimeAnew(state, nowMs), keys: undefined, reportSends: 0 };
    case "diagnostics":
      return { ...state, diagnosis: { bytes: state.diagnosis?.bytes ?? [], ackedMs: nowMs }, reportSends: 0 };
    case "vendCancel":
      return { ...state, cancel: { acked: true, sinceMs: state.cancel?.sinceMs ?? nowMs } };
    case "vendSuccess": {
      const { task, reader } = state;
      tells.push(tell({ event: "successTold", reader, acked: true }));
      return idleAgain({ ...state, resetsInRow: 0 }, task?.stay !== true);
    }
    default:
      return taskSent(state, command, true, nowMs);
  }
}

/** It has what it asked for, and from now on its usual time to answer a vend. */
function withTimeAnew(state: ReaderState, sinceMs: number): ReaderState {
  const { card } = state;
  return "answer" in card && card.answer === "open" ? { ...state, card: { ...card, sinceMs } } : state;
}

/** Nothing usable came; the command may have been heard all the same. */
function noAnswer(before: ReaderState, command: ReaderCommand, { nowMs, tells }: Serving): ReaderState {
  const searching = command === "poll" || command === "reset";
  const contact = unanswered(before.contact, searching, nowMs);
  const state: ReaderState = { ...before, contact };
  switch (command) {
    case "requestId":
    case "enableOptions":
    case "pricesExpanded": {
      if (contact.failures < STEP_TRIES || before.contact.silentSinceMs !== undefined) return state;
      const past = stepRefused(state, nowMs);
      tells.push(...past.effects);
      return past.state;
    }
    case "cashSale":
    case "timeDate":
    case "dataEntryResponse":
    case "diagnostics":
      return reportFailed(state, command, tells);
    case "vendCancel":
      return { ...state, cancel: { acked: false, sinceMs: state.cancel?.sinceMs ?? nowMs } };
    default:
      return taskSent(state, command, false, nowMs);
  }
}

type ReportCommand = Extract<ReaderCommand, "cashSale" | "timeDate" | "dataEntryResponse" | "diagnostics">;

/** Given up after a few tries: it is no reason to lose a reader. */
function reportFailed(state: ReaderState, command: ReportCommand, tells: PeripheralEffect[]): ReaderState {
  const reportSends = state.reportSends + 1;
  if (reportSends < MAX_REPORT_SENDS) return { ...state, reportSends };
  const contact: Contact = { ...state.contact, failingSinceMs: undefined, failures: 0 };
  const next: ReaderState = { ...state, contact, reportSends: 0 };
  if (command === "timeDate") return { ...next, timeWanted: false };
  if (command === "dataEntryResponse") return { ...next, keys: undefined };
  if (command === "diagnostics") return diagnosed(next, undefined, tells);
  return { ...next, cashSales: state.cashSales.slice(1), cashSalesLost: state.cashSalesLost + 1 };
}

/** With its first sending a vend or revalue has begun, heard or not. */
function taskSent(state: ReaderState, command: ReaderCommand, acked: boolean, nowMs: number): ReaderState {
  const { task } = state;
  if (task === undefined || task.command !== command) return state;
  const sinceMs = task.sends === 0 ? nowMs : task.sinceMs;
  const sent: Task = { ...task, sends: task.sends + 1, acked, sinceMs };
  return { ...state, task: sent, card: task.sends === 0 ? cardAfter(state.card, sent, nowMs) : state.card };
}

function cardAfter(card: CardState, { command, amountMinor }: Task, sinceMs: number): CardState {
  const session: Session = sessionOf(card) ?? { told: false, always: true, ending: false, fundsMinor: undefined };
  switch (command) {
    case "vendRequest":
      return { at: "vend", session, amountMinor, answer: "open", sinceMs };
    case "negativeVend":
      return { at: "negativeVend", session, amountMinor, answer: "open", sinceMs };
    case "revalueRequest":
      return { at: "revalue", session, sinceMs };
    default:
      return card;
  }
}

// ---- time ----------------------------------------------------------------------------------------------------------

/** Answers that do not come: what is optional is left out, a vend is cancelled, anything else ends in RESET. */
function inTime(state: ReaderState, serving: Serving): ReaderState {
  const { nowMs, tells } = serving;
  if (state.contact.phase === "setup") {
    const step = stepOverdue(state, nowMs);
    tells.push(...step.effects);
    return step.state;
  }
  if (state.contact.phase !== "ready") return state;
  const known = diagnosisOverdue(state, nowMs) ? diagnosed(state, undefined, tells) : state;
  const swept = nowMs >= known.contact.sweepAtMs ? sweptAway(known, serving) : known;
  const { task } = swept;
  if (task?.command === "revalueLimit" && task.acked && nowMs - task.sinceMs >= LIMIT_WAIT_MS) {
    return welcomed({ ...swept, noRevalue: true }, undefined, serving);
  }
  if (task?.command === "vendFailure" && task.acked && nowMs - task.sinceMs >= answerMaxMs(state)) {
    return failureOver(swept, false, serving);
  }
  // A cancel that it does not confirm cost nobody anything: no reason to reset it.
  if (task?.command === "readerCancel" && task.acked && nowMs - task.sinceMs >= state.limits.offlineMs) {
    return { ...swept, task: undefined };
  }
  const { card, cancel } = swept;
  if (card.at === "vend" && card.answer === "open" && cancel === undefined) {
    // While the customer types, the reader owes us nothing.
    const late = !swept.entryOpen && nowMs - card.sinceMs >= answerMaxMs(state);
    return late ? { ...swept, cancel: { acked: false, sinceMs: undefined } } : swept;
  }
  if (!owes(swept, nowMs)) return swept;
  const reset = resetAnew(swept, nowMs);
  tells.push(...reset.effects);
  return reset.state;
}

function diagnosisOverdue(state: ReaderState, nowMs: number): boolean {
  const ackedMs = state.diagnosis?.ackedMs;
  return ackedMs !== undefined && nowMs - ackedMs >= answerMaxMs(state);
}

function answerMaxMs({ limits }: ReaderState): number {
  return Math.max(BUS_TIMING.dataReplyMaxMs, limits.offlineMs);
}

/** True if the reader owes us an answer for longer than it may (p128-160). */
function owes(state: ReaderState, nowMs: number): boolean {
  const { card, cancel, task, limits } = state;
  if (card.at === "vend" && card.answer === "open") {
    return cancel?.sinceMs !== undefined && nowMs - cancel.sinceMs >= limits.offlineMs;
  }
  if (card.at === "revalue" || (card.at === "negativeVend" && card.answer === "open")) {
    return nowMs - card.sinceMs >= answerMaxMs(state);
  }
  return task?.command === "sessionComplete" && task.acked && nowMs - task.sinceMs >= limits.offlineMs;
}

function sweptAway(state: ReaderState, { nowMs, tells }: Serving): ReaderState {
  const { troubles, effects } = sweep(state.contact, nowMs);
  tells.push(...effects);
  return { ...state, contact: { ...state.contact, troubles, sweepAtMs: nowMs + COUNT_EVERY_MS } };
}

export const READER_DRIVER: Driver<ReaderState, ReaderCommand> = Object.freeze({
  next: nextReaderCommand,
  block: readerBlock,
  order: orderReader,
  take: takeReaderOutcome,
  withContact,
  lose: loseReader,
});
