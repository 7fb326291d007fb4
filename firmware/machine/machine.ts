/**
 * The machine: takes one input at a time, steps the rooms in a fixed order until nothing is left to do, and executes
 * their effects in the order given. An append is on flash before the effect behind it is looked at: that order is the
 * promise. Owns no rule of its own about money or goods.
 */
import { FAULTS, type FaultName } from "../../shared/faults.js";
import { type DocumentMark, hasFault } from "../../shared/records/durable.js";
import { type ClockQuality, DOCUMENTS, type LedgerRecord, type NewRecord, RECORDS } from "../../shared/records/kinds.js";
import { MAX_BATCH_BYTES, MAX_BATCH_RECORDS } from "../../shared/wire/messages.js";
import { decodeAck, encodeBatch, encodeTelemetry } from "../../shared/wire/messages.js";
import { topicOf } from "../../shared/wire/topics.js";
import { cashDueMs, stepCash } from "../cash/step.js";
import type { CashFacts } from "../cash/state.js";
import { climateDueMs, stepClimate } from "../climate.js";
import { deliveryDueMs, stepDelivery } from "../delivery/step.js";
import type { DeliveryState } from "../delivery/state.js";
import { BUS_AT_BOOT, busDueMs, type BusState, stepMdb } from "../mdb/bus.js";
import { KEYPAD_EMPTY, keypadTick, type KeypadState, pressKey } from "../panel/keypad.js";
import type { PanelView } from "../panel/view.js";
import type { SensorSnapshot } from "../ports/hardware.js";
import type { WorldInput } from "../ports/inputs.js";
import type { DeliveryEvent, MdbEvent } from "../ports/rooms.js";
import type { SaleFacts } from "../sale/facts.js";
import { saleDueMs, stepSale } from "../sale/step.js";
import { stepSync, SYNC_AT_BOOT, type SyncFacts, type SyncState, syncDueMs } from "../uplink/sync.js";
import {
  telemetryAtBoot,
  telemetryDueMs,
  telemetrySent,
  type TelemetryState,
  TELEMETRY_PERIOD_MS,
} from "../uplink/telemetry.js";
import { cashFacts, mdbFacts, outOfService, type Rooms, saleFacts, slotOf, tooWarmMilliC } from "./conditions.js";
import { announcement, telemetryMessage, viewOf } from "./reports.js";
import { type BootFacts, type Effect, type MachinePorts, MAX_TASKS, type Task } from "./types.js";

/** A reset wall clock or a drift beyond this is recorded. */
const CLOCK_JUMP_S = 2;
/** Pause between two steps of the ledger's idle work (an erase stops JavaScript for up to 400 ms). */
const IDLE_WORK_MS = 1_000;
/** Rounds of "the facts changed, so the sale looks again" in one input; more would be two rooms chasing each other. */
const MAX_ROUNDS = 16;

export class Machine {
  readonly rooms: Rooms;
  private readonly ports: MachinePorts;
  private readonly cashFacts: CashFacts;
  private readonly saleFacts: SaleFacts;
  private readonly syncFacts: SyncFacts;
  private bus: BusState = BUS_AT_BOOT;
  private delivery: DeliveryState;
  private sync: SyncState = SYNC_AT_BOOT;
  private telemetry: TelemetryState;
  private keypad: KeypadState = KEYPAD_EMPTY;
  private tasks: Task[] = [];
  private nowMs: number;
  private idleWorkAtMs: number;
  private wall: { readonly wallS: number; readonly atMs: number; readonly quality: ClockQuality } | undefined;
  private shown: PanelView | undefined;
  private viewStale = true;
  private saleSaw = "";
  /** Inputs that meant nothing in the state they met, by room. */
  readonly unknownInputs = { cash: 0, sale: 0, messages: 0 };

