/** Power-up: open ledger and documents, say that we are here, bring every broken-off act to an end. */
import { BOOT_CAUSES, type BootCause } from "../../shared/records/kinds.js";
import { CASH_AT_BOOT } from "../cash/state.js";
import { CLIMATE_AT_BOOT } from "../climate.js";
import { deliveryAtBoot } from "../delivery/state.js";
import { openLedger } from "../ledger/ledger.js";
import type { Identity, SensorSnapshot } from "../ports/hardware.js";
import { STARTING } from "../sale/step.js";
import { openDocuments } from "../settings.js";
import { DEFAULT_SETTINGS, type Rooms } from "./conditions.js";
import { Machine } from "./machine.js";
import type { MachinePorts } from "./types.js";

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
  const ledger = openLedger(ports.ledgerFlash, identity.epoch);
  const documents = openDocuments(ports.documentFlash);
  const rooms: Rooms = {
    identity,
    ledger,
    planogram: documents.planogram?.document,
    settings: documents.settings?.document ?? DEFAULT_SETTINGS,
    cash: CASH_AT_BOOT,
    sale: STARTING,
    climate: CLIMATE_AT_BOOT,
    away: sensors.awayFromHome,
    doorOpen: sensors.doorOpen,
    changerKnown: false,
    validatorKnown: false,
    lastSlot: ledger.durable.vend?.slot ?? "",
  };
  const machine = new Machine({ ports, identity, sensors, cause }, rooms, deliveryAtBoot(sensors, nowMs), nowMs);
  machine.start(BOOT_CAUSES.indexOf(cause), sensors, documents.marks);
  return machine;
}
