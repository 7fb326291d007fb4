/**
 * The bill recycler's side of the master: dispensing by type and by value, its status, its counts (MDB 4.2 §6, PDF
 * p104-114; mdb §3). 30 s a bill, one payout at a time, the escrow cleared first; a DISPENSE leaves us once and never
 * again, ACKed or not. What left is told by the counts of DISPENSER STATUS alone.
 */
import { BILL_TYPES, BILL_VALIDATOR } from "../../shared/mdb/bill-validator.js";
import { decodeReply, encodeCommand } from "../../shared/mdb/codec.js";
import type { MdbOrder, TubeReport } from "../ports/rooms.js";
import {
  COUNT_EVERY_MS,
  commandAnswered,
  hurried,
  NO_EFFECTS,
  notYet,
  type Outcome,
  type PeripheralEffect,
  soon,
  tell,
  unanswered,
} from "./peripheral.js";
import {
  type BillDispense,
  type BillPayout,
  billPayoutAfterCounts,
  billPayoutOverdue,
  billPayoutStarted,
  MAX_STATUS_TRIES,
  RECYCLER_STORE,
  type RecyclerCommand,
  type RecyclerState,
} from "./recycler-state.js";
import { only, recycledTypes, type ValidatorState, type ValidatorStep } from "./validator-state.js";

/** Routing of a type (37 04): all its bills go to the recycler, or none. */
const ROUTE_ALL = 3;
const ROUTE_NONE = 0;
/** DISPENSER STATUS with the mask and one count; shorter ones are no answers. */
const STATUS_MIN_BYTES = 4;
/** 37 06 was refused so often running: by value, if that can mean nothing else. */
const REFUSALS_BY_TYPE = 1;
const NO_DEFECTS: readonly boolean[] = Object.freeze(new Array<boolean>(BILL_TYPES).fill(false));

// ---- what to say next ----------------------------------------------------------------------------------------------

/** In service: what the recycler needs to be told or asked; undefined = nothing. */
export function nextRecyclerCommand(state: ValidatorState, nowMs: number): RecyclerCommand | "poll" | undefined {
  const { recycler, contact } = state;
  if (recycler.tubes === undefined) return undefined;
  const { dispense, payout } = recycler;
  if (payout !== undefined) {
    if (payout.ask === "counts") return "dispenserStatus";
    if (billPayoutOverdue(payout, nowMs) && !payout.cancelled) return "payoutCancel";
    if (payout.ask === "status") return payout.byValue ? "payoutValuePoll" : "payoutStatus";
    return "poll";
  }
  if (dispense !== undefined) {
    // The escrow is cleared first, and a device that is silent just now would not hear it.
    if (state.inEscrow !== undefined || contact.silentSinceMs !== undefined) return "poll";
    return dispense.byValue ? "dispenseValue" : "dispenseBill";
  }
  if (recycler.routes !== recycledTypes(state)) return "recyclerEnable";
  return nowMs >= recycler.readAtMs ? "dispenserStatus" : undefined;
}

/** The block for that command, without checksum. */
export function recyclerBlock(state: ValidatorState, command: RecyclerCommand): Uint8Array {
  const { dispense } = state.recycler;
  const { type, count } = dispense ?? { type: 0, count: 0 };
  switch (command) {
    case "recyclerEnable": {
      const manualDispenseMask = recycledTypes(state);
      const routing: number[] = [];
      for (let of = 0; of < BILL_TYPES; of++) routing.push((manualDispenseMask >> of) & 1 ? ROUTE_ALL : ROUTE_NONE);
      return encodeCommand(BILL_VALIDATOR, "recyclerEnable", { manualDispenseMask, routing });
    }
    case "dispenseBill":
      return encodeCommand(BILL_VALIDATOR, "dispenseBill", { type, count });
    case "dispenseValue": {
      const value = state.unitMinor > 0 ? ((state.valuesMinor[type] ?? 0) * count) / state.unitMinor : 0;
      return encodeCommand(BILL_VALIDATOR, "dispenseValue", { value });
    }
    default:
      return encodeCommand(BILL_VALIDATOR, command);
  }
}

// ---- orders --------------------------------------------------------------------------------------------------------