  constructor(boot: BootFacts, rooms: Rooms, delivery: DeliveryState, nowMs: number) {
    this.ports = boot.ports;
    this.rooms = rooms;
    this.delivery = delivery;
    this.nowMs = nowMs;
    this.idleWorkAtMs = nowMs + IDLE_WORK_MS;
    this.telemetry = telemetryAtBoot(rooms.identity.machineId, this.telemetryPeriodMs());
    this.cashFacts = cashFacts(rooms);
    this.saleFacts = saleFacts(rooms, this.cashFacts);
    this.syncFacts = {
      epoch: rooms.identity.epoch,
      get mark() {
        return rooms.ledger.mark;
      },
      get newestSeq() {
        return rooms.ledger.newestSeq;
      },
      batchFrom: (firstSeq) => rooms.ledger.readBatch(firstSeq, MAX_BATCH_RECORDS, MAX_BATCH_BYTES),
      random: (bound) => this.ports.random.below(bound),
    };
  }

  /** The first thing a machine does: boot on record, documents in force, sensors, then the rooms. Once, by `bootMachine`. */
  start(cause: number, sensors: SensorSnapshot, documents: readonly DocumentMark[]): void {
    const { identity, ledger } = this.rooms;
    const { durable } = ledger;
    this.append({ kind: "boot", bootNo: durable.bootNo + 1, cause, firmware: identity.firmwareVersion });
    for (const record of documentRecords(this.rooms, documents)) this.append(record);
    if (durable.doorOpen !== sensors.doorOpen) this.append({ kind: sensors.doorOpen ? "doorOpened" : "doorClosed" });
    for (const { column } of this.rooms.planogram?.slots ?? []) {
      if (!this.rooms.away.includes(column)) this.cameHome(column);
    }
    this.ports.network.announce(announcement(this.rooms, this.ports.random.below(2 ** 32)));
    this.push({ to: "cash", input: { on: "boot" } });
    this.push({ to: "sale", input: { on: "start" } });
    this.push({ to: "mdb", input: { on: "start" } });
    this.settle();
  }

  /** Takes one input and runs until nothing is left to do. Time never runs backwards. */
  input(input: WorldInput, nowMs: number): void {
    this.nowMs = Math.max(this.nowMs, nowMs);
    this.take(input);
    this.settle();
  }

  /** When the machine wants `{on:"tick"}`, absolute ms; never in the past of the last input. */
  dueMs(): number {
    const { sale, cash, climate } = this.rooms;
    return Math.min(
      busDueMs(this.bus),
      saleDueMs(sale),
      cashDueMs(cash),
      deliveryDueMs(this.delivery),
      climateDueMs(climate),
      syncDueMs(this.sync),
      telemetryDueMs(this.telemetry),
      this.keypad.untilMs,
      this.rooms.ledger.hasIdleWork && this.atRest() ? this.idleWorkAtMs : Infinity,
    );
  }

  /** What the panel shows. */
  get view(): PanelView {
    return this.shown ?? viewOf(this.rooms, this.cashFacts, this.keypad.entry);
  }

  /** State of every room, for the service side and for checkers. Read-only by agreement. */
  snapshot() {
    const { rooms, bus, delivery, sync, telemetry, unknownInputs } = this;
    return { sale: rooms.sale, cash: rooms.cash, durable: rooms.ledger.durable, bus, delivery, sync, telemetry, unknownInputs };
  }

  private take(input: WorldInput): void {
    switch (input.on) {
      case "tick":
        return this.tick();
      case "link":
        return this.push({ to: "mdb", input });
      case "key":
        return this.onKey(input.key);
      case "select":
      case "cancel":
        return this.push({ to: "sale", input });
      case "door":
        return this.onDoor(input.open);
      case "leftHome":
        this.rooms.away = [...this.rooms.away.filter((column) => column !== input.column), input.column];
        return this.push({ to: "delivery", input });
      case "motorStopped":
        if (input.why === "home") this.cameHome(input.column);
        return this.push({ to: "delivery", input });
      case "beam":
        return this.push({ to: "delivery", input });
      case "temperature":
        return this.push({ to: "climate", input });
      case "wall":
        return this.onWall(input.wallS, input.quality);
      case "network":
        if (input.up) this.telemetry = { ...this.telemetry, connected: true, changed: true };
        else this.telemetry = { ...this.telemetry, connected: false };
        return this.push({ to: "sync", input });
      case "message":
        return this.onMessage(input.topic, input.payload);
    }
  }

