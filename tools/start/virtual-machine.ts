/**
 * The virtual machine of `npm start`: the real firmware on the simulated cabinet, at the pace of the real clock, on a real
 * MQTT connection. What it holds survives the process; what a person may do to it comes as an `Action`.
 */
import type { Action, LedgerLine, Mischief, PanelState, ServiceSide, TrafficLine } from "../../fleet/web/panel/contract.js";
import type { Identity } from "../../firmware/ports/hardware.js";
import { faultSentence } from "../../shared/faults.js";
import { decodeBody } from "../../shared/records/codec.js";
import { MAX_BATCH_BYTES } from "../../shared/wire/messages.js";
import { Cabinet } from "../bench/cabinet.js";
import { US_CHANGER } from "../bench/changer.js";
import { DEMO_PLANOGRAM } from "../bench/demo.js";
import type { SimFlash } from "../bench/flash.js";
import { CabinetFolder } from "./cabinet-folder.js";
import { MqttNetwork } from "./mqtt-network.js";
import { TrafficLog } from "./traffic.js";

export interface VirtualMachineOptions {
  readonly folder: string;
  readonly identity: Identity;
  readonly mqtt: { readonly host: string; readonly port: number; readonly password: string };
  readonly operatorUrl: string;
  readonly log: (line: string) => void;
}

/** How often the world catches up with the real clock. */
const PACE_MS = 10;
/** A process that slept longer than this (a closed lid) does not make the world run after it. */
const CATCH_UP_MS = 1_000;
/** Contents other than flash are written so often, if they changed. */
const SAVE_MS = 500;
/** After a programmer's error the board restarts, as by its watchdog. */
const RESTART_MS = 3_000;
const LEDGER_TAIL = 40;
const WARM_MILLI_C = 12_000;
const COLD_MILLI_C = 4_500;

export class VirtualMachine {
  readonly traffic = new TrafficLog();
  readonly ledgerTail: LedgerLine[] = [];
  private readonly options: VirtualMachineOptions;
  private readonly folder: CabinetFolder;
  private readonly cabinet: Cabinet;
  private readonly network: MqttNetwork;
  private pace: NodeJS.Timeout | undefined;
  private lastMs = 0;
  private savedOperations = -1;
  private savedAtMs = 0;
  private cashBoxBeforeMinor = 0;
  private cable = true;
  private beamBlind = false;
  private toldSeq = 0;
  private readonly jammedSlots = new Set<string>();
  /** Told of new bus traffic and of new ledger records. */
  onTraffic: (lines: readonly TrafficLine[]) => void = () => undefined;
  onLedger: (lines: readonly LedgerLine[]) => void = () => undefined;

  constructor(options: VirtualMachineOptions) {
    this.options = options;
    this.folder = new CabinetFolder(options.folder);
    const contents = this.folder.readContents();
    const { host, port, password } = options.mqtt;
    const { machineId } = options.identity;
    let network: MqttNetwork | undefined;
    this.cashBoxBeforeMinor = contents?.cashBoxMinor ?? 0;
    const slots = DEMO_PLANOGRAM.slots;
    const columns = slots.map(({ column, quantity }, i) => ({ column, products: contents?.columns[i] ?? quantity }));
    const types = US_CHANGER.types.map((spec, type) => ({ ...spec, count: contents?.tubes[type] ?? spec.count ?? 0 }));
    this.cabinet = new Cabinet({
      identity: options.identity,
      machineId,
      columns,
      changer: { ...US_CHANGER, types },
      wallStartS: Math.floor(Date.now() / 1_000),
      network: (deliver) => {
        network = new MqttNetwork({ host, port, machineId, password, deliver });
        return network;
      },
    });
    if (network === undefined) throw new Error("the board asked for no network");
    this.network = network;
    for (const valueMinor of contents?.stackerBills ?? []) this.cabinet.validator?.path.load(valueMinor);
    this.restoreFlash("ledger", this.cabinet.ledgerFlash);
    this.cabinet.wire.tap((transmission) => {
      const lines = this.traffic.take(transmission);
      if (lines.length > 0) this.onTraffic(lines);
    });
    this.cabinet.watch = {
      before: () => undefined,
      // What the fleet may hear of must outlive this process: flash goes to disk with every append.
      after: (effect) => {
        if (effect.do === "append") this.save();
      },
    };
  }

  powerOn(): void {
    this.cabinet.powerOn();
    this.lastMs = performance.now();
    this.pace = setInterval(() => this.advance(), PACE_MS);
  }

  stop(): void {
    clearInterval(this.pace);
    this.save();
    this.network.stop();
  }

