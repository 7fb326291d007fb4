/**
 * The machine: takes one input at a time, steps the rooms in a fixed order until nothing is left to do, and executes
 * their effects in the order given. An append is on flash before the effect behind it is looked at: that order is the
 * promise. Owns no rule of its own about money or goods.
 */
import type { LedgerRecord, NewRecord } from "../../shared/records/kinds.js";
import type { CashFacts } from "../cash/state.js";
import { cashDueMs, stepCash } from "../cash/step.js";
import { climateDueMs, stepClimate } from "../climate.js";
import type { DeliveryState } from "../delivery/state.js";
import { deliveryDueMs, stepDelivery } from "../delivery/step.js";
import { clearNote } from "../delivery/turn-note.js";
import { BUS_AT_BOOT, type BusState, busDueMs, busIsUp, type MdbInput, stepMdb } from "../mdb/bus.js";
import { type AnswerTo, afterIdle, type Idle, type IdleSeat, idleUntil } from "../mdb/idle.js";
import type { MdbFacts } from "../mdb/peripheral.js";
import { KEYPAD_EMPTY, type KeypadResult, type KeypadState, keypadTick, pressKey } from "../panel/keypad.js";
import type { PanelView } from "../panel/view.js";
import type { WorldInput } from "../ports/inputs.js";
import { stepCards } from "../sale/cards.js";
import { type CardFacts, cardsDueMs } from "../sale/cards-state.js";
import type { SaleFacts } from "../sale/facts.js";
import type { SaleState } from "../sale/state.js";
import { STARTING, STOPPED, saleDueMs, stepSale } from "../sale/step.js";
import type { Documents } from "../settings.js";
import { syncDueMs } from "../uplink/sync.js";
import { Display } from "./display.js";
import { type Executor, perform } from "./executor.js";
import { FactsForCards, FactsForCash, FactsForMdb, FactsForSale, tooWarmMilliC } from "./facts.js";
import { FleetSide } from "./fleet-side.js";
import { sleptThrough } from "./noted-turn.js";
import { Office } from "./office.js";
import { Outlook, tellCause } from "./outlook.js";
import { Recorder } from "./recorder.js";
import { isAtRest, isNothingOpen, mayLinger, type Rooms, slotOf } from "./rooms.js";
import { selfTestReport } from "./self-test.js";
import { Shelf } from "./shelf.js";
import { runToRest, TaskQueue } from "./tasks.js";
import { Technician } from "./technician.js";
import type { Effect, MachinePorts, Task } from "./types.js";
import { Updates } from "./updates.js";
import { Upkeep } from "./upkeep.js";

/** Pause between two steps of the ledger's idle work (an erase stops JavaScript for up to 400 ms). */
const IDLE_WORK_MS = 1_000;
/** The panel may lag so far behind while column and beam are tried. */
const VIEW_WAITS_MS = 100;
const TICK = Object.freeze({ on: "tick" } as const);
const BUS_TICK: Task = Object.freeze<Task>({ to: "mdb", input: TICK });
const CAN_WAIT: readonly string[] = Object.freeze(["accept", "readers", "readTubes"]);
const GIVES_UP = Object.freeze({ on: "key", key: "*" } as const);
const COMMITTED_SOON = Object.freeze({ on: "committed", soon: true } as const);
const COMMITTED = Object.freeze({ on: "committed", soon: false } as const);

export class Machine implements Executor {
  readonly rooms: Rooms;
  readonly ports: MachinePorts;
  private readonly mdbFacts: MdbFacts;
  private readonly saleFacts: SaleFacts;
  private readonly cashFacts: CashFacts;
  private readonly cardFacts: CardFacts;
  private readonly shelf: Shelf;
  private readonly outlook: Outlook;
  private readonly display: Display;
  private readonly fleet: FleetSide;
  private readonly technician: Technician;
  private readonly office: Office;
  readonly recorder: Recorder;
  readonly upkeep: Upkeep;
  private readonly updates: Updates;
  private bus: BusState = BUS_AT_BOOT;
  private delivery: DeliveryState;
  private keypad: KeypadState = KEYPAD_EMPTY;
  private readonly tasks = new TaskQueue();
  /** What waits until the motor of a paid product runs, in its order. */
  private readonly afterHaste = new TaskQueue();
  private idleWorkAtMs: number;
  private shown: PanelView | undefined;
  /** A view that was put off is shown by then. */
  private viewDueMs = Infinity;
  /** A room other than the bus master has taken an input in this step. Most polls bring nothing to any other. */
  private moved = true;
  /** What `roomsDueMs` came to when a room had moved last; undefined = not asked since. */
  private knownDueMs: number | undefined;
  /** Repeated asserts: bus, cash, sale and delivery stand still until somebody has opened and closed the door. */
  private stopped = false;
  /** The mains have failed: nothing is begun any more, only what falls is still seen. The board restarts afterwards. */
  private failing = false;
  /** Inputs that meant nothing in the state they met, by room. */
  readonly unknownInputs = { cash: 0, cards: 0, sale: 0, delivery: 0, messages: 0, stocked: 0 };

