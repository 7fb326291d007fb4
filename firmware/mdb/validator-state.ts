/** What the master knows of the bill validator (MDB 4.2 §6), and what a step of it returns. */
import { type Contact, FIRST_CONTACT, type Limits, NO_EFFECTS, type PeripheralEffect } from "./peripheral.js";

/** Non-response time 5 s (S42 p89). */
export const VALIDATOR_LIMITS: Limits = Object.freeze<Limits>({ offlineMs: 5_000, setUpMs: 7_000 });

export type ValidatorCommand =
  | "reset"
  | "poll"
  | "setup"
  | "identification"
  | "identificationWithOptions"
  | "stacker"
  | "billType"
  | "escrow";

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
  /** Type of the bill in escrow. */
  readonly inEscrow: number | undefined;
  readonly escrow: EscrowOrder | undefined;
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
  inEscrow: undefined,
  escrow: undefined,
});

export interface ValidatorStep {
  readonly state: ValidatorState;
  readonly effects: readonly PeripheralEffect[];
}

export function only(state: ValidatorState): ValidatorStep {
  return { state, effects: NO_EFFECTS };
}

/** What BILL TYPE would say now. */
export function billMask(state: ValidatorState): number {
  return state.wantedMask & state.valueMask;
}
