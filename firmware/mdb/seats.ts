/**
 * Who may sit on the bus: one row a device, in the order of FITTED. A further kind of device is one more row here and
 * one more name in `Devices`. The bus itself knows drivers only.
 */
import type { FaultName } from "../../shared/faults.js";
import { BILL_OPTIONS, BILL_VALIDATOR } from "../../shared/mdb/bill-validator.js";
import { CASHLESS_OPTIONS, cashlessTable } from "../../shared/mdb/cashless.js";
import { COIN_CHANGER, COIN_OPTIONS } from "../../shared/mdb/coin-changer.js";
import { FITTED, type FittedName } from "../../shared/wire/documents.js";
import { changerBlock, loseChanger, nextChangerCommand, orderChanger, takeChangerOutcome } from "./changer.js";
import {
  CHANGER_AT_BOOT,
  type ChangerCommand,
  type ChangerState,
  withContact as changerWithContact,
} from "./changer-state.js";
import type { Driver } from "./driver.js";
import { HOPPER_DRIVER } from "./hopper.js";
import { type HopperState, hopperAtBoot } from "./hopper-state.js";
import { MailedDriver } from "./mailbox.js";
import type { Contact } from "./peripheral.js";
import { READER_DRIVER } from "./reader.js";
import { type ReaderState, readerAtBoot, readerIsBusy } from "./reader-state.js";
import { SATELLITE_DRIVER } from "./satellite.js";
import { type SatelliteState, satelliteAtBoot } from "./satellite-state.js";
import {
  loseValidator,
  nextValidatorCommand,
  orderValidator,
  takeValidatorOutcome,
  validatorBlock,
} from "./validator.js";
import {
  VALIDATOR_AT_BOOT,
  type ValidatorCommand,
  type ValidatorState,
  withContact as validatorWithContact,
} from "./validator-state.js";

function isOn({ contact, options }: ChangerState | ValidatorState | ReaderState, fileTransport: number): boolean {
  return contact.phase === "ready" && (options & fileTransport) !== 0;
}

const CHANGER_BARE: Driver<ChangerState, ChangerCommand> = Object.freeze({
  next: nextChangerCommand,
  block: changerBlock,
  order: orderChanger,
  take: takeChangerOutcome,
  withContact: changerWithContact,
  lose: loseChanger,
});
const CHANGER_DRIVER = new MailedDriver<ChangerState>(CHANGER_BARE, {
  name: () => "changer",
  table: () => COIN_CHANGER,
  isOn: (state) => isOn(state, COIN_OPTIONS.fileTransport),
  isFree: ({ payout, dispense, reading }) => payout === undefined && dispense === undefined && reading === undefined,
});

const VALIDATOR_BARE: Driver<ValidatorState, ValidatorCommand> = Object.freeze({
  next: nextValidatorCommand,
  block: validatorBlock,
  order: orderValidator,
  take: takeValidatorOutcome,
  withContact: validatorWithContact,
  lose: loseValidator,
});
const VALIDATOR_DRIVER = new MailedDriver<ValidatorState>(VALIDATOR_BARE, {
  name: () => "validator",
  table: () => BILL_VALIDATOR,
  isOn: (state) => isOn(state, BILL_OPTIONS.fileTransport),
  isFree: ({ inEscrow, escrow, reading, recycler }) =>
    inEscrow === undefined &&
    escrow === undefined &&
    reading === undefined &&
    recycler.reading === undefined &&
    recycler.payout === undefined &&
    recycler.dispense === undefined,
});

const CARD_DRIVER = new MailedDriver<ReaderState>(READER_DRIVER, {
  name: ({ reader }) => (reader === 1 ? "reader2" : "reader1"),
  table: ({ reader, dialect }) => cashlessTable(reader, dialect),
  isOn: (state) => isOn(state, CASHLESS_OPTIONS.fileTransport),
  isFree: ({ card, task, diagnosis }) =>
    (card.at === "enabled" || card.at === "disabled") && task === undefined && diagnosis === undefined,
});

