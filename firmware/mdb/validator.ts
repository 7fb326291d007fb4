/**
 * The bill validator's side of the master: search, set-up, acceptance mask, escrow orders, stacker count (MDB 4.2 §6;
 * mdb §3 and §5). It reports; what a bill means is decided by firmware/cash.
 */
import {
  BILL_VALIDATOR,
  ESCROW_RETURN,
  ESCROW_STACK,
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
  isLost,
  type MdbFacts,
  notYet,
  type Outcome,
  type PeripheralEffect,
  POLL_CODE,
  resetDone,
  soon,
  tell,
  unanswered,
} from "./peripheral.js";
import {
  nextRecyclerCommand,
  orderRecycler,
  recyclerBlock,
  recyclerLost,
  recyclerReady,
  recyclerTold,
  takeRecyclerOutcome,
} from "./recycler.js";
import { recyclerRestarted } from "./recycler-state.js";
import { trouble, troublesWhenReady } from "./troubles.js";
import {
  escrowed,
  takeEarly,
  VALIDATOR_FAULTS,
  validatorQuiet,
  validatorReplied,
  validatorRestarted,
} from "./validator-poll.js";
import { identifyCommand, takeIdentify, validatorSetUp } from "./validator-setup.js";
import {
  billMask,
  isSettling,
  only,
  VALIDATOR_LIMITS,
  type ValidatorCommand,
  type ValidatorState,
  type ValidatorStep,
  withContact,
} from "./validator-state.js";

/** An ESCROW that was not ACKed is sent again after so long without an outcome, so often at most. */
export const ESCROW_AGAIN_MS = 1_000;
export const MAX_ESCROW_SENDS = 3;

const ALL_TYPES = 0xffff;
/** SETUP with at least one value; shorter ones are no answers. */
const SETUP_MIN_BYTES = 12;
/** A recycler that does not take its routes or tell its counts so often running is left alone. */
const MAX_RECYCLER_FAILURES = 5;
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
      return identifyCommand(state, nowMs);
    case "count":
      return state.reading === undefined && !isSettling(state, nowMs) ? "stacker" : "poll";
    case "types":
      return "billType";
    case "ready":
      return nextWhenReady(state, nowMs);
  }
}

function nextWhenReady(state: ValidatorState, nowMs: number): ValidatorCommand {
  const { escrow } = state;
  if (state.reading !== undefined || state.recycler.reading !== undefined) return "poll";
  if (escrow !== undefined && mayBeSent(escrow.sends, escrow.acked, escrow.sentMs, nowMs)) return "escrow";
  if (state.appliedMask !== billMask(state)) return "billType";
  if (state.appliedSecurity !== state.securityMask) return "security";
  const ofRecycler = nextRecyclerCommand(state, nowMs);
  if (ofRecycler !== undefined) return ofRecycler;
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
    case "featureEnable":
      return encodeCommand(BILL_VALIDATOR, "featureEnable", { options: state.options });
    case "security":
      return encodeCommand(BILL_VALIDATOR, "security", { highSecurityMask: state.securityMask });
    case "recyclerEnable":
    case "dispenserStatus":
    case "dispenseBill":
    case "dispenseValue":
    case "payoutStatus":
    case "payoutValuePoll":
    case "payoutCancel":
      return recyclerBlock(state, command);
    default:
      return encodeCommand(BILL_VALIDATOR, command);
  }
}

// ---- orders --------------------------------------------------------------------------------------------------------

/**
 * ESCROW is for the bill that asked: an order that finds none is void, because what became of the bill has been told
 * (or will be, by `validatorReady` or `validatorLost`). One that was sent stands until its outcome.
 */
export function orderValidator(state: ValidatorState, order: MdbOrder, nowMs: number): ValidatorStep {
  switch (order.order) {
    case "accept": {
      const wantedMask = order.billMask & ALL_TYPES;
      return only(wantedMask === state.wantedMask ? state : hurry({ ...state, wantedMask }, nowMs));
    }
    case "escrow": {
      const open = state.contact.phase === "ready" && state.inEscrow !== undefined;
      if (!open || (state.escrow !== undefined && state.escrow.sends > 0)) return only(state);
      const { stack } = order;
      const escrow = { stack, sends: 0, acked: false, firstSentMs: nowMs, sentMs: nowMs };
      return only(hurry({ ...state, escrow }, nowMs));
    }
    case "dispense":
    case "readTubes":
      return orderRecycler(state, order, nowMs);
    default:
      return only(state);
  }
}

