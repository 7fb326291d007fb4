/**
 * The bill validator's side of the master: search, set-up, acceptance mask, escrow orders, stacker count (MDB 4.2 §6;
 * mdb §3 and §5). It reports; what a bill means is decided by firmware/cash.
 */
import {
  BILL_TOKEN,
  BILL_TYPES,
  BILL_VALIDATOR,
  ESCROW_RETURN,
  ESCROW_STACK,
  HAS_ESCROW,
  STACKER_COUNT_MASK,
  STACKER_FULL,
} from "../../shared/mdb/bill-validator.js";
import { decodeReply, encodeCommand } from "../../shared/mdb/codec.js";
import { BUS_TIMING } from "../../shared/mdb/link.js";
import type { MdbOrder } from "../ports/rooms.js";
import {
  COUNT_EVERY_MS,
  type Contact,
  commandAnswered,
  givenUp,
  hearsNoAck,
  hurried,
  inPhase,
  isLost,
  type MdbFacts,
  maskOfValues,
  notYet,
  type Outcome,
  type PeripheralEffect,
  POLL_CODE,
  resetDone,
  soon,
  tell,
  unanswered,
  valueMinor,
} from "./peripheral.js";
import { trouble, troublesWhenReady } from "./troubles.js";
import {
  escrowed,
  takeEarly,
  VALIDATOR_FAULTS,
  validatorQuiet,
  validatorReplied,
  validatorRestarted,
} from "./validator-poll.js";
import {
  billMask,
  only,
  VALIDATOR_LIMITS,
  type ValidatorCommand,
  type ValidatorState,
  type ValidatorStep,
} from "./validator-state.js";

/** An ESCROW that was not ACKed is sent again after so long without an outcome, so often at most. */
export const ESCROW_AGAIN_MS = 1_000;
export const MAX_ESCROW_SENDS = 3;

const ALL_TYPES = 0xffff;
/** SETUP with at least one value; shorter ones are no answers. */
const SETUP_MIN_BYTES = 12;
const STACKER_BYTES = 2;

// ---- what to say next ----------------------------------------------------------------------------------------------

/** What to send when the bus is ours. */
export function nextValidatorCommand(state: ValidatorState, nowMs: number): ValidatorCommand {
  const { contact } = state;
  if (contact.phase === "reset" || contact.phase === "absent") return "reset";
  if (contact.pollNext || contact.guard !== undefined) return "poll";
  switch (contact.phase) {
    case "awaitJustReset":
      return "poll";
    case "setup":
      return "setup";
    case "identify":
      return state.level >= 2 ? "identificationWithOptions" : "identification";
    case "count":
      return state.reading === undefined ? "stacker" : "poll";
    case "types":
      return "billType";
    case "ready":
      return nextWhenReady(state, nowMs);
  }
}

function nextWhenReady(state: ValidatorState, nowMs: number): ValidatorCommand {
  const { escrow } = state;
  if (state.reading !== undefined) return "poll";
  if (escrow !== undefined && mayBeSent(escrow.sends, escrow.acked, escrow.sentMs, nowMs)) return "escrow";
  if (state.appliedMask !== billMask(state)) return "billType";
  return nowMs >= state.stackerAtMs ? "stacker" : "poll";
}

function mayBeSent(sends: number, acked: boolean, sentMs: number, nowMs: number): boolean {
  if (sends === 0) return true;
  return !acked && sends < MAX_ESCROW_SENDS && nowMs - sentMs >= ESCROW_AGAIN_MS;
}

/** The block for that command, without checksum. */
export function validatorBlock(state: ValidatorState, command: ValidatorCommand): Uint8Array {
  switch (command) {
    case "poll":
      // Many a second: without the walk through the table.
      return Uint8Array.of(BILL_VALIDATOR.address | POLL_CODE);
    case "billType": {
      const acceptMask = billMask(state);
      const escrowMask = state.escrowCapable ? acceptMask : 0;
      return encodeCommand(BILL_VALIDATOR, "billType", { acceptMask, escrowMask });
    }
    case "escrow": {
      const order = state.escrow?.stack === true ? ESCROW_STACK : ESCROW_RETURN;
      return encodeCommand(BILL_VALIDATOR, "escrow", { order });
    }
    default:
      return encodeCommand(BILL_VALIDATOR, command);
  }
}

