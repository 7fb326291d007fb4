/**
 * The coin changer's side of the master: search, set-up, acceptance mask, tubes, DISPENSE (MDB 4.2 §5; mdb §2 and §5).
 * It reports; what money means is decided by firmware/cash.
 */

import { decodeReply, encodeCommand } from "../../shared/mdb/codec.js";
import { COIN_CHANGER, COIN_TOKEN, COIN_TYPES, MAX_DISPENSE_COUNT } from "../../shared/mdb/coin-changer.js";
import { BUS_TIMING } from "../../shared/mdb/link.js";
import type { MdbOrder, TubeReport } from "../ports/rooms.js";
import { CHANGER_FAULTS, changerQuiet, changerReplied, changerRestarted, takeEarly } from "./changer-poll.js";
import {
  CHANGER_LIMITS,
  type ChangerCommand,
  type ChangerState,
  type ChangerStep,
  coinMask,
  only,
  withContact,
} from "./changer-state.js";
import { PAYOUT_MAX_MS, payoutStarted, payoutWorking } from "./payout.js";
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
  POLL_CODE,
  resetDone,
  soon,
  tell,
  unanswered,
  valueMinor,
} from "./peripheral.js";
import { troublesWhenReady } from "./troubles.js";

/** By hand every type may be let out. */
const ALL_TYPES = 0xffff;
/** SETUP with at least one value, TUBE STATUS with at least one count; shorter ones are no answers. */
const SETUP_MIN_BYTES = 8;
const TUBES_MIN_BYTES = 3;

// ---- what to say next ----------------------------------------------------------------------------------------------

/** What to send when the bus is ours. */
export function nextChangerCommand(state: ChangerState, nowMs: number): ChangerCommand {
  const { contact } = state;
  if (contact.phase === "reset" || contact.phase === "absent") return "reset";
  if (contact.pollNext || contact.guard !== undefined) return "poll";
  switch (contact.phase) {
    case "awaitJustReset":
      return "poll";
    case "setup":
      return "setup";
    case "identify":
      return "identification";
    case "count": {
      const tooSoon = nowMs - contact.resetAtMs < BUS_TIMING.tubeStatusAfterResetMs;
      return tooSoon || state.reading !== undefined ? "poll" : "tubeStatus";
    }
    case "types":
      return "coinType";
    case "ready":
      return nextWhenReady(state, nowMs);
  }
}

function nextWhenReady(state: ChangerState, nowMs: number): ChangerCommand {
  const { payout } = state;
  if (state.reading !== undefined) return "poll";
  if (payout !== undefined) return payout.ask ? "tubeStatus" : "poll";
  if (state.appliedMask !== coinMask(state)) return "coinType";
  // A DISPENSE leaves us only for a device that has just been heard.
  if (state.dispense !== undefined) return state.contact.silentSinceMs === undefined ? "dispense" : "poll";
  return nowMs >= state.tubesAtMs ? "tubeStatus" : "poll";
}

/** The block for that command, without checksum. */
export function changerBlock(state: ChangerState, command: ChangerCommand): Uint8Array {
  switch (command) {
    case "poll":
      // Many a second: without the walk through the table.
      return Uint8Array.of(COIN_CHANGER.address | POLL_CODE);
    case "coinType": {
      const masks = { acceptMask: coinMask(state), manualDispenseMask: ALL_TYPES };
      return encodeCommand(COIN_CHANGER, "coinType", masks);
    }
    case "dispense": {
      const { type, count } = state.dispense ?? { type: 0, count: 0 };
      return encodeCommand(COIN_CHANGER, "dispense", { type, count });
    }
    default:
      return encodeCommand(COIN_CHANGER, command);
  }
}

// ---- orders --------------------------------------------------------------------------------------------------------

/**
 * Orders for tubes and DISPENSE given while the changer is being set up are answered by `changerReady` or
 * `changerLost`, those given while it is lost by `changerLost` once more.
 */