  private push(task: Task): void {
    if (this.tasks.length >= MAX_TASKS) throw new Error("machine: tasks run away");
    this.tasks.push(task);
  }

  /** Runs all tasks; then, if what the sale may know has changed, lets it look again. */
  private settle(): void {
    for (let round = 0; ; round++) {
      for (let task = this.tasks.shift(); task !== undefined; task = this.tasks.shift()) this.run(task);
      const { cash, sale, ledger } = this.rooms;
      const sees = `${sale.at} ${outOfService(this.rooms, this.cashFacts)} ${this.saleFacts.moneyPending} ${ledger.durable.creditMinor}`;
      const again = sees !== this.saleSaw;
      this.saleSaw = sees;
      if (!again || cash === undefined) break;
      if (round >= MAX_ROUNDS) throw new Error("machine: facts run away");
      this.push({ to: "sale", input: TICK });
    }
    this.show();
  }

  private run(task: Task): void {
    const { rooms, nowMs } = this;
    switch (task.to) {
      case "mdb": {
        const step = stepMdb(this.bus, task.input, mdbFacts(rooms), nowMs);
        this.bus = step.state;
        return this.performAll(step.effects);
      }
      case "cash": {
        const step = stepCash(rooms.cash, task.input, this.cashFacts, nowMs);
        rooms.cash = step.state;
        if (!step.known) this.unknownInputs.cash++;
        return this.performAll(step.effects);
      }
      case "sale": {
        const step = stepSale(rooms.sale, task.input, this.saleFacts, nowMs);
        rooms.sale = step.state;
        this.viewStale = true;
        if (!step.known) this.unknownInputs.sale++;
        return this.performAll(step.effects);
      }
      case "delivery": {
        const step = stepDelivery(this.delivery, task.input, nowMs);
        this.delivery = step.state;
        return this.performAll(step.effects);
      }
      case "climate": {
        const step = stepClimate(rooms.climate, task.input, tooWarmMilliC(rooms.settings), nowMs);
        rooms.climate = step.state;
        return this.performAll(step.effects);
      }
      case "sync": {
        const step = stepSync(this.sync, task.input, this.syncFacts, nowMs);
        this.sync = step.state;
        return this.performAll(step.effects);
      }
    }
  }

  private performAll(effects: readonly Effect[]): void {
    for (const effect of effects) {
      this.ports.watch?.before(effect);
      this.perform(effect);
      this.ports.watch?.after(effect);
    }
  }

  /** The one table of executors. */
  private perform(effect: Effect): void {
    const { ports } = this;
    switch (effect.do) {
      case "append":
        return this.append(effect.record);
      case "busReset":
        return ports.link.busReset();
      case "send":
        return ports.link.send(effect.block, { ackFirst: effect.ackFirst });
      case "release":
        return ports.link.release();
      case "mdbEvent":
        return this.onMdbEvent(effect.event);
      case "mdb":
        return this.push({ to: "mdb", input: { on: "order", order: effect.order } });
      case "cash":
        return this.push({ to: "cash", input: { on: "order", order: effect.order } });
      case "deliver":
        if (effect.order.delivery !== "prepare") this.rooms.lastSlot = this.vendSlot();
        return this.push({ to: "delivery", input: { on: "order", order: effect.order } });
      case "tellSale":
        if ("cash" in effect.event) return this.push({ to: "sale", input: { on: "cash", event: effect.event } });
        if (effect.event.delivery === "trouble") return this.onTrouble(effect.event);
        return this.push({ to: "sale", input: { on: "delivery", event: effect.event } });
      case "motor":
        return ports.motors.turn(effect.column, effect.maxMs);
      case "motorStop":
        return ports.motors.stop();
      case "emitter":
        return ports.beam.emitter(effect.on);
      case "fault":
        return this.setFault(effect.fault, effect.present, "slot" in effect ? effect.slot : undefined);
      case "sendBatch":
        ports.network.publish(topicOf(this.rooms.identity.machineId, "events"), encodeBatch(effect.batch), 1);
        return;
      case "moveMark":
        return this.rooms.ledger.acked(effect.mark);
    }
  }

