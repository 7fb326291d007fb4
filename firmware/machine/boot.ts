/** Power-up: open ledger and documents, say that we are here, bring every broken-off act to an end. */
import { FAULTS } from "../../shared/faults.js";
import { decodeBody } from "../../shared/records/codec.js";
import { hasFault } from "../../shared/records/durable.js";
import { BOOT_CAUSES, type BootCause, type NewRecord, RECORDS } from "../../shared/records/kinds.js";
import { MAX_BATCH_BYTES, MAX_BATCH_RECORDS } from "../../shared/wire/messages.js";
import { CASH_AT_BOOT } from "../cash/state.js";
import { climateAtBoot } from "../climate.js";
import { type DeliveryState, deliveryAtBoot } from "../delivery/state.js";
import { type Ledger, openLedger, ownerOf } from "../ledger/ledger.js";
import type { Identity, SensorSnapshot } from "../ports/hardware.js";
import { CARDS_AT_BOOT } from "../sale/cards-state.js";
import { STARTING } from "../sale/step.js";
import { openDocuments } from "../settings.js";
import { Machine } from "./machine.js";
import { DEFAULT_SETTINGS, type Rooms } from "./rooms.js";
import type { MachinePorts } from "./types.js";
import { documentRecords } from "./upkeep.js";

/** So many asserts at the same money position stop sales: one more restart would end in the same place. */
export const MAX_ASSERTS = 3;
const BY_ASSERT = BOOT_CAUSES.indexOf("assert");

/**
 * A machine ready for inputs; its monotonic time starts at `nowMs` (0 on a board). The ledger is replayed and the boot
 * recorded before anything else may happen.
 */
export function bootMachine(
  ports: MachinePorts,
  identity: Identity,
  sensors: SensorSnapshot,
  cause: BootCause,
  nowMs = 0,
): Machine {
  const ledger = openLedger(ports.ledgerFlash, ownerOf(identity));
  const documents = openDocuments(ports.documentFlash);
  const { durable } = ledger;
  const rooms: Rooms = {
    identity,
    ledger,
    planogram: documents.planogram?.document,
    settings: documents.settings?.document ?? DEFAULT_SETTINGS,
    cash: CASH_AT_BOOT,
    cards: CARDS_AT_BOOT,
    sale: STARTING,
    climate: climateAtBoot(hasFault(durable, FAULTS.tooWarm.code), nowMs),
    away: sensors.awayFromHome,
    motorRuns: false,
    doorOpen: sensors.doorOpen,
    changerKnown: false,
    validatorKnown: false,
    lastSlot: durable.vend?.slot ?? "",
  };
  const stops = cause === "assert" && assertsAtMoney(ledger) + 1 >= MAX_ASSERTS;
  const records: NewRecord[] = [
    { kind: "boot", bootNo: durable.bootNo + 1, cause: BOOT_CAUSES.indexOf(cause), firmware: identity.firmwareVersion },
    ...documentRecords(rooms, documents.marks),
  ];
  if (stops) records.push({ kind: "faultRaised", fault: FAULTS.assertRepeated.code });
  if (durable.doorOpen !== sensors.doorOpen) records.push({ kind: sensors.doorOpen ? "doorOpened" : "doorClosed" });
  const machine = new Machine(ports, rooms, documents, deliveryAtStart(ledger, sensors, nowMs), nowMs);
  machine.start(records, stops || ledger.stands !== undefined || hasFault(durable, FAULTS.assertRepeated.code));
  return machine;
}

/** A beam that was blind before the restart is tried at once: nothing else would ever say that it sees again. */
function deliveryAtStart({ durable }: Ledger, sensors: SensorSnapshot, nowMs: number): DeliveryState {
  const state = deliveryAtBoot(sensors, nowMs);
  return hasFault(durable, FAULTS.beamBlind.code) ? { ...state, blindUntilMs: nowMs } : state;
}

/**
 * Restarts by assert since the newest record about money, as far as one batch reaches back; none from before somebody
 * cleared the stop. A tight loop of restarts writes a handful of records each time.
 */
export function assertsAtMoney(ledger: Ledger): number {
  const fromSeq = Math.max(1, ledger.newestSeq - MAX_BATCH_RECORDS + 1);
  const batch = ledger.readBatch(fromSeq, MAX_BATCH_RECORDS, MAX_BATCH_BYTES);
  let asserts = 0;
  batch?.records.forEach(({ code, body }, i) => {
    const read = decodeBody(code, batch.firstSeq + i, body);
    if (!read.ok) return;
    const { record } = read;
    if (record.kind === "boot" && record.cause === BY_ASSERT) asserts++;
    const cleared = record.kind === "faultCleared" && record.fault === FAULTS.assertRepeated.code;
    if (cleared || RECORDS[record.kind].money) asserts = 0;
  });
  return asserts;
}
