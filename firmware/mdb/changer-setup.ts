/**
 * The coin changer's set-up between SETUP and TUBE STATUS (MDB 4.2 §5, p62; mdb §5): values, and of level 3
 * identification, options, diagnosis. A step that a device does not answer twice is left out: it can do less, but it
 * still takes and pays coins.
 */
import { decodeReply, encodeCommand } from "../../shared/mdb/codec.js";
import { COIN_CHANGER, COIN_OPTIONS, COIN_TOKEN, COIN_TYPES } from "../../shared/mdb/coin-changer.js";
import { diagnosed } from "./changer-diagnosis.js";
import { takeEarly } from "./changer-poll.js";
import { type ChangerState, type ChangerStep, type IdentifyStage, only } from "./changer-state.js";
import {
  commandAnswered,
  identityOf,
  inPhase,
  isForeign,
  type MdbFacts,
  maskOfValues,
  type Outcome,
  unanswered,
  valueMinor,
} from "./peripheral.js";

/** Of what it offers, what we use. */
const WANTED_OPTIONS =
  COIN_OPTIONS.alternativePayout |
  COIN_OPTIONS.extendedDiagnostic |
  COIN_OPTIONS.controlledManualFill |
  COIN_OPTIONS.fileTransport;
/** IDENTIFICATION up to its option bits. */
const IDENTIFICATION_BYTES = 33;
/** Tries of what only an option allows after the first. */
const MAX_OPTION_RETRIES = 1;

/** SETUP was read: what its coins are worth. A device for another currency may take and pay nothing. */
export function setUpRead(state: ChangerState, bytes: Uint8Array, facts: MdbFacts, nowMs: number): ChangerStep {
  const { level, country, credits, scaling, decimals, tubeMask } = decodeReply(COIN_CHANGER, "setup", bytes).fields;
  const foreign = isForeign(country, facts.currency);
  const valuesMinor: number[] = [];
  const toTube: boolean[] = [];
  for (let type = 0; type < COIN_TYPES; type++) {
    const credit = credits[type] ?? 0;
    valuesMinor.push(foreign || credit === COIN_TOKEN ? 0 : valueMinor(credit, scaling, decimals, facts.decimals));
    toTube.push((tubeMask & (1 << type)) !== 0);
  }
  const contact = inPhase(commandAnswered(state.contact, nowMs), level >= 3 ? "identify" : "count", nowMs);
  const valueMask = maskOfValues(valuesMinor);
  const unitMinor = foreign ? 0 : valueMinor(1, scaling, decimals, facts.decimals);
  const none = { serial: "", identity: undefined, offered: 0, options: 0, diagnoseMisses: 0 };
  return takeEarly({
    ...state,
    ...none,
    stage: "identification",
    contact,
    valuesMinor,
    valueMask,
    toTube,
    unitMinor,
    foreign,
  });
}

/** FEATURE ENABLE for what it offers and we use. */
export function featureBlock({ offered }: ChangerState): Uint8Array {
  return encodeCommand(COIN_CHANGER, "featureEnable", { options: offered & WANTED_OPTIONS });
}

/** The outcome of a step in the phase "identify". */
export function takeIdentify(state: ChangerState, stage: IdentifyStage, outcome: Outcome, nowMs: number): ChangerStep {
  if (outcome.is === "noAnswer") return only(unheard(state, nowMs));
  const contact = commandAnswered(state.contact, nowMs);
  const bytes = outcome.is === "data" ? outcome.bytes : undefined;
  switch (stage) {
    case "identification": {
      if (bytes === undefined) return only(nextStage({ ...state, contact }, nowMs));
      const { fields } = decodeReply(COIN_CHANGER, "identification", bytes);
      const { serial, options } = fields;
      const offered = bytes.length < IDENTIFICATION_BYTES ? 0 : options;
      return only(nextStage({ ...state, contact, serial, identity: identityOf(fields), offered }, nowMs));
    }
    case "featureEnable":
      return only(nextStage({ ...state, contact, options: state.offered & WANTED_OPTIONS }, nowMs));
    case "sendDiagnostic": {
      const step = diagnosed(state, bytes, nowMs);
      return { state: nextStage(step.state, nowMs), effects: step.effects };
    }
  }
}

function unheard(state: ChangerState, nowMs: number): ChangerState {
  const contact = unanswered(state.contact, false, nowMs);
  return contact.failures > MAX_OPTION_RETRIES
    ? nextStage(withoutOption({ ...state, contact }, state.stage), nowMs)
    : { ...state, contact };
}

/** Steps that this changer needs none of are left out. */
function nextStage(state: ChangerState, nowMs: number): ChangerState {
  const { offered, options, stage } = state;
  const contact = inPhase(state.contact, "identify", nowMs);
  if (stage === "identification" && (offered & WANTED_OPTIONS) !== 0)
    return { ...state, contact, stage: "featureEnable" };
  if (stage !== "sendDiagnostic" && (options & COIN_OPTIONS.extendedDiagnostic) !== 0) {
    return { ...state, contact, stage: "sendDiagnostic" };
  }
  return { ...state, contact: inPhase(contact, "count", nowMs) };
}

/** The device does not answer what it offers: until its next set-up it is not asked again. */
function withoutOption(state: ChangerState, command: IdentifyStage): ChangerState {
  if (command !== "sendDiagnostic") return state;
  return { ...state, options: state.options & ~COIN_OPTIONS.extendedDiagnostic };
}

/** In service: no answer to the diagnosis. It is no sign that the device is lost, POLL decides that. */
export function diagnosisUnheard(state: ChangerState, nowMs: number): ChangerState {
  const contact = { ...unanswered(state.contact, true, nowMs), pollNext: true };
  const diagnoseMisses = state.diagnoseMisses + 1;
  const missed = { ...state, contact, diagnoseMisses };
  return diagnoseMisses > MAX_OPTION_RETRIES ? withoutOption(missed, "sendDiagnostic") : missed;
}

/** The same of a report of hands; the TUBE STATUS before it is read again. */
export function reportUnheard(state: ChangerState, nowMs: number): ChangerState {
  const contact = { ...unanswered(state.contact, true, nowMs), pollNext: true };
  const misses = state.reports.misses + 1;
  const missed = { ...state, contact, reading: undefined, reports: { ...state.reports, ask: undefined, misses } };
  if (misses <= MAX_OPTION_RETRIES) return missed;
  return { ...missed, options: state.options & ~COIN_OPTIONS.controlledManualFill };
}
