/**
 * The simulated machine without its program: board, bus, peripherals, spirals, sensors, flash and network in one world.
 * `cabinet.ts` puts the real firmware in; tests may put something by hand.
 */
import type { EffectWatch, MachinePorts } from "../../firmware/machine/types.js";
import type { PanelView } from "../../firmware/panel/view.js";
import type { NetworkPort, SensorSnapshot } from "../../firmware/ports/hardware.js";
import type { WorldInput } from "../../firmware/ports/inputs.js";
import { DOCUMENT_BLOCKS } from "../../firmware/settings.js";
import type { Finding } from "../../shared/self-test-texts.js";
import { Beam } from "./beam.js";
import { CardReader, type CardReaderOptions, READER_ADDRESSES } from "./card-reader.js";
import { type ChangerOptions, CoinChanger, US_CHANGER } from "./changer.js";
import { DexHandset } from "./dex.js";
import { SimFlash } from "./flash.js";
import { FleetSink } from "./fleet-sink.js";
import { CoinHopper, type HopperOptions } from "./hopper.js";
import { IdleBus } from "./idle-bus.js";
import { type IdleLeap, type JavaScriptProgram, JavaScriptSide } from "./javascript-side.js";
import { LinkRim } from "./link-rim.js";
import { SimNetwork } from "./network.js";
import { RimNote } from "./rim-note.js";
import type { Rng } from "./rng.js";
import { type SatelliteName, SimSatellite } from "./satellite.js";
import { Door, Thermometer } from "./sensors.js";
import { type ColumnOptions, type SpiralEvent, Spirals } from "./spirals.js";
import { Truth } from "./truth.js";
import { BillValidator, US_VALIDATOR, type ValidatorOptions } from "./validator.js";
import { Wire } from "./wire.js";
import { type Timer, World } from "./world.js";

/** A platform network of the bench's own or a real one. */
export interface BoardNetwork extends NetworkPort {
  setPower(on: boolean): void;
}

export interface BoardOptions {
  readonly seed?: number;
  readonly machineId: string;
  readonly columns: readonly ColumnOptions[];
  /** `undefined` = the US one, `none` = not there (bill-only machine, coin-only machine). */
  readonly changer?: ChangerOptions | "none";
  readonly validator?: ValidatorOptions | "none";
  /** At 10h and 60h; none unless given. */
  readonly readers?: readonly (CardReaderOptions | "none")[];
  /** At 58h and 70h; none unless given. */
  readonly hoppers?: readonly (HopperOptions | "none")[];
  /** At 40h, 48h, 50h and 68h; none unless named. */
  readonly satellites?: readonly SatelliteName[];
  readonly ledgerBlocks?: number;
  readonly documentBlocks?: number;
  /** Takes the place of the fleet's stand-in at the far end of the simulated network. */
  readonly fleet?: (world: World) => FleetSink;
  /** Takes the place of the simulated network; `deliver` is the machine's queue. */
  readonly network?: (deliver: (input: WorldInput) => void) => BoardNetwork;
  /**
   * A power-fail input with capacitors behind it: controller, beam and flash live on for so long after the mains have
   * failed, ms. 0 or absent: none.
   */
  readonly holdUpMs?: number;
  /** False: every POLL is played word by word, however idle the bus. */
  readonly leaps?: boolean;
  /** The panel is two lines of text, of so many columns. */
  readonly panelColumns?: number;
  /** From power to the program's start. */
  readonly bootMs?: number;
  /** Unix seconds at world time 0; told to the machine, as synced, whenever its network comes up. */
  readonly wallStartS?: number;
}

export interface BoardWatch extends EffectWatch {
  /** True: POLLs of an idle bus may pass unseen. Absent: they may not. */
  idle?(): boolean;
}

export type Boot = (ports: MachinePorts, sensors: SensorSnapshot, nowMs: number) => JavaScriptProgram;

const DEFAULT_BOOT_MS = 350;
/** 1 MiB as on the board would only make tests slow; 64 blocks hold some 4,000 records. */
const DEFAULT_LEDGER_BLOCKS = 64;
const DEFAULT_DOCUMENT_BLOCKS = DOCUMENT_BLOCKS;
const DEFAULT_WALL_START_S = 1_767_225_600;
/** From the network coming up to the answer of the time server. */
const CLOCK_SYNC_US = 250_000;

