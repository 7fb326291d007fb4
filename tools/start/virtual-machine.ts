/**
 * The virtual machine of `npm start`: the real firmware on the simulated cabinet, at the pace of the real clock, on a
 * real connection, MQTT or HTTP. It is on disk after every append and before anything is published, so that no one
 * outside ever knows more of it than its own file does; what a person may do to it comes as an `Action`.
 */
import { randomInt } from "node:crypto";
import type { Identity, NetworkPort } from "../../firmware/ports/hardware.js";
import type { WorldInput } from "../../firmware/ports/inputs.js";
import type { Action, LedgerLine, PanelState, TrafficLine } from "../../fleet/web/panel/contract.js";
import { FITTED, FITTED_BY_DEFAULT } from "../../shared/wire/documents.js";
import { MAX_BATCH_BYTES } from "../../shared/wire/messages.js";
import type { Cabinet } from "../bench/cabinet.js";
import { US_READER } from "../bench/card-reader-options.js";
import { DEMO_SETTINGS } from "../bench/demo.js";
import { act } from "./actions.js";
import type { CabinetFolder } from "./cabinet-folder.js";
import { type CabinetState, captureCabinet, restoreCabinet } from "./cabinet-state.js";
import { HttpNetwork } from "./http-network.js";
import { MqttNetwork } from "./mqtt-network.js";
import { ledgerLine, panelState } from "./panel-state.js";
import { TrafficLog } from "./traffic.js";

/** How the machine reaches the fleet; by HTTP where MQTT is blocked. */
export type WayToFleet = { readonly password: string } & (
  | { readonly by: "mqtt"; readonly host: string; readonly port: number }
  | { readonly by: "http"; readonly url: string }
);

/** The board's network, and what befalls it. */
interface MachineNetwork extends NetworkPort {
  readonly connected: boolean;
  setCable(plugged: boolean): void;
  stop(): void;
}

export interface VirtualMachineOptions {
  readonly folder: CabinetFolder;
  /** What the folder held at this start. */
  readonly stored: CabinetState | undefined;
  readonly identity: Identity;
  readonly way: WayToFleet;
  readonly operatorUrl: string;
  readonly log: (line: string) => void;
}

/** How often the world catches up with the real clock. */
const PACE_MS = 10;
/** A process that slept longer than this (a closed lid) does not make the world run after it. */
const CATCH_UP_MS = 1_000;
/** What changes without a record (a coin in the cup taken, a column jammed) is on disk after so long. */
const SAVE_MS = 500;
/** After a programmer's error the board restarts, as by its watchdog. */
const RESTART_MS = 3_000;
/** Records kept for a page that opens later. */
export const LEDGER_TAIL = 40;
const SEED_BOUND = 2 ** 31;

export class VirtualMachine {
  readonly traffic = new TrafficLog();
  readonly ledgerTail: LedgerLine[] = [];
  private readonly options: VirtualMachineOptions;
  private readonly cabinet: Cabinet;
  private readonly network: MachineNetwork;
  private readonly madeS: number;
  private pace: NodeJS.Timeout | undefined;
  private lastMs = 0;
  private cable = true;
  private savedOperations = -1;
  private savedThings = "";
  private savedAtMs = 0;
  private toldSeq = 0;
  /** Told of new bus traffic and of new ledger records. */
  onTraffic: (lines: readonly TrafficLine[]) => void = () => undefined;
  onLedger: (lines: readonly LedgerLine[]) => void = () => undefined;

