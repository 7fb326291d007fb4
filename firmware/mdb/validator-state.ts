/** What the master knows of the bill validator (MDB 4.2 §6), and what a step of it returns. */
import type { EvaDevice } from "../../shared/eva-dts/report.js";
import { BILL_VALIDATOR } from "../../shared/mdb/bill-validator.js";
import { emptyMailbox, type FtlState } from "./file-transport.js";
import {
  type Contact,
  type Draft,
  FIRST_CONTACT,
  type Limits,
  NO_EFFECTS,
  type PeripheralEffect,
} from "./peripheral.js";
import { NO_RECYCLER, type RecyclerCommand, type RecyclerState } from "./recycler-state.js";

/** Non-response time 5 s (S42 p89). */
export const VALIDATOR_LIMITS: Limits = Object.freeze<Limits>({ offlineMs: 5_000, setUpMs: 7_000 });

/** A validator that is reset while it stacks a bill has put it away by then: transports take at most 2 s. */
export const BILL_SETTLE_MS = 3_000;

export type ValidatorCommand =
  | "reset"
  | "poll"
  | "setup"
  | "identification"
  | "identificationWithOptions"
  | "featureEnable"
  | "security"
  | "recyclerSetup"
  | "stacker"
  | "billType"
  | "escrow"
  | RecyclerCommand;

/** Where the phase `identify` stands: what a level 2 device is asked and told between SETUP and STACKER. */
export type IdentifyStage =
  | "identification"
  | "featureEnable"
  | "security"
  | "recyclerSetup"
  | "recyclerEnable"
  | "dispenserStatus";

/** What STACKER said. */
export interface StackerReport {
  readonly count: number;
  readonly full: boolean;
}

/** Our answer to a bill in escrow, until its outcome. */
export interface EscrowOrder {
  readonly stack: boolean;
  readonly sends: number;
  readonly acked: boolean;
  readonly firstSentMs: number;
  readonly sentMs: number;
}

export interface ValidatorState {
  readonly contact: Contact;
  readonly level: number;
  /** By type, minor units, 16 entries; empty until SETUP was read once. */
  readonly valuesMinor: readonly number[];
  readonly escrowCapable: boolean;
  /** Money reports of a device that was ACKed before its values were known. */
  readonly early: Uint8Array | undefined;
  readonly stacker: StackerReport;
  /** A STACKER count that is believed once the POLL behind it brings no bill. */
  readonly reading: StackerReport | undefined;
  /** STACKER is due, ms. */
  readonly stackerAtMs: number;
  /** Types that have a value; nothing else is ever enabled. */
  readonly valueMask: number;
  readonly wantedMask: number;
  /** What the device was last told; undefined = must be told. */
  readonly appliedMask: number | undefined;
  readonly stage: IdentifyStage;
  /** Units of its values: minor units of one. 0 = not known. */
  readonly unitMinor: number;
  /** It is for another currency than the machine: it may take nothing. */
  readonly foreign: boolean;
  /** BILL_OPTIONS that it offers and the master uses: switched on behind IDENTIFICATION. */
  readonly options: number;
  /** As it tells it; "" = it tells none. */
  readonly serial: string;
  /** Types to be looked at twice, and those it was told of; 0 after its reset. */
  readonly securityMask: number;
  readonly appliedSecurity: number;
  /** Types that the operator wants recycled. */
  readonly recycleMask: number;
  readonly recycler: RecyclerState;
  /** It said that it is disabled, in the newest POLL. */
  readonly saidDisabled: boolean;
  /** Type of the bill in escrow. */
  readonly inEscrow: number | undefined;
  /** It was reset with a bill on its way into the stacker: its counts are asked when that can be over. */
  readonly wasStacking: boolean;
  readonly escrow: EscrowOrder | undefined;
  readonly files: FtlState;
  /** As it told at its newest set-up; undefined = it told nothing. */
  readonly identity: EvaDevice | undefined;
}

const NO_STACKER: StackerReport = Object.freeze<StackerReport>({ count: 0, full: false });

export const VALIDATOR_AT_BOOT: ValidatorState = Object.freeze<ValidatorState>({
  contact: FIRST_CONTACT,
  level: 0,
  valuesMinor: Object.freeze([]),
  escrowCapable: false,
  early: undefined,
  stacker: NO_STACKER,
  reading: undefined,
  stackerAtMs: 0,
  valueMask: 0,
  wantedMask: 0,
  appliedMask: undefined,
  stage: "identification",
  unitMinor: 0,
  foreign: false,
  options: 0,
  serial: "",
  securityMask: 0,
  appliedSecurity: 0,
  recycleMask: 0,
  recycler: NO_RECYCLER,
  saidDisabled: false,
  inEscrow: undefined,
  wasStacking: false,
  escrow: undefined,
  files: emptyMailbox(BILL_VALIDATOR.address),
  identity: undefined,
});

export interface ValidatorStep {
  readonly state: ValidatorState;
  readonly effects: readonly PeripheralEffect[];
}

export function only(state: ValidatorState): ValidatorStep {
  return { state, effects: NO_EFFECTS };
}

/** A bill may still be on its way into stacker or recycler, whatever the device says after its reset. */
export function isSettling(state: ValidatorState, nowMs: number): boolean {
  return state.wasStacking && nowMs < state.contact.resetAtMs + BILL_SETTLE_MS;
}

/** What BILL TYPE would say now. */
export function billMask(state: ValidatorState): number {
  return state.wantedMask & state.valueMask;
}

/** Bill types that go to the recycler and come out of it. */
export function recycledTypes(state: ValidatorState): number {
  return state.recycleMask & state.recycler.mask & state.valueMask;
}

/** The same with another contact. Written out, as every poll makes one and a spread costs ten times as much. */
export function withContact(state: ValidatorState, contact: Contact): Draft<ValidatorState> {
  return {
    contact,
    level: state.level,
    valuesMinor: state.valuesMinor,
    escrowCapable: state.escrowCapable,
    early: state.early,
    stacker: state.stacker,
    reading: state.reading,
    stackerAtMs: state.stackerAtMs,
    valueMask: state.valueMask,
    wantedMask: state.wantedMask,
    appliedMask: state.appliedMask,
    stage: state.stage,
    unitMinor: state.unitMinor,
    foreign: state.foreign,
    options: state.options,
    serial: state.serial,
    securityMask: state.securityMask,
    appliedSecurity: state.appliedSecurity,
    recycleMask: state.recycleMask,
    recycler: state.recycler,
    saidDisabled: state.saidDisabled,
    inEscrow: state.inEscrow,
    wasStacking: state.wasStacking,
    escrow: state.escrow,
    files: state.files,
    identity: state.identity,
  };
}
