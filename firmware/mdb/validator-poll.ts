/**
 * What a bill validator says in POLL. A bill in escrow is told as a question; only stacked or recycled is money. Money
 * is appended first, then the held reply is released, then everything else is told (design "ACK after append").
 */
import { concatBytes } from "../../shared/bytes.js";
import type { FaultName } from "../../shared/faults.js";
import { BILL_VALIDATOR, type BillEvent } from "../../shared/mdb/bill-validator.js";
import { isHeld } from "../../shared/mdb/held.js";
import { BUS_TIMING } from "../../shared/mdb/link.js";
import type { NewRecord } from "../../shared/records/kinds.js";
import {
  COUNT_EVERY_MS,
  type Contact,
  guarded,
  inPhase,
  justReset,
  justResetOverdue,
  NO_EFFECTS,
  type PeripheralEffect,
  pollAnswered,
  tell,
} from "./peripheral.js";
import { recyclerCounted } from "./recycler.js";
import { billPayoutResting, billPayoutWorking, RECYCLER_STORE, recyclerRestarted, shifted } from "./recycler-state.js";
import { hear, partRepeat } from "./repeats.js";
import { disprove, sweep, trouble, troublesAfterPoll } from "./troubles.js";
import { identifyCounted } from "./validator-setup.js";
import {
  billMask,
  only,
  type StackerReport,
  type ValidatorState,
  type ValidatorStep,
  withContact,
} from "./validator-state.js";

const MAX_EARLY_BYTES = 64;

/** Faults told in POLL; stackerFull comes from STACKER. */
export const VALIDATOR_FAULTS: readonly FaultName[] = Object.freeze<FaultName[]>([
  "billMotor",
  "billSensor",
  "billJam",
  "billRom",
  "stackerOut",
  "billFishing",
  "recyclerJam",
  "recyclerTrouble",
]);

const FAULT_OF_EVENT: { readonly [event: string]: FaultName | undefined } = Object.freeze({
  motorDefective: "billMotor",
  sensorDefective: "billSensor",
  validatorJam: "billJam",
  romChecksum: "billRom",
  cashBoxOut: "stackerOut",
  creditedBillRemoval: "billFishing",
  recyclerJam: "recyclerJam",
  recyclerSensorDefective: "recyclerTrouble",
  recyclerMotorDefective: "recyclerTrouble",
  recyclerRomChecksum: "recyclerTrouble",
});
/** A bill that was stacked disproves these. */
const DISPROVED_BY_BILL: readonly FaultName[] = Object.freeze<FaultName[]>([
  "billMotor",
  "billSensor",
  "billJam",
  "stackerOut",
]);
const PAYING: readonly string[] = Object.freeze([
  "validatorBusy",
  "recyclerPayoutBusy",
  "recyclerBusy",
  "recyclerBillWaiting",
]);
const MOVING: readonly string[] = Object.freeze([
  "validatorBusy",
  "billToRecycler",
  "recyclerManualFill",
  "billManualDispense",
  "recyclerToCashBox",
  "recyclerPayoutBusy",
  "recyclerBusy",
]);
const DISABLED: readonly string[] = Object.freeze(["unitDisabled", "recyclerDisabled"]);
/** Where `recyclerMoved` says that bills went. */
const MOVED_OUT = 0;
const MOVED_TO_CASH_BOX = 1;
const NO_FAULTS: readonly FaultName[] = Object.freeze([]);

/** A bare ACK: nothing new, and no repeat of the last report. */
export function validatorQuiet(state: ValidatorState, nowMs: number): ValidatorStep {
  const contact = guarded(pollAnswered(state.contact, nowMs), undefined, 0);
  const { troubles, effects } = troublesAfterPoll(contact.troubles, NO_FAULTS, nowMs);
  const known = troubles === contact.troubles ? contact : { ...contact, troubles };
  const next = withContact(state, known);
  next.saidDisabled = false;
  return settle(recyclerPolled(next, false, nowMs), false, effects, nowMs);
}

