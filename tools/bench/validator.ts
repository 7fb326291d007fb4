/**
 * A simulated bill validator, level 1 or 2, with escrow, stacker and recycler (MDB 4.2 §6, PDF p89-116): a behaviour
 * per command, real bills, and the quirks seen in the field as switches.
 */
import { POLL_CODE } from "../../firmware/mdb/peripheral.js";
import {
  BILL_OPTIONS,
  BILL_VALIDATOR,
  type BillEvent,
  ESCROW_STACK,
  HAS_ESCROW,
  STACKER_COUNT_MASK,
  STACKER_FULL,
} from "../../shared/mdb/bill-validator.js";
import { type DecodedCommand, decodeCommand, encodeReply } from "../../shared/mdb/codec.js";
import { encodePoll } from "../../shared/mdb/poll.js";
import { type BillFate, BillPath } from "./bill-path.js";
import { type Answer, BARE_ACK, type BusBehaviour, BusDevice } from "./bus-device.js";
import { PollQueue } from "./poll-queue.js";
import { BillRecycler } from "./recycler.js";
import type { Bill, Truth } from "./truth.js";
import { US_VALIDATOR, VALIDATOR_QUIRKS, type ValidatorOptions, type ValidatorQuirks } from "./validator-options.js";
import type { Wire } from "./wire.js";
import type { Timer, World } from "./world.js";

export { US_RECYCLER, US_VALIDATOR, type ValidatorOptions, type ValidatorQuirks } from "./validator-options.js";

/** Conditions that are told in every POLL while they last. */
function lastingBlocks() {
  return {
    motorDefective: encodePoll(BILL_VALIDATOR, [{ event: "motorDefective" }]),
    sensorDefective: encodePoll(BILL_VALIDATOR, [{ event: "sensorDefective" }]),
    validatorJam: encodePoll(BILL_VALIDATOR, [{ event: "validatorJam" }]),
    cashBoxOut: encodePoll(BILL_VALIDATOR, [{ event: "cashBoxOut" }]),
    recyclerPayoutBusy: encodePoll(BILL_VALIDATOR, [{ event: "recyclerPayoutBusy" }]),
    recyclerJam: encodePoll(BILL_VALIDATOR, [{ event: "recyclerJam" }]),
    validatorBusy: encodePoll(BILL_VALIDATOR, [{ event: "validatorBusy" }]),
    unitDisabled: encodePoll(BILL_VALIDATOR, [{ event: "unitDisabled" }]),
  };
}

/** Many a second: known without the walk through the table. */
const POLL = BILL_VALIDATOR.address | POLL_CODE;

export class BillValidator implements BusBehaviour {
  readonly options: ValidatorOptions;
  readonly quirks: ValidatorQuirks = { ...VALIDATOR_QUIRKS };
  readonly bus: BusDevice;
  readonly path: BillPath;
  readonly recycler: BillRecycler | undefined;
  readonly queue = new PollQueue();
  /** Types the VMC accepts now. */
  acceptMask = 0;
  /** Types to be looked at twice, and those to be recycled, as the VMC said. */
  securityMask = 0;
  recycleMask = 0;
  /** Someone took the cash box out. */
  cashBoxOut = false;
  /** Faults told in every poll: 01 motor, 02 sensor. */
  motorDefective = false;
  sensorDefective = false;
  readonly #lastingBlocks = lastingBlocks();
  readonly #world: World;
  readonly #truth: Truth;
  #escrowMask = 0;
  #recycling = false;
  /** Minor units in the newest PAYOUT VALUE POLL, until it is ACKed. */
  #valueTold = 0;
  #powered = false;
  #plugged = true;
  #starting: Timer | undefined;
  /** A reset came while a bill moved: its end will not be reported. */
  #unheard = false;

  constructor(world: World, wire: Wire, truth: Truth, options: ValidatorOptions = US_VALIDATOR) {
    const rng = world.forkRng();
    this.#world = world;
    this.#truth = truth;
    this.options = options;
    this.path = new BillPath(world, rng.fork(), truth, {
      typeOf: (valueMinor) => options.valuesMinor.indexOf(valueMinor),
      routeOf: (type) => this.#routeOf(type),
      stackerFull: () => this.stackerFull || this.cashBoxOut,
      recycle: (bill, type) => this.#recycle(bill, type),
      ended: (bill, fate) => this.#billEnded(bill, fate),
    });
    this.bus = new BusDevice(world, wire, rng.fork(), BILL_VALIDATOR, this);
    if (options.recycler !== undefined) {
      this.recycler = new BillRecycler(world, rng.fork(), truth, options.recycler, {
        valueOf: (type) => options.valuesMinor[type] ?? 0,
        stirred: () => {},
      });
    }
  }