/** Orders for store 1. A recycler that is not there answers at once; one that is being set up, when it is. */
export function orderRecycler(state: ValidatorState, order: MdbOrder, nowMs: number): ValidatorStep {
  if (order.order !== "dispense" && order.order !== "readTubes") return only(state);
  if (order.store !== RECYCLER_STORE) return only(state);
  const { recycler, contact } = state;
  if (contact.phase !== "ready" || recycler.tubes === undefined) {
    const comes = contact.phase !== "ready" && contact.told !== "lost";
    return comes ? only({ ...state, recycler: { ...recycler, asked: true } }) : { state, effects: [lost()] };
  }
  if (order.order === "readTubes") return only(hurry({ ...state, recycler: { ...recycler, readAtMs: nowMs } }, nowMs));
  if (recycler.dispense !== undefined || recycler.payout !== undefined) return only(state);
  const { type, count } = order;
  const dispense: BillDispense = { type, count, byValue: mustPayByValue(state, type) };
  const next = { ...state, recycler: { ...recycler, dispense } };
  if (state.inEscrow === undefined || state.escrow !== undefined) return only(hurry(next, nowMs));
  const escrow = { stack: false, sends: 0, acked: false, firstSentMs: nowMs, sentMs: nowMs };
  return only(hurry({ ...next, escrow }, nowMs));
}

/** It did not obey 37 06, and the only bills it holds are of this type: their value can mean nothing else. */
function mustPayByValue({ recycler, unitMinor, valuesMinor }: ValidatorState, type: number): boolean {
  if (recycler.refusals < REFUSALS_BY_TYPE || unitMinor === 0 || (valuesMinor[type] ?? 0) % unitMinor !== 0)
    return false;
  return recycler.tubes?.counts.every((count, of) => of === type || count === 0) === true;
}

function hurry(state: ValidatorState, nowMs: number): ValidatorState {
  const contact = hurried(state.contact, nowMs);
  return contact === state.contact ? state : { ...state, contact };
}

// ---- what it brought -----------------------------------------------------------------------------------------------

/** Takes the outcome of `command`, in service. */
export function takeRecyclerOutcome(
  state: ValidatorState,
  command: RecyclerCommand,
  outcome: Outcome,
  nowMs: number,
): ValidatorStep {
  switch (command) {
    case "dispenseBill":
    case "dispenseValue":
      return only(dispenseSent(state, outcome, nowMs));
    case "payoutStatus":
    case "payoutValuePoll":
      return statusRead(state, command, outcome, nowMs);
    case "payoutCancel":
      return only(payoutCancelled(state, outcome, nowMs));
    case "recyclerEnable":
      return routesSet(state, outcome, nowMs);
    case "dispenserStatus":
      return countsRead(state, outcome, nowMs);
  }
}

/** Not to be repeated, whatever came back: the bills may be on their way (App. 3). */
function dispenseSent(state: ValidatorState, outcome: Outcome, nowMs: number): ValidatorState {
  const acked = outcome.is !== "noAnswer";
  const contact = acked ? commandAnswered(state.contact, nowMs) : unanswered(state.contact, true, nowMs);
  const { recycler } = state;
  const { dispense, tubes } = recycler;
  if (dispense === undefined || tubes === undefined) return { ...state, contact };
  const payout = billPayoutStarted(dispense, acked, tubes.counts[dispense.type] ?? 0, nowMs);
  return { ...state, contact, recycler: { ...recycler, dispense: undefined, payout } };
}

/** 37 08: data = ended, ACK = busy. 37 09: data = so much came since, ACK = ended. Both are held, the counts prove. */
function statusRead(
  state: ValidatorState,
  command: "payoutStatus" | "payoutValuePoll",
  outcome: Outcome,
  nowMs: number,
): ValidatorStep {
  const { recycler } = state;
  const { payout } = recycler;
  const held = outcome.is === "data" && outcome.held;
  const effects: readonly PeripheralEffect[] = held ? [{ do: "release" }] : NO_EFFECTS;
  if (outcome.is === "noAnswer") {
    const contact = unanswered(state.contact, true, nowMs);
    const tried = payout && { ...payout, ask: "nothing" as const, statusTries: payout.statusTries + 1 };
    return { state: { ...state, contact, recycler: { ...recycler, payout: tried } }, effects };
  }
  const contact = commandAnswered(state.contact, nowMs);
  if (payout === undefined) return { state: { ...state, contact }, effects };
  const ended = (outcome.is === "data") === (command === "payoutStatus");
  const next: BillPayout = ended
    ? { ...payout, finished: true, ask: "counts" }
    : { ...payout, stirredMs: nowMs, statusTries: 0, ask: "nothing" };
  const due = ended ? soon(contact, nowMs) : contact;
  return { state: { ...state, contact: due, recycler: { ...recycler, payout: next } }, effects };
}

function payoutCancelled(state: ValidatorState, outcome: Outcome, nowMs: number): ValidatorState {
  const acked = outcome.is !== "noAnswer";
  const contact = acked ? commandAnswered(state.contact, nowMs) : unanswered(state.contact, true, nowMs);
  const { recycler } = state;
  const { payout } = recycler;
  if (payout === undefined) return { ...state, contact };
  const statusTries = MAX_STATUS_TRIES;
  return {
    ...state,
    contact,
    recycler: { ...recycler, payout: { ...payout, cancelled: true, finished: true, statusTries, ask: "counts" } },
  };
}

