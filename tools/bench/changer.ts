/**
 * A simulated coin changer, level 2 or 3 (MDB 4.2 §5, PDF p61-88): a behaviour per command, real coins in real tubes,
 * and the quirks seen in the field as switches.
 */
import { POLL_CODE } from "../../firmware/mdb/peripheral.js";
import { decodeCommand, encodeReply } from "../../shared/mdb/codec.js";
import { COIN_CHANGER, type CoinEvent } from "../../shared/mdb/coin-changer.js";
import { encodePoll } from "../../shared/mdb/poll.js";
import { type Answer, BARE_ACK, type BusBehaviour, BusDevice } from "./bus-device.js";
import { ChangerExpansion } from "./changer-expansion.js";
import { CHANGER_QUIRKS, type ChangerOptions, type ChangerQuirks, US_CHANGER } from "./changer-options.js";
import { CoinAcceptor, type CoinFate } from "./coin-acceptor.js";
import { Payout } from "./payout.js";
import { PollQueue } from "./poll-queue.js";
import type { Rng } from "./rng.js";
import type { Coin, Truth } from "./truth.js";
import { CoinTubes } from "./tubes.js";
import type { Wire } from "./wire.js";
import type { Timer, World } from "./world.js";

export { type ChangerOptions, type ChangerQuirks, US_CHANGER } from "./changer-options.js";

/** Conditions that are told in every POLL while they last. */
function lastingBlocks() {
  return {
    payoutBusy: encodePoll(COIN_CHANGER, [{ event: "payoutBusy" }]),
    tubeSensorDefective: encodePoll(COIN_CHANGER, [{ event: "tubeSensorDefective" }]),
    acceptorUnplugged: encodePoll(COIN_CHANGER, [{ event: "acceptorUnplugged" }]),
    changerBusy: encodePoll(COIN_CHANGER, [{ event: "changerBusy" }]),
  };
}

/** Many a second: known without the walk through the table. */
const POLL = COIN_CHANGER.address | POLL_CODE;

export class CoinChanger implements BusBehaviour {
  readonly options: ChangerOptions;
  readonly quirks: ChangerQuirks = { ...CHANGER_QUIRKS };
  readonly bus: BusDevice;
  readonly tubes: CoinTubes;
  readonly acceptor: CoinAcceptor;
  readonly queue = new PollQueue();
  readonly payout: Payout;
  /** What level 3 adds. */
  readonly expansion: ChangerExpansion;
  /** Types the VMC accepts now. */
  acceptMask = 0;
  /** Busy with itself: 0A in every poll. */
  busy = false;
  readonly #lastingBlocks = lastingBlocks();
  readonly #world: World;
  readonly #truth: Truth;
  #manualMask = 0;
  #powered = false;
  #plugged = true;
  #starting: Timer | undefined;
  #resetAtUs = 0;
  #polled = false;
  #countsBefore: readonly number[] | undefined;

  constructor(world: World, wire: Wire, truth: Truth, options: ChangerOptions = US_CHANGER) {
    const rng: Rng = world.forkRng();
    this.#world = world;
    this.#truth = truth;
    this.options = options;
    this.tubes = new CoinTubes(truth, options.types);
    this.acceptor = new CoinAcceptor(world, rng.fork(), truth, this.tubes, {
      mayPass: (type) => this.bus.alive && !this.payout.busy && (this.acceptMask & (1 << type)) !== 0,
      ended: (coin, fate) => this.#coinEnded(coin, fate),
    });
    this.payout = new Payout(world, rng.fork(), this.tubes, ({ failed }) => {
      this.#countsBefore = undefined;
      if (failed) this.#tell({ event: "tubeJam" });
    });
    const pay = (types: readonly number[]): void => this.#startPayout(types, true);
    const inhibited = (): boolean => this.acceptMask === 0;
    const { quirks, tubes, acceptor, payout } = this;
    this.expansion = new ChangerExpansion({
      options,
      quirks,
      tubes,
      acceptor,
      payout,
      pay,
      get inhibited() {
        return inhibited();
      },
    });
    this.bus = new BusDevice(world, wire, rng.fork(), COIN_CHANGER, this);
  }

  // ---- the outer world --------------------------------------------------------------------------------------------

