/**
 * A coin hopper's side of the master: search, set-up, DISPENSE by type and by value, payout status, counts (MDB 4.2
 * §10, PDF p237-249; mdb §4.4). It reports; what money means is decided by firmware/cash.
 */
import { decodeReply, encodeCommand } from "../../shared/mdb/codec.js";
import {
  COIN_HOPPERS,
  HOPPER_COINS_MAX,
  HOPPER_SETUP_BYTES,
  HOPPER_STATUS_BYTES,
  HOPPER_TOKEN,
} from "../../shared/mdb/hopper.js";
import { BUS_TIMING } from "../../shared/mdb/link.js";
import type { MdbOrder } from "../ports/rooms.js";
import type { Driver } from "./driver.js";
import { nextFtl } from "./file-transport.js";
import { hopperCounted, hopperCounts, hopperQuiet, hopperReplied } from "./hopper-poll.js";
import {
  FIRST_HOPPER_LIMITS,
  faultsOf,
  HOPPER_PAYOUT_MAX_MS,
  type HopperCommand,
  type HopperDispense,
  type HopperPayout,
  type HopperState,
  type HopperStep,
  hopperRestarted,
  isWhole,
  nameOf,
  only,
  payoutStarted,
  payoutWorking,
  storeOf,
  withFiles,
} from "./hopper-state.js";
import { fileBlock, fileOrdered, fileSaid } from "./mailbox.js";
import {
  COUNT_EVERY_MS,
  type Contact,
  commandAnswered,
  givenUp,
  hurried,
  inPhase,
  isForeign,
  isLost,
  type MdbFacts,
  mayCount,
  NO_EFFECTS,
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

/** By hand every type may be let out. */
const ALL_TYPES = 0xffff;
/** SETUP with at least one value; a shorter one is no answer. */
const SETUP_MIN_BYTES = 11;
/** 5D 00 was refused so often running: by value, if that can mean nothing else. */
const REFUSALS_BY_TYPE = 1;
/** A step of the set-up that it can do without is left out after so many failures. */
const OPTIONAL_TRIES = 2;

export const HOPPER_DRIVER: Driver<HopperState, HopperCommand> = Object.freeze({
  next: nextHopperCommand,
  block: hopperBlock,
  order: orderHopper,
  take: takeHopperOutcome,
  withContact: (state: HopperState, contact: Contact): HopperState => ({ ...state, contact }),
  lose: loseHopper,
});

// ---- what to say next ----------------------------------------------------------------------------------------------

function nextHopperCommand(state: HopperState, nowMs: number): HopperCommand {
  const { contact } = state;
  if (contact.phase === "reset" || contact.phase === "absent") return "reset";
  if (contact.pollNext) return "poll";
  switch (contact.phase) {
    case "awaitJustReset":
      return "poll";
    case "setup":
      return "setup";
    case "identify":
      return "identification";
    case "count": {
      return mayCount(contact, nowMs) && state.reading === undefined ? "status" : "poll";
    }
    case "types":
      return "manual";
    case "ready":
      return nextWhenReady(state, nowMs);
  }
}

function nextWhenReady(state: HopperState, nowMs: number): HopperCommand {
  const { payout, dispense } = state;
  if (state.reading !== undefined) return "poll";
  if (payout !== undefined) {
    if (payout.ask === "counts") return "status";
    if (payout.ask === "status") return payout.byValue ? "payoutValuePoll" : "payoutStatus";
    return "poll";
  }
  if (dispense !== undefined) {
    // It leaves us only for a device that has just been heard.
    if (state.contact.silentSinceMs !== undefined) return "poll";
    return dispense.byValue ? "dispenseValue" : "dispenseCoins";
  }
  if (nowMs >= state.readAtMs && mayCount(state.contact, nowMs)) return "status";
  return nextFtl(state.files, nowMs) === undefined ? "poll" : "file";
}

function hopperBlock(state: HopperState, command: HopperCommand, _facts: MdbFacts, nowMs: number): Uint8Array {
  const table = COIN_HOPPERS[state.hopper];
  const { type, count } = state.dispense ?? { type: 0, count: 0 };
  switch (command) {
    case "poll":
      return Uint8Array.of(table.address | POLL_CODE);
    case "file": {
      const message = nextFtl(state.files, nowMs);
      return message === undefined ? Uint8Array.of(table.address | POLL_CODE) : fileBlock(table.address, message);
    }
    case "manual":
      return encodeCommand(table, "manual", { manualDispenseMask: ALL_TYPES });
    case "dispenseCoins":
      return encodeCommand(table, "dispenseCoins", { type, count });
    case "dispenseValue":
      return encodeCommand(table, "dispenseValue", { value: unitsOf(state, type, count) });
    default:
      return encodeCommand(table, command);
  }
}

/** Scaling units of so many coins. */
function unitsOf({ unitMinor, valuesMinor }: HopperState, type: number, count: number): number {
  return unitMinor > 0 ? ((valuesMinor[type] ?? 0) * count) / unitMinor : 0;
}

// ---- orders --------------------------------------------------------------------------------------------------------

/**
 * Orders for its store given while it is being set up are answered by `storeReady` or `storeLost`, those given while it
 * is lost by `storeLost` once more.
 */
function orderHopper(state: HopperState, order: MdbOrder, nowMs: number): HopperStep {
  const mail = fileOrdered(state.files, order, nameOf(state), state.contact.told === "lost");
  if (mail !== undefined) return withFiles(hurry(state, nowMs), mail, NO_EFFECTS);
  if (order.order !== "dispense" && order.order !== "readTubes") return only(state);
  if (order.store !== storeOf(state)) return only(state);
  if (state.contact.phase !== "ready") {
    return state.contact.told === "lost" ? { state, effects: [lost(state)] } : only(state);
  }
  // A reading from before the order may not know what it is about.
  if (order.order === "readTubes") return only(hurry({ ...state, reading: undefined, readAtMs: nowMs }, nowMs));
  if (state.dispense !== undefined || state.payout !== undefined) {
    return only({ ...state, ordersRefused: state.ordersRefused + 1 });
  }
  const { type } = order;
  const count = Math.min(order.count, HOPPER_COINS_MAX);
  const dispense: HopperDispense = { type, count, byValue: mustPayByValue(state, type) };
  return only(hurry({ ...state, reading: undefined, dispense }, nowMs));
}

/** It did not obey 5D 00, and the only coins it can hold are of this type: their value can mean nothing else. */
function mustPayByValue(state: HopperState, type: number): boolean {
  const units = unitsOf(state, type, 1);
  const { counts, refusals, valuesMinor } = state;
  if (counts === undefined || refusals < REFUSALS_BY_TYPE || units === 0 || !Number.isInteger(units)) return false;
  // What cannot be counted may be there all the same.
  const holdsNone = (of: number): boolean => counts.counts[of] === 0 && counts.defective[of] !== true;
  return valuesMinor.every((value, of) => of === type || value === 0 || holdsNone(of));
}

function hurry(state: HopperState, nowMs: number): HopperState {
  const contact = hurried(state.contact, nowMs);
  return contact === state.contact ? state : { ...state, contact };
}

// ---- what it brought -----------------------------------------------------------------------------------------------

function takeHopperOutcome(
  state: HopperState,
  command: HopperCommand,
  _block: Uint8Array,
  outcome: Outcome,
  facts: MdbFacts,
  nowMs: number,
): HopperStep {
  const step = take(state, command, outcome, facts, nowMs);
  const { contact, payout, limits } = step.state;
  const stuck = payout !== undefined && nowMs - payout.startedMs >= HOPPER_PAYOUT_MAX_MS;
  if (!stuck && !isLost(contact, limits, BUS_TIMING.dataReplyMaxMs, nowMs)) return step;
  const given = loseHopper(step.state, false, nowMs);
  return { state: given.state, effects: [...step.effects, ...given.effects] };
}

function take(
  state: HopperState,
  command: HopperCommand,
  outcome: Outcome,
  facts: MdbFacts,
  nowMs: number,
): HopperStep {
  switch (command) {
    case "dispenseCoins":
    case "dispenseValue":
      return only(dispenseSent(state, outcome, nowMs));
    case "payoutStatus":
    case "payoutValuePoll":
      return statusRead(state, command, outcome, nowMs);
    case "file":
      return mailed(state, outcome, nowMs);
    default:
      break;
  }
  if (outcome.is === "noAnswer") return noAnswer(state, command, nowMs);
  const bytes = outcome.is === "data" ? outcome.bytes : undefined;
  switch (command) {
    case "poll":
      return bytes === undefined ? hopperQuiet(state, nowMs) : hopperReplied(state, bytes, nowMs);
    case "reset":
      return hopperRestarted(state, resetDone(state.contact, nowMs), NO_EFFECTS);
    case "setup":
      return only(setUp(state, bytes, facts, nowMs));
    case "identification":
      return only(identified(state, bytes, nowMs));
    case "status": {
      const counts = bytes === undefined ? undefined : hopperCounts(bytes);
      if (bytes === undefined || counts === undefined || !isWhole(state, bytes, HOPPER_STATUS_BYTES)) {
        return only({ ...state, short: bytes, contact: notYet(state.contact, nowMs) });
      }
      return hopperCounted({ ...state, short: undefined }, counts, nowMs);
    }
    case "manual":
      return inService(state, commandAnswered(state.contact, nowMs), nowMs);
  }
}

/** A message of its mailbox has left us; what it answers at once is said in POLL codes. */
function mailed(state: HopperState, outcome: Outcome, nowMs: number): HopperStep {
  const answered = outcome.is !== "noAnswer";
  const contact = answered ? commandAnswered(state.contact, nowMs) : unanswered(state.contact, true, nowMs);
  const step = withFiles({ ...state, contact }, fileSaid(state.files, outcome, nowMs), NO_EFFECTS);
  if (outcome.is !== "data") return step;
  const after = hopperReplied(step.state, outcome.bytes, nowMs);
  return { state: after.state, effects: [...step.effects, ...after.effects] };
}

/** Gives the hopper up; `rest`: leave it alone for 10 s. */
function loseHopper(state: HopperState, rest: boolean, nowMs: number): HopperStep {
  const told = state.contact.told === "lost" ? NO_EFFECTS : [lost(state), trouble(faultsOf(state).offline, true)];
  const gone = { ...state, limits: FIRST_HOPPER_LIMITS };
  return hopperRestarted(gone, givenUp(state.contact, rest, nowMs), told);
}

function lost(state: HopperState): PeripheralEffect {
  return tell({ event: "storeLost", store: storeOf(state) });
}

function noAnswer(state: HopperState, command: HopperCommand, nowMs: number): HopperStep {
  const contact = unanswered(state.contact, command === "poll" || command === "reset", nowMs);
  const leaveOut = contact.failures >= OPTIONAL_TRIES;
  if (command === "identification" && leaveOut) return only({ ...state, contact: inPhase(contact, "count", nowMs) });
  // Hands can then let nothing out, which is no reason not to pay.
  if (command === "manual" && leaveOut) return inService(state, contact, nowMs);
  // A hopper may say nothing at all while it pays, below its non-response time.
  const payout = state.payout === undefined ? undefined : payoutWorking(state.payout, nowMs);
  return only({ ...state, contact, payout, reading: undefined });
}

function setUp(state: HopperState, bytes: Uint8Array | undefined, facts: MdbFacts, nowMs: number): HopperState {
  const table = COIN_HOPPERS[state.hopper];
  if (bytes === undefined || bytes.length < SETUP_MIN_BYTES || !isWhole(state, bytes, HOPPER_SETUP_BYTES)) {
    return { ...state, short: bytes, contact: notYet(state.contact, nowMs) };
  }
  const { country, credits, scaling, decimals, responseS } = decodeReply(table, "setup", bytes).fields;
  const foreign = isForeign(country, facts.currency);
  const valuesMinor = credits.map((credit) =>
    foreign || credit === HOPPER_TOKEN ? 0 : valueMinor(credit, scaling, decimals, facts.decimals),
  );
  const unitMinor = foreign ? 0 : valueMinor(1, scaling, decimals, facts.decimals);
  const offlineMs = Math.max(FIRST_HOPPER_LIMITS.offlineMs, responseS * 1_000);
  const limits = { offlineMs, setUpMs: FIRST_HOPPER_LIMITS.setUpMs + offlineMs };
  const contact = inPhase(commandAnswered(state.contact, nowMs), "identify", nowMs);
  return { ...state, contact, limits, valuesMinor, unitMinor, foreign, short: undefined };
}

function identified(state: HopperState, bytes: Uint8Array | undefined, nowMs: number): HopperState {
  const contact = inPhase(commandAnswered(state.contact, nowMs), "count", nowMs);
  if (bytes === undefined) return { ...state, contact, serial: "" };
  const { serial } = decodeReply(COIN_HOPPERS[state.hopper], "identification", bytes).fields;
  return { ...state, contact, serial };
}

function inService(state: HopperState, contact: Contact, nowMs: number): HopperStep {
  const { offline, jam, trouble: other, foreign } = faultsOf(state);
  const { troubles, effects } = troublesWhenReady(contact, [jam, other]);
  const { valuesMinor, serial, counts } = state;
  const ready: Contact = { ...inPhase(contact, "ready", nowMs), told: "ready", troubles };
  if (counts === undefined) return only({ ...state, contact: inPhase(contact, "count", nowMs) });
  return {
    state: { ...state, contact: ready, readAtMs: nowMs + COUNT_EVERY_MS },
    effects: [
      ...effects,
      trouble(offline, false),
      trouble(foreign, state.foreign),
      tell({ event: "storeReady", store: storeOf(state), valuesMinor, tubes: counts, serial }),
    ],
  };
}

// ---- a payout ------------------------------------------------------------------------------------------------------

/** Not to be repeated, whatever came back: the coins may be on their way (App. 3). */
function dispenseSent(state: HopperState, outcome: Outcome, nowMs: number): HopperState {
  const acked = outcome.is !== "noAnswer";
  const contact = acked ? commandAnswered(state.contact, nowMs) : unanswered(state.contact, true, nowMs);
  const { dispense, counts } = state;
  if (dispense === undefined) return { ...state, contact };
  const payout = payoutStarted(dispense, acked, counts?.counts[dispense.type] ?? 0, nowMs);
  return { ...state, contact, dispense: undefined, payout };
}

/** 5E 00: data = ended, ACK = busy. 5E 01: data = so much came since, ACK = ended. Both are held, the counts prove. */
function statusRead(
  state: HopperState,
  command: "payoutStatus" | "payoutValuePoll",
  outcome: Outcome,
  nowMs: number,
): HopperStep {
  const { payout } = state;
  const held = outcome.is === "data" && outcome.held;
  const effects: readonly PeripheralEffect[] = held ? [{ do: "release" }] : NO_EFFECTS;
  if (outcome.is === "noAnswer") {
    const contact = unanswered(state.contact, true, nowMs);
    const tried = payout && { ...payout, ask: "nothing" as const, statusTries: payout.statusTries + 1 };
    return { state: { ...state, contact, payout: tried }, effects };
  }
  const contact = commandAnswered(state.contact, nowMs);
  if (payout === undefined) return { state: { ...state, contact }, effects };
  const ended = (outcome.is === "data") === (command === "payoutStatus");
  const next: HopperPayout = ended
    ? { ...payout, finished: true, ask: "counts" }
    : // Some go on saying so without end: then the counts are asked in between.
      { ...payout, stirredMs: nowMs, statusTries: payout.statusTries + 1, ask: "nothing" };
  return { state: { ...state, contact: ended ? soon(contact, nowMs) : contact, payout: next }, effects };
}
