/**
 * A simulated coin hopper at 58h or 70h (MDB 4.2 §10, PDF p237-249): a behaviour per command, real coins, a motor that
 * takes its time, and what goes wrong with it as switches.
 */
import { decodeCommandOf, encodeReply } from "../../shared/mdb/codec.js";
import { COIN_HOPPERS, HOPPER_TYPES, type HopperEvent, type HopperTable } from "../../shared/mdb/hopper.js";
import { encodePoll } from "../../shared/mdb/poll.js";
import { type Answer, BARE_ACK, type BusBehaviour, BusDevice } from "./bus-device.js";
import { HopperBowls } from "./hopper-bowl.js";
import { HOPPER_QUIRKS, type HopperOptions, type HopperQuirks, US_HOPPER } from "./hopper-options.js";
import { PollQueue } from "./poll-queue.js";
import type { Rng } from "./rng.js";
import type { Truth } from "./truth.js";
import type { Wire } from "./wire.js";
import type { Timer, World } from "./world.js";

export { HOPPER_QUIRKS, type HopperOptions, type HopperQuirks, US_HOPPER } from "./hopper-options.js";

/** In the dispenser codes, not in reports of hands. */
const BIT_5 = 0x20;
/** From the last coin to the motor's stop, microseconds. */
const BRAKE_US = [20_000, 60_000] as const;
/** Coins that one report of hands can tell. */
const BY_HAND_MAX = 7;

type LastReply = "none" | "poll" | "payoutStatus" | "payoutValue";

export class CoinHopper implements BusBehaviour {
  readonly options: HopperOptions;
  readonly quirks: HopperQuirks = { ...HOPPER_QUIRKS };
  readonly bus: BusDevice;
  readonly bowls: HopperBowls;
  readonly queue = new PollQueue();
  readonly #table: HopperTable;
  readonly #world: World;
  readonly #rng: Rng;
  #powered = false;
  #plugged = true;
  #starting: Timer | undefined;
  #manualMask = 0;
  #lastReply: LastReply = "none";
  /** Of the running payout: types of the coins still to come. */
  #left: number[] = [];
  #motor: Timer | undefined;
  #countsBefore: readonly number[] | undefined;
  #paid: number[] = new Array<number>(HOPPER_TYPES).fill(0);
  #untoldMinor = 0;
  #toldMinor = 0;