  setPower(on: boolean): void {
    this.#powered = on;
    this.#startOrDie();
  }

  /** The plug of the whole changer, power and bus. */
  setPlugged(plugged: boolean): void {
    this.#plugged = plugged;
    this.#startOrDie();
  }

  get plugged(): boolean {
    return this.#plugged;
  }

  insertCoin(valueMinor: number): Coin {
    return this.acceptor.insert(valueMinor);
  }

  pullLever(): void {
    if (this.bus.alive) this.#tell({ event: "returnLever" });
  }

  /** Someone fishes for a credited coin (0D). */
  fish(): void {
    if (this.bus.alive) this.#tell({ event: "creditedCoinRemoval" });
  }

  /** The service person presses the payout key of a tube. Returns how many coins came. */
  dispenseManually(type: number, count: number): number {
    if (!this.bus.alive || (this.#manualMask & (1 << type)) === 0) return 0;
    let done = 0;
    while (done < Math.min(count, 7) && this.tubes.eject(type, "operator")) done += 1;
    if (done === 0) return 0;
    const controlled = this.expansion.isOn("controlledManualFill");
    const { letOutTold } = this.quirks;
    if (controlled && letOutTold !== "poll") {
      this.expansion.letOut[type] = (this.expansion.letOut[type] ?? 0) + done;
    }
    if (!controlled || letOutTold !== "report") {
      this.#tell({ event: "manualDispense", count: done, type, inTube: Math.min(this.tubes.count(type), 255) });
    }
    return done;
  }

  /**
   * The service person fills a tube at the changer, which counts if it was told to (option b2); else nobody hears of
   * it. Returns how many coins fitted.
   */
  fillManually(type: number, count: number): number {
    const done = this.tubes.fill(type, count);
    if (this.bus.alive && this.expansion.isOn("controlledManualFill")) {
      this.expansion.filled[type] = (this.expansion.filled[type] ?? 0) + done;
    }
    return done;
  }

  /** Money reported and not ACKed, or not yet reported: the ledger may or may not hold it. */
  get waitingMinor(): number {
    return this.queue.waitingMinor;
  }

  // ---- the bus ----------------------------------------------------------------------------------------------------

  command(block: Uint8Array): Answer {
    if (this.payout.busy && this.quirks.payoutEnding === "silent") return "silent";
    if (block.length === 1 && block[0] === POLL) return this.#poll();
    const command = decodeCommand(block);
    if (!command.ok || command.device !== "coinChanger") return "silent";
    this.#polled = false;
    this.expansion.leave();
    switch (command.command) {
      case "reset":
        this.busReset();
        return "ack";
      case "setup":
        return this.#setup();
      case "tubeStatus":
        return this.#tubeStatus();
      case "coinType":
        this.acceptMask = command.fields.acceptMask;
        this.#manualMask = command.fields.manualDispenseMask;
        return "ack";
      case "dispense":
        return this.#dispense(command.fields.type, command.fields.count);
      default:
        return this.options.level >= 3 ? this.expansion.command(command) : "silent";
    }
  }

  standingAnswer(): Uint8Array | undefined {
    if (this.payout.busy && this.quirks.payoutEnding === "silent") return undefined;
    return this.queue.isEmpty && this.#lasting().length === 0 ? BARE_ACK : undefined;
  }

  acknowledged(): void {
    if (this.#polled) this.queue.acknowledged();
    else this.expansion.acknowledged();
  }

  notReceived(): void {
    if (this.#polled) this.queue.notReceived();
    this.#truth.maybeUnreportedCoinsMinor += this.queue.takeLostMinor();
  }

  busReset(): void {
    this.payout.stop();
    this.#forget();
    this.#world.cancel(this.#starting);
    this.#starting = this.#world.after(this.quirks.justResetMs * 1_000, () => this.#tellReset());
  }

  // ---- inside -----------------------------------------------------------------------------------------------------

  #startOrDie(): void {
    const on = this.#powered && this.#plugged;
    if (!on) {
      this.#world.cancel(this.#starting);
      this.#starting = undefined;
      this.payout.stop();
      this.#forget();
      this.bus.die();
    } else if (!this.bus.alive && this.#starting === undefined) {
      this.#starting = this.#world.after(this.options.startUpMs * 1_000, () => {
        this.bus.alive = true;
        this.#resetAtUs = this.#world.nowUs;
        this.#tellReset();
      });
    }
  }

  #tellReset(): void {
    this.#starting = undefined;
    if (this.quirks.saysJustReset) this.#tell({ event: "justReset" });
  }