// ---- orders --------------------------------------------------------------------------------------------------------

/**
 * ESCROW is for the bill that asked: an order that finds none is void, because what became of the bill has been told
 * (or will be, by `validatorReady` or `validatorLost`). One that was sent stands until its outcome.
 */
export function orderValidator(state: ValidatorState, order: MdbOrder, nowMs: number): ValidatorState {
  switch (order.order) {
    case "accept": {
      const wantedMask = order.billMask & ALL_TYPES;
      return wantedMask === state.wantedMask ? state : hurry({ ...state, wantedMask }, nowMs);
    }
    case "escrow": {
      const open = state.contact.phase === "ready" && state.inEscrow !== undefined;
      if (!open || (state.escrow !== undefined && state.escrow.sends > 0)) return state;
      const { stack } = order;
      const escrow = { stack, sends: 0, acked: false, firstSentMs: nowMs, sentMs: nowMs };
      return hurry({ ...state, escrow }, nowMs);
    }
    default:
      return state;
  }
}

function hurry(state: ValidatorState, nowMs: number): ValidatorState {
  const contact = hurried(state.contact, nowMs);
  return contact === state.contact ? state : { ...state, contact };
}

// ---- what it brought -----------------------------------------------------------------------------------------------

/** Takes the outcome of `command`, sent as `block`. */
export function takeValidatorOutcome(
  state: ValidatorState,
  command: ValidatorCommand,
  block: Uint8Array,
  outcome: Outcome,
  facts: MdbFacts,
  nowMs: number,
): ValidatorStep {
  const step = take(state, command, block, outcome, facts, nowMs);
  const { contact } = step.state;
  const failMs = command === "billType" ? VALIDATOR_LIMITS.offlineMs : BUS_TIMING.dataReplyMaxMs;
  const deaf = hearsNoAck(contact);
  if (!deaf && !isLost(contact, VALIDATOR_LIMITS, failMs, nowMs)) return step;
  const lost = loseValidator(step.state, deaf, nowMs);
  return { state: lost.state, effects: [...step.effects, ...lost.effects] };
}

function take(
  state: ValidatorState,
  command: ValidatorCommand,
  block: Uint8Array,
  outcome: Outcome,
  facts: MdbFacts,
  nowMs: number,
): ValidatorStep {
  if (command === "escrow") return only(escrowSent(state, block, outcome, nowMs));
  if (outcome.is === "noAnswer") return only(noAnswer(state, command, nowMs));
  const bytes = outcome.is === "data" ? outcome.bytes : undefined;
  switch (command) {
    case "poll":
      if (outcome.is === "ack") return validatorQuiet(state, nowMs);
      return validatorReplied(state, block, outcome.bytes, outcome.held, nowMs);
    case "reset":
      return only(validatorRestarted(state, resetDone(state.contact, nowMs)));
    case "setup":
      return bytes !== undefined && bytes.length >= SETUP_MIN_BYTES
        ? setUp(state, bytes, facts, nowMs)
        : again(state, nowMs);
    case "identification":
    case "identificationWithOptions":
      // Who made it changes nothing here; the specification wants it asked.
      return only({ ...state, contact: inPhase(commandAnswered(state.contact, nowMs), "count", nowMs) });
    case "stacker":
      return bytes !== undefined && bytes.length >= STACKER_BYTES
        ? stackerRead(state, bytes, nowMs)
        : again(state, nowMs);
    case "billType":
      return typesSet(state, block, nowMs);
  }
}

function again(state: ValidatorState, nowMs: number): ValidatorStep {
  return only({ ...state, contact: notYet(state.contact, nowMs) });
}