export function orderChanger(was: ChangerState, order: MdbOrder, nowMs: number): ChangerStep {
  // Recycler and hoppers have drivers of their own.
  if ("store" in order && order.store !== undefined && order.store !== 0) return only(was);
  const filling = order.order === "accept" ? order.fill === true : was.filling;
  const state = filling === was.filling ? was : { ...was, filling };
  switch (order.order) {
    case "accept": {
      const wantedMask = order.coinMask & ALL_TYPES;
      if (wantedMask === state.wantedMask) return only(state);
      return only(hurry({ ...state, wantedMask }, nowMs));
    }
    case "escrow":
      return only(state);
    case "readTubes":
      if (state.contact.phase !== "ready") return answerLost(state);
      // A reading from before the order may not know what it is about.
      return only(hurry({ ...state, reading: undefined, tubesAtMs: nowMs }, nowMs));
    case "dispense": {
      if (state.contact.phase !== "ready") return answerLost(state);
      if (state.dispense !== undefined || state.payout !== undefined) {
        return only({ ...state, ordersRefused: state.ordersRefused + 1 });
      }
      const { type } = order;
      const dispense = { type, count: Math.min(order.count, MAX_DISPENSE_COUNT) };
      return only(hurry({ ...state, dispense }, nowMs));
    }
    default:
      return only(state);
  }
}

function hurry(state: ChangerState, nowMs: number): ChangerState {
  const contact = hurried(state.contact, nowMs);
  return contact === state.contact ? state : withContact(state, contact);
}

function answerLost(state: ChangerState): ChangerStep {
  if (state.contact.told !== "lost") return only(state);
  return { state, effects: [tell({ event: "changerLost" })] };
}

// ---- what it brought -----------------------------------------------------------------------------------------------

/** Takes the outcome of `command`, sent as `block`. */
export function takeChangerOutcome(
  state: ChangerState,
  command: ChangerCommand,
  block: Uint8Array,
  outcome: Outcome,
  facts: MdbFacts,
  nowMs: number,
): ChangerStep {
  const step = take(state, command, block, outcome, facts, nowMs);
  const { contact, payout } = step.state;
  const failMs = command === "coinType" ? CHANGER_LIMITS.offlineMs : BUS_TIMING.dataReplyMaxMs;
  const stuck = payout !== undefined && nowMs - payout.startedMs >= PAYOUT_MAX_MS;
  const deaf = hearsNoAck(contact);
  if (!stuck && !deaf && !isLost(contact, CHANGER_LIMITS, failMs, nowMs)) return step;
  const lost = loseChanger(step.state, deaf, nowMs);
  return { state: lost.state, effects: [...step.effects, ...lost.effects] };
}

function take(
  state: ChangerState,
  command: ChangerCommand,
  block: Uint8Array,
  outcome: Outcome,
  facts: MdbFacts,
  nowMs: number,
): ChangerStep {
  if (command === "dispense") return dispenseSent(state, block, outcome, nowMs);
  if (outcome.is === "noAnswer") return only(noAnswer(state, command, nowMs));
  const bytes = outcome.is === "data" ? outcome.bytes : undefined;
  switch (command) {
    case "poll":
      if (outcome.is === "ack") return changerQuiet(state, nowMs);
      return changerReplied(state, block, outcome.bytes, outcome.held, nowMs);
    case "reset":
      return only(changerRestarted(state, resetDone(state.contact, nowMs)));
    case "setup":
      return bytes !== undefined && bytes.length >= SETUP_MIN_BYTES
        ? setUp(state, bytes, facts, nowMs)
        : again(state, nowMs);
    case "identification":
      return only(identified(state, bytes, nowMs));
    case "tubeStatus":
      return bytes !== undefined && bytes.length >= TUBES_MIN_BYTES
        ? tubesRead(state, bytes, nowMs)
        : again(state, nowMs);
    case "coinType":
      return typesSet(state, block, nowMs);
  }
}

function again(state: ChangerState, nowMs: number): ChangerStep {
  return only({ ...state, contact: notYet(state.contact, nowMs) });
}

/** Gives the changer up; `rest`: leave it alone for 10 s. */
export function loseChanger(state: ChangerState, rest: boolean, nowMs: number): ChangerStep {
  const next = changerRestarted(state, givenUp(state.contact, rest, nowMs));
  if (state.contact.told === "lost") return only(next);
  return { state: next, effects: [tell({ event: "changerLost" })] };
}