function hurry(state: ValidatorState, nowMs: number): ValidatorState {
  const contact = hurried(state.contact, nowMs);
  return contact === state.contact ? state : withContact(state, contact);
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
  was: ValidatorState,
  command: ValidatorCommand,
  block: Uint8Array,
  outcome: Outcome,
  facts: MdbFacts,
  nowMs: number,
): ValidatorStep {
  const state = asSettingsSay(was, facts);
  if (command === "escrow") return only(escrowSent(state, block, outcome, nowMs));
  if (state.contact.phase === "identify" && command !== "poll") {
    return only(takeIdentify(state, command, outcome, nowMs));
  }
  switch (command) {
    case "recyclerEnable":
    case "dispenserStatus":
    case "dispenseBill":
    case "dispenseValue":
    case "payoutStatus":
    case "payoutValuePoll":
    case "payoutCancel": {
      const step = takeRecyclerOutcome(state, command, outcome, nowMs);
      const { contact } = step.state;
      // Routes that cannot be set, counts that cannot be read: without a recycler rather than without a validator.
      const failing = command === "recyclerEnable" || command === "dispenserStatus";
      if (!failing || contact.failures < MAX_RECYCLER_FAILURES || step.state.recycler.payout !== undefined) return step;
      return withoutRecycler(step, nowMs);
    }
    default:
      break;
  }
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
        ? takeEarly(validatorSetUp(state, bytes, facts, nowMs))
        : again(state, nowMs);
    case "security": {
      const appliedSecurity = ((block[1] ?? 0) << 8) | (block[2] ?? 0);
      return only({ ...state, appliedSecurity, contact: commandAnswered(state.contact, nowMs) });
    }
    case "stacker":
      return bytes !== undefined && bytes.length >= STACKER_BYTES
        ? stackerRead(state, bytes, nowMs)
        : again(state, nowMs);
    case "billType":
      return typesSet(state, block, nowMs);
    default:
      return only({ ...state, contact: commandAnswered(state.contact, nowMs) });
  }
}

/** Settings may have become others while it is in service; a validator that had no recycler gets none before reset. */
function asSettingsSay(state: ValidatorState, facts: MdbFacts): ValidatorState {
  const securityMask = facts.highSecurityMask & ALL_TYPES;
  const recycleMask = facts.recycleMask & ALL_TYPES;
  if (state.securityMask === securityMask && state.recycleMask === recycleMask) return state;
  return { ...state, securityMask, recycleMask };
}

function withoutRecycler(step: ValidatorStep, nowMs: number): ValidatorStep {
  const { state, effects } = step;
  const recycler = recyclerTold(recyclerRestarted(state.recycler));
  const contact = commandAnswered(state.contact, nowMs);
  const gone = recyclerLost({ ...state.recycler, told: true });
  return { state: { ...state, contact, recycler }, effects: [...effects, ...gone, trouble("recyclerTrouble", true)] };
}

function again(state: ValidatorState, nowMs: number): ValidatorStep {
  return only({ ...state, contact: notYet(state.contact, nowMs) });
}

/** Gives the validator up; `rest`: leave it alone for 10 s. */
export function loseValidator(state: ValidatorState, rest: boolean, nowMs: number): ValidatorStep {
  const next = validatorRestarted(state, givenUp(state.contact, rest, nowMs));
  const gone = recyclerLost(state.recycler);
  const lost = { ...next, recycler: recyclerTold(next.recycler) };
  if (state.contact.told === "lost") return { state: lost, effects: gone };
  return { state: lost, effects: [...gone, tell({ event: "validatorLost" })] };
}

function noAnswer(state: ValidatorState, command: ValidatorCommand, nowMs: number): ValidatorState {
  const contact = unanswered(state.contact, command === "poll" || command === "reset", nowMs);
  switch (command) {
    case "billType":
      // It may have taken the mask and its ACK was lost: from now on nobody knows.
      return { ...state, contact, appliedMask: undefined };
    default:
      return { ...state, contact, reading: undefined };
  }
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
    trouble("foreignBills", state.foreign),
    // The recycler first: its counts, too, may tell what became of a bill.
    ...recyclerReady(state),
    tell({ event: "validatorReady", valuesMinor, escrow: escrowCapable, stackerCount, stackerFull }),
  ];
  if (inEscrow !== undefined) told.push(escrowed(state, inEscrow));
  const recycler = recyclerTold(state.recycler);
  const stackerAtMs = nowMs + COUNT_EVERY_MS;
  return { state: { ...state, contact: ready, appliedMask, stackerAtMs, recycler, wasStacking: false }, effects: told };
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