  /** Does what a person asks. Returns what to tell them if it cannot be done. */
  act(action: Action): string | undefined {
    const { cabinet } = this;
    switch (action.do) {
      case "coin":
        cabinet.insertCoin(action.valueMinor);
        return undefined;
      case "bill":
        return cabinet.insertBill(action.valueMinor) === undefined ? "The bill validator does not take it now." : undefined;
      case "select":
        return this.onPower(() => cabinet.select(action.slot));
      case "key":
        return this.onPower(() => cabinet.press(action.key));
      case "cancel":
        return this.onPower(() => cabinet.cancel());
      case "lever":
        return this.onPower(() => cabinet.pullLever());
      case "takeCoins":
        cabinet.takeCoins();
        return undefined;
      case "takeProducts":
        cabinet.takeGoods();
        return undefined;
      case "pullBill":
        return cabinet.validator?.pullBack() === true ? undefined : "No bill waits in escrow.";
      case "kick":
        return cabinet.spirals.kick() === 0 ? "Nothing hangs in the machine." : undefined;
      default:
        return this.mischief(action);
    }
  }

  private mischief(action: Action): string | undefined {
    const { cabinet } = this;
    switch (action.do) {
      case "power":
        if (action.on) cabinet.powerOn();
        else cabinet.cutPower();
        return undefined;
      case "network":
        this.cable = action.on;
        this.network.setCable(action.on);
        return undefined;
      case "door":
        cabinet.door.set(action.on);
        return undefined;
      case "beamBlind":
        this.beamBlind = action.on;
        cabinet.beam.setBlocked(action.on);
        return undefined;
      case "unplugChanger":
        cabinet.changer?.setPlugged(!action.on);
        return undefined;
      case "unplugValidator":
        cabinet.validator?.setPlugged(!action.on);
        return undefined;
      case "warm":
        cabinet.thermometer.milliC = action.on ? WARM_MILLI_C : COLD_MILLI_C;
        return undefined;
      case "jamTube":
        if (action.on) cabinet.changer?.tubes.jam(action.type);
        else cabinet.changer?.tubes.unjam(action.type);
        return undefined;
      case "jamSlot":
      case "refillSlot":
        return this.atSlot(action);
      default:
        return "Nobody knows how to do that.";
    }
  }

  private atSlot(action: Extract<Action, { do: "jamSlot" | "refillSlot" }>): string | undefined {
    const slot = this.cabinet.planogram.slots.find(({ slot: code }) => code === action.slot);
    if (slot === undefined) return `There is no slot ${action.slot}.`;
    if (action.do === "refillSlot") {
      const missing = slot.capacity - this.cabinet.spirals.productsIn(slot.column);
      if (missing <= 0) return `Slot ${action.slot} is full.`;
      this.cabinet.spirals.fill(slot.column, missing);
      return undefined;
    }
    this.cabinet.spirals.setJammed(slot.column, action.on);
    if (action.on) this.jammedSlots.add(action.slot);
    else this.jammedSlots.delete(action.slot);
    return undefined;
  }

  private onPower(act: () => void): string | undefined {
    if (!this.cabinet.powered) return "The machine has no power.";
    act();
    return undefined;
  }

  state(): PanelState {
    const { cabinet, options } = this;
    const { slots } = cabinet.planogram;
    const inTray = cabinet.truth.products.filter(({ place }) => place === "tray");
    const tray = inTray.flatMap(({ column }) => slots.filter((slot) => slot.column === column));
    const turning = cabinet.spirals.turning;
    return {
      machineId: options.identity.machineId,
      view: cabinet.view,
      surroundings: {
        cup: cabinet.truth.coins.filter(({ place }) => place === "cup").map(({ valueMinor }) => valueMinor),
        billsBackMinor: cabinet.truth.billFlowMinor("escrow", "customer") + cabinet.truth.billFlowMinor("transport", "customer"),
        tray: tray.map(({ slot, name, productId }) => ({ slot, name, productId })),
        turning: slots.find(({ column }) => column === turning)?.slot,
        coinsMinor: cabinet.changer?.options.types.map(({ valueMinor }) => valueMinor) ?? [],
        billsMinor: cabinet.validator?.options.valuesMinor ?? [],
      },
      service: this.service(),
      mischief: this.mischiefNow(),
      currency: "USD",
      connected: this.network.connected,
      operatorUrl: options.operatorUrl,
    };
  }

