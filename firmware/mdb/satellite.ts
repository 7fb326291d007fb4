/**
 * Universal satellites and the age verification device: search, set-up, watch, files (MDB 4.2 §9 and §11, PDF
 * p213-265; mdb §4.4). What a sale could do with them needs data that mdb.md does not give: no VEND is ever sent.
 */
import { AGE_QUESTION, AGE_VERIFICATION, ageStatus } from "../../shared/mdb/age-verification.js";
import { decodeReply, encodeCommand } from "../../shared/mdb/codec.js";
import { decodePoll } from "../../shared/mdb/poll.js";
import { SATELLITE_1, SATELLITE_POLL_CODE } from "../../shared/mdb/satellite.js";
import type { MdbOrder } from "../ports/rooms.js";
import type { Driver } from "./driver.js";
import { emptied, type FtlStep, ftlHeard, ftlTick, nextFtl } from "./file-transport.js";
import { fileBlock, fileOrdered, fileSaid, filesTold } from "./mailbox.js";
import {
  COUNT_EVERY_MS,
  type Contact,
  commandAnswered,
  givenUp,
  hurried,
  inPhase,
  isLost,
  justReset,
  justResetOverdue,
  type MdbFacts,
  NO_EFFECTS,
  notYet,
  type Outcome,
  type PeripheralEffect,
  pollAnswered,
  resetDone,
  unanswered,
} from "./peripheral.js";
import {
  FIRST_SATELLITE_LIMITS,
  kindOf,
  MAX_SETUP_TRIES,
  only,
  type SatelliteCommand,
  type SatelliteState,
  type SatelliteStep,
} from "./satellite-state.js";
import { trouble } from "./troubles.js";

/** SETUP up to Z6. */
const SETUP_MIN_BYTES = 6;
/** What we tell the age verification device of ourselves: the frame of a level 1 reader. */
const LEVEL_1 = 1;
const FULL_ASCII = 1;

export const SATELLITE_DRIVER: Driver<SatelliteState, SatelliteCommand> = Object.freeze({
  next: nextSatelliteCommand,
  block: satelliteBlock,
  order: orderSatellite,
  take: takeSatelliteOutcome,
  withContact: (state: SatelliteState, contact: Contact): SatelliteState => ({ ...state, contact }),
  lose: loseSatellite,
});

// ---- what to say next ----------------------------------------------------------------------------------------------

function nextSatelliteCommand(state: SatelliteState, nowMs: number): SatelliteCommand {
  const { contact } = state;
  if (contact.phase === "reset" || contact.phase === "absent") return "reset";
  if (contact.pollNext || contact.phase === "awaitJustReset") return "poll";
  if (contact.phase !== "ready") return "setup";
  if (nextFtl(state.files, nowMs) !== undefined) return "file";
  return state.name === "ageVerifier" && nowMs >= state.questionAtMs ? "question" : "poll";
}

function satelliteBlock(state: SatelliteState, command: SatelliteCommand, facts: MdbFacts, nowMs: number): Uint8Array {
  const { table } = kindOf(state);
  switch (command) {
    case "poll":
      return Uint8Array.of(table.address | SATELLITE_POLL_CODE);
    case "reset":
      return Uint8Array.of(table.address);
    case "question":
      return encodeCommand(AGE_VERIFICATION, "diagnostics", { data: AGE_QUESTION });
    case "setup": {
      if (table.name !== "ageVerification") return encodeCommand(table, "setup");
      const { displayColumns: columns, displayRows: rows } = facts;
      return encodeCommand(table, "setup", { level: LEVEL_1, columns, rows, display: FULL_ASCII });
    }
    case "file": {
      const message = nextFtl(state.files, nowMs);
      return message === undefined
        ? Uint8Array.of(table.address | SATELLITE_POLL_CODE)
        : fileBlock(table.address, message);
    }
  }
}

// ---- orders --------------------------------------------------------------------------------------------------------

function orderSatellite(state: SatelliteState, order: MdbOrder, nowMs: number): SatelliteStep {
  const { name, contact, files } = state;
  const step = fileOrdered(files, order, name, contact.told === "lost");
  return step === undefined ? only(state) : withFiles({ ...state, contact: hurried(contact, nowMs) }, step, NO_EFFECTS);
}

function withFiles(state: SatelliteState, step: FtlStep, before: readonly PeripheralEffect[]): SatelliteStep {
  const next = step.state === state.files ? state : { ...state, files: step.state };
  if (step.events.length === 0) return { state: next, effects: before };
  return { state: next, effects: [...before, ...filesTold(state.name, step.events)] };
}

// ---- what it brought -----------------------------------------------------------------------------------------------

function takeSatelliteOutcome(
  state: SatelliteState,
  command: SatelliteCommand,
  _block: Uint8Array,
  outcome: Outcome,
  _facts: MdbFacts,
  nowMs: number,
): SatelliteStep {
  const step = take(state, command, outcome, nowMs);
  const { contact, limits } = step.state;
  if (!isLost(contact, limits, limits.setUpMs, nowMs)) return step;
  const lost = loseSatellite(step.state, false, nowMs);
  return { state: lost.state, effects: [...step.effects, ...lost.effects] };
}