  constructor(ports: MachinePorts, rooms: Rooms, documents: Documents, delivery: DeliveryState, nowMs: number) {
    this.ports = ports;
    this.rooms = rooms;
    this.delivery = delivery;
    this.idleWorkAtMs = nowMs + IDLE_WORK_MS;
    this.recorder = new Recorder(rooms, this.committed, nowMs);
    this.shelf = new Shelf(rooms);
    this.mdbFacts = new FactsForMdb(rooms, this.shelf, this.recorder);
    this.cashFacts = new FactsForCash(rooms, this.shelf);
    this.cardFacts = new FactsForCards(rooms, this.cashFacts);
    this.outlook = new Outlook(rooms, this.cashFacts);
    this.saleFacts = new FactsForSale(rooms, this.cashFacts, this.shelf, this.outlook, this.recorder);
    this.display = new Display(rooms, this.cashFacts, this.shelf);
    this.fleet = new FleetSide(ports, rooms, this.cashFacts, nowMs);
    this.office = new Office(rooms, this.recorder, documents, this.fleet, ports.update !== undefined, () => this.bus);
    this.updates = new Updates(rooms, this.recorder);
    this.upkeep = new Upkeep(rooms, this.recorder, documents);
    const push = (task: Task): void => this.push(task);
    this.technician = new Technician(ports, rooms, this.recorder, this.fleet, push, () =>
      selfTestReport({
        port: ports.selfTest,
        rooms,
        bus: this.bus,
        delivery: this.delivery,
        networkUp: this.fleet.isUp,
      }),
    );
  }

  /**
   * The first thing a machine does: `records` on flash, faults by what flash and sensors say, then the rooms, unless it
   * is to stay stopped. Once, by `bootMachine`.
   */
  start(records: readonly NewRecord[], stopped: boolean): void {
    const { rooms, recorder } = this;
    const { unreadable, stateLost, blocksKept } = rooms.ledger.state;
    this.stopped = stopped;
    for (const record of records) recorder.append(record);
    recorder.fault("ledgerDamaged", unreadable > 0 || stateLost);
    recorder.fault("ledgerUnsent", blocksKept > 0);
    for (const { column } of rooms.planogram?.slots ?? []) {
      if (!rooms.away.includes(column)) this.cameHome(column);
    }
    this.updates.start();
    this.fleet.announce();
    if (stopped) rooms.sale = STOPPED;
    else this.startRooms();
    this.settle();
  }

  private startRooms(): void {
    this.endNotedTurn();
    this.push({ to: "cash", input: { on: "boot" } });
    this.push({ to: "cards", input: { on: "boot" } });
    this.push({ to: "sale", input: { on: "start" } });
    this.push({ to: "mdb", input: { on: "start" } });
  }

  /** As in the last moments of the last power-up nothing but the sale itself goes on. */
  private endNotedTurn(): void {
    const { rooms } = this;
    const { noteFlash } = this.ports;
    if (noteFlash === undefined) return;
    this.failing = true;
    for (const event of sleptThrough(rooms, noteFlash)) this.push({ to: "sale", input: { on: "delivery", event } });
    runToRest(this.tasks, this.run, () => false);
    this.failing = false;
    rooms.sale = STARTING;
    clearNote(noteFlash);
  }

  /** Takes one input and runs until nothing is left to do. Time never runs backwards. */
  input(input: WorldInput, nowMs: number): void {
    this.recorder.nowMs = Math.max(this.recorder.nowMs, nowMs);
    if (input.on !== "tick" && input.on !== "link") this.moved = true;
    this.take(input);
    this.settle();
  }

  /** When the machine wants `{on:"tick"}`, absolute ms; after a tick at that time never that time again for long. */
  dueMs(): number {
    if (this.failing) return deliveryDueMs(this.delivery);
    return Math.min(busDueMs(this.bus), this.roomsDueMs());
  }

  /** The same of everything but the bus. Stays as it is until a room moves. */
  private roomsDueMs(): number {
    this.knownDueMs ??= this.earliestMs();
    return this.knownDueMs;
  }