export class Board {
  readonly options: BoardOptions;
  readonly world: World;
  readonly truth: Truth;
  readonly wire: Wire;
  readonly js: JavaScriptSide;
  readonly changer: CoinChanger | undefined;
  readonly validator: BillValidator | undefined;
  /** By index: 0 at 10h, 1 at 60h. */
  readonly readers: readonly (CardReader | undefined)[];
  /** By index: 0 at 58h, 1 at 70h. */
  readonly hoppers: readonly (CoinHopper | undefined)[];
  readonly satellites: readonly SimSatellite[];
  readonly beam: Beam;
  readonly spirals: Spirals;
  readonly door: Door;
  readonly thermometer: Thermometer;
  /** The auditor's handset; not plugged in. */
  readonly handset: DexHandset;
  readonly ledgerFlash: SimFlash;
  readonly documentFlash: SimFlash;
  /** Where the native rim notes the turn that the mains' failing ends. */
  readonly noteFlash: SimFlash;
  /** The fleet's stand-in and the simulated way to it; unused when `options.network` is given. */
  readonly fleet: FleetSink;
  readonly network: SimNetwork;
  /** Told before and after every effect of the machine; may throw PowerCut. */
  watch: BoardWatch | undefined;
  /** What the panel shows; undefined = dark. */
  view: PanelView | undefined;
  /** Columns of a panel of two lines of text; undefined = a graphic one. Another one may be put in at any time. */
  panelColumns: number | undefined;
  /** The native link of this power-up. */
  link: LinkRim | undefined;
  readonly #platformNetwork: BoardNetwork;
  readonly #rng: Rng;
  readonly #machineRng: Rng;
  readonly #note: RimNote;
  readonly #boot: Boot;
  readonly #viewWatchers: ((view: PanelView | undefined) => void)[] = [];
  #powered = false;
  /** The mains have failed; the capacitors last until it fires. */
  #dark: Timer | undefined;