  /** What a reset or loss of power takes: masks, options and every report not ACKed. */
  #forget(): void {
    this.acceptMask = 0;
    this.#manualMask = 0;
    this.expansion.forget();
    this.#countsBefore = undefined;
    this.#polled = false;
    this.#resetAtUs = this.#world.nowUs;
    this.queue.clear();
    this.#truth.maybeUnreportedCoinsMinor += this.queue.takeLostMinor();
  }

  #tell(event: CoinEvent, moneyMinor = 0): void {
    this.queue.push(encodePoll(COIN_CHANGER, [event]), moneyMinor);
    this.#truth.maybeUnreportedCoinsMinor += this.queue.takeLostMinor();
  }

  #coinEnded(coin: Coin, fate: CoinFate): void {
    if (!this.bus.alive) {
      if (fate.fate === "arrived") this.#truth.maybeUnreportedCoinsMinor += coin.valueMinor;
      return;
    }
    switch (fate.fate) {
      case "slug":
        return this.#tell({ event: "slugs", count: 1 });
      case "noCredit":
        return this.#tell({ event: "noCredit" });
      case "jam":
        return this.#tell({ event: "coinJam" });
      case "rejected":
        if (!this.quirks.tellsRejected) return;
        return this.#tell({ event: "coinRejected", type: fate.type, inTube: this.tubes.count(fate.type) });
      case "arrived": {
        const { type, path, astray } = fate;
        if (astray) this.#tell({ event: "routingError" });
        const inTube = Math.min(this.tubes.count(type), 255);
        return this.#tell({ event: "coinDeposited", type, path, inTube }, coin.valueMinor);
      }
    }
  }

  #setup(): Answer {
    const { level, country, scalingMinor, decimals, types } = this.options;
    const credits = types.map(({ valueMinor }) => valueMinor / scalingMinor);
    const fields = { level, country, scaling: scalingMinor, decimals, tubeMask: this.tubes.mask, credits };
    const reply = encodeReply(COIN_CHANGER, "setup", fields);
    return this.quirks.shortReplies ? reply.slice(0, 7 + types.length) : reply;
  }

  #tubeStatus(): Answer {
    const settled = this.#world.nowUs - this.#resetAtUs >= this.quirks.tubesSettleMs * 1_000;
    const { fullMask, counts } = this.tubes.report(settled);
    const fields = { fullMask, counts: settled ? (this.#countsBefore ?? counts) : counts };
    const reply = encodeReply(COIN_CHANGER, "tubeStatus", fields);
    return this.quirks.shortReplies ? reply.slice(0, 2 + this.options.types.length) : reply;
  }

  #poll(): Answer {
    this.#polled = true;
    const lasting = this.#lasting();
    if (lasting.length === 0 && this.queue.isEmpty) return "ack";
    return this.queue.compose(lasting);
  }

  /** What every POLL is told while it lasts. */
  #lasting(): readonly Uint8Array[] {
    const lasting: Uint8Array[] = [];
    if (this.payout.busy && this.quirks.payoutEnding === "busy02") lasting.push(this.#lastingBlocks.payoutBusy);
    if (this.tubes.anyDefective) lasting.push(this.#lastingBlocks.tubeSensorDefective);
    if (this.acceptor.unplugged) lasting.push(this.#lastingBlocks.acceptorUnplugged);
    if (this.busy) lasting.push(this.#lastingBlocks.changerBusy);
    return lasting;
  }

  #dispense(type: number, count: number): Answer {
    if (this.payout.busy) return "silent";
    if (count === 0 || (this.tubes.mask & (1 << type)) === 0) return "nak";
    this.#startPayout(new Array<number>(count).fill(type));
    return "ack";
  }

  #startPayout(types: readonly number[], byValue = false): void {
    if (types.length === 0) return;
    if (this.quirks.countsMove === "atEnd") this.#countsBefore = this.tubes.report(true).counts;
    this.payout.start(types, byValue);
  }
}