  private earliestMs(): number {
    const { rooms } = this;
    return Math.min(
      saleDueMs(rooms.sale),
      cashDueMs(rooms.cash),
      cardsDueMs(rooms.cards),
      this.stopped ? Infinity : deliveryDueMs(this.delivery),
      climateDueMs(rooms.climate),
      this.fleet.dueMs(),
      this.keypad.untilMs,
      this.viewDueMs,
      this.technician.dueMs(),
      this.office.dueMs(),
      rooms.ledger.hasIdleWork && isAtRest(rooms, this.delivery) ? this.idleWorkAtMs : Infinity,
    );
  }

  /**
   * For simulated worlds that leap over idle polls: whose POLLs, answered as `answerTo` says, are all that would happen
   * here until `untilMs` (or before, as told back). Undefined: more than that.
   */
  idle(nowMs: number, untilMs: number, answerTo: AnswerTo): Idle | undefined {
    if (this.failing || isHasty(this.rooms.sale)) return undefined;
    const endMs = Math.min(untilMs, this.roomsDueMs());
    return endMs <= nowMs ? undefined : idleUntil(this.bus, this.mdbFacts, nowMs, endMs, answerTo);
  }

  /** Those POLLs are over: `seats` with their next times, the newest answer taken at `nowMs`. */
  leapt(seats: readonly IdleSeat[], nowMs: number): void {
    this.recorder.nowMs = Math.max(this.recorder.nowMs, nowMs);
    this.bus = afterIdle(this.bus, seats, nowMs);
  }

  /** What the panel shows. */
  get view(): PanelView {
    return this.display.view(this.keypad.entry, this.technician, this.recorder.nowMs);
  }

  /** No money, no vend and nobody is under way: the time for what stops JavaScript, or for a restart. */
  get nothingOpen(): boolean {
    return !this.failing && isNothingOpen(this.rooms, this.delivery);
  }

  /** A device on the bus has been set up, or none is fitted. */
  get busUp(): boolean {
    return busIsUp(this.bus);
  }

  /** State of every room, for the service side and for checkers. Read-only by agreement. */
  snapshot() {
    const { rooms, bus, delivery, unknownInputs } = this;
    const { sale, cash, cards, ledger } = rooms;
    const { sync, telemetry } = this.fleet;
    return { sale, cash, cards, durable: ledger.durable, bus, delivery, sync, telemetry, unknownInputs };
  }

  private take(input: WorldInput): void {
    switch (input.on) {
      case "tick":
        return this.tick();
      case "link":
        // Many a second, and nothing waits before it: without the queue.
        return this.failing || this.stopped ? undefined : this.stepBus(input);
      case "key":
        if (this.technician.take(input, this.recorder.nowMs)) return;
        if (this.rooms.cards.entry !== undefined) return this.push({ to: "cards", input });
        return this.onKeypad(pressKey(this.keypad, input.key, this.rooms.planogram?.slots ?? [], this.recorder.nowMs));
      case "language":
        return this.technician.speak(input.language);
      case "cancel":
        if (this.rooms.cards.entry !== undefined) return this.push({ to: "cards", input: GIVES_UP });
        return this.push({ to: "sale", input });
      case "select":
      case "revalue":
        return this.push({ to: "sale", input });
      case "door":
        return this.onDoor(input.open);
      case "stocked":
        return this.onStocked(input.slot, input.quantity);
      case "leftHome":
        this.rooms.away = [...this.rooms.away.filter((column) => column !== input.column), input.column];
        return this.push({ to: "delivery", input });
      case "motorStopped":
        this.rooms.motorRuns = false;
        if (input.why === "home") this.cameHome(input.column);
        return this.push({ to: "delivery", input });
      case "beam":
      case "glare":
        return this.push({ to: "delivery", input });
      case "powerFail":
        this.failing = true;
        return this.push({ to: "delivery", input });
      case "dex":
        return this.failing ? undefined : this.performAll(this.office.stepDex(input));
      case "temperature":
        return this.push({ to: "climate", input });
      case "wall":
        return this.recorder.wallTold(input.wallS, input.quality);
      case "network":
        this.fleet.linkIs(input.up);
        return this.push({ to: "sync", input });
      case "update":
        return this.updates.told(input.told);
      case "claim":
        return this.technician.claimMoved();
      case "message":
        return this.onMessage(input.topic, input.payload);
    }
  }

  push(task: Task): void {
    if (this.failing && !goesOnInTheDark(task)) return;
    if (this.stopped && task.to !== "sync" && task.to !== "climate") return;
    this.tasks.push(task);
  }

