/**
 * The coin changer's side of the master: search, set-up, acceptance mask, tubes, DISPENSE (MDB 4.2 §5; mdb §2 and §5).
 * It reports; what money means is decided by firmware/cash.
 */

import { decodeReply, encodeCommand } from "../../shared/mdb/codec.js";
import { COIN_CHANGER, COIN_OPTIONS } from "../../shared/mdb/coin-changer.js";
import { BUS_TIMING } from "../../shared/mdb/link.js";
import type { MdbOrder, TubeReport } from "../ports/rooms.js";
import { diagnosed } from "./changer-diagnosis.js";
import {
  coinsOrder,
  orderBlock,
  orderCommand,
  payoutCommand,
  payUnitMinor,
  takePayoutOutcome,
  valueOrder,
} from "./changer-payout.js";
import { CHANGER_FAULTS, changerQuiet, changerReplied, changerRestarted } from "./changer-poll.js";
import { askReports, type HandReport, reportsFilling, reportTaken } from "./changer-reports.js";
import { diagnosisUnheard, featureBlock, reportUnheard, setUpRead, takeIdentify } from "./changer-setup.js";
import {
  CHANGER_LIMITS,
  type ChangerCommand,
  type ChangerState,
  type ChangerStep,
  coinMask,
  only,
  withContact,
} from "./changer-state.js";
import { PAYOUT_MAX_MS, type PayoutOrder, payoutWorking } from "./payout.js";
import {
  COUNT_EVERY_MS,
  type Contact,
  commandAnswered,
  givenUp,
  hearsNoAck,
  hurried,
  isLost,
  type MdbFacts,
  mayCount,
  notYet,
  type Outcome,
  POLL_CODE,
  resetDone,
  soon,
  tell,
  unanswered,
} from "./peripheral.js";
import { trouble, troublesWhenReady } from "./troubles.js";

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
      return state.stage;
    case "count": {
      if (state.reading !== undefined) return state.reports.ask ?? "poll";
      return mayCount(contact, nowMs) ? "tubeStatus" : "poll";
    }
    case "types":
      return "coinType";
    case "ready":
      return nextWhenReady(state, nowMs);
  }
}

function nextWhenReady(state: ChangerState, nowMs: number): ChangerCommand {
  const { payout, dispense } = state;
  if (state.reading !== undefined) return state.reports.ask ?? "poll";
  if (payout !== undefined) return payoutCommand(payout);
  if (state.appliedMask !== coinMask(state)) return "coinType";
  // An order to pay leaves us only for a device that has just been heard.
  if (dispense !== undefined) return state.contact.silentSinceMs === undefined ? orderCommand(dispense) : "poll";
  if (nowMs >= state.tubesAtMs && mayCount(state.contact, nowMs)) return "tubeStatus";
  const diagnoses = (state.options & COIN_OPTIONS.extendedDiagnostic) !== 0;
  return diagnoses && nowMs >= state.diagnoseAtMs ? "sendDiagnostic" : "poll";
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
    case "dispense":
    case "payout":
      return orderBlock(state.dispense ?? coinsOrder(0, 0));
    case "featureEnable":
      return featureBlock(state);
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
    case "dispense":
      return orderPayout(state, coinsOrder(order.type, order.count), nowMs);
    case "dispenseValue":
      return orderPayout(state, valueOrder(state, order.valueMinor), nowMs);
    default:
      return only(state);
  }
}

/** order: undefined = this changer cannot carry it out. */
function orderPayout(state: ChangerState, order: PayoutOrder | undefined, nowMs: number): ChangerStep {
  if (state.contact.phase !== "ready") return answerLost(state);
  const busy = state.dispense !== undefined || state.payout !== undefined;
  if (busy || order === undefined) {
    const refused = { ...state, ordersRefused: state.ordersRefused + 1 };
    if (busy) return only(refused);
    return { state: refused, effects: [tell({ event: "dispensed", acked: false, tubes: state.tubes })] };
  }
  return only(hurry({ ...state, dispense: order }, nowMs));
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
  switch (command) {
    case "dispense":
    case "payout":
    case "payoutStatus":
    case "payoutValuePoll":
      return takePayoutOutcome(state, command, outcome, nowMs);
    case "identification":
    case "featureEnable":
      return takeIdentify(state, command, outcome, nowMs);
    case "sendDiagnostic":
      if (state.contact.phase === "identify") return takeIdentify(state, command, outcome, nowMs);
      if (outcome.is === "noAnswer") return only(diagnosisUnheard(state, nowMs));
      return diagnosed(state, outcome.is === "data" ? outcome.bytes : undefined, nowMs);
    case "manualFillReport":
    case "manualPayoutReport":
      return reported(state, command, outcome, nowMs);
    default:
      return takeBasic(state, command, block, outcome, facts, nowMs);
  }
}

/** What every level answers. */
function takeBasic(
  state: ChangerState,
  command: "reset" | "poll" | "setup" | "tubeStatus" | "coinType",
  block: Uint8Array,
  outcome: Outcome,
  facts: MdbFacts,
  nowMs: number,
): ChangerStep {
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
        ? setUpRead(state, bytes, facts, nowMs)
        : again(state, nowMs);
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

/** A report of hands; behind the last one the POLL that makes the tubes believed, or worthless. */
function reported(state: ChangerState, report: HandReport, outcome: Outcome, nowMs: number): ChangerStep {
  if (outcome.is === "noAnswer") return only(reportUnheard(state, nowMs));
  const contact = soon(commandAnswered(state.contact, nowMs), nowMs);
  const step = reportTaken({ ...state, contact }, report, outcome);
  const { reports } = step.state;
  // Money first: no coin waits for hands that go on filling.
  const next = reports.moved ? { ...step.state, contact: { ...contact, pollNext: true } } : step.state;
  return { state: next, effects: step.effects };
}

/** Believed once the POLL behind it shows that no coin came in between. */
function tubesRead(state: ChangerState, bytes: Uint8Array, nowMs: number): ChangerStep {
  const { counts, fullMask } = decodeReply(COIN_CHANGER, "tubeStatus", bytes).fields;
  const full = counts.map((_, type) => (fullMask & (1 << type)) !== 0);
  const defective = counts.map((count, type) => count === 0 && full[type] === true);
  const reading: TubeReport = { counts, full, defective };
  const asks = reportsFilling(state) && state.payout === undefined;
  const reports = asks ? askReports(state.reports) : state.reports;
  return only({ ...state, reading, reports, contact: soon(commandAnswered(state.contact, nowMs), nowMs) });
}

function typesSet(state: ChangerState, block: Uint8Array, nowMs: number): ChangerStep {
  const appliedMask = ((block[1] ?? 0) << 8) | (block[2] ?? 0);
  const contact = commandAnswered(state.contact, nowMs);
  // What else was ordered follows at once.
  if (contact.phase !== "types") return only(hurry({ ...state, contact, appliedMask }, nowMs));
  const { valuesMinor, toTube, tubes, serial } = state;
  const unitMinor = payUnitMinor(state);
  const pays = unitMinor === undefined ? {} : { payUnitMinor: unitMinor };
  const { troubles, effects } = troublesWhenReady(contact, CHANGER_FAULTS);
  const ready: Contact = { ...contact, phase: "ready", told: "ready", troubles };
  return {
    state: { ...state, contact: ready, appliedMask, tubesAtMs: nowMs + COUNT_EVERY_MS },
    effects: [
      ...effects,
      trouble("foreignCoins", state.foreign),
      tell({ event: "changerReady", valuesMinor, toTube, tubes, serial, ...pays }),
    ],
  };
}