  private cameHome(column: number): void {
    this.rooms.away = this.rooms.away.filter((other) => other !== column);
    this.onTrouble({ delivery: "trouble", fault: "spiralNotHome", present: false, column });
  }

  private onTrouble({ fault, present, column }: Extract<DeliveryEvent, { delivery: "trouble" }>): void {
    const slot = this.rooms.planogram?.slots.find((candidate) => candidate.column === column);
    this.setFault(fault, present, slot?.slot);
  }

  private vendSlot(): string {
    return this.rooms.ledger.durable.vend?.slot ?? this.rooms.lastSlot;
  }

  /** Flash first, then the fold, then everyone who looks at committed records. */
  private append(record: NewRecord): void {
    const wallS = RECORDS[record.kind].wall ? this.wallS() : undefined;
    const atMs = Math.floor(this.nowMs);
    const result = this.rooms.ledger.append(record, wallS === undefined ? { atMs } : { atMs, wallS });
    if (!result.ok) {
      // Refused for want of room or quota: only notes may be, and the ledger counts them.
      if (result.refused === "money") throw new Error("machine: ledger full in spite of its reserve");
      return;
    }
    this.committed(result.record);
  }

  private committed(record: LedgerRecord): void {
    this.viewStale = true;
    this.telemetry = { ...this.telemetry, changed: true };
    this.push({ to: "cash", input: { on: "committed", record } });
    this.push({ to: "sale", input: { on: "committed", record } });
    this.push({ to: "sync", input: { on: "committed" } });
    const slot = "slot" in record ? record.slot : undefined;
    if (slot !== undefined && record.kind !== "faultRaised" && record.kind !== "faultCleared") {
      this.setFault("slotEmpty", this.rooms.ledger.durable.stock[slot] === 0, slot);
    }
  }

  /** Records a condition where it is news. */
  private setFault(fault: FaultName, present: boolean, slot?: string): void {
    const { code } = FAULTS[fault];
    if (hasFault(this.rooms.ledger.durable, code, slot) === present) return;
    const which = slot === undefined ? { fault: code } : { fault: code, slot };
    this.append(present ? { kind: "faultRaised", ...which } : { kind: "faultCleared", ...which });
  }

  private onMdbEvent(event: MdbEvent): void {
    switch (event.event) {
      case "trouble":
        return this.setFault(event.fault, event.present);
      case "lever":
        return this.push({ to: "sale", input: { on: "lever" } });
      case "changerReady":
      case "changerLost":
        this.rooms.changerKnown = true;
        this.setFault("changerOffline", event.event === "changerLost");
        break;
      case "validatorReady":
      case "validatorLost":
        this.rooms.validatorKnown = true;
        this.setFault("validatorOffline", event.event === "validatorLost");
        break;
      default:
        break;
    }
    this.push({ to: "cash", input: { on: "mdb", event } });
  }

  private tick(): void {
    const { nowMs, rooms } = this;
    if (busDueMs(this.bus) <= nowMs) this.push({ to: "mdb", input: TICK });
    if (deliveryDueMs(this.delivery) <= nowMs) this.push({ to: "delivery", input: TICK });
    if (cashDueMs(rooms.cash) <= nowMs) this.push({ to: "cash", input: TICK });
    if (saleDueMs(rooms.sale) <= nowMs) this.push({ to: "sale", input: TICK });
    if (climateDueMs(rooms.climate) <= nowMs) this.push({ to: "climate", input: TICK });
    if (syncDueMs(this.sync) <= nowMs) this.push({ to: "sync", input: TICK });
    if (telemetryDueMs(this.telemetry) <= nowMs) this.reportTelemetry();
    const keypad = keypadTick(this.keypad, nowMs);
    if (keypad !== this.keypad) this.viewStale = true;
    this.keypad = keypad;
    if (this.idleWorkAtMs <= nowMs && this.atRest()) {
      rooms.ledger.idleWork();
      this.idleWorkAtMs = nowMs + IDLE_WORK_MS;
    }
  }