  /** index: 0 at 58h, 1 at 70h. */
  constructor(world: World, wire: Wire, truth: Truth, index: number, options: HopperOptions = US_HOPPER) {
    this.#world = world;
    this.#rng = world.forkRng();
    this.options = options;
    this.#table = COIN_HOPPERS[index === 1 ? 1 : 0];
    this.bowls = new HopperBowls(truth, options.types);
    this.bus = new BusDevice(world, wire, this.#rng.fork(), this.#table, this);
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

  /** It pays. */
  get busy(): boolean {
    return this.#motor !== undefined;
  }

  /** It resets itself, whatever it was at. */
  resetItself(): void {
    if (this.bus.alive) this.busReset();
  }

  /** The service person throws coins in and presses "filled". Returns how many fitted. */
  fill(type: number, count: number): number {
    const fitted = this.bowls.fill(type, count);
    if (fitted > 0 && this.bus.alive) this.#tell({ event: "filledKey" });
    return fitted;
  }

  /** The service person presses the payout key. Returns how many coins came. */
  dispenseManually(type: number, count: number): number {
    if (!this.bus.alive || this.busy || (this.#manualMask & (1 << type)) === 0) return 0;
    let done = 0;
    while (done < Math.min(count, BY_HAND_MAX) && this.bowls.turn(type, "operator") === "coin") done += 1;
    if (done > 0) this.#tell({ event: "manualDispense", count: done, type, inside: this.bowls.believed(type) });
    return done;
  }

  // ---- the bus ----------------------------------------------------------------------------------------------------

  command(block: Uint8Array): Answer {
    const command = decodeCommandOf(this.#table, block);
    if (!command.ok) return "silent";
    if (this.busy && this.quirks.payoutEnding === "silent") return "silent";
    this.#lastReply = "none";
    switch (command.command) {
      case "reset":
        this.busReset();
        return "ack";
      case "setup":
        return this.#setup();
      case "status":
        return this.#status();
      case "poll":
        return this.#poll();
      case "manual":
        if (!this.quirks.identifies) return "silent";
        this.#manualMask = command.fields.manualDispenseMask;
        return "ack";
      case "dispenseCoins":
        return this.#dispense(command.fields.type, command.fields.count);
      case "dispenseValue":
        return this.#dispenseValue(command.fields.value * this.options.scalingMinor);
      case "payoutStatus":
        return this.#payoutStatus();
      case "payoutValuePoll":
        return this.#payoutValue();
      case "identification": {
        const { maker, serial, model, softwareBcd } = this.options;
        if (!this.quirks.identifies) return "silent";
        return encodeReply(this.#table, "identification", { maker, serial, model, softwareBcd, options: 0 });
      }
      default:
        return "silent";
    }
  }

  standingAnswer(): Uint8Array | undefined {
    if (this.busy && this.quirks.payoutEnding === "silent") return undefined;
    return this.queue.isEmpty && this.#lasting().length === 0 ? BARE_ACK : undefined;
  }

  acknowledged(): void {
    if (this.#lastReply === "poll") this.queue.acknowledged();
    else if (this.#lastReply === "payoutStatus") this.#paid.fill(0);
    else if (this.#lastReply === "payoutValue") this.#untoldMinor -= this.#toldMinor;
  }

  notReceived(): void {
    if (this.#lastReply === "poll") this.queue.notReceived();
  }

  busReset(): void {
    this.#forget();
    this.#world.cancel(this.#starting);
    this.#starting = this.#world.after(this.quirks.justResetMs * 1_000, () => this.#tellReset());
  }

  // ---- inside -----------------------------------------------------------------------------------------------------

  #startOrDie(): void {
    if (!this.#powered || !this.#plugged) {
      this.#world.cancel(this.#starting);
      this.#starting = undefined;
      this.#forget();
      this.bus.die();
    } else if (!this.bus.alive && this.#starting === undefined) {
      this.#starting = this.#world.after(this.options.startUpMs * 1_000, () => {
        this.bus.alive = true;
        this.#tellReset();
      });
    }
  }

  #tellReset(): void {
    this.#starting = undefined;
    if (this.quirks.saysJustReset) this.#tell({ event: "justReset" });
  }

  /** What a reset or loss of power takes. Coins that have not come out stay in. */
  #forget(): void {
    this.#stop();
    this.#manualMask = 0;
    this.#lastReply = "none";
    this.#paid.fill(0);
    this.#untoldMinor = 0;
    this.queue.clear();
  }

  #encode(event: HopperEvent): Uint8Array {
    const bytes = encodePoll(this.#table, [event]);
    const [code = 0] = bytes;
    if (this.quirks.codesFrom20 && code < BIT_5) bytes[0] = code | BIT_5;
    return bytes;
  }

  #tell(event: HopperEvent): void {
    this.queue.push(this.#encode(event));
  }

  #setup(): Answer {
    const { level, country, scalingMinor, decimals, responseS, types } = this.options;
    const credits = types.map(({ valueMinor }) => valueMinor / scalingMinor);
    const mask = types.reduce((sum, { capacity }, type) => (capacity > 0 ? sum | (1 << type) : sum), 0);
    const fields = { level, country, scaling: scalingMinor, decimals, responseS, masks: [mask, 0], credits };
    const reply = encodeReply(this.#table, "setup", fields);
    return this.quirks.shortReplies ? reply.slice(0, 10 + types.length) : reply;
  }

  #status(): Answer {
    const { fullMask, counts } = this.bowls.report(HOPPER_TYPES);
    const reply = encodeReply(this.#table, "status", { fullMask, counts: this.#countsBefore ?? counts });
    return this.quirks.shortReplies ? reply.slice(0, 2 + 2 * this.options.types.length) : reply;
  }

  #poll(): Answer {
    const reply = this.queue.compose(this.#lasting().map((event) => this.#encode(event)));
    this.#lastReply = "poll";
    return reply.length === 0 ? "ack" : reply;
  }

  /** What every POLL is told while it lasts. */
  #lasting(): readonly HopperEvent[] {
    const lasting: HopperEvent[] = [];
    if (this.busy && this.quirks.payoutEnding === "busy") lasting.push({ event: "payoutBusy" });
    if (this.bowls.anyDefective) lasting.push({ event: "sensorDefective" });
    return lasting;
  }

  #payoutStatus(): Answer {
    if (this.quirks.payoutStatus === "unknown") return "silent";
    if (this.busy || this.quirks.payoutStatus === "endlessBusy") return "ack";
    this.#lastReply = "payoutStatus";
    return encodeReply(this.#table, "payoutStatus", { counts: this.#paid });
  }

  #payoutValue(): Answer {
    if (this.quirks.payoutStatus === "unknown") return "silent";
    if (!this.busy && this.#untoldMinor === 0 && this.quirks.payoutStatus === "tells") return "ack";
    this.#lastReply = "payoutValue";
    this.#toldMinor = this.#untoldMinor;
    return encodeReply(this.#table, "payoutValuePoll", { value: this.#toldMinor / this.options.scalingMinor });
  }

  // ---- the motor --------------------------------------------------------------------------------------------------

  #dispense(type: number, count: number): Answer {
    if (this.busy) return "silent";
    if (!this.quirks.byType || count === 0 || (this.options.types[type]?.capacity ?? 0) === 0) return "nak";
    this.#start(new Array<number>(count).fill(type));
    return "ack";
  }

  /** Dearest coins first, as far as it believes to have them. */
  #dispenseValue(valueMinor: number): Answer {
    if (this.busy) return "silent";
    const order = this.options.types.map((spec, type) => ({ ...spec, type })).filter(({ capacity }) => capacity > 0);
    order.sort((left, right) => right.valueMinor - left.valueMinor);
    const types: number[] = [];
    let left = valueMinor;
    for (const { type, valueMinor: each } of order) {
      for (let n = 0; n < this.bowls.believed(type) && each <= left; n++) {
        types.push(type);
        left -= each;
      }
    }
    if (types.length === 0 || left > 0) return "nak";
    this.#start(types);
    return "ack";
  }

  #start(types: readonly number[]): void {
    this.#paid.fill(0);
    this.#untoldMinor = 0;
    this.#left = [...types];
    if (this.quirks.countsMove === "atEnd") this.#countsBefore = this.bowls.report(HOPPER_TYPES).counts;
    this.#later(this.quirks.coinUs, () => this.#turn());
  }

  #later([low, high]: readonly [number, number], run: () => void): void {
    this.#motor = this.#world.after(this.#rng.between(low, high), run);
  }

  #turn(): void {
    const type = this.#left.shift() ?? 0;
    if (this.bowls.turn(type, "cup") === "nothing") {
      const searchUs = this.quirks.searchMs * 1_000;
      return this.#later([searchUs, searchUs], () => this.#giveUp());
    }
    this.#paid[type] = (this.#paid[type] ?? 0) + 1;
    this.#untoldMinor += this.options.types[type]?.valueMinor ?? 0;
    if (this.#left.length === 0) this.#later(BRAKE_US, () => this.#stop());
    else this.#later(this.quirks.coinUs, () => this.#turn());
  }

  /** No coin came for so long: the motor stops. */
  #giveUp(): void {
    this.#stop();
    this.#tell({ event: "hopperJam" });
  }

  #stop(): void {
    this.#world.cancel(this.#motor);
    this.#motor = undefined;
    this.#left = [];
    this.#countsBefore = undefined;
  }
}