/** What the master knows of each device, by its name in FITTED. */
export interface Devices {
  readonly changer: ChangerState;
  readonly validator: ValidatorState;
  readonly reader1: ReaderState;
  readonly reader2: ReaderState;
  readonly hopper1: HopperState;
  readonly hopper2: HopperState;
  readonly satellite1: SatelliteState;
  readonly satellite2: SatelliteState;
  readonly satellite3: SatelliteState;
  readonly ageVerifier: SatelliteState;
}

export type DeviceName = keyof Devices;
export type DeviceState = Devices[DeviceName];

export const DEVICES_AT_BOOT: Devices = Object.freeze({
  changer: CHANGER_AT_BOOT,
  validator: VALIDATOR_AT_BOOT,
  reader1: readerAtBoot(0),
  reader2: readerAtBoot(1),
  hopper1: hopperAtBoot(0),
  hopper2: hopperAtBoot(1),
  satellite1: satelliteAtBoot("satellite1"),
  satellite2: satelliteAtBoot("satellite2"),
  satellite3: satelliteAtBoot("satellite3"),
  ageVerifier: satelliteAtBoot("ageVerifier"),
});

export interface Seat {
  readonly name: DeviceName;
  /** Bit in the facts' `fitted`. */
  readonly fittedBit: number;
  /** Bit in the facts' `ackFirst`; 0 = has no such quirk. */
  readonly ackFirstBit: number;
  readonly driver: Driver<DeviceState>;
  readonly atBoot: DeviceState;
  /** While it is not fitted; made here, so that a device which is not there takes no RAM. */
  readonly unfitted: DeviceState;
  /** Over, once the device is no longer fitted; the same of a device for another currency, where it counts money. */
  readonly offline: FaultName;
  readonly foreign: FaultName | undefined;
}

/** A name goes with its own driver and state only: that is what lets the bus treat all rows alike. */
function seat<N extends DeviceName & FittedName>(
  name: N,
  driver: Driver<Devices[N]>,
  offline: FaultName,
  foreign?: FaultName,
  ackFirstBit = 0,
): Seat {
  const fittedBit = 1 << FITTED.indexOf(name);
  const atBoot = DEVICES_AT_BOOT[name];
  return Object.freeze({ name, fittedBit, ackFirstBit, driver, atBoot, unfitted: absent(atBoot), offline, foreign });
}

export const SEATS: readonly Seat[] = Object.freeze([
  seat("changer", CHANGER_DRIVER, "changerOffline", "foreignCoins", 1),
  seat("validator", VALIDATOR_DRIVER, "validatorOffline", "foreignBills", 2),
  seat("reader1", CARD_DRIVER, "reader1Offline", "reader1Foreign"),
  seat("reader2", CARD_DRIVER, "reader2Offline", "reader2Foreign"),
  seat("hopper1", HOPPER_DRIVER, "hopper1Offline", "hopper1Foreign"),
  seat("hopper2", HOPPER_DRIVER, "hopper2Offline", "hopper2Foreign"),
  seat("satellite1", SATELLITE_DRIVER, "satellite1Offline"),
  seat("satellite2", SATELLITE_DRIVER, "satellite2Offline"),
  seat("satellite3", SATELLITE_DRIVER, "satellite3Offline"),
  seat("ageVerifier", SATELLITE_DRIVER, "ageVerifierOffline"),
]);

/**
 * The device as it takes an order or an outcome. Of two readers, one knows whether the other has a customer. underWay:
 * the command on the wire to it, whose outcome is not known yet.
 */
export function deviceAt(devices: Devices, { name }: Seat, underWay: string | undefined): DeviceState {
  if (name === "reader1") return besides(devices.reader1, devices.reader2, underWay);
  if (name === "reader2") return besides(devices.reader2, devices.reader1, underWay);
  return devices[name];
}

function besides(reader: ReaderState, other: ReaderState, underWay: string | undefined): ReaderState {
  const barred = readerIsBusy(other);
  return reader.barred === barred && reader.underWay === underWay ? reader : { ...reader, barred, underWay };
}

/** A device that is not fitted: never searched nor told of; an order that wants an answer hears that it is lost. */
function absent(atBoot: DeviceState): DeviceState {
  const contact = Object.freeze<Contact>({ ...atBoot.contact, phase: "absent", told: "lost" });
  return Object.freeze({ ...atBoot, contact });
}
