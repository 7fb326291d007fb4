/**
 * How sessions, vends and whole readers come to an end: every question that was open gets its one answer first.
 */
import type { ReaderEvent } from "../ports/rooms.js";
import { type Contact, givenUp, inPhase, NO_EFFECTS, type PeripheralEffect, tell } from "./peripheral.js";
import { isLegal } from "./reader-legal.js";
import {
  faultsOf,
  legalFactsSoon,
  MAX_RESETS_IN_ROW,
  type ReaderState,
  type ReaderStep,
  sessionOf,
  taskOf,
} from "./reader-state.js";
import { trouble } from "./troubles.js";

const NOTHING_SOLD: ReaderState["cashSales"] = Object.freeze([]);

/** An idle session that is to end gets its SESSION COMPLETE. */
export function settled(state: ReaderState): ReaderState {
  const { card, task } = state;
  if (card.at !== "sessionIdle" || !card.session.ending || task !== undefined) return state;
  return { ...state, task: taskOf("sessionComplete") };
}

/** A command that waited until its state was gone is never sent: its order is answered. */
export function stillLegal(state: ReaderState, tells: PeripheralEffect[]): ReaderState {
  const { task, contact } = state;
  if (task === undefined || task.sends > 0 || contact.phase !== "ready") return state;
  if (isLegal(task.command, legalFactsSoon(state))) return state;
  const answer = openAnswer(state);
  if (answer !== undefined) tells.push(tell(answer));
  return { ...state, task: undefined };
}

/**
 * What is answered when a reader falls silent, resets or loses the thread: open questions "unknown", then the session's
 * end. A request that never left is simply denied.
 */
export function answersAtEnd(state: ReaderState): readonly PeripheralEffect[] {
  const { card, reader } = state;
  const told = [openAnswer(state)].filter((event) => event !== undefined).map(tell);
  const session = sessionOf(card);
  if (session?.told === true || session?.always === true) told.push(tell({ event: "sessionEnded", reader }));
  return told.length === 0 ? NO_EFFECTS : told;
}

/** The same, and of what only the service page asked for. */
export function answersWhenForgotten(state: ReaderState): readonly PeripheralEffect[] {
  const answers = answersAtEnd(state);
  if (state.diagnosis === undefined) return answers;
  return [...answers, tell({ event: "diagnosis", reader: state.reader, bytes: undefined })];
}

function openAnswer(state: ReaderState): ReaderEvent | undefined {
  const { card, task, reader } = state;
  const refusing = card.at === "vend" && card.answer === "refused";
  if (refusing || (card.at === "vend" && card.answer === "open")) return { event: "vendUnknown", reader };
  if (card.at === "negativeVend" && (card.answer === "open" || card.answer === "refused")) {
    return { event: "negativeVendAnswer", reader, outcome: "unknown" };
  }
  if (card.at === "revalue") return { event: "revalued", reader, outcome: "unknown" };
  switch (task?.command) {
    case "vendRequest":
      return { event: "denied", reader };
    case "negativeVend":
      return { event: "negativeVendAnswer", reader, outcome: "denied" };
    case "revalueRequest":
      return { event: "revalued", reader, outcome: "denied" };
    case "vendSuccess":
      return { event: "successTold", reader, acked: false };
    case "vendFailure":
      return { event: "failureUnconfirmed", reader };
    default:
      return undefined;
  }
}

/** Nothing of it is known any more: set-up from SETUP on, all options off. */
export function forgotten(state: ReaderState, contact: Contact): ReaderState {
  return {
    ...state,
    contact,
    card: { at: "inactive" },
    step: "setup",
    stepAckedMs: undefined,
    options: 0,
    dialect: "level1",
    task: undefined,
    cancel: undefined,
    reportSends: 0,
    timeWanted: false,
    entryOpen: false,
    keys: undefined,
    diagnosis: undefined,
  };
}

/** RESET, because it lost the thread or owes us an answer; after too many in a row it is left alone for 10 s. */
export function resetAnew(state: ReaderState, nowMs: number): ReaderStep {
  const resetsInRow = state.resetsInRow + 1;
  if (resetsInRow > MAX_RESETS_IN_ROW) return loseReader({ ...state, resetsInRow: 0 }, true, nowMs);
  const contact = { ...inPhase(state.contact, "reset", nowMs), resetsSent: 0 };
  return { state: { ...forgotten(state, contact), resetsInRow }, effects: answersWhenForgotten(state) };
}

/** Gives the reader up; `rest`: leave it alone for 10 s. */
export function loseReader(state: ReaderState, rest: boolean, nowMs: number): ReaderStep {
  const { reader, contact, cashSales } = state;
  const lost = forgotten(state, givenUp(contact, rest, nowMs));
  const next = { ...lost, cashSales: NOTHING_SOLD, cashSalesLost: state.cashSalesLost + cashSales.length };
  const answers = answersWhenForgotten(state);
  if (contact.told === "lost") return { state: next, effects: answers };
  return {
    state: next,
    effects: [...answers, tell({ event: "readerLost", reader }), trouble(faultsOf(state).offline, true)],
  };
}