  private settle(): void {
    if (!this.moved && this.tasks.isEmpty) return;
    runToRest(this.tasks, this.run, this.look);
    if (!this.moved) return;
    if (this.documentsTakeEffect()) runToRest(this.tasks, this.run, this.look);
    if (!this.failing && this.updates.catchUp()) runToRest(this.tasks, this.run, this.look);
    if (!this.failing && this.recorder.catchUp()) runToRest(this.tasks, this.run, this.look);
    this.moved = false;
    this.knownDueMs = undefined;
    const hasty = isHasty(this.rooms.sale);
    // Between the price secured and the motor's start every millisecond counts: the panel can wait a little.
    if (hasty && this.recorder.nowMs < this.viewDueMs) {
      this.viewDueMs = Math.min(this.viewDueMs, this.recorder.nowMs + VIEW_WAITS_MS);
      return;
    }
    this.viewDueMs = Infinity;
    const view = this.display.view(this.keypad.entry, this.technician, this.recorder.nowMs);
    if (view === this.shown) return;
    this.shown = view;
    this.ports.panel.show(view);
  }

  /** Documents that have come, once nothing is open. True if there were any. */
  private documentsTakeEffect(): boolean {
    if (!this.office.documentsWait || this.failing || !isNothingOpen(this.rooms, this.delivery)) return false;
    this.performAll(this.office.stepWaiting());
    return true;
  }

  /**
   * If what the sale may know has changed, it looks again. True if it does, or if tasks go on that had to wait. A sale
   * in haste looks by itself before it starts the motor.
   */
  private readonly look = (): boolean => {
    if (!this.moved || isHasty(this.rooms.sale)) return false;
    const waited = !this.failing && this.afterHaste.moveTo(this.tasks);
    if (!this.outlook.hasNews()) return waited;
    tellCause(this.outlook.outOfService, this.recorder.fault);
    this.push({ to: "sale", input: TICK });
    return true;
  };

  private readonly run = (task: Task): void => {
    const { rooms } = this;
    const { nowMs } = this.recorder;
    if (canWait(task) && isHasty(rooms.sale)) return this.afterHaste.push(task);
    if (task.to !== "mdb") this.moved = true;
    switch (task.to) {
      case "mdb":
        return this.stepBus(task.input);
      case "cash": {
        const step = stepCash(rooms.cash, task.input, this.cashFacts, nowMs);
        rooms.cash = step.state;
        if (!step.known) this.unknownInputs.cash++;
        return this.performAll(step.effects);
      }
      case "cards": {
        const step = stepCards(rooms.cards, task.input, this.cardFacts, nowMs);
        rooms.cards = step.state;
        if (!step.known) this.unknownInputs.cards++;
        return this.performAll(step.effects);
      }
      case "sale": {
        this.outlook.saleSteps();
        const step = stepSale(rooms.sale, task.input, this.saleFacts, nowMs);
        rooms.sale = step.state;
        if (!step.known) this.unknownInputs.sale++;
        return this.performAll(step.effects);
      }
      case "delivery": {
        const step = stepDelivery(this.delivery, task.input, nowMs);
        this.delivery = step.state;
        if (!step.known) this.unknownInputs.delivery++;
        return this.performAll(step.effects);
      }
      case "climate": {
        const step = stepClimate(rooms.climate, task.input, tooWarmMilliC(rooms.settings), nowMs);
        rooms.climate = step.state;
        return this.performAll(step.effects);
      }
      case "sync":
        return this.performAll(this.fleet.step(task.input, nowMs));
    }
  };

  private stepBus(input: MdbInput): void {
    const step = stepMdb(this.bus, input, this.mdbFacts, this.recorder.nowMs);
    this.bus = step.state;
    this.performAll(step.effects);
  }

  private performAll(effects: readonly Effect[]): void {
    const { watch } = this.ports;
    // By index: the language's iterators cost more than most effects do.
    for (let at = 0; at < effects.length; at += 1) {
      const effect = effects[at];
      if (effect === undefined) continue;
      watch?.before(effect);
      perform(effect, this);
      watch?.after(effect);
    }
  }

  private cameHome(column: number): void {
    this.rooms.away = this.rooms.away.filter((other) => other !== column);
    this.recorder.troubleOf(column, "spiralNotHome", false);
  }

  /** A record is on flash and folded. */
  private readonly committed = (record: LedgerRecord): void => {
    this.fleet.changed();
    this.shelf.committed(record);
    this.push({ to: "cash", input: { on: "committed", record } });
    this.push({ to: "sale", input: { on: "committed", record } });
    this.push({ to: "sync", input: mayLinger(this.rooms.ledger.durable) ? COMMITTED : COMMITTED_SOON });
  };