/** What a POLL says about a payout: at work, or resting. */
function recyclerPolled(state: ValidatorState, working: boolean, nowMs: number): ValidatorState {
  const { payout } = state.recycler;
  if (payout === undefined) return state;
  const next = working ? billPayoutWorking(payout, nowMs) : billPayoutResting(payout, nowMs);
  return next === payout ? state : { ...state, recycler: { ...state.recycler, payout: next } };
}

/** A block of events. `block` is the POLL it answers; `held`: the link has not ACKed it. */
export function validatorReplied(
  state: ValidatorState,
  block: Uint8Array,
  reply: Uint8Array,
  held: boolean,
  nowMs: number,
): ValidatorStep {
  const contact = pollAnswered(state.contact, nowMs);
  const early = state.valuesMinor.length === 0 && isHeld(block, reply);
  if (early) return tooEarly({ ...state, contact }, reply, held, nowMs);
  const { fresh, repeated } = partRepeat(BILL_VALIDATOR, contact.guard, reply);
  const { events, unknown } = hear(BILL_VALIDATOR, fresh);
  const money: PeripheralEffect[] = [];
  takeMoney(state, events, money);
  const credited = events.some(({ event }) => event === "billStacked" || event === "billToRecycler");
  if (held) money.push({ do: "release" });
  if (repeated !== undefined) {
    // Its money is on flash since the first time, so the ACK need not wait for this record.
    const record = { kind: "repeatSuppressed", device: BILL_VALIDATOR.address, reply: repeated } as const;
    money.push({ do: "append", record });
  }
  const rest: PeripheralEffect[] = [];
  const remarks = takeRemarks(state, events, rest, nowMs);
  const faults = faultsOf(events);
  const said = troublesAfterPoll(contact.troubles, faults, nowMs);
  const good = disprove(said.troubles, credited ? DISPROVED_BY_BILL.filter((of) => !faults.includes(of)) : NO_FAULTS);
  rest.push(...said.effects, ...good.effects);
  const repeats = repeated === undefined || fresh.length > 0 ? 0 : contact.repeats + 1;
  const guarding = guarded(contact, held ? reply : undefined, repeats);
  const same = good.troubles === contact.troubles && unknown === 0;
  const after: Contact = same
    ? guarding
    : { ...guarding, troubles: good.troubles, unknownCodes: contact.unknownCodes + unknown };
  const next = recyclerPolled(withContact(remarks, after), isPaying(events), nowMs);
  const again = events.some(({ event }) => event === "justReset") ? justReset(after, nowMs) : undefined;
  const moving = credited || isMoving(events);
  const step = again === undefined ? settle(next, moving, NO_EFFECTS, nowMs) : only(validatorRestarted(next, again));
  return { state: step.state, effects: [...money, ...step.effects, ...rest] };
}

/**
 * Everything that a reset of the device makes void. An open stacking is answered by `validatorReady` with its count.
 */
export function validatorRestarted(state: ValidatorState, contact: Contact): ValidatorState {
  const recycler = recyclerRestarted(state.recycler);
  const { escrow } = state;
  const wasStacking = state.wasStacking || (escrow?.stack === true && escrow.sends > 0);
  return {
    ...state,
    wasStacking,
    contact,
    recycler,
    reading: undefined,
    appliedMask: undefined,
    inEscrow: undefined,
    escrow: undefined,
  };
}

/** Money before SETUP told what it is worth: see the coin changer. */
function tooEarly(state: ValidatorState, reply: Uint8Array, held: boolean, nowMs: number): ValidatorStep {
  const { contact, early } = state;
  const next = contact.phase === "awaitJustReset" ? inPhase(contact, "setup", nowMs) : contact;
  if (held) return only({ ...state, contact: next });
  const kept = early === undefined ? reply : concatBytes(early, reply);
  return only({ ...state, contact: next, early: kept.slice(0, MAX_EARLY_BYTES) });
}

/** Books what was reported before SETUP; call once the values are known. */
export function takeEarly(state: ValidatorState): ValidatorStep {
  if (state.early === undefined) return only(state);
  const money: PeripheralEffect[] = [];
  takeMoney(state, hear(BILL_VALIDATOR, state.early).events, money);
  return { state: { ...state, early: undefined }, effects: money };
}