  // ---- the outer world --------------------------------------------------------------------------------------------

  setPower(on: boolean): void {
    this.#powered = on;
    this.#startOrDie();
  }

  setPlugged(plugged: boolean): void {
    this.#plugged = plugged;
    this.#startOrDie();
  }

  get plugged(): boolean {
    return this.#plugged;
  }

  get stackerFull(): boolean {
    return this.path.stackerCount >= this.options.stackerCapacity;
  }

  /** A customer offers a bill; undefined if the validator does not take it in (no power, all off, mouth busy). */
  insertBill(valueMinor: number): Bill | undefined {
    if (!this.bus.alive) return undefined;
    if (this.acceptMask === 0 || this.cashBoxOut || this.stackerFull) {
      this.#tell({ event: "disabledInsertions", count: 1 });
      return undefined;
    }
    if (this.path.motion !== "empty" || this.motorDefective || this.sensorDefective) return undefined;
    const bill = this.#truth.newBill(valueMinor, "customer");
    this.path.pullIn(bill);
    return bill;
  }

  /** The customer pulls the bill out of the escrow; false if none waits there. */
  pullBack(): boolean {
    return this.path.pullBack();
  }

  /** Someone fishes for a credited bill (0C). */
  fish(): void {
    if (this.bus.alive) this.#tell({ event: "creditedBillRemoval" });
  }