  private service(): ServiceSide | undefined {
    const { cabinet } = this;
    const { machine } = cabinet;
    if (machine === undefined) return undefined;
    const { durable, sale } = machine.snapshot();
    const tubes = cabinet.changer?.tubes;
    return {
      sale: JSON.stringify(sale),
      creditMinor: durable.creditMinor,
      tubes: (tubes?.types ?? []).flatMap(({ valueMinor, capacity }, type) => {
        if (capacity === 0) return [];
        const jammed = tubes?.jamOf(type) !== undefined;
        return [{ type, valueMinor, found: tubes?.count(type) ?? 0, expected: durable.tubes[type] ?? 0, jammed }];
      }),
      cashBoxMinor: this.cashBoxMinor(),
      stackerBills: cabinet.validator?.path.stackerCount ?? 0,
      openBrackets: [
        ...(durable.vend === undefined ? [] : ["vend"]),
        ...(durable.payout === undefined ? [] : ["payout"]),
        ...(durable.stack === undefined ? [] : ["bill"]),
      ],
      faults: durable.faults.map(({ fault, slot }) => faultSentence(fault, this.options.identity.machineId, slot)),
      newestSeq: machine.rooms.ledger.newestSeq,
      ackedSeq: machine.rooms.ledger.mark,
      uptimeS: Math.floor(cabinet.js.nowMs / 1_000),
      tempMilliC: cabinet.thermometer.milliC,
    };
  }

  private mischiefNow(): Mischief {
    const { cabinet } = this;
    return {
      powered: cabinet.powered,
      network: this.cable,
      doorOpen: cabinet.door.open,
      beamBlind: this.beamBlind,
      changerUnplugged: cabinet.changer?.plugged === false,
      validatorUnplugged: cabinet.validator?.plugged === false,
      jammedSlots: [...this.jammedSlots],
    };
  }

  private cashBoxMinor(): number {
    return this.cashBoxBeforeMinor + this.cabinet.truth.coinsMinor("cashBox");
  }

  private advance(): void {
    const nowMs = performance.now();
    const elapsedMs = Math.min(nowMs - this.lastMs, CATCH_UP_MS);
    this.lastMs = nowMs;
    try {
      this.cabinet.runFor(elapsedMs);
      this.tellLedger();
    } catch (error) {
      this.restart(error);
    }
    if (nowMs - this.savedAtMs >= SAVE_MS) {
      this.savedAtMs = nowMs;
      this.save();
    }
  }

  /** A failed assertion in the firmware: the board's watchdog restarts it into recovery. */
  private restart(error: unknown): void {
    this.options.log(`the machine stopped and restarts: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    this.cabinet.cutPower();
    this.cabinet.world.after(RESTART_MS * 1_000, () => this.cabinet.powerOn("assert"));
  }

  private tellLedger(): void {
    const { machine } = this.cabinet;
    if (machine === undefined || machine.rooms.ledger.newestSeq === this.toldSeq) return;
    const { ledger } = machine.rooms;
    const firstSeq = Math.max(this.toldSeq + 1, ledger.newestSeq - LEDGER_TAIL + 1);
    const batch = ledger.readBatch(firstSeq, LEDGER_TAIL, MAX_BATCH_BYTES);
    this.toldSeq = ledger.newestSeq;
    if (batch === undefined) return;
    const lines = batch.records.map(({ code, body }, i) => ledgerLine(code, batch.firstSeq + i, body));
    this.ledgerTail.push(...lines);
    this.ledgerTail.splice(0, Math.max(0, this.ledgerTail.length - LEDGER_TAIL));
    this.onLedger(lines);
  }

  private restoreFlash(name: string, flash: SimFlash): void {
    const empty = flash.snapshot();
    const bytes = this.folder.readFlash(name, empty.bytes.length);
    if (bytes !== undefined) flash.restore({ ...empty, bytes: Uint8Array.from(bytes) });
  }

  private save(): void {
    const { cabinet } = this;
    const { operations } = cabinet.ledgerFlash;
    if (operations !== this.savedOperations) {
      this.savedOperations = operations;
      this.folder.writeFlash("ledger", cabinet.ledgerFlash.snapshot().bytes);
    }
    const tubes = cabinet.changer?.tubes;
    this.folder.writeContents({
      tubes: (tubes?.types ?? []).map((_, type) => tubes?.count(type) ?? 0),
      stackerBills: cabinet.truth.bills.filter(({ place }) => place === "stacker").map(({ valueMinor }) => valueMinor),
      cashBoxMinor: this.cashBoxMinor(),
      columns: cabinet.planogram.slots.map(({ column }) => cabinet.spirals.productsIn(column)),
    });
  }
}

function ledgerLine(code: number, seq: number, body: Uint8Array): LedgerLine {
  const result = decodeBody(code, seq, body);
  if (!result.ok) return { seq, kind: `kind ${code}`, text: `${result.error} ${result.detail}` };
  const { kind, atMs: _atMs, wallS: _wallS, seq: _seq, ...fields } = result.record;
  const parts = Object.entries(fields);
  const text = parts.map(([name, value]) => `${name} ${value instanceof Uint8Array ? value.join(" ") : String(value)}`);
  return { seq, kind, text: text.join(", ") };
}
