/** What the master knows of the coin changer (MDB 4.2 §5), and what a step of it returns. */
import type { EvaDevice } from "../../shared/eva-dts/report.js";
import { COIN_CHANGER } from "../../shared/mdb/coin-changer.js";
import type { TubeReport } from "../ports/rooms.js";
import { type HandReports, NO_REPORTS } from "./changer-reports.js";
import { emptyMailbox, type FtlState } from "./file-transport.js";
import type { Payout, PayoutOrder } from "./payout.js";
import {
  type Contact,
  type Draft,
  FIRST_CONTACT,
  type Limits,
  NO_EFFECTS,
  type PeripheralEffect,
} from "./peripheral.js";

/** Non-response time 2 s (S42 p61). */
export const CHANGER_LIMITS: Limits = Object.freeze<Limits>({ offlineMs: 2_000, setUpMs: 4_000 });

export type ChangerCommand =
  | "reset"
  | "poll"
  | "setup"
  | IdentifyStage
  | "tubeStatus"
  | "coinType"
  | "dispense"
  | "payout"
  | "payoutStatus"
  | "payoutValuePoll"
  | "manualFillReport"
  | "manualPayoutReport";

/** Steps of the set-up of a level 3 changer, in the phase "identify"; the last is asked in service, too. */
export type IdentifyStage = "identification" | "featureEnable" | "sendDiagnostic";

/** The device is asked for its diagnosis so often (1–10 s, S42 p81). */
export const DIAGNOSE_EVERY_MS = 10_000;

export interface ChangerState {
  readonly contact: Contact;
  /** By type, minor units, 16 entries; empty until SETUP was read once. */
  readonly valuesMinor: readonly number[];
  readonly toTube: readonly boolean[];
  /** Serial number; empty if the device has none to tell (level 2). */
  readonly serial: string;
  readonly stage: IdentifyStage;
  /** COIN_OPTIONS: what it offers, and of that what was switched on; none of level 2. */
  readonly offered: number;
  readonly options: number;
  /** Minor units of one scaling unit; 0 = no whole number of them. */
  readonly unitMinor: number;
  /** It is for another currency than the machine: it may take and pay nothing. */
  readonly foreign: boolean;
  /** Its diagnosis is due, ms. */
  readonly diagnoseAtMs: number;
  /** Tries in a row without an answer. */
  readonly diagnoseMisses: number;
  readonly reports: HandReports;
  /** Money reports of a device that was ACKed before its values were known. */
  readonly early: Uint8Array | undefined;
  /** As read, or reported with a coin since. */
  readonly tubes: TubeReport;
  /** A TUBE STATUS that is believed once the POLL behind it brings no coin. */
  readonly reading: TubeReport | undefined;
  /** TUBE STATUS is due, ms. */
  readonly tubesAtMs: number;
  /** Types that have a value; nothing else is ever enabled. */
  readonly valueMask: number;
  readonly wantedMask: number;
  /** A service person fills the machine: coins are booked as the operator's. */
  readonly filling: boolean;
  /** What the device was last told; undefined = must be told. */
  readonly appliedMask: number | undefined;
  /** Types whose payout ended in "tube jam", as bits; `JAMMED_UNKNOWN` = it was said without a payout. */
  readonly jammed: number;
  readonly dispense: PayoutOrder | undefined;
  readonly payout: Payout | undefined;
  /** DISPENSE orders given while one was open: not carried out. */
  readonly ordersRefused: number;
  readonly files: FtlState;
  /** As it told at its newest set-up; undefined = it told nothing. */
  readonly identity: EvaDevice | undefined;
}

/** Bit behind the sixteen types. */
export const JAMMED_UNKNOWN = 0x1_0000;

const NO_TUBES: TubeReport = Object.freeze<TubeReport>({
  counts: Object.freeze([]),
  full: Object.freeze([]),
  defective: Object.freeze([]),
});

export const CHANGER_AT_BOOT: ChangerState = Object.freeze<ChangerState>({
  contact: FIRST_CONTACT,
  valuesMinor: Object.freeze([]),
  toTube: Object.freeze([]),
  serial: "",
  stage: "identification",
  offered: 0,
  options: 0,
  unitMinor: 0,
  foreign: false,
  diagnoseAtMs: 0,
  diagnoseMisses: 0,
  reports: NO_REPORTS,
  early: undefined,
  tubes: NO_TUBES,
  reading: undefined,
  tubesAtMs: 0,
  valueMask: 0,
  wantedMask: 0,
  filling: false,
  appliedMask: undefined,
  jammed: 0,
  dispense: undefined,
  payout: undefined,
  ordersRefused: 0,
  files: emptyMailbox(COIN_CHANGER.address),
  identity: undefined,
});

export interface ChangerStep {
  readonly state: ChangerState;
  readonly effects: readonly PeripheralEffect[];
}

export function only(state: ChangerState): ChangerStep {
  return { state, effects: NO_EFFECTS };
}

/** What COIN TYPE would say now. */
export function coinMask(state: ChangerState): number {
  return state.wantedMask & state.valueMask;
}

/** The tubes with another count for one type; `full` waits for the next TUBE STATUS. */
export function withCount(tubes: TubeReport, type: number, count: number): TubeReport {
  return { ...tubes, counts: tubes.counts.map((old, of) => (of === type ? count : old)) };
}

/** The same with another contact. Written out, as every poll makes one and a spread costs ten times as much. */
export function withContact(state: ChangerState, contact: Contact): Draft<ChangerState> {
  return {
    contact,
    valuesMinor: state.valuesMinor,
    toTube: state.toTube,
    serial: state.serial,
    stage: state.stage,
    offered: state.offered,
    options: state.options,
    unitMinor: state.unitMinor,
    foreign: state.foreign,
    diagnoseAtMs: state.diagnoseAtMs,
    diagnoseMisses: state.diagnoseMisses,
    reports: state.reports,
    early: state.early,
    tubes: state.tubes,
    reading: state.reading,
    tubesAtMs: state.tubesAtMs,
    valueMask: state.valueMask,
    wantedMask: state.wantedMask,
    filling: state.filling,
    appliedMask: state.appliedMask,
    jammed: state.jammed,
    dispense: state.dispense,
    payout: state.payout,
    ordersRefused: state.ordersRefused,
    files: state.files,
    identity: state.identity,
  };
}