  private tick(): void {
    const { rooms } = this;
    const { nowMs } = this.recorder;
    if (this.failing) return this.push({ to: "delivery", input: TICK });
    const busIsDue = busDueMs(this.bus) <= nowMs && !this.stopped;
    if (this.roomsDueMs() > nowMs) return busIsDue ? this.stepBus(TICK) : undefined;
    this.moved = true;
    if (busIsDue) this.push(BUS_TICK);
    if (deliveryDueMs(this.delivery) <= nowMs) this.push({ to: "delivery", input: TICK });
    if (cashDueMs(rooms.cash) <= nowMs) this.push({ to: "cash", input: TICK });
    if (cardsDueMs(rooms.cards) <= nowMs) this.push({ to: "cards", input: TICK });
    if (saleDueMs(rooms.sale) <= nowMs) this.push({ to: "sale", input: TICK });
    if (climateDueMs(rooms.climate) <= nowMs) this.push({ to: "climate", input: TICK });
    if (syncDueMs(this.fleet.sync) <= nowMs) this.push({ to: "sync", input: TICK });
    this.fleet.reportIfDue(this.recorder.wall, nowMs);
    if (this.technician.dueMs() <= nowMs) this.technician.take(TICK, nowMs);
    if (this.office.dueMs() <= nowMs) this.performAll(this.office.stepDex(TICK));
    if (this.keypad.untilMs <= nowMs) this.onKeypad(keypadTick(this.keypad, nowMs));
    if (this.idleWorkAtMs <= nowMs && rooms.ledger.hasIdleWork && isAtRest(rooms, this.delivery)) {
      rooms.ledger.idleWork();
      this.idleWorkAtMs = nowMs + IDLE_WORK_MS;
    }
  }

  private onKeypad(result: KeypadResult): void {
    this.keypad = result.state;
    if (result.act === "cancel" || result.act === "revalue") this.push({ to: "sale", input: { on: result.act } });
    if (result.act === "select") this.push({ to: "sale", input: { on: "select", slot: result.slot } });
  }

  private onDoor(open: boolean): void {
    const { rooms } = this;
    if (open === rooms.doorOpen) return;
    rooms.doorOpen = open;
    this.recorder.append({ kind: open ? "doorOpened" : "doorClosed" });
    // No spiral starts behind an open door, not even for its second turn.
    if (open) this.push({ to: "delivery", input: { on: "order", order: { delivery: "noRetry" } } });
    if (open) return;
    this.technician.take({ on: "doorShut" }, this.recorder.nowMs);
    this.recorder.personWasThere();
    // A flash that is not ours to write stays so until it is another one: nothing a person does at the door helps.
    if (!this.stopped || rooms.ledger.stands !== undefined) return;
    this.stopped = false;
    rooms.sale = STARTING;
    this.startRooms();
  }

  private onStocked(slot: string, quantity: number): void {
    const capacity = slotOf(this.rooms, slot)?.capacity ?? -1;
    const fits = Number.isSafeInteger(quantity) && quantity >= 0 && quantity <= capacity;
    if (this.rooms.doorOpen && fits) this.recorder.append({ kind: "stockSet", slot, quantity });
    else this.unknownInputs.stocked++;
  }

  private onMessage(topic: string, payload: Uint8Array): void {
    const ordered = this.failing ? undefined : this.office.stepOrder(topic, payload);
    if (ordered !== undefined) return this.performAll(ordered);
    const ack = this.fleet.ackIn(topic, payload);
    if (ack === undefined) this.unknownInputs.messages++;
    else if (ack !== "asked") this.push({ to: "sync", input: { on: "ack", ack } });
  }
}

/** What is worth doing while the board lives on its capacitors: seeing a product fall, putting that on flash. */
function goesOnInTheDark({ to, input }: Task): boolean {
  return to === "delivery" || (to === "sale" && input.on === "delivery");
}

/** Orders that close what was open, a look into the tubes, news for the fleet: the motor comes first. */
function canWait({ to, input }: Task): boolean {
  switch (to) {
    case "sync":
      return input.on === "committed";
    case "mdb":
      return input.on === "order" && CAN_WAIT.includes(input.order.order);
    case "cards":
      return input.on === "order" && input.order.card === "close";
    default:
      return false;
  }
}

/** The price is secured, column and beam are being tried: the motor is next. */
function isHasty(sale: SaleState): boolean {
  return sale.at === "ACCEPTING_PAYMENT" && sale.phase === "checking";
}