function takeMoney(state: ValidatorState, events: readonly BillEvent[], money: PeripheralEffect[]): void {
  for (const event of events) {
    const record = recordOf(state, event);
    if (record !== undefined) money.push({ do: "append", record });
  }
}

/** What goes on flash before the ACK: bills credited, and recycled bills that moved without a customer. */
function recordOf(state: ValidatorState, event: BillEvent): NewRecord | undefined {
  if (!("type" in event)) return undefined;
  const { type } = event;
  const valueMinor = state.valuesMinor[type] ?? 0;
  switch (event.event) {
    case "billStacked":
      return { kind: "billStacked", type, valueMinor, route: 0 };
    case "billToRecycler":
      return { kind: "billStacked", type, valueMinor, route: RECYCLER_STORE };
    case "recyclerManualFill":
      return { kind: "storeFilled", type, count: 1, valueMinor, store: RECYCLER_STORE };
    case "billManualDispense":
      return { kind: "recyclerMoved", type, count: 1, valueMinor, to: MOVED_OUT };
    case "recyclerToCashBox":
      return { kind: "recyclerMoved", type, count: 1, valueMinor, to: MOVED_TO_CASH_BOX };
    default:
      return undefined;
  }
}

function faultsOf(events: readonly BillEvent[]): FaultName[] {
  const faults: FaultName[] = [];
  for (const { event } of events) {
    const fault = FAULT_OF_EVENT[event];
    if (fault !== undefined) faults.push(fault);
  }
  return faults;
}

/** A bill is on its way: stacker and recycler may not have counted it yet. */
function isMoving(events: readonly BillEvent[]): boolean {
  return events.some(({ event }) => MOVING.includes(event));
}

function isPaying(events: readonly BillEvent[]): boolean {
  return events.some(({ event }) => PAYING.includes(event));
}

function takeRemarks(
  before: ValidatorState,
  events: readonly BillEvent[],
  rest: PeripheralEffect[],
  nowMs: number,
): ValidatorState {
  const saidDisabled = events.some(({ event }) => DISABLED.includes(event));
  let state: ValidatorState = saidDisabled === before.saidDisabled ? before : { ...before, saidDisabled };
  for (const event of events) {
    switch (event.event) {
      case "billInEscrow":
        state = billAsks(state, event.type, rest);
        break;
      case "billStacked":
        state = { ...state, inEscrow: undefined, escrow: undefined, stackerAtMs: nowMs };
        break;
      case "billToRecycler":
        state = recycled(
          { ...state, inEscrow: undefined, escrow: undefined, stackerAtMs: nowMs },
          event.type,
          1,
          nowMs,
        );
        break;
      case "billReturned":
        state = billGone(state, event.type, rest);
        break;
      case "billRemoved":
        if (state.inEscrow !== undefined) state = billGone(state, state.inEscrow, rest);
        break;
      case "invalidEscrowRequest":
        // Sent twice, it may mean that the first one is being carried out: then the outcome is still to come.
        if (state.inEscrow !== undefined && state.escrow?.sends === 1) state = billGone(state, state.inEscrow, rest);
        break;
      case "recyclerManualFill":
        state = recycled(state, event.type, 1, nowMs);
        break;
      case "billManualDispense":
        state = recycled(state, event.type, -1, nowMs);
        break;
      case "recyclerToCashBox":
        state = recycled({ ...state, stackerAtMs: nowMs }, event.type, -1, nowMs);
        break;
      case "recyclerFilledKey":
        state = { ...state, recycler: { ...state.recycler, readAtMs: nowMs } };
        break;
      case "recyclerEscrowRequest":
        rest.push(tell({ event: "lever" }));
        break;
      case "unitDisabled":
        // Out of turn it has forgotten its types; beside JUST RESET, or right after they were set, that is nothing new.
        if (!before.saidDisabled && before.contact.phase === "ready" && billMask(before) !== 0)
          state = { ...state, appliedMask: undefined };
        break;
      case "recyclerDisabled":
        if (!before.saidDisabled) state = { ...state, recycler: { ...state.recycler, routes: undefined } };
        break;
      case "billRejected":
      case "disabledBillRejected":
      case "disabledInsertions":
        rest.push(tell({ event: "billRejected" }));
        break;
    }
  }
  return state;
}

