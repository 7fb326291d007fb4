/**
 * The bill validator's set-up between SETUP and STACKER: identification, options, high security, recycler (MDB 4.2 §6,
 * p90; mdb §5). A step that a device does not answer twice is left out: it can do less, but it still takes bills.
 */
import { BILL_OPTIONS, BILL_TOKEN, BILL_TYPES, BILL_VALIDATOR, HAS_ESCROW } from "../../shared/mdb/bill-validator.js";
import { decodeReply } from "../../shared/mdb/codec.js";
import {
  COUNT_EVERY_MS,
  commandAnswered,
  identityOf,
  inPhase,
  isForeign,
  type MdbFacts,
  maskOfValues,
  type Outcome,
  soon,
  unanswered,
  valueMinor,
} from "./peripheral.js";
import { countsOf } from "./recycler.js";
import {
  type IdentifyStage,
  isSettling,
  recycledTypes,
  type ValidatorCommand,
  type ValidatorState,
} from "./validator-state.js";

/** IDENTIFICATION WITH OPTIONS up to its option bits. */
const WITH_OPTIONS_BYTES = 33;
/** Tries of one step after the first. */
const MAX_RETRIES = 1;

/** SETUP was read: what its bills are worth. A device for another currency may take nothing. */
export function validatorSetUp(
  state: ValidatorState,
  bytes: Uint8Array,
  facts: MdbFacts,
  nowMs: number,
): ValidatorState {
  const { level, country, values, scaling, decimals, escrow } = decodeReply(BILL_VALIDATOR, "setup", bytes).fields;
  const foreign = isForeign(country, facts.currency);
  const valuesMinor: number[] = [];
  for (let type = 0; type < BILL_TYPES; type++) {
    const value = values[type] ?? 0;
    const usable = !foreign && value !== BILL_TOKEN;
    valuesMinor.push(usable ? valueMinor(value, scaling, decimals, facts.decimals) : 0);
  }
  const contact = inPhase(commandAnswered(state.contact, nowMs), "identify", nowMs);
  return {
    ...state,
    contact,
    level,
    valuesMinor,
    valueMask: maskOfValues(valuesMinor),
    escrowCapable: escrow === HAS_ESCROW,
    unitMinor: valueMinor(1, scaling, decimals, facts.decimals),
    foreign,
    stage: "identification",
    options: 0,
    serial: "",
    identity: undefined,
    appliedSecurity: 0,
  };
}

/** The command of the stage. */
export function identifyCommand(state: ValidatorState, nowMs: number): ValidatorCommand {
  const { stage, level } = state;
  if (stage === "identification") return level >= 2 ? "identificationWithOptions" : "identification";
  const waits = state.recycler.reading !== undefined || isSettling(state, nowMs);
  if (stage === "dispenserStatus" && waits) return "poll";
  return stage;
}

/** The outcome of the stage's command; undefined if it is another one. */
export function takeIdentify(
  state: ValidatorState,
  command: ValidatorCommand,
  outcome: Outcome,
  nowMs: number,
): ValidatorState {
  if (outcome.is === "noAnswer") return unheard(state, nowMs);
  const answered = { ...state, contact: commandAnswered(state.contact, nowMs) };
  const bytes = outcome.is === "data" ? outcome.bytes : new Uint8Array(0);
  switch (command) {
    case "identification":
    case "identificationWithOptions": {
      if (bytes.length === 0) return nextStage(answered, nowMs);
      const { fields } = decodeReply(BILL_VALIDATOR, command, bytes);
      const told = { ...answered, serial: fields.serial, identity: identityOf(fields) };
      return nextStage(withOptions(told, bytes), nowMs);
    }
    case "security":
      return nextStage({ ...answered, appliedSecurity: state.securityMask }, nowMs);
    case "recyclerSetup": {
      const mask = bytes.length < 2 ? 0 : decodeReply(BILL_VALIDATOR, "recyclerSetup", bytes).fields.recyclerMask;
      return nextStage({ ...answered, recycler: { ...state.recycler, mask } }, nowMs);
    }
    case "recyclerEnable":
      return nextStage({ ...answered, recycler: { ...state.recycler, routes: recycledTypes(state) } }, nowMs);
    case "dispenserStatus": {
      const reading = countsOf(bytes);
      if (reading === undefined) return unheard(state, nowMs);
      // Believed once the POLL behind it brings no bill: `identifyCounted`.
      return { ...answered, contact: soon(answered.contact, nowMs), recycler: { ...state.recycler, reading } };
    }
    default:
      return nextStage(answered, nowMs);
  }
}

/** The POLL behind DISPENSER STATUS; `moving`: a bill is on its way, so it is read again. */
export function identifyCounted(state: ValidatorState, moving: boolean, nowMs: number): ValidatorState {
  const { recycler } = state;
  if (moving) return { ...state, recycler: { ...recycler, reading: undefined } };
  const { reading: tubes } = recycler;
  const readAtMs = nowMs + COUNT_EVERY_MS;
  return nextStage({ ...state, recycler: { ...recycler, tubes, reading: undefined, readAtMs } }, nowMs);
}

function withOptions(state: ValidatorState, bytes: Uint8Array): ValidatorState {
  if (bytes.length < WITH_OPTIONS_BYTES) return state;
  const { options } = decodeReply(BILL_VALIDATOR, "identificationWithOptions", bytes).fields;
  const wanted = BILL_OPTIONS.fileTransport | (state.recycleMask === 0 ? 0 : BILL_OPTIONS.recycling);
  return { ...state, options: options & wanted };
}

/** No answer: a second try, then without. */
function unheard(state: ValidatorState, nowMs: number): ValidatorState {
  const contact = unanswered(state.contact, false, nowMs);
  if (contact.failures <= MAX_RETRIES) return { ...state, contact };
  const recycling = state.stage !== "identification" && state.stage !== "security";
  const next = recycling ? { ...state, contact, options: 0, recycler: { ...state.recycler, mask: 0 } } : state;
  return nextStage({ ...next, contact }, nowMs);
}

/** The stage behind this one that the device and the settings ask for; then STACKER. */
function nextStage(state: ValidatorState, nowMs: number): ValidatorState {
  const stage = stageBehind(state, state.stage);
  const contact = inPhase(state.contact, stage === undefined ? "count" : "identify", nowMs);
  return stage === undefined ? { ...state, contact } : { ...state, contact, stage };
}

function stageBehind(state: ValidatorState, stage: IdentifyStage): IdentifyStage | undefined {
  const recycles = (state.options & BILL_OPTIONS.recycling) !== 0;
  switch (stage) {
    case "identification":
      if (state.options !== 0) return "featureEnable";
      return state.securityMask === 0 ? undefined : "security";
    case "featureEnable":
      if (state.securityMask !== 0) return "security";
      return recycles ? "recyclerSetup" : undefined;
    case "security":
      return recycles ? "recyclerSetup" : undefined;
    case "recyclerSetup":
      return recycledTypes(state) === 0 ? undefined : "recyclerEnable";
    case "recyclerEnable":
      return recycledTypes(state) === 0 ? undefined : "dispenserStatus";
    case "dispenserStatus":
      return undefined;
  }
}
