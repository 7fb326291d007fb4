/**
 * The whole vending machine in simulation: the real firmware on the simulated board, with everything a customer, a
 * service person or a vandal can do to it, and the checkers' view of it. One seed replays a whole run.
 */

import { openLedger, ownerOf } from "../../firmware/ledger/ledger.js";
import { bootMachine } from "../../firmware/machine/boot.js";
import type { Machine } from "../../firmware/machine/machine.js";
import type { BootFacts, MachinePorts } from "../../firmware/machine/types.js";
import type { FlashPort, Identity } from "../../firmware/ports/hardware.js";
import { openDocuments } from "../../firmware/settings.js";
import { decodeBody } from "../../shared/records/codec.js";
import type { Durable } from "../../shared/records/durable.js";
import type { BootCause, LedgerRecord } from "../../shared/records/kinds.js";
import { encodePlanogram, encodeSettings, type Planogram, type Settings } from "../../shared/wire/documents.js";
import { MAX_BATCH_BYTES, MAX_BATCH_RECORDS } from "../../shared/wire/messages.js";
import { Board, type BoardOptions, pulseEnds } from "./board.js";
import type { Card } from "./card-truth.js";
import { assertSound, type CheckerFacts, violations } from "./checkers.js";
import { DEMO_MACHINE_ID, DEMO_PLANOGRAM, DEMO_SETTINGS, demoIdentity } from "./demo.js";
import type { JavaScriptProgram } from "./javascript-side.js";
import type { Bill, Coin } from "./truth.js";
import { SimUpdate } from "./update.js";

export interface CabinetOptions extends Partial<BoardOptions> {
  /** Stored in the machine before its first power-up; the columns are loaded with its quantities. */
  readonly planogram?: Planogram;
  readonly settings?: Settings;
  readonly identity?: Identity;
  /** Asked at each start of the machine for somebody who listens in: the benches do. */
  readonly listen?: (start: BootFacts, nowMs: number) => Listener;
}

/** Stands between board and machine: `ports` are what the machine gets, `around` what the board runs. */
export interface Listener {
  readonly ports: MachinePorts;
  around(machine: Machine): JavaScriptProgram;
}

/** What is in the flash, read by a second pair of eyes. */
export interface FlashLedger {
  readonly durable: Durable;
  readonly records: readonly LedgerRecord[];
  readonly oldestSeq: number;
  /** Records about money that are sure to fit. */
  readonly room: number;
}

/** On a card that is made for a tap. */
const CARD_BALANCE_MINOR = 5_000;
/** Longest a story waits for something by default. */
const UNTIL_MS = 60_000;

interface Running {
  machine: Machine | undefined;
  cause: BootCause;
  update: SimUpdate | undefined;
}

export class Cabinet extends Board {
  readonly identity: Identity;
  readonly planogram: Planogram;
  #read: { readonly revision: number; readonly ledger: FlashLedger } | undefined;
  /** Of this power-up: what the machine is given to update itself by. */
  readonly update: SimUpdate;
  readonly #slot: Running;

  constructor(options: CabinetOptions = {}) {
    const planogram = options.planogram ?? DEMO_PLANOGRAM;
    const machineId = options.machineId ?? DEMO_MACHINE_ID;
    const identity = options.identity ?? demoIdentity(machineId);
    const columns = planogram.slots.map(({ column, quantity }) => ({ column, products: quantity }));
    const slot: Running = { machine: undefined, cause: "power", update: undefined };
    super({ columns, ...options, machineId }, (boardPorts, sensors, nowMs) => {
      const { update, cause } = slot;
      const ports = update === undefined ? boardPorts : { ...boardPorts, update };
      const running = update === undefined ? identity : { ...identity, firmwareVersion: update.running.version };
      const listener = options.listen?.({ ports, identity: running, sensors, cause }, nowMs);
      const machine = bootMachine(listener?.ports ?? ports, running, sensors, cause, nowMs);
      slot.machine = machine;
      update?.setPower(true);
      return listener?.around(machine) ?? machine;
    });
    this.identity = identity;
    this.planogram = planogram;
    this.#slot = slot;
    this.update = new SimUpdate(this.world, identity.firmwareVersion, {
      deliver: (input) => this.js.deliver(input),
      isIdle: () => this.machine?.nothingOpen === true,
      isOnline: () => this.network.connected,
      restart: () => this.#restart(),
    });
    slot.update = this.update;
    const documents = openDocuments(this.documentFlash);
    documents.store("planogram", encodePlanogram(planogram));
    documents.store("settings", encodeSettings(options.settings ?? DEMO_SETTINGS));
  }

