/**
 * What the master knows of a device that it keeps on the bus without using it in a sale: universal satellites at 40h,
 * 48h and 50h (MDB 4.2 §9) and the age verification device at 68h (§11). They are found, set up, watched, and have a
 * mailbox for files.
 */
import type { FaultName } from "../../shared/faults.js";
import { deepFreeze } from "../../shared/freeze.js";
import { AGE_VERIFICATION } from "../../shared/mdb/age-verification.js";
import { SATELLITE_1, SATELLITE_2, SATELLITE_3 } from "../../shared/mdb/satellite.js";
import { emptyMailbox, type FtlState } from "./file-transport.js";
import { type Contact, FIRST_CONTACT, type Limits, NO_EFFECTS, type PeripheralEffect } from "./peripheral.js";

/** Until the device has told its response time (mdb §1.4 gives a satellite no other): as for a reader. */
export const FIRST_SATELLITE_LIMITS: Limits = Object.freeze<Limits>({ offlineMs: 5_000, setUpMs: 10_000 });
/** A SETUP that is ACKed without its data is asked so often; then the device is used without. */
export const MAX_SETUP_TRIES = 4;

export type SatelliteName = "satellite1" | "satellite2" | "satellite3" | "ageVerifier";
export type SatelliteCommand = "reset" | "poll" | "setup" | "question" | "file";

export interface SatelliteKind {
  readonly table: typeof SATELLITE_1 | typeof SATELLITE_2 | typeof SATELLITE_3 | typeof AGE_VERIFICATION;
  readonly offline: FaultName;
}

const KINDS: { readonly [name in SatelliteName]: SatelliteKind } = deepFreeze({
  satellite1: { table: SATELLITE_1, offline: "satellite1Offline" },
  satellite2: { table: SATELLITE_2, offline: "satellite2Offline" },
  satellite3: { table: SATELLITE_3, offline: "satellite3Offline" },
  ageVerifier: { table: AGE_VERIFICATION, offline: "ageVerifierOffline" },
});

export interface SatelliteState {
  readonly contact: Contact;
  readonly name: SatelliteName;
  readonly limits: Limits;
  /** The age verification device is asked for its status at this time, ms. */
  readonly questionAtMs: number;
  /** The byte behind DRAVS; undefined until one came. What it means is the maker's matter. */
  readonly ageStatus: number | undefined;
  /** POLL codes that complained: errors, out of sequence. For the service page. */
  readonly complaints: number;
  readonly files: FtlState;
}

export function satelliteAtBoot(name: SatelliteName): SatelliteState {
  return Object.freeze<SatelliteState>({
    contact: FIRST_CONTACT,
    name,
    limits: FIRST_SATELLITE_LIMITS,
    questionAtMs: 0,
    ageStatus: undefined,
    complaints: 0,
    files: emptyMailbox(KINDS[name].table.address),
  });
}

export interface SatelliteStep {
  readonly state: SatelliteState;
  readonly effects: readonly PeripheralEffect[];
}

export function only(state: SatelliteState): SatelliteStep {
  return { state, effects: NO_EFFECTS };
}

export function kindOf({ name }: SatelliteState): SatelliteKind {
  return KINDS[name];
}