  /** The service person puts bills into a drum by hand, or takes them out, at the device's keys. Returns how many. */
  fillDrum(type: number, count: number): number {
    let put = 0;
    for (; put < count && this.recycler?.hasRoom(type) === true; put++) {
      this.recycler.put(this.#truth.newBill(this.options.valuesMinor[type] ?? 0, "operator"), type);
      this.#tell({ event: "recyclerManualFill", type });
    }
    return put;
  }

  emptyDrum(type: number, count: number, to: "operator" | "stacker"): number {
    let taken = 0;
    for (let bill = this.recycler?.take(type); bill !== undefined; bill = this.recycler?.take(type)) {
      if (to === "stacker") this.path.receive(bill);
      else this.#truth.moveBill(bill, "operator");
      this.#tell({ event: to === "stacker" ? "recyclerToCashBox" : "billManualDispense", type });
      if (++taken === count) break;
    }
    return taken;
  }

  get waitingMinor(): number {
    return this.queue.waitingMinor;
  }

  // ---- the bus ----------------------------------------------------------------------------------------------------

  command(block: Uint8Array): Answer {
    if (block.length === 1 && block[0] === POLL) return this.#poll();
    const command = decodeCommand(block);
    if (!command.ok || command.device !== "billValidator") return "silent";
    switch (command.command) {
      case "reset":
        this.busReset();
        return "ack";
      case "setup":
        return this.#setup();
      case "security":
        this.securityMask = command.fields.highSecurityMask;
        return "ack";
      case "billType":
        this.#setMasks(command.fields.acceptMask, command.fields.escrowMask);
        return "ack";
      case "escrow":
        if (!this.path.order(command.fields.order === ESCROW_STACK)) this.#tell({ event: "invalidEscrowRequest" });
        return "ack";
      case "stacker": {
        const full = this.stackerFull ? STACKER_FULL : 0;
        const fullAndCount = full | (this.path.stackerCount & STACKER_COUNT_MASK);
        return encodeReply(BILL_VALIDATOR, "stacker", { fullAndCount });
      }
      case "identification": {
        const { maker, serial, model, softwareBcd } = this.options;
        return encodeReply(BILL_VALIDATOR, "identification", { maker, serial, model, softwareBcd });
      }
      case "identificationWithOptions": {
        if (this.#level < 2) return "silent";
        const { maker, serial, model, softwareBcd } = this.options;
        const options = this.recycler === undefined ? 0 : BILL_OPTIONS.recycling;
        const fields = { maker, serial, model, softwareBcd, options };
        return encodeReply(BILL_VALIDATOR, "identificationWithOptions", fields);
      }
      case "featureEnable":
        this.#recycling = (command.fields.options & BILL_OPTIONS.recycling) !== 0;
        return this.#level < 2 ? "silent" : "ack";
      case "recyclerEnable":
        this.recycleMask = command.fields.routing.reduce((mask, route, type) => (route ? mask | (1 << type) : mask), 0);
        return this.#recycling ? "ack" : "silent";
      default:
        return this.recycler === undefined || !this.#recycling ? "silent" : this.#payOut(this.recycler, command);
    }
  }

  /** Commands of a recycler that was switched on. */
  #payOut(recycler: BillRecycler, command: DecodedCommand): Answer {
    const { busy } = recycler;
    switch (command.command) {
      case "recyclerSetup":
        return encodeReply(BILL_VALIDATOR, "recyclerSetup", { recyclerMask: recycler.mask });
      case "dispenserStatus": {
        const { fullMask, counts } = recycler;
        return encodeReply(BILL_VALIDATOR, "dispenserStatus", { fullMask, counts });
      }
      case "dispenseBill": {
        const { type, count } = command.fields;
        if (this.quirks.ignoresDispenseByType) return "silent";
        if (!recycler.jammed) recycler.dispense(new Array<number>(count).fill(type));
        return "ack";
      }
      case "dispenseValue":
        if (!recycler.jammed) recycler.dispenseValue(command.fields.value * this.options.scalingMinor);
        return "ack";
      case "payoutStatus":
        return busy ? "ack" : encodeReply(BILL_VALIDATOR, "payoutStatus", { counts: recycler.paid });
      case "payoutValuePoll": {
        this.#valueTold = recycler.untoldMinor;
        const value = this.#valueTold / this.options.scalingMinor;
        return !busy && value === 0 ? "ack" : encodeReply(BILL_VALIDATOR, "payoutValuePoll", { value });
      }
      case "payoutCancel":
        recycler.stop();
        return "ack";
      default:
        return "silent";
    }
  }

  standingAnswer(): Uint8Array | undefined {
    if (!this.queue.isEmpty) return undefined;
    const lasting = this.#lasting();
    const [only = BARE_ACK] = lasting;
    return lasting.length > 1 || (only !== BARE_ACK && this.quirks.junkByte !== undefined) ? undefined : only;
  }

  acknowledged(): void {
    this.recycler?.told(this.#valueTold);
    this.#valueTold = 0;
    this.queue.acknowledged();
  }

  notReceived(): void {
    this.#valueTold = 0;
    this.queue.notReceived();
    this.#truth.maybeUnreportedBillsMinor += this.queue.takeLostMinor();
  }

  /** A bill in escrow goes back; one on its way into the stacker goes there unreported. */
  busReset(): void {
    const { motion } = this.path;
    this.recycler?.stop();
    this.#forget();
    this.#unheard = motion !== "empty";
    if (motion === "escrow" || motion === "in") this.path.clear(false);
    this.#world.cancel(this.#starting);
    this.#starting = this.#world.after(this.quirks.justResetMs * 1_000, () => this.#tellReset());
  }

  // ---- inside -----------------------------------------------------------------------------------------------------

  #startOrDie(): void {
    const on = this.#powered && this.#plugged;
    if (!on) {
      this.#world.cancel(this.#starting);
      this.#starting = undefined;
      this.path.stop();
      this.recycler?.stop();
      this.#forget();
      this.bus.die();
    } else if (!this.bus.alive && this.#starting === undefined) {
      this.#starting = this.#world.after(this.options.startUpMs * 1_000, () => this.#startUp());
    }
  }

  /** Speaks only when what it found inside is where it belongs. */
  #startUp(): void {
    if (this.path.motion === "stuck") this.path.clear(this.quirks.billAtPowerUp === "stackedSilently");
    if (this.path.moving) {
      this.#starting = this.#world.after(100_000, () => this.#startUp());
      return;
    }
    this.bus.alive = true;
    this.#tellReset();
  }