  constructor(options: BoardOptions, boot: Boot) {
    this.options = options;
    this.panelColumns = options.panelColumns;
    this.#boot = boot;
    this.world = new World(options.seed ?? 1);
    const { world } = this;
    this.#rng = world.forkRng();
    this.#machineRng = world.forkRng();
    this.truth = new Truth(world);
    this.wire = new Wire(world);
    this.js = new JavaScriptSide(world, () => this.cutPower());
    if (options.leaps !== false) this.js.idleLeap = this.#idleLeap();
    const deliver = (input: WorldInput): void => this.#deliver(input);
    if (options.changer !== "none") {
      this.changer = new CoinChanger(world, this.wire, this.truth, options.changer ?? US_CHANGER);
    }
    if (options.validator !== "none") {
      this.validator = new BillValidator(world, this.wire, this.truth, options.validator ?? US_VALIDATOR);
    }
    this.readers = (options.readers ?? []).slice(0, READER_ADDRESSES.length).map((reader, index) => {
      return reader === "none" ? undefined : new CardReader(world, this.wire, this.truth.cards, index, reader);
    });
    this.hoppers = (options.hoppers ?? []).map((hopper, index) => {
      return hopper === "none" ? undefined : new CoinHopper(world, this.wire, this.truth, index, hopper);
    });
    this.satellites = (options.satellites ?? []).map((name) => new SimSatellite(world, this.wire, name));
    this.beam = new Beam(world, this.truth, ({ on, yes, atUs }) => {
      this.#note.tell({ kind: on, yes, atUs });
      const atMs = this.js.toMs(atUs);
      deliver(on === "beam" ? { on, dark: yes, atMs } : { on, present: yes, atMs });
    });
    this.spirals = new Spirals(world, this.truth, this.beam, options.columns, (event) => this.#spiral(event));
    this.door = new Door(deliver);
    this.thermometer = new Thermometer(world, deliver);
    this.handset = new DexHandset(world, (bytes) => deliver({ on: "dex", bytes }));
    this.ledgerFlash = this.#flash(options.ledgerBlocks ?? DEFAULT_LEDGER_BLOCKS);
    this.documentFlash = this.#flash(options.documentBlocks ?? DEFAULT_DOCUMENT_BLOCKS);
    this.noteFlash = this.#flash(1);
    this.#note = new RimNote(world, this.noteFlash, this.#rng.fork());
    this.fleet = options.fleet?.(world) ?? new FleetSink(world);
    this.network = new SimNetwork(world, options.machineId, this.fleet, deliver);
    this.#platformNetwork = options.network?.(deliver) ?? this.network;
  }

  get powered(): boolean {
    return this.#powered;
  }

  /** The mains have failed and the board lives on its hold-up. */
  get mainsFailed(): boolean {
    return this.#dark !== undefined;
  }

  powerOn(): void {
    if (this.#powered) return;
    this.#powered = true;
    this.ledgerFlash.powerOn();
    this.documentFlash.powerOn();
    this.noteFlash.powerOn();
    this.spirals.setPower(true);
    this.thermometer.setPower(true);
    this.changer?.setPower(true);
    this.validator?.setPower(true);
    for (const reader of this.readers) reader?.setPower(true);
    for (const hopper of this.hoppers) hopper?.setPower(true);
    for (const satellite of this.satellites) satellite.setPower(true);
    this.#platformNetwork.setPower(true);
    this.js.powerOn((this.options.bootMs ?? DEFAULT_BOOT_MS) * 1_000, () => {
      // the native rim starts with the program: what falls before that, nobody has seen
      this.beam.setPower(true);
      this.link = new LinkRim(this.world, this.wire, (result) => this.js.deliver({ on: "link", result }));
      return this.#boot(this.#ports(this.link), this.#sensors(), this.js.nowMs);
    });
  }

  /**
   * The mains fail. With `holdUpMs` the rim stops the motor at once, bus and network lose their supply, and the board
   * sees out its time; it restarts in any case, also if the mains come back before.
   */
  failMains(): void {
    const { holdUpMs = 0 } = this.options;
    if (!this.#powered || this.#dark !== undefined) return;
    if (holdUpMs === 0) return this.cutPower();
    this.spirals.stop();
    this.#note.powerFail();
    this.spirals.setPower(false);
    this.changer?.setPower(false);
    this.validator?.setPower(false);
    for (const reader of this.readers) reader?.setPower(false);
    for (const hopper of this.hoppers) hopper?.setPower(false);
    for (const satellite of this.satellites) satellite.setPower(false);
    this.#platformNetwork.setPower(false);
    this.js.deliver({ on: "powerFail", atMs: this.js.nowMs });
    this.#dark = this.world.after(holdUpMs * 1_000, () => this.cutPower());
  }

  /** The plug is pulled: everything stops but gravity. Flash, tubes and stacker keep what they hold. */
  cutPower(): void {
    if (!this.#powered) return;
    this.#powered = false;
    this.world.cancel(this.#dark);
    this.#dark = undefined;
    this.#note.powerOff();
    this.js.powerOff();
    this.truth.beamPulsesUncertain += pulseEnds(this.js.lostInputs);
    this.link?.powerOff();
    this.link = undefined;
    this.spirals.setPower(false);
    this.beam.setPower(false);
    this.thermometer.setPower(false);
    this.#platformNetwork.setPower(false);
    this.changer?.setPower(false);
    this.validator?.setPower(false);
    for (const reader of this.readers) reader?.setPower(false);
    for (const hopper of this.hoppers) hopper?.setPower(false);
    for (const satellite of this.satellites) satellite.setPower(false);
    this.#show(undefined);
  }

  /** Told of every new view, undefined = the panel is dark. */
  onView(watcher: (view: PanelView | undefined) => void): void {
    this.#viewWatchers.push(watcher);
  }

  /** Unix seconds in the world. */
  get wallS(): number {
    return (this.options.wallStartS ?? DEFAULT_WALL_START_S) + Math.floor(this.world.nowUs / 1_000_000);
  }

  #deliver(input: WorldInput): void {
    this.js.deliver(input);
    if (input.on !== "network" || !input.up) return;
    this.world.after(CLOCK_SYNC_US, () => this.js.deliver({ on: "wall", wallS: this.wallS, quality: "synced" }));
  }

  /** Not while somebody watches every effect, of which a POLL is one. */
  #idleLeap(): IdleLeap {
    const bus = new IdleBus(this.wire);
    return {
      mayLeap: () => (this.watch === undefined || this.watch.idle?.() === true) && bus.ask(),
      answerTo: (poll) => bus.answerTo(poll),
      leap: (polls, clock, endUs) => (this.link === undefined ? undefined : bus.leap(polls, this.link, clock, endUs)),
    };
  }

  #spiral(event: SpiralEvent): void {
    const { column, atUs } = event;
    const atMs = this.js.toMs(atUs);
    if (event.event === "leftHome") {
      this.#note.tell({ kind: "leftHome", atUs });
      this.#deliver({ on: "leftHome", column, atMs });
    } else {
      this.#note.tell({ kind: "motorStopped", why: event.why, atUs });
      this.#deliver({ on: "motorStopped", column, why: event.why, atMs });
    }
  }

  /** The rim's note of a turn begins with it; how the turn before ended belongs to that one's. */
  #turn(column: number, maxMs: number, saleNo: number): void {
    this.spirals.stop();
    this.#note.turn(saleNo, column, this.beam.dark, this.beam.glare);
    this.spirals.turn(column, maxMs);
  }

  #ports(link: LinkRim): MachinePorts {
    return {
      link,
      ledgerFlash: this.ledgerFlash,
      documentFlash: this.documentFlash,
      noteFlash: this.noteFlash,
      motors: {
        turn: (column, maxMs, saleNo) => this.#turn(column, maxMs, saleNo),
        stop: () => this.spirals.stop(),
      },
      beam: this.beam,
      network: this.#platformNetwork,
      dex: this.handset,
      selfTest: { look: () => this.#look() },
      panel: this.#panel(),
      random: { below: (bound) => this.#machineRng.below(bound) },
      watch: {
        before: (effect) => this.watch?.before(effect),
        after: (effect) => this.watch?.after(effect),
      },
    };
  }

  #panel(): MachinePorts["panel"] {
    const columns = (): number | undefined => this.panelColumns;
    return {
      show: (view) => this.#show(view),
      get columns() {
        return columns();
      },
    };
  }

  /** What a board's self-test says of the parts that are simulated here. */
  #look(): readonly Finding[] {
    const { door, thermometer, ledgerFlash, documentFlash } = this;
    return [
      {
        part: "flash",
        saw: "ledger {} blocks, documents {} blocks",
        values: [ledgerFlash.blocks, documentFlash.blocks],
      },
      { part: "door", saw: door.open ? "open" : "shut" },
      thermometer.broken
        ? { part: "thermometer", saw: "silent", cure: "no TMP117 answers: supply, SDA, SCL, address 48h" }
        : { part: "thermometer", saw: "{} °C", values: [Math.round(thermometer.milliC / 100) / 10] },
      this.#homeSwitches(),
    ];
  }