/** Gives the validator up; `rest`: leave it alone for 10 s. */
export function loseValidator(state: ValidatorState, rest: boolean, nowMs: number): ValidatorStep {
  const next = validatorRestarted(state, givenUp(state.contact, rest, nowMs));
  if (state.contact.told === "lost") return only(next);
  return { state: next, effects: [tell({ event: "validatorLost" })] };
}

function noAnswer(state: ValidatorState, command: ValidatorCommand, nowMs: number): ValidatorState {
  const contact = unanswered(state.contact, command === "poll" || command === "reset", nowMs);
  switch (command) {
    case "identification":
    case "identificationWithOptions":
      return contact.failures > 1 ? { ...state, contact: inPhase(contact, "count", nowMs) } : { ...state, contact };
    case "billType":
      // It may have taken the mask and its ACK was lost: from now on nobody knows.
      return { ...state, contact, appliedMask: undefined };
    default:
      return { ...state, contact, reading: undefined };
  }
}

function setUp(state: ValidatorState, bytes: Uint8Array, facts: MdbFacts, nowMs: number): ValidatorStep {
  const { level, values, scaling, decimals, escrow } = decodeReply(BILL_VALIDATOR, "setup", bytes).fields;
  const valuesMinor: number[] = [];
  for (let type = 0; type < BILL_TYPES; type++) {
    const value = values[type] ?? 0;
    valuesMinor.push(value === BILL_TOKEN ? 0 : valueMinor(value, scaling, decimals, facts.decimals));
  }
  const contact = inPhase(commandAnswered(state.contact, nowMs), "identify", nowMs);
  const escrowCapable = escrow === HAS_ESCROW;
  return takeEarly({ ...state, contact, level, valuesMinor, valueMask: maskOfValues(valuesMinor), escrowCapable });
}

/** Believed once the POLL behind it shows that no bill came in between. */
function stackerRead(state: ValidatorState, bytes: Uint8Array, nowMs: number): ValidatorStep {
  const { fullAndCount } = decodeReply(BILL_VALIDATOR, "stacker", bytes).fields;
  const reading = { count: fullAndCount & STACKER_COUNT_MASK, full: (fullAndCount & STACKER_FULL) !== 0 };
  return only({ ...state, reading, contact: soon(commandAnswered(state.contact, nowMs), nowMs) });
}

function typesSet(state: ValidatorState, block: Uint8Array, nowMs: number): ValidatorStep {
  const appliedMask = ((block[1] ?? 0) << 8) | (block[2] ?? 0);
  const contact = commandAnswered(state.contact, nowMs);
  // What else was ordered follows at once.
  if (contact.phase !== "types") return only(hurry({ ...state, contact, appliedMask }, nowMs));
  const { valuesMinor, escrowCapable, stacker, inEscrow } = state;
  const { troubles, effects } = troublesWhenReady(contact, VALIDATOR_FAULTS);
  const ready: Contact = { ...contact, phase: "ready", told: "ready", troubles };
  const { count: stackerCount, full: stackerFull } = stacker;
  const told: PeripheralEffect[] = [
    ...effects,
    trouble("stackerFull", stackerFull),
    tell({ event: "validatorReady", valuesMinor, escrow: escrowCapable, stackerCount, stackerFull }),
  ];
  if (inEscrow !== undefined) told.push(escrowed(state, inEscrow));
  return { state: { ...state, contact: ready, appliedMask, stackerAtMs: nowMs + COUNT_EVERY_MS }, effects: told };
}

function escrowSent(state: ValidatorState, block: Uint8Array, outcome: Outcome, nowMs: number): ValidatorState {
  const acked = outcome.is !== "noAnswer";
  const contact = acked ? commandAnswered(state.contact, nowMs) : unanswered(state.contact, true, nowMs);
  const { escrow } = state;
  // The order may have been changed while the old one was under way; then what was sent is what counts.
  if (escrow === undefined) return { ...state, contact };
  const stack = block[1] === ESCROW_STACK;
  const firstSentMs = escrow.sends === 0 ? nowMs : escrow.firstSentMs;
  return { ...state, contact, escrow: { stack, sends: escrow.sends + 1, acked, firstSentMs, sentMs: nowMs } };
}