  constructor(options: VirtualMachineOptions) {
    this.options = options;
    const { identity, stored, way } = options;
    const { machineId } = identity;
    const wallStartS = Math.floor(Date.now() / 1_000);
    this.madeS = stored?.things.madeS ?? wallStartS;
    let network: MachineNetwork | undefined;
    const board = {
      seed: randomInt(SEED_BOUND),
      identity,
      machineId,
      wallStartS,
      readers: [US_READER],
      settings: { ...DEMO_SETTINGS, fitted: FITTED_BY_DEFAULT | (1 << FITTED.indexOf("reader1")) },
      network: (deliver: (input: WorldInput) => void) => {
        const link = { machineId, deliver, beforePublish: () => this.save() };
        const made = way.by === "mqtt" ? new MqttNetwork({ ...way, ...link }) : new HttpNetwork({ ...way, ...link });
        network = made;
        return made;
      },
    };
    this.cabinet = restoreCabinet(board, stored);
    if (network === undefined) throw new Error("the board asked for no network");
    this.network = network;
    this.cabinet.wire.tap((transmission) => {
      const lines = this.traffic.take(transmission);
      if (lines.length > 0) this.onTraffic(lines);
    });
    this.cabinet.watch = {
      before: () => undefined,
      after: (effect) => {
        if (effect.do === "append") this.save();
      },
    };
  }

  powerOn(): void {
    this.save();
    this.cabinet.powerOn();
    this.lastMs = performance.now();
    this.pace = setInterval(() => this.advance(), PACE_MS);
  }

  /** As if the plug were pulled: what is in the air is on disk as it is. */
  stop(): void {
    clearInterval(this.pace);
    this.save();
    this.network.stop();
  }

  /** Does what a person asks. Returns what to tell them if it cannot be done. */
  act(action: Action): string | undefined {
    const setCable = (plugged: boolean): void => {
      this.cable = plugged;
      this.network.setCable(plugged);
    };
    return act({ cabinet: this.cabinet, setCable }, action);
  }

  state(): PanelState {
    const { cable } = this;
    return panelState(this.cabinet, {
      cable,
      connected: this.network.connected,
      operatorUrl: this.options.operatorUrl,
    });
  }

  private advance(): void {
    const nowMs = performance.now();
    const elapsedMs = Math.min(nowMs - this.lastMs, CATCH_UP_MS);
    this.lastMs = nowMs;
    try {
      this.cabinet.runFor(elapsedMs);
      this.tellLedger();
      if (nowMs - this.savedAtMs >= SAVE_MS) this.save();
    } catch (error) {
      this.restart(error);
    }
  }

  /** A failed assertion in the firmware: the board's watchdog restarts it into recovery. */
  private restart(error: unknown): void {
    const { log } = this.options;
    const { cabinet } = this;
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    log(`the machine stopped and restarts (world seed ${cabinet.world.seed}): ${what}`);
    cabinet.cutPower();
    cabinet.world.after(RESTART_MS * 1_000, () => cabinet.powerOn("assert"));
  }

  private tellLedger(): void {
    const ledger = this.cabinet.machine?.rooms.ledger;
    if (ledger === undefined || ledger.newestSeq === this.toldSeq) return;
    const firstSeq = Math.max(this.toldSeq + 1, ledger.newestSeq - LEDGER_TAIL + 1);
    const batch = ledger.readBatch(firstSeq, LEDGER_TAIL, MAX_BATCH_BYTES);
    this.toldSeq = ledger.newestSeq;
    if (batch === undefined) return;
    const lines = batch.records.map(({ code, body }, i) => ledgerLine(code, batch.firstSeq + i, body));
    this.ledgerTail.push(...lines);
    this.ledgerTail.splice(0, Math.max(0, this.ledgerTail.length - LEDGER_TAIL));
    this.onLedger(lines);
  }

  /**
   * On disk when it returns. Throws what the file system says: a machine that cannot write its ledger must not sell.
   */
  private save(): void {
    this.savedAtMs = performance.now();
    const { operations } = this.cabinet.ledgerFlash;
    const state = captureCabinet(this.cabinet, this.madeS);
    const things = JSON.stringify(state.things);
    if (operations === this.savedOperations && things === this.savedThings) return;
    this.options.folder.write(state);
    this.savedOperations = operations;
    this.savedThings = things;
  }
}