  #tellReset(): void {
    this.#starting = undefined;
    if (this.quirks.saysJustReset) this.#tell({ event: "justReset" });
    if (this.quirks.tellsDisabled === "once") this.#tell({ event: "unitDisabled" });
  }

  #forget(): void {
    this.acceptMask = 0;
    this.#escrowMask = 0;
    this.securityMask = 0;
    this.recycleMask = 0;
    this.#recycling = false;
    this.queue.clear();
    this.#truth.maybeUnreportedBillsMinor += this.queue.takeLostMinor();
  }

  #tell(event: BillEvent, moneyMinor = 0): void {
    this.queue.push(encodePoll(BILL_VALIDATOR, [event]), moneyMinor);
    this.#truth.maybeUnreportedBillsMinor += this.queue.takeLostMinor();
  }

  #setMasks(acceptMask: number, escrowMask: number): void {
    const nowOff = acceptMask === 0 && this.acceptMask !== 0;
    this.acceptMask = acceptMask;
    this.#escrowMask = escrowMask;
    if (nowOff && this.quirks.tellsDisabled === "once") this.#tell({ event: "unitDisabled" });
  }

  #routeOf(type: number): "refuse" | "escrow" | "stack" {
    const bit = 1 << type;
    if (!this.bus.alive || (this.acceptMask & bit) === 0 || this.stackerFull || this.cashBoxOut) return "refuse";
    return this.options.escrow && (this.#escrowMask & bit) !== 0 ? "escrow" : "stack";
  }

  #billEnded(bill: Bill, fate: BillFate): void {
    if (!this.bus.alive || this.#unheard) {
      this.#unheard = false;
      if ((fate.fate === "stacked" || fate.fate === "recycled") && !fate.ordered)
        this.#truth.maybeUnreportedBillsMinor += bill.valueMinor;
      return;
    }
    switch (fate.fate) {
      case "unrecognised":
        return this.#tell({ event: "billRejected" });
      case "pulledBack":
        return this.#tell({ event: "billRemoved" });
      case "jam":
        return;
      case "disabledType":
        return this.#tell({ event: "disabledBillRejected", type: fate.type });
      case "escrowed":
        return this.#tell({ event: "billInEscrow", type: fate.type });
      case "returned":
        return this.#tell({ event: "billReturned", type: fate.type });
      case "stacked":
        return this.#tell({ event: "billStacked", type: fate.type }, fate.ordered ? 0 : bill.valueMinor);
      case "recycled":
        return this.#tell({ event: "billToRecycler", type: fate.type }, fate.ordered ? 0 : bill.valueMinor);
    }
  }

  get #level(): number {
    return this.options.level ?? (this.recycler === undefined ? 1 : 2);
  }

  #recycle(bill: Bill, type: number): boolean {
    if (this.recycler?.hasRoom(type) !== true || ((this.recycleMask >> type) & 1) === 0) return false;
    this.recycler.put(bill, type);
    return true;
  }

  #setup(): Answer {
    const { country, scalingMinor, decimals, valuesMinor, stackerCapacity, escrow } = this.options;
    return encodeReply(BILL_VALIDATOR, "setup", {
      level: this.#level,
      country,
      scaling: scalingMinor,
      decimals,
      stackerCapacity,
      securityMask: 0,
      escrow: escrow ? HAS_ESCROW : 0,
      values: valuesMinor.map((valueMinor) => valueMinor / scalingMinor),
    });
  }

  #poll(): Answer {
    const lasting = this.#lasting();
    if (lasting.length === 0 && this.queue.isEmpty) return "ack";
    const reply = this.queue.compose(lasting);
    const { junkByte } = this.quirks;
    return junkByte === undefined ? reply : Uint8Array.from([junkByte, ...reply]);
  }

  /** What every POLL is told while it lasts. */
  #lasting(): readonly Uint8Array[] {
    const lasting: Uint8Array[] = [];
    if (this.motorDefective) lasting.push(this.#lastingBlocks.motorDefective);
    if (this.sensorDefective) lasting.push(this.#lastingBlocks.sensorDefective);
    if (this.path.motion === "stuck") lasting.push(this.#lastingBlocks.validatorJam);
    if (this.cashBoxOut) lasting.push(this.#lastingBlocks.cashBoxOut);
    if (this.recycler?.busy === true) lasting.push(this.#lastingBlocks.recyclerPayoutBusy);
    if (this.recycler?.jammed === true) lasting.push(this.#lastingBlocks.recyclerJam);
    if (this.quirks.tellsBusy && this.path.moving) lasting.push(this.#lastingBlocks.validatorBusy);
    if (this.quirks.tellsDisabled === "always" && this.acceptMask === 0) lasting.push(this.#lastingBlocks.unitDisabled);
    return lasting;
  }
}
