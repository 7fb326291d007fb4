/**
 * What the master knows of a coin hopper (MDB 4.2 §10, PDF p237-249), and of a payout on its way to its end. A
 * DISPENSE leaves us once and never again, ACKed or not; what has left is told by the counts alone.
 */
import { equalBytes } from "../../shared/bytes.js";
import type { FaultName } from "../../shared/faults.js";
import { deepFreeze } from "../../shared/freeze.js";
import { COIN_HOPPERS } from "../../shared/mdb/hopper.js";
import { BUS_TIMING } from "../../shared/mdb/link.js";
import type { TubeReport } from "../ports/rooms.js";
import { emptied, emptyMailbox, type FtlState, type FtlStep } from "./file-transport.js";
import { filesTold } from "./mailbox.js";
import { type Contact, FIRST_CONTACT, type Limits, NO_EFFECTS, type PeripheralEffect } from "./peripheral.js";

/** mdb §1.4: 5 s, or Z6 if larger. */
export const FIRST_HOPPER_LIMITS: Limits = Object.freeze<Limits>({ offlineMs: 5_000, setUpMs: 10_000 });
/** Index of STORES of the first hopper. */
export const FIRST_HOPPER_STORE = 2;
/** A DISPENSE that was neither ACKed nor showed any work is asked about after so long. */
export const HOPPER_UNHEARD_MS = 2_000;
/** Told that it has ended, and not all has come: the counts must stand still for so long (mdb §2, payout rules). */
export const HOPPER_QUIET_MS = 2_000;
/** PAYOUT STATUS is tried so often before the counts alone must do. */
export const MAX_HOPPER_STATUS_TRIES = 3;
/** No DISPENSE takes longer; a hopper that goes on being busy is given up, and its counts settle it. */
export const HOPPER_PAYOUT_MAX_MS = BUS_TIMING.dataReplyMaxMs;

export type HopperCommand =
  | "reset"
  | "poll"
  | "setup"
  | "identification"
  | "status"
  | "manual"
  | "dispenseCoins"
  | "dispenseValue"
  | "payoutStatus"
  | "payoutValuePoll"
  | "file";

export interface HopperDispense {
  readonly type: number;
  readonly count: number;
  /** By value (5D 01), for a hopper that does not obey 5D 00: only where it can but choose this type. */
  readonly byValue: boolean;
}

export interface HopperPayout extends HopperDispense {
  readonly acked: boolean;
  readonly startedMs: number;
  /** Coins of the type before it. */
  readonly before: number;
  /** Coins of the type when the counts were last read. */
  readonly last: number;
  /** Newest sign of work, ms. */
  readonly stirredMs: number;
  /** What is to be asked next. */
  readonly ask: "nothing" | "status" | "counts";
  readonly statusTries: number;
  /** The hopper says that it has ended. */
  readonly finished: boolean;
}

export interface HopperFaults {
  readonly offline: FaultName;
  readonly jam: FaultName;
  readonly trouble: FaultName;
  readonly foreign: FaultName;
}

const HOPPER_FAULTS: readonly [HopperFaults, HopperFaults] = deepFreeze([
  { offline: "hopper1Offline", jam: "hopper1Jam", trouble: "hopper1Trouble", foreign: "hopper1Foreign" },
  { offline: "hopper2Offline", jam: "hopper2Jam", trouble: "hopper2Trouble", foreign: "hopper2Foreign" },
]);

export interface HopperState {
  readonly contact: Contact;
  /** 0 at 58h, 1 at 70h. */
  readonly hopper: 0 | 1;
  readonly limits: Limits;
  /** By type, minor units, 16 entries; empty until SETUP was read once. */
  readonly valuesMinor: readonly number[];
  /** Minor units of one scaling unit; 0 = no whole number of them. */
  readonly unitMinor: number;
  /** It is for another currency than the machine: nothing is paid from it. */
  readonly foreign: boolean;
  /** Empty if it tells none. */
  readonly serial: string;
  /** The newest SETUP or STATUS that was shorter than the specification has it; see `isWhole`. */
  readonly short: Uint8Array | undefined;
  /** Newest STATUS that is believed. */
  readonly counts: TubeReport | undefined;
  /** One that is believed once the POLL behind it shows nothing at work. */
  readonly reading: TubeReport | undefined;
  /** STATUS is due, ms. */
  readonly readAtMs: number;
  readonly dispense: HopperDispense | undefined;
  readonly payout: HopperPayout | undefined;
  /** DISPENSEs by type running that were neither ACKed nor moved a coin. */
  readonly refusals: number;
  readonly files: FtlState;
  /** DISPENSE orders given while one was open: not carried out. */
  readonly ordersRefused: number;
}