function noAnswer(state: ChangerState, command: ChangerCommand, nowMs: number): ChangerState {
  const contact = unanswered(state.contact, command === "poll" || command === "reset", nowMs);
  switch (command) {
    case "identification":
      return contact.failures > 1 ? { ...state, contact: inPhase(contact, "count", nowMs) } : { ...state, contact };
    case "coinType":
      // It may have taken the mask and its ACK was lost: from now on nobody knows.
      return { ...state, contact, appliedMask: undefined };
    default: {
      // A changer may say nothing at all while it pays, below its non-response time.
      const payout = state.payout === undefined ? undefined : payoutWorking(state.payout, nowMs);
      return { ...state, contact, payout, reading: undefined };
    }
  }
}

function setUp(state: ChangerState, bytes: Uint8Array, facts: MdbFacts, nowMs: number): ChangerStep {
  const { level, credits, scaling, decimals, tubeMask } = decodeReply(COIN_CHANGER, "setup", bytes).fields;
  const valuesMinor: number[] = [];
  const toTube: boolean[] = [];
  for (let type = 0; type < COIN_TYPES; type++) {
    const credit = credits[type] ?? 0;
    valuesMinor.push(credit === COIN_TOKEN ? 0 : valueMinor(credit, scaling, decimals, facts.decimals));
    toTube.push((tubeMask & (1 << type)) !== 0);
  }
  const contact = inPhase(commandAnswered(state.contact, nowMs), level >= 3 ? "identify" : "count", nowMs);
  const valueMask = maskOfValues(valuesMinor);
  return takeEarly({ ...state, contact, valuesMinor, valueMask, toTube });
}

function identified(state: ChangerState, bytes: Uint8Array | undefined, nowMs: number): ChangerState {
  const contact = inPhase(commandAnswered(state.contact, nowMs), "count", nowMs);
  if (bytes === undefined) return { ...state, contact };
  const { serial } = decodeReply(COIN_CHANGER, "identification", bytes).fields;
  return { ...state, contact, serial };
}

/** Believed once the POLL behind it shows that no coin came in between. */
function tubesRead(state: ChangerState, bytes: Uint8Array, nowMs: number): ChangerStep {
  const { counts, fullMask } = decodeReply(COIN_CHANGER, "tubeStatus", bytes).fields;
  const full = counts.map((_, type) => (fullMask & (1 << type)) !== 0);
  const defective = counts.map((count, type) => count === 0 && full[type] === true);
  const reading: TubeReport = { counts, full, defective };
  return only({ ...state, reading, contact: soon(commandAnswered(state.contact, nowMs), nowMs) });
}

function typesSet(state: ChangerState, block: Uint8Array, nowMs: number): ChangerStep {
  const appliedMask = ((block[1] ?? 0) << 8) | (block[2] ?? 0);
  const contact = commandAnswered(state.contact, nowMs);
  // What else was ordered follows at once.
  if (contact.phase !== "types") return only(hurry({ ...state, contact, appliedMask }, nowMs));
  const { valuesMinor, toTube, tubes, serial } = state;
  const { troubles, effects } = troublesWhenReady(contact, CHANGER_FAULTS);
  const ready: Contact = { ...contact, phase: "ready", told: "ready", troubles };
  return {
    state: { ...state, contact: ready, appliedMask, tubesAtMs: nowMs + COUNT_EVERY_MS },
    effects: [...effects, tell({ event: "changerReady", valuesMinor, toTube, tubes, serial })],
  };
}

/** DISPENSE left us once, and never again: whatever came back, the tubes will tell. */
function dispenseSent(state: ChangerState, block: Uint8Array, outcome: Outcome, nowMs: number): ChangerStep {
  const type = (block[1] ?? 0) & 0x0f;
  const count = (block[1] ?? 0) >> 4;
  const acked = outcome.is === "ack";
  const contact =
    outcome.is === "noAnswer" ? unanswered(state.contact, true, nowMs) : commandAnswered(state.contact, nowMs);
  const payout = payoutStarted(type, count, acked, state.tubes.counts[type] ?? 0, nowMs);
  return only({ ...state, contact, dispense: undefined, payout });
}