/** A bill went into the recycler or out of it: the counts follow, and are read again. */
function recycled(state: ValidatorState, type: number, more: number, nowMs: number): ValidatorState {
  const { recycler } = state;
  const { tubes } = recycler;
  if (tubes === undefined) return state;
  return {
    ...state,
    recycler: { ...recycler, tubes: shifted(tubes, type, more), reading: undefined, readAtMs: nowMs },
  };
}

/** A bill waits in escrow. Before the set-up is done the question is kept for `validatorReady`. */
function billAsks(state: ValidatorState, type: number, rest: PeripheralEffect[]): ValidatorState {
  if (state.inEscrow === type) {
    // The same bill, asked for again: if our answer was ACKed all the same, it is given once more.
    return state.escrow?.acked === true ? { ...state, escrow: { ...state.escrow, acked: false } } : state;
  }
  if (state.contact.phase === "ready") rest.push(escrowed(state, type));
  return { ...state, inEscrow: type, escrow: undefined };
}

export function escrowed(state: ValidatorState, type: number): PeripheralEffect {
  return tell({ event: "escrowed", type, valueMinor: state.valuesMinor[type] ?? 0 });
}

function billGone(state: ValidatorState, type: number, rest: PeripheralEffect[]): ValidatorState {
  rest.push(tell({ event: "billReturned", type, valueMinor: state.valuesMinor[type] ?? 0 }));
  return { ...state, inEscrow: undefined, escrow: undefined };
}

/** What an answered POLL moves on: the set-up, a reading of the stacker, a bill without outcome, the minute's sweep. */
function settle(
  state: ValidatorState,
  moving: boolean,
  before: readonly PeripheralEffect[],
  nowMs: number,
): ValidatorStep {
  const { contact, reading, escrow } = state;
  if (justResetOverdue(contact, nowMs)) {
    return { state: { ...state, contact: inPhase(contact, "setup", nowMs) }, effects: before };
  }
  if (state.recycler.reading !== undefined) {
    if (contact.phase === "identify") return { state: identifyCounted(state, moving, nowMs), effects: before };
    if (moving) return { state: { ...state, recycler: { ...state.recycler, reading: undefined } }, effects: before };
    const counts = recyclerCounted(state, nowMs);
    return { state: counts.state, effects: [...counts.effects, ...before] };
  }
  if (reading !== undefined)
    return moving
      ? { state: { ...state, reading: undefined }, effects: before }
      : counted(state, reading, before, nowMs);
  if (contact.phase !== "ready") return { state, effects: before };
  if (escrow !== undefined && escrow.sends > 0 && nowMs - escrow.firstSentMs >= BUS_TIMING.escrowOutcomeMaxMs) {
    // Nobody says what became of it: the stacker's count will.
    return { state: { ...state, inEscrow: undefined, escrow: undefined, stackerAtMs: nowMs }, effects: before };
  }
  if (nowMs < contact.sweepAtMs) return { state, effects: before };
  const swept = sweep(contact, nowMs);
  const clean = { ...contact, troubles: swept.troubles, sweepAtMs: nowMs + COUNT_EVERY_MS };
  return { state: { ...state, contact: clean }, effects: [...swept.effects, ...before] };
}

/** The POLL behind STACKER brought no bill: the count is the truth. */
function counted(
  state: ValidatorState,
  stacker: StackerReport,
  before: readonly PeripheralEffect[],
  nowMs: number,
): ValidatorStep {
  const { contact } = state;
  const next = { ...state, stacker, reading: undefined, stackerAtMs: nowMs + COUNT_EVERY_MS };
  if (contact.phase === "count")
    return { state: { ...next, contact: inPhase(contact, "types", nowMs) }, effects: before };
  const { count, full } = stacker;
  const told = [trouble("stackerFull", full), tell({ event: "stacker", count, full })];
  return { state: next, effects: [...told, ...before] };
}