  #homeSwitches(): Finding {
    const { count, awayFromHome } = this.spirals;
    const part = "home switches";
    if (awayFromHome.length === 0) return { part, saw: "all {} closed", values: [count] };
    const cure =
      "bring these spirals home by the service menu; one that stays open is unplugged, broken or not selected";
    const values = [count - awayFromHome.length, awayFromHome.join(", ")];
    return { part, saw: "{} closed, open: {}", values, cure };
  }

  #sensors(): SensorSnapshot {
    return { doorOpen: this.door.open, beamDark: this.beam.dark, awayFromHome: this.spirals.awayFromHome };
  }

  #show(view: PanelView | undefined): void {
    this.view = view;
    for (const watcher of this.#viewWatchers) watcher(view);
  }

  /** Flash whose operations keep JavaScript waiting; if the world cuts power meanwhile, the operation tears. */
  #flash(blocks: number): SimFlash {
    const rng = this.#rng.fork();
    const flash: SimFlash = new SimFlash({
      blocks,
      seed: rng.uint32(),
      spend: (us) => {
        if (!this.js.wait(us)) flash.cutAt(0, "during", rng.uint32());
      },
    });
    return flash;
  }
}

/** Of these inputs, those that may end a fall through the beam. */
export function pulseEnds(inputs: readonly WorldInput[]): number {
  return inputs.filter((input) => input.on === "beam" && !input.dark).length;
}