/** hopper: 0 at 58h, 1 at 70h. */
export function hopperAtBoot(hopper: 0 | 1): HopperState {
  return Object.freeze<HopperState>({
    contact: FIRST_CONTACT,
    hopper,
    limits: FIRST_HOPPER_LIMITS,
    valuesMinor: Object.freeze([]),
    unitMinor: 0,
    foreign: false,
    serial: "",
    short: undefined,
    counts: undefined,
    reading: undefined,
    readAtMs: 0,
    dispense: undefined,
    payout: undefined,
    refusals: 0,
    files: emptyMailbox(COIN_HOPPERS[hopper].address),
    ordersRefused: 0,
  });
}

export interface HopperStep {
  readonly state: HopperState;
  readonly effects: readonly PeripheralEffect[];
}

export function only(state: HopperState): HopperStep {
  return { state, effects: NO_EFFECTS };
}

/** Its mailbox after a step, and what is told of it behind `before`. */
export function withFiles(state: HopperState, step: FtlStep, before: readonly PeripheralEffect[]): HopperStep {
  const next = step.state === state.files ? state : { ...state, files: step.state };
  if (step.events.length === 0) return { state: next, effects: before };
  return { state: next, effects: [...before, ...filesTold(nameOf(state), step.events)] };
}

/** As among what is fitted. */
export function nameOf({ hopper }: HopperState): "hopper1" | "hopper2" {
  return hopper === 0 ? "hopper1" : "hopper2";
}

/** Index of STORES. */
export function storeOf({ hopper }: HopperState): number {
  return FIRST_HOPPER_STORE + hopper;
}

export function faultsOf({ hopper }: HopperState): HopperFaults {
  return HOPPER_FAULTS[hopper];
}

/** Everything that a reset of the device makes void. An open DISPENSE is answered by `storeReady` with its counts. */
export function hopperRestarted(state: HopperState, contact: Contact, before: readonly PeripheralEffect[]): HopperStep {
  const gone = { counts: undefined, reading: undefined, dispense: undefined, payout: undefined };
  return withFiles({ ...state, ...gone, contact, short: undefined }, emptied(state.files), before);
}

/**
 * A lost 00 leaves the checksum as it was, so a reply that has not its full length may have holes in it: it is believed
 * if it came twice running. Some devices stop behind the last type they have.
 */
export function isWhole({ short }: HopperState, bytes: Uint8Array, fullBytes: number): boolean {
  return bytes.length >= fullBytes || (short !== undefined && equalBytes(short, bytes));
}

// ---- a payout ------------------------------------------------------------------------------------------------------

export function payoutStarted(order: HopperDispense, acked: boolean, before: number, nowMs: number): HopperPayout {
  return {
    ...order,
    acked,
    startedMs: nowMs,
    before,
    last: before,
    stirredMs: nowMs,
    ask: "nothing",
    statusTries: 0,
    finished: false,
  };
}

/** A POLL said busy, or nothing at all. */
export function payoutWorking(payout: HopperPayout, nowMs: number): HopperPayout {
  return { ...payout, stirredMs: nowMs, ask: "nothing" };
}

/** A POLL was answered without busy. */
export function payoutResting(payout: HopperPayout, nowMs: number): HopperPayout {
  if (payout.ask !== "nothing") return payout;
  if (!payout.acked && nowMs - payout.stirredMs < HOPPER_UNHEARD_MS) return payout;
  return { ...payout, ask: payout.finished || payout.statusTries >= MAX_HOPPER_STATUS_TRIES ? "counts" : "status" };
}

/** Coins of the type went out by hand meanwhile. */
export function payoutShifted(payout: HopperPayout, type: number, out: number): HopperPayout {
  return type === payout.type ? { ...payout, before: payout.before - out, last: payout.last - out } : payout;
}

/** The payout goes on with these counts; undefined = it has ended, they are the truth. */
export function payoutAfterCounts(
  payout: HopperPayout,
  counts: TubeReport,
  limits: Limits,
  nowMs: number,
): HopperPayout | undefined {
  const count = counts.counts[payout.type] ?? 0;
  if (payout.before - count >= payout.count) return undefined;
  const stirredMs = count === payout.last ? payout.stirredMs : nowMs;
  const quietMs = payout.finished ? HOPPER_QUIET_MS : limits.offlineMs;
  if (nowMs - stirredMs >= quietMs) return undefined;
  return { ...payout, last: count, stirredMs, ask: "nothing", statusTries: 0 };
}