function take(state: SatelliteState, command: SatelliteCommand, outcome: Outcome, nowMs: number): SatelliteStep {
  if (command === "file") return saidOfFile(state, outcome, nowMs);
  if (outcome.is === "noAnswer") {
    const contact = unanswered(state.contact, command !== "setup", nowMs);
    // A question that nobody understands is put again in a minute.
    return only({
      ...state,
      contact,
      questionAtMs: command === "question" ? nowMs + COUNT_EVERY_MS : state.questionAtMs,
    });
  }
  switch (command) {
    case "reset":
      return withFiles({ ...state, contact: resetDone(state.contact, nowMs) }, emptied(state.files), NO_EFFECTS);
    case "setup":
      return setUp(state, outcome, nowMs);
    case "question": {
      const asked = { ...state, questionAtMs: nowMs + COUNT_EVERY_MS, contact: commandAnswered(state.contact, nowMs) };
      return outcome.is === "data" ? heard(asked, outcome.bytes, nowMs) : only(asked);
    }
    case "poll":
      return outcome.is === "ack" ? quiet(state, nowMs) : heard(state, outcome.bytes, nowMs);
  }
}

function quiet(state: SatelliteState, nowMs: number): SatelliteStep {
  const contact = pollAnswered(state.contact, nowMs);
  if (justResetOverdue(contact, nowMs)) return only({ ...state, contact: inPhase(contact, "setup", nowMs) });
  return withFiles({ ...state, contact }, ftlTick(state.files, nowMs), NO_EFFECTS);
}

function saidOfFile(state: SatelliteState, outcome: Outcome, nowMs: number): SatelliteStep {
  const answered = outcome.is !== "noAnswer";
  const contact = answered ? commandAnswered(state.contact, nowMs) : unanswered(state.contact, true, nowMs);
  const step = withFiles({ ...state, contact }, fileSaid(state.files, outcome, nowMs), NO_EFFECTS);
  if (outcome.is !== "data") return step;
  const after = heard(step.state, outcome.bytes, nowMs);
  return { state: after.state, effects: [...step.effects, ...after.effects] };
}

/** A satellite's reply is a block of its own, the age verification device's comes as a POLL code. */
function setUp(state: SatelliteState, outcome: Outcome, nowMs: number): SatelliteStep {
  if (outcome.is === "data" && state.name === "ageVerifier") return heard(state, outcome.bytes, nowMs);
  if (outcome.is === "data" && outcome.bytes.length >= SETUP_MIN_BYTES) {
    const { responseS } = decodeReply(SATELLITE_1, "setup", outcome.bytes).fields;
    return inService(state, responseS, nowMs);
  }
  const contact = notYet(state.contact, nowMs);
  return contact.failures >= MAX_SETUP_TRIES ? inService(state, 0, nowMs) : only({ ...state, contact });
}

function inService(state: SatelliteState, responseS: number, nowMs: number): SatelliteStep {
  const offlineMs = Math.max(FIRST_SATELLITE_LIMITS.offlineMs, responseS * 1_000);
  const limits = { offlineMs, setUpMs: FIRST_SATELLITE_LIMITS.setUpMs + offlineMs };
  const contact: Contact = { ...inPhase(commandAnswered(state.contact, nowMs), "ready", nowMs), told: "ready" };
  return {
    state: { ...state, contact, limits, questionAtMs: nowMs },
    effects: [trouble(kindOf(state).offline, false)],
  };
}

/** A block of POLL codes: the satellites' are a part of the age verification device's. */
function heard(was: SatelliteState, reply: Uint8Array, nowMs: number): SatelliteStep {
  const { events, unknown } = decodePoll(was.name === "ageVerifier" ? AGE_VERIFICATION : SATELLITE_1, reply);
  const contact = pollAnswered(was.contact, nowMs);
  let step: SatelliteStep = only({
    ...was,
    contact: { ...contact, unknownCodes: contact.unknownCodes + unknown.length },
  });
  for (const event of events) {
    const { state, effects } = step;
    switch (event.event) {
      case "justReset": {
        const again = justReset(state.contact, nowMs);
        if (again !== undefined) step = withFiles({ ...state, contact: again }, emptied(state.files), effects);
        break;
      }
      case "config": {
        if (state.contact.phase !== "setup") break;
        const ready = inService(state, event.responseS, nowMs);
        step = { state: ready.state, effects: [...effects, ...ready.effects] };
        break;
      }
      case "diagnostics":
        step = { state: { ...state, ageStatus: ageStatus(event.data) ?? state.ageStatus }, effects };
        break;
      case "error":
      case "outOfSequence":
        step = { state: { ...state, complaints: state.complaints + 1 }, effects };
        break;
      default:
        step = withFiles(state, ftlHeard(state.files, event, nowMs), effects);
        break;
    }
  }
  // One that says other things than JUST RESET is set up all the same.
  if (!justResetOverdue(step.state.contact, nowMs)) return step;
  return { ...step, state: { ...step.state, contact: inPhase(step.state.contact, "setup", nowMs) } };
}

/** Gives the device up; `rest`: leave it alone for 10 s. */
function loseSatellite(state: SatelliteState, rest: boolean, nowMs: number): SatelliteStep {
  const contact = givenUp(state.contact, rest, nowMs);
  const effects = state.contact.told === "lost" ? NO_EFFECTS : [trouble(kindOf(state).offline, true)];
  return withFiles({ ...state, contact, limits: FIRST_SATELLITE_LIMITS }, emptied(state.files), effects);
}