  // ---- power and time ---------------------------------------------------------------------------------------------

  override powerOn(cause: BootCause = "power"): void {
    this.#slot.cause = cause;
    super.powerOn();
  }

  override cutPower(): void {
    super.cutPower();
    this.#slot.machine = undefined;
    this.update.setPower(false);
  }

  #restart(): void {
    this.cutPower();
    this.powerOn("reset");
  }

  /** Cuts power, waits, and gives it back. */
  powerCycle(darkMs = 2_000): void {
    this.cutPower();
    this.runFor(darkMs);
    this.powerOn();
  }

  runFor(ms: number): void {
    this.world.runFor(Math.round(ms * 1_000));
  }

  /** Runs the world event by event until `reached`; throws, naming `what`, if that takes longer than `limitMs`. */
  until(what: string, reached: () => boolean, limitMs = UNTIL_MS): void {
    const limitUs = this.world.nowUs + limitMs * 1_000;
    while (!reached()) {
      if (this.world.step(limitUs)) continue;
      throw new Error(`not within ${limitMs} ms: ${what}; the panel says ${this.view?.headline ?? "nothing"}`);
    }
  }

  /** Powers on if need be, and waits until the machine sells. */
  untilSelling(limitMs = UNTIL_MS): void {
    if (!this.powered) this.powerOn();
    this.until("the machine sells", () => this.view?.selling === true, limitMs);
  }

  /** Waits until nobody is served, nothing is owed and nothing moves. */
  untilRest(limitMs = 2 * UNTIL_MS): void {
    this.until("the machine is at rest", () => this.atRest, limitMs);
  }

  get atRest(): boolean {
    const durable = this.machine?.rooms.ledger.durable;
    if (durable === undefined || this.view?.state !== "IDLE" || this.js.backlog > 0) return false;
    if (this.truth.inMotionMinor > 0 || this.truth.productsAt("falling") > 0 || durable.creditMinor > 0) return false;
    const { vend, payout, stack, hold, revalue } = durable;
    const open = [vend, payout, stack, hold, revalue].some((bracket) => bracket !== undefined);
    const moving =
      this.spirals.turning !== undefined ||
      this.changer?.payout.busy === true ||
      this.validator?.recycler?.busy === true;
    return !open && !moving;
  }

  // ---- the machine ------------------------------------------------------------------------------------------------

  /** The firmware while it runs. */
  get machine(): Machine | undefined {
    return this.js.running ? this.#slot.machine : undefined;
  }

  /** State of all records: of the running machine, else as the flash has it. */
  get durable(): Durable {
    return this.machine?.rooms.ledger.durable ?? this.readFlash().durable;
  }

  get creditMinor(): number {
    return this.durable.creditMinor;
  }

  /** Opens a copy of the ledger's flash as a machine would at boot. What has not changed since is not read again. */
  readFlash(): FlashLedger {
    const { revision } = this.ledgerFlash;
    if (this.#read?.revision === revision) return this.#read.ledger;
    const ledger = this.readLedger(this.ledgerFlash.copy());
    // unstable bits read differently each time
    this.#read = this.ledgerFlash.unstableBits > 0 ? undefined : { revision, ledger };
    return ledger;
  }

  /** The same of any flash; opening it is what a machine does to it at boot. */
  readLedger(flash: FlashPort): FlashLedger {
    const ledger = openLedger(flash, ownerOf(this.identity));
    const records: LedgerRecord[] = [];
    for (let seq = ledger.oldestSeq; seq <= ledger.newestSeq; ) {
      const batch = ledger.readBatch(seq, MAX_BATCH_RECORDS, MAX_BATCH_BYTES);
      if (batch === undefined) break;
      for (const { code, body } of batch.records) {
        const result = decodeBody(code, seq, body);
        if (!result.ok) throw new Error(`record ${seq}: ${result.error} ${result.detail}`);
        records.push(result.record);
        seq += 1;
      }
    }
    return { durable: ledger.durable, records, oldestSeq: ledger.oldestSeq, room: ledger.roomForRecords() };
  }

  // ---- the customer -----------------------------------------------------------------------------------------------

  insertCoin(valueMinor: number): Coin {
    if (this.changer === undefined) throw new RangeError("bench: a machine without coin slot");
    return this.changer.insertCoin(valueMinor);
  }

  /** Undefined if the validator does not pull it in. */
  insertBill(valueMinor: number): Bill | undefined {
    return this.validator?.insertBill(valueMinor);
  }

  /**
   * Holds a card to a reader, a new one with plenty on it unless one is given. Undefined if it is not read now.
   */
  tapCard(card?: Card, reader = 0): Card | undefined {
    const tapped = card ?? this.truth.cards.newCard(CARD_BALANCE_MINOR);
    return this.readers[reader]?.tap(tapped) === true ? tapped : undefined;
  }

  pullLever(): void {
    this.changer?.pullLever();
  }

  select(slot: string): void {
    this.js.deliver({ on: "select", slot });
  }

  press(key: string): void {
    this.js.deliver({ on: "key", key });
  }

  cancel(): void {
    this.js.deliver({ on: "cancel" });
  }

  /** The service person tells the machine how many products a slot holds. Believed only while the door is open. */
  tellStock(slot: string, quantity: number): void {
    this.js.deliver({ on: "stocked", slot, quantity });
  }

  /** Takes everything out of the tray. Returns the columns the products came from. */
  takeGoods(): number[] {
    const taken = this.truth.productsIn("tray");
    for (const product of taken) this.truth.moveProduct(product, "customer");
    return taken.map(({ column }) => column);
  }

  /** Takes all coins out of the cup. Returns their values. */
  takeCoins(): number[] {
    const taken = this.truth.coinsIn("cup");
    for (const coin of taken) this.truth.moveCoin(coin, "customer");
    return taken.map(({ valueMinor }) => valueMinor);
  }

  // ---- the checkers -----------------------------------------------------------------------------------------------

  /** `audited`: tubes have been audited and nothing has moved since, so they must agree to the coin. */
  facts(audited = false): CheckerFacts {
    return this.factsWith(this.machine === undefined ? undefined : this.durable, this.readFlash(), audited);
  }

  /** With the ledger as read, and the state of a running machine where that is the one to be judged. */
  factsWith(running: Durable | undefined, { durable, records, oldestSeq }: FlashLedger, audited = false): CheckerFacts {
    const tubes = this.changer?.tubes;
    return {
      truth: this.truth,
      durable: running ?? durable,
      records: oldestSeq === 1 ? records : undefined,
      tubes: tubes?.types.map(({ valueMinor }, type) => ({ count: tubes.count(type), valueMinor })) ?? [],
      drums: this.validator?.recycler?.counts.map((count, type) => ({
        count,
        valueMinor: this.validator?.options.valuesMinor[type] ?? 0,
      })),
      bowls: this.hoppers.map((hopper) => hopper?.options.types.map((_, type) => hopper.bowls.believed(type))),
      waitingCoinsMinor: this.changer?.waitingMinor ?? 0,
      waitingBillsMinor: this.validator?.waitingMinor ?? 0,
      waitingPulses: pulseEnds(this.js.unfinished),
      audited,
    };
  }

  violations(audited = false): string[] {
    return violations(this.facts(audited));
  }

  assertSound(when = "", audited = false): void {
    assertSound(this.facts(audited), `${when} (seed ${this.world.seed}, at ${this.world.nowUs} us)`);
  }
}
