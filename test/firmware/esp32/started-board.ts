/** A board as it is started, on a simulated devkit, with a fleet behind its network's worker. */
import { type Run, runBoard } from "../../../firmware/esp32/run.js";
import { decodeConfig } from "../../../firmware/io/net/config.js";
import type { Parts } from "../../../firmware/io/parts.js";
import type { NetworkSecrets, PendingClaim } from "../../../firmware/io/secret-store.js";
import { openDocuments } from "../../../firmware/settings.js";
import type { PanelView } from "../../../shared/panel-view.js";
import { encodePlanogram, encodeSettings } from "../../../shared/wire/documents.js";
import { DEMO_PLANOGRAM, DEMO_SETTINGS, demoIdentity } from "../../../tools/bench/demo.js";
import { SimClockwork } from "../../../tools/bench/sockets.js";
import { SimDevkit } from "../../support/io/devkit.js";
import { FleetWorker } from "../../support/io/fleet-worker.js";

const COLUMNS = DEMO_PLANOGRAM.slots.map(({ column }) => column);
const CHANGER = 0b1;
export const BUILD_S = 1_770_000_000;
export const SECRETS: NetworkSecrets = {
  brokerHost: "broker.example",
  brokerPort: 8883,
  brokerCa: new Uint8Array([1]),
  certificate: new Uint8Array([2]),
  timeHost: "time.example",
  imageKey: new Uint8Array([3]),
};

export class Board {
  readonly kit = new SimDevkit(COLUMNS);
  readonly identity = demoIdentity();
  readonly world = this.kit.carrier.chip.world;
  readonly worker = new FleetWorker(this.world, this.identity.machineId);
  readonly key = { state: "ready" as "making" | "ready" | "failed", privateKey: () => new ArrayBuffer(3) };
  readonly lines: string[] = [];
  readonly image: string[] = [];
  onTrial = false;
  identified = true;
  claim: PendingClaim | undefined;
  /** Of a board that is to be claimed: 0 = none. */
  epoch = 0;
  run: Run | undefined;
  #parts: Parts<PanelView> | undefined;

  constructor(fitted = CHANGER) {
    const partition = this.kit.flash.partitions.get("documents");
    if (partition === undefined) throw new Error("no flash for documents");
    const documents = openDocuments(partition);
    documents.store("planogram", encodePlanogram(DEMO_PLANOGRAM));
    documents.store("settings", encodeSettings({ ...DEMO_SETTINGS, fitted }));
  }

  start(): this {
    this.#parts?.close();
    const parts = this.kit.parts();
    this.#parts = parts;
    this.kit.run(500);
    this.run = runBoard({
      parts,
      chip: this.kit.chipPort(),
      image: {
        onTrial: this.onTrial,
        confirm: () => this.image.push("confirm") > 0,
        rollBack: () => this.image.push("rollBack") > 0,
      },
      identity: !this.identified
        ? undefined
        : this.claim === undefined
          ? this.identity
          : demoIdentity(undefined, this.epoch),
      columns: COLUMNS,
      network: {
        secrets: this.claim === undefined ? SECRETS : undefined,
        claim: this.claim,
        key: this.key,
        buildS: BUILD_S,
        clockwork: new SimClockwork(),
        startWorker: this.worker.start,
      },
      say: (line) => this.lines.push(line),
    });
    return this;
  }

  get told(): string[] {
    return this.worker.heard.flatMap((frame) => (frame.frame === "idle" ? [frame.idle ? "idle" : "busy"] : []));
  }

  get floorS(): number | undefined {
    const frame = this.worker.heard.find((heard) => heard.frame === "config");
    const config = frame?.frame === "config" ? decodeConfig(frame.config) : undefined;
    return config?.ok ? config.message.floorS : undefined;
  }

  pay(): void {
    for (let i = 0; i < 4; i++) {
      this.kit.changer.insertCoin(25);
      this.kit.run(1_500);
    }
  }
}
