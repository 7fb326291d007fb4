/**
 * What a reader is asked for. An order that its state forbids is refused, counted and answered at once, so that every
 * order has its one answer (firmware/ports/rooms.ts, ReaderEvent).
 */
import { CASHLESS_MISC, CASHLESS_OPTIONS, MAX_ENTRY_KEYS } from "../../shared/mdb/cashless.js";
import { MAX_BLOCK_WORDS } from "../../shared/mdb/link.js";
import type { MdbOrder, ReaderEvent } from "../ports/rooms.js";
import { hurried, NO_EFFECTS, tell } from "./peripheral.js";
import { settled } from "./reader-endings.js";
import { isLegal } from "./reader-legal.js";
import { unitsOf } from "./reader-money.js";
import {
  hasOption,
  idleAgain,
  isUnsent,
  legalFacts,
  legalFactsSoon,
  MAX_CASH_SALES,
  type ReaderState,
  type ReaderStep,
  sessionOf,
  type TaskCommand,
  taskOf,
  withSession,
} from "./reader-state.js";

/** Fills DATA ENTRY RESPONSE behind the keys, and instead of them where the customer gave up. */
const NO_KEY = 0x00;
const GIVEN_UP = 0xff;
/** A block is 36 bytes with its checksum (MDB 4.2 §2.2); 17 FF goes before. */
const MAX_DIAGNOSIS_BYTES = MAX_BLOCK_WORDS - 3;

/** Every order comes here; one that is not for this reader changes nothing. */
export function orderReader(state: ReaderState, order: MdbOrder, nowMs: number): ReaderStep {
  const step = obey(state, order, nowMs);
  if (step.state === state) return step;
  const ready = settled(step.state);
  return { state: { ...ready, contact: hurried(ready.contact, nowMs) }, effects: step.effects };
}

function obey(state: ReaderState, order: MdbOrder, nowMs: number): ReaderStep {
  if ("reader" in order && order.reader !== state.reader) return still(state);
  const { reader } = state;
  switch (order.order) {
    case "readers":
      return still(order.enabled === state.enabledWanted ? state : { ...state, enabledWanted: order.enabled });
    case "vendRequest":
      return asked(state, "vendRequest", order, { event: "denied", reader });
    case "negativeVend":
      return asked(state, "negativeVend", order, { event: "negativeVendAnswer", reader, outcome: "denied" });
    case "revalue":
      return asked(state, "revalueRequest", order, { event: "revalued", reader, outcome: "denied" });
    case "vendCancel":
      return cancelled(state);
    case "vendSuccess":
      return succeeded(state, order.item, order.stay === true, nowMs);
    case "vendFailure":
      return failed(state);
    case "sessionComplete":
      return completed(state);
    case "readerCancel":
      return lever(state);
    case "cashSale":
      return still(soldForCash(state, order.amountMinor, order.item));
    case "dataEntry":
      return entered(state, order.keys);
    case "diagnose":
      return diagnose(state, order.bytes);
    default:
      return still(state);
  }
}

function still(state: ReaderState): ReaderStep {
  return { state, effects: NO_EFFECTS };
}

function refused(state: ReaderState, answer?: ReaderEvent): ReaderStep {
  const counted = { ...state, ordersRefused: state.ordersRefused + 1 };
  return { state: counted, effects: answer === undefined ? NO_EFFECTS : [tell(answer)] };
}

interface Amount {
  readonly amountMinor: number;
  readonly item?: number;
}

/** Vend, negative vend or revalue: from an idle session, or without one where the reader is always idle. */
function asked(state: ReaderState, command: TaskCommand, amount: Amount, no: ReaderEvent): ReaderStep {
  const { amountMinor, item = 0 } = amount;
  const units = unitsOf(state.unit, amountMinor);
  const session = sessionOf(state.card);
  const free = state.contact.phase === "ready" && state.task === undefined && !state.barred;
  const welcome = session === undefined || (session.told && !session.ending);
  const offered = command !== "negativeVend" || hasOption(state, CASHLESS_OPTIONS.negativeVend);
  if (!free || !welcome || !offered || units === undefined || !isLegal(command, legalFactsSoon(state))) {
    return refused(state, no);
  }
  return still({ ...state, task: taskOf(command, { units, amountMinor, item }) });
}