/** The routes were changed in service: what it pays out has become another thing. */
function routesSet(state: ValidatorState, outcome: Outcome, nowMs: number): ValidatorStep {
  const { recycler } = state;
  if (outcome.is === "noAnswer") return only({ ...state, contact: unanswered(state.contact, false, nowMs) });
  const routes = recycledTypes(state);
  const next = { ...state, contact: commandAnswered(state.contact, nowMs), recycler: { ...recycler, routes } };
  return { state: next, effects: recyclerReady(next) };
}

function countsRead(state: ValidatorState, outcome: Outcome, nowMs: number): ValidatorStep {
  const { recycler } = state;
  if (outcome.is === "noAnswer") return only({ ...state, contact: unanswered(state.contact, false, nowMs) });
  const tubes = outcome.is === "data" ? countsOf(outcome.bytes) : undefined;
  if (tubes === undefined) return only({ ...state, contact: notYet(state.contact, nowMs) });
  const contact = commandAnswered(state.contact, nowMs);
  const { payout } = recycler;
  if (payout === undefined) {
    return only({ ...state, contact: soon(contact, nowMs), recycler: { ...recycler, reading: tubes } });
  }
  const going = billPayoutAfterCounts(payout, tubes, nowMs);
  const readAtMs = nowMs + COUNT_EVERY_MS;
  if (going !== undefined) {
    return only({ ...state, contact, recycler: { ...recycler, tubes, payout: going, readAtMs } });
  }
  const moved = payout.before - (tubes.counts[payout.type] ?? 0);
  const refusals = moved > 0 || payout.acked ? 0 : recycler.refusals + 1;
  return {
    state: { ...state, contact, recycler: { ...recycler, tubes, payout: undefined, readAtMs, refusals } },
    effects: [tell({ event: "storeDispensed", store: RECYCLER_STORE, acked: payout.acked, tubes })],
  };
}

/** DISPENSER STATUS; undefined if it is a stump. */
export function countsOf(bytes: Uint8Array): TubeReport | undefined {
  if (bytes.length < STATUS_MIN_BYTES) return undefined;
  const { fullMask, counts } = decodeReply(BILL_VALIDATOR, "dispenserStatus", bytes).fields;
  const full = counts.map((_, type) => ((fullMask >> type) & 1) === 1);
  // Full with nothing in it is a sensor that cannot be believed, as in a coin tube.
  const defective = full.map((isFull, type) => isFull && (counts[type] ?? 0) === 0);
  return { counts, full, defective: defective.some(Boolean) ? defective : NO_DEFECTS };
}

/** The POLL behind DISPENSER STATUS showed no bill on its way: the counts are the truth. */
export function recyclerCounted(state: ValidatorState, nowMs: number): ValidatorStep {
  const { recycler, contact } = state;
  const { reading } = recycler;
  if (reading === undefined) return only(state);
  const next: RecyclerState = { ...recycler, tubes: reading, reading: undefined, readAtMs: nowMs + COUNT_EVERY_MS };
  const counted = { ...state, recycler: next };
  if (contact.phase !== "ready") return only(counted);
  return { state: counted, effects: [tell({ event: "storeCounts", store: RECYCLER_STORE, tubes: reading })] };
}

// ---- there or not --------------------------------------------------------------------------------------------------

/** What the other rooms are told when the validator is ready, with or without a recycler; see `recyclerTold`. */
export function recyclerReady(state: ValidatorState): readonly PeripheralEffect[] {
  const { recycler, valuesMinor, serial } = state;
  const { tubes } = recycler;
  if (tubes === undefined) return recycler.told || recycler.asked ? [lost()] : NO_EFFECTS;
  const types = recycledTypes(state);
  const values = valuesMinor.map((value, type) => ((types >> type) & 1 ? value : 0));
  return [tell({ event: "storeReady", store: RECYCLER_STORE, valuesMinor: values, tubes, serial })];
}

/** The state behind `recyclerReady`. */
export function recyclerTold(recycler: RecyclerState): RecyclerState {
  return { ...recycler, told: recycler.tubes !== undefined, asked: false };
}

/** The validator is given up: its recycler with it. */
export function recyclerLost(recycler: RecyclerState): readonly PeripheralEffect[] {
  return recycler.told || recycler.asked ? [lost()] : NO_EFFECTS;
}

function lost(): PeripheralEffect {
  return tell({ event: "storeLost", store: RECYCLER_STORE });
}
