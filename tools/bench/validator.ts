/**
 * A simulated bill validator, level 1, with escrow and stacker (MDB 4.2 §6, PDF p89-116): a behaviour per command,
 * real bills, and the quirks seen in the field as switches.
 */
import {
  BILL_VALIDATOR,
  type BillEvent,
  ESCROW_STACK,
  HAS_ESCROW,
  STACKER_COUNT_MASK,
  STACKER_FULL,
} from "../../shared/mdb/bill-validator.js";
import { decodeCommand, encodeReply } from "../../shared/mdb/codec.js";
import { encodePoll } from "../../shared/mdb/poll.js";
import { type BillFate, BillPath } from "./bill-path.js";
import { type Answer, type BusBehaviour, BusDevice } from "./bus-device.js";
import { PollQueue } from "./poll-queue.js";
import type { Bill, Truth } from "./truth.js";
import { US_VALIDATOR, VALIDATOR_QUIRKS, type ValidatorOptions, type ValidatorQuirks } from "./validator-options.js";
import type { Wire } from "./wire.js";
import type { Timer, World } from "./world.js";

export { US_VALIDATOR, type ValidatorOptions, type ValidatorQuirks } from "./validator-options.js";

export class BillValidator implements BusBehaviour {
  readonly options: ValidatorOptions;
  readonly quirks: ValidatorQuirks = { ...VALIDATOR_QUIRKS };
  readonly bus: BusDevice;
  readonly path: BillPath;
  readonly queue = new PollQueue();
  /** Types the VMC accepts now. */
  acceptMask = 0;
  /** Someone took the cash box out. */
  cashBoxOut = false;
  /** Faults told in every poll: 01 motor, 02 sensor. */
  motorDefective = false;
  sensorDefective = false;
  readonly #world: World;
  readonly #truth: Truth;
  #escrowMask = 0;
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
      ended: (bill, fate) => this.#billEnded(bill, fate),
    });
    this.bus = new BusDevice(world, wire, rng.fork(), BILL_VALIDATOR, this);
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

  get waitingMinor(): number {
    return this.queue.waitingMinor;
  }

  // ---- the bus ----------------------------------------------------------------------------------------------------

  command(block: Uint8Array): Answer {
    const command = decodeCommand(block);
    if (!command.ok || command.device !== "billValidator") return "silent";
    switch (command.command) {
      case "reset":
        this.busReset();
        return "ack";
      case "setup":
        return this.#setup();
      case "security":
        return "ack";
      case "poll":
        return this.#poll();
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
      default:
        return "silent";
    }
  }

  acknowledged(): void {
    this.queue.acknowledged();
  }

  notReceived(): void {
    this.queue.notReceived();
    this.#truth.maybeUnreportedBillsMinor += this.queue.takeLostMinor();
  }

  /** A bill in escrow goes back; one on its way into the stacker goes there unreported. */
  busReset(): void {
    const { motion } = this.path;
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
      if (fate.fate === "stacked" && !fate.ordered) this.#truth.maybeUnreportedBillsMinor += bill.valueMinor;
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
    }
  }

  #setup(): Answer {
    const { country, scalingMinor, decimals, valuesMinor, stackerCapacity, escrow } = this.options;
    return encodeReply(BILL_VALIDATOR, "setup", {
      level: 1,
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
    const lasting: BillEvent[] = [];
    if (this.motorDefective) lasting.push({ event: "motorDefective" });
    if (this.sensorDefective) lasting.push({ event: "sensorDefective" });
    if (this.path.motion === "stuck") lasting.push({ event: "validatorJam" });
    if (this.cashBoxOut) lasting.push({ event: "cashBoxOut" });
    if (this.quirks.tellsBusy && this.path.moving) lasting.push({ event: "validatorBusy" });
    if (this.quirks.tellsDisabled === "always" && this.acceptMask === 0) lasting.push({ event: "unitDisabled" });
    const reply = this.queue.compose(lasting.map((event) => encodePoll(BILL_VALIDATOR, [event])));
    if (reply.length === 0) return "ack";
    const { junkByte } = this.quirks;
    return junkByte === undefined ? reply : Uint8Array.from([junkByte, ...reply]);
  }
}