  /** Nobody waits and nothing moves: the time for slow flash work. */
  private atRest(): boolean {
    const { sale, ledger } = this.rooms;
    return (sale.at === "IDLE" || sale.at === "OUT_OF_SERVICE") && ledger.durable.creditMinor === 0;
  }

  private onKey(key: string): void {
    const result = pressKey(this.keypad, key, (code) => slotOf(this.rooms, code) !== undefined, this.nowMs);
    this.keypad = result.state;
    this.viewStale = true;
    if (result.then === "cancel") this.push({ to: "sale", input: { on: "cancel" } });
    if (result.then === "select") this.push({ to: "sale", input: { on: "select", slot: result.slot } });
  }

  private onDoor(open: boolean): void {
    if (open === this.rooms.doorOpen) return;
    this.rooms.doorOpen = open;
    this.append({ kind: open ? "doorOpened" : "doorClosed" });
  }

  private onWall(wallS: number, quality: ClockQuality): void {
    const before = this.wall;
    const jump = Math.abs((this.wallS() ?? 0) - wallS);
    this.wall = { wallS, atMs: this.nowMs, quality };
    if (before?.quality === quality && jump <= CLOCK_JUMP_S) return;
    this.append({ kind: "clockSet", quality: CLOCK_QUALITY[quality] });
    this.setFault("clockUnknown", quality === "unknown");
  }

  private wallS(): number | undefined {
    if (this.wall === undefined || this.wall.quality === "unknown") return undefined;
    return this.wall.wallS + Math.floor((this.nowMs - this.wall.atMs) / 1000);
  }

  private onMessage(topic: string, payload: Uint8Array): void {
    const ack = topic === topicOf(this.rooms.identity.machineId, "acks") ? decodeAck(payload) : undefined;
    if (ack?.ok === true) this.push({ to: "sync", input: { on: "ack", ack: ack.message } });
    else this.unknownInputs.messages++;
  }

  private telemetryPeriodMs(): number {
    return this.rooms.settings.telemetryMs ?? TELEMETRY_PERIOD_MS;
  }

  private reportTelemetry(): void {
    const clock = { wallS: this.wallS(), quality: this.wall?.quality ?? "unknown" };
    const message = telemetryMessage(this.rooms, this.cashFacts, clock, this.nowMs);
    this.ports.network.publish(topicOf(this.rooms.identity.machineId, "telemetry"), encodeTelemetry(message), 1);
    this.telemetry = telemetrySent(this.telemetry, this.nowMs, this.telemetryPeriodMs());
  }

  private show(): void {
    if (!this.viewStale) return;
    this.viewStale = false;
    this.shown = viewOf(this.rooms, this.cashFacts, this.keypad.entry);
    this.ports.panel.show(this.shown);
  }
}

const TICK = Object.freeze({ on: "tick" } as const);
const CLOCK_QUALITY: { readonly [quality in ClockQuality]: number } = Object.freeze({ unknown: 0, kept: 1, synced: 2 });

/** Records the documents in force where the ledger does not know them yet; a first planogram also sets the stock. */
export function documentRecords(rooms: Rooms, marks: readonly DocumentMark[]): NewRecord[] {
  const records: NewRecord[] = [];
  const { durable } = rooms.ledger;
  for (let doc = 0; doc < DOCUMENTS.length; doc++) {
    const mark = marks[doc];
    const known = durable.documents[doc];
    if (mark === undefined || mark.version === 0) continue;
    if (known?.version === mark.version && known.crc === mark.crc) continue;
    records.push({ kind: "documentApplied", doc, version: mark.version, crc: mark.crc });
    if (doc !== 0) continue;
    for (const { slot, quantity } of rooms.planogram?.slots ?? []) {
      if (durable.stock[slot] === undefined) records.push({ kind: "stockSet", slot, quantity });
    }
  }
  return records;
}