/** VEND CANCEL; a request that has not left yet never will. */
function cancelled(state: ReaderState): ReaderStep {
  const { task, card, reader } = state;
  if (isUnsent(state, "vendRequest")) {
    return { state: { ...state, task: undefined }, effects: [tell({ event: "denied", reader })] };
  }
  const open = task?.command === "vendRequest" || (card.at === "vend" && card.answer === "open");
  if (!open) return refused(state);
  return still(state.cancel === undefined ? { ...state, cancel: { acked: false, sinceMs: undefined } } : state);
}

function succeeded(state: ReaderState, item: number, stay: boolean, nowMs: number): ReaderStep {
  const { card, reader } = state;
  const no: ReaderEvent = { event: "successTold", reader, acked: false };
  if (!("answer" in card) || state.task !== undefined) return refused(state, no);
  if (card.answer === "void") return { state: idleAgain(state, true), effects: [tell(no)] };
  if (!isLegal("vendSuccess", legalFacts(state))) return refused(state, no);
  return still({ ...state, task: taskOf("vendSuccess", { item, stay, sinceMs: nowMs }) });
}

function failed(state: ReaderState): ReaderStep {
  const { card, reader } = state;
  const no: ReaderEvent = { event: "failureUnconfirmed", reader };
  if (!("answer" in card) || state.task !== undefined) return refused(state, no);
  // It denied behind its approval: nothing is held any more.
  if (card.answer === "void") {
    return { state: idleAgain(state, true), effects: [tell({ event: "failureConfirmed", reader })] };
  }
  if (!isLegal("vendFailure", legalFacts(state))) return refused(state, no);
  return still({ ...state, task: taskOf("vendFailure") });
}

/** Ended now if it is idle, else as soon as it is; a vend that waits for its answer is cancelled. */
function completed(state: ReaderState): ReaderStep {
  const { card, task } = state;
  if (task?.command === "vendRequest" || (card.at === "vend" && card.answer === "open")) {
    const step = cancelled(state);
    return { state: withSession(step.state, { ending: true }), effects: step.effects };
  }
  return still(sessionOf(card)?.ending === false ? withSession(state, { ending: true }) : state);
}

/** The escrow lever (p122): what it means depends on where the reader stands. */
function lever(state: ReaderState): ReaderStep {
  if (state.card.at !== "enabled") return completed(state);
  if (state.task !== undefined || !isLegal("readerCancel", legalFacts(state))) return refused(state);
  return still({ ...state, task: taskOf("readerCancel") });
}

/** Only readers that want to know; of too many the oldest is given up. */
function soldForCash(state: ReaderState, amountMinor: number, item: number): ReaderState {
  if ((state.misc & CASHLESS_MISC.cashSale) === 0) return state;
  const units = unitsOf(state.unit, amountMinor);
  if (units === undefined) return { ...state, cashSalesLost: state.cashSalesLost + 1 };
  const cashSales = [...state.cashSales, { units, item }];
  if (cashSales.length <= MAX_CASH_SALES) return { ...state, cashSales };
  // The first of them may be on its way.
  const kept = cashSales.filter((_, index) => index !== 1);
  return { ...state, cashSales: kept, cashSalesLost: state.cashSalesLost + 1 };
}

/** One at a time, to a reader that is there and serves nobody; what does not fit one block is refused. */
function diagnose(state: ReaderState, bytes: Uint8Array): ReaderStep {
  const fits = bytes.length > 0 && bytes.length <= MAX_DIAGNOSIS_BYTES;
  const free = state.contact.phase === "ready" && state.diagnosis === undefined && state.task === undefined;
  if (!fits || !free || !isLegal("diagnostics", legalFacts(state))) {
    return refused(state, { event: "diagnosis", reader: state.reader, bytes: undefined });
  }
  return still({ ...state, diagnosis: { bytes: Array.from(bytes), ackedMs: undefined } });
}

function entered(state: ReaderState, keys: string | undefined): ReaderStep {
  if (!state.entryOpen) return refused(state);
  const bytes: number[] = [];
  for (let index = 0; index < MAX_ENTRY_KEYS; index += 1) {
    const code = keys === undefined ? GIVEN_UP : (keys.charCodeAt(index) || NO_KEY) & 0xff;
    bytes.push(code);
  }
  return still({ ...state, entryOpen: false, keys: bytes });
}
