/** A board that is provisioned and loaded, with stand-ins for the SDK's modules that its start imports. */
import type { PinMap } from "../../../firmware/io/boards/pin-map.js";
import {
  encodeIdentity,
  encodeNetwork,
  IDENTITY_ENTRY,
  NETWORK_ENTRY,
  SECRET_DOMAIN,
} from "../../../firmware/io/secret-store.js";
import { openDocuments } from "../../../firmware/settings.js";
import { encodePlanogram, encodeSettings } from "../../../shared/wire/documents.js";
import { DEMO_PLANOGRAM, DEMO_SETTINGS, demoIdentity } from "../../../tools/bench/demo.js";
import { SimDevkit } from "../io/devkit.js";
import { FleetWorker } from "../io/fleet-worker.js";
import { BusMachine } from "./bus-machine.js";

const CHANGER = 0b1;
const NETWORK = {
  ...{ ssid: "shop", password: "12345678", brokerHost: "broker.example", brokerPort: 8883 },
  ...{
    brokerCa: Uint8Array.of(1),
    certificate: Uint8Array.of(2),
    timeHost: "time.example",
    imageKey: Uint8Array.of(3),
  },
};

export class ProvisionedBoard {
  readonly kit: SimDevkit;
  readonly fleet: FleetWorker;
  readonly machine: BusMachine;
  readonly identity = demoIdentity();

  constructor(map: PinMap) {
    this.kit = new SimDevkit(
      DEMO_PLANOGRAM.slots.map(({ column }) => column),
      map,
    );
    this.fleet = new FleetWorker(this.kit.carrier.chip.world, this.identity.machineId);
    this.machine = new BusMachine(this.kit, this.fleet);
    const partition = this.kit.flash.partitions.get("documents");
    if (partition === undefined) throw new Error("no flash for documents");
    const documents = openDocuments(partition);
    documents.store("planogram", encodePlanogram(DEMO_PLANOGRAM));
    documents.store("settings", encodeSettings({ ...DEMO_SETTINGS, fitted: CHANGER }));
    const { entries } = this.kit.keyValue;
    const { firmwareVersion: _version, ...identity } = this.identity;
    entries.set(`${SECRET_DOMAIN}/${IDENTITY_ENTRY}`, encodeIdentity(identity));
    entries.set(`${SECRET_DOMAIN}/${NETWORK_ENTRY}`, encodeNetwork(NETWORK));
  }

  get sales(): number {
    return this.fleet.fleet.records(this.identity.machineId).filter(({ kind }) => kind === "saleSettled").length;
  }

  /** So many quarters, one behind the other. */
  pay(quarters: number): void {
    for (let i = 0; i < quarters; i++) {
      this.kit.changer.insertCoin(25);
      this.kit.run(1_500);
    }
  }
}
