/**
 * Spiral motors with home switches and the products in them. The native rim ends each turn by itself at the home
 * switch or when its time is up; gravity needs nobody.
 */
import type { MotorStop } from "../../firmware/ports/inputs.js";
import type { Beam } from "./beam.js";
import type { Rng } from "./rng.js";
import type { Product, Truth } from "./truth.js";
import type { Timer, World } from "./world.js";

/** One turn in parts of a million; the home switch is closed from 0 to HOME_END. */
const TURN = 1_000_000;
const HOME_END = 30_000;
/** Where the motor comes to rest after the switch has closed. */
const HOME_REST = 6_000;
/** Where the foremost product goes over the edge. */
const RELEASE = [820_000, 940_000] as const;

/** From the edge to the beam, darkness in the beam, from the beam to the tray; microseconds. */
const FALL_US = [50_000, 600_000] as const;
const DARK_US = [20_000, 80_000] as const;
const TO_TRAY_US = 90_000;
/** A motor that cannot move draws too much current for so long before the rim gives up. */
const STALL_US = 600_000;
/** The rim gives up a turn whose home switch has not opened by then. */
const LEAVE_US = 600_000;

export interface ColumnOptions {
  readonly column: number;
  readonly products: number;
  /** One turn, ms. */
  readonly turnMs?: number;
  /** What falls from it passes no beam. */
  readonly noBeam?: boolean;
}

/**
 * What the next turn of a column does: `short`: the product stays at the edge for the turn after; `hang`: it is caught
 * and hangs until kicked; a number: it hangs so many ms and then falls; `double`: two fall.
 */
export type TurnMishap = "short" | "hang" | "double" | number;

/** How a column stands without power. */
export interface ColumnState {
  /** Parts of a million of a turn. */
  readonly angle: number;
  readonly releaseAt: number;
  readonly products: number;
  /** Products that were released and hang. */
  readonly hanging: number;
  readonly jammed: boolean;
}

/** What the rim latches. */
export type SpiralEvent =
  | { readonly event: "leftHome"; readonly column: number; readonly atUs: number }
  | { readonly event: "stopped"; readonly column: number; readonly why: MotorStop; readonly atUs: number };

interface Column {
  readonly column: number;
  readonly noBeam: boolean;
  /** Times the spiral has moved off its home, whatever its switch said. */
  departures: number;
  turnUs: number;
  angle: number;
  /** Where the foremost product goes over in this turn; passed once a turn, however often power goes in it. */
  releaseAt: number;
  products: Product[];
  readonly mishaps: TurnMishap[];
  /** Nothing falls, whatever turns. */
  jammed: boolean;
  motorStuck: boolean;
  homeSwitch: "works" | "stuckClosed" | "stuckOpen";
}

interface Run {
  readonly column: Column;
  fromUs: number;
  fromAngle: number;
  timer: Timer | undefined;
  readonly limit: Timer;
  /** Waits for the home switch to open; undefined = it has. */
  leave: Timer | undefined;
}

export class Spirals {
  /** The rim notices a motor that cannot move; else the turn runs into its time limit. */
  sensesStall = true;
  /** Turns begun since the world began. */
  turns = 0;
  readonly #world: World;
  readonly #rng: Rng;
  readonly #truth: Truth;
  readonly #beam: Beam;
  readonly #report: (event: SpiralEvent) => void;
  readonly #columns = new Map<number, Column>();
  readonly #hanging: Product[] = [];
  #run: Run | undefined;
  #powered = false;

  constructor(
    world: World,
    truth: Truth,
    beam: Beam,
    columns: readonly ColumnOptions[],
    report: (event: SpiralEvent) => void,
  ) {
    this.#world = world;
    this.#rng = world.forkRng();
    this.#truth = truth;
    this.#beam = beam;
    this.#report = report;
    for (const { column, products, turnMs, noBeam = false } of columns) {
      this.#columns.set(column, {
        column,
        noBeam,
        departures: 0,
        turnUs: (turnMs ?? this.#rng.between(2_300, 2_900)) * 1_000,
        angle: HOME_REST,
        releaseAt: this.#rng.between(...RELEASE),
        products: [],
        mishaps: [],
        jammed: false,
        motorStuck: false,
        homeSwitch: "works",
      });
      this.fill(column, products);
    }
  }

  /** Spirals there are. */
  get count(): number {
    return this.#columns.size;
  }

  // ---- the rim ----------------------------------------------------------------------------------------------------

  turn(column: number, maxMs: number): void {
    this.stop();
    const spiral = this.#columns.get(column);
    if (!this.#powered || spiral === undefined) return;
    this.turns += 1;
    const limit = this.#world.after(maxMs * 1_000, () => this.#halt("timeout"));
    this.#run = {
      column: spiral,
      fromUs: this.#world.nowUs,
      fromAngle: spiral.angle,
      timer: undefined,
      limit,
      leave: this.#world.after(LEAVE_US, () => this.#halt("stall")),
    };
    if (isOpen(spiral)) this.#leftHome(this.#run);
    this.#move(this.#run);
  }

  stop(): void {
    this.#halt("ordered");
  }

  /** Without power the motor stops where it is; what falls goes on falling. */
  setPower(on: boolean): void {
    if (!on) this.#halt(undefined);
    this.#powered = on;
  }

  /** Columns whose home switch is open. */
  get awayFromHome(): readonly number[] {
    const away: number[] = [];
    for (const spiral of this.#columns.values()) {
      if (isOpen(spiral)) away.push(spiral.column);
    }
    return away;
  }

  // ---- the outer world --------------------------------------------------------------------------------------------

  /** The column whose motor runs. */
  get turning(): number | undefined {
    return this.#run?.column.column;
  }

  /** Where a spiral stands, parts of a million of a turn. */
  angleOf(column: number): number {
    const run = this.#run;
    return run?.column.column === column ? this.#angleNow(run) : (this.#columns.get(column)?.angle ?? 0);
  }

  /** Times a spiral has moved off its home, whatever its switch said. */
  departuresOf(column: number): number {
    return this.#columns.get(column)?.departures ?? 0;
  }

  /** One whole turn, ms. */
  turnMsOf(column: number): number {
    return this.#column(column).turnUs / 1_000;
  }

  productsIn(column: number): number {
    return this.#columns.get(column)?.products.length ?? 0;
  }

  /** How the column would stand if power went now. */
  columnState(column: number): ColumnState {
    const { releaseAt, products, jammed } = this.#column(column);
    const hanging = this.#hanging.filter((product) => product.column === column).length;
    return { angle: this.angleOf(column) % TURN, releaseAt, products: products.length, hanging, jammed };
  }

  /** What ails a column and will, to be compared. */
  ailmentsOf(column: number): readonly unknown[] {
    const { homeSwitch, motorStuck, mishaps } = this.#column(column);
    return [homeSwitch, motorStuck, mishaps];
  }

  /** Puts an empty column, without power, as `columnState` told it. */
  restoreColumn(column: number, state: ColumnState): void {
    const spiral = this.#column(column);
    spiral.angle = state.angle;
    spiral.releaseAt = state.releaseAt;
    spiral.jammed = state.jammed;
    for (let i = 0; i < state.products; i++) spiral.products.push(this.#truth.newProduct(column, "column"));
    for (let i = 0; i < state.hanging; i++) this.#hanging.push(this.#truth.newProduct(column, "hanging"));
  }

  isJammed(column: number): boolean {
    return this.#column(column).jammed;
  }

  fill(column: number, count: number): void {
    for (let i = 0; i < count; i++) {
      const product = this.#truth.newProduct(column, "operator");
      this.#column(column).products.push(product);
      this.#truth.moveProduct(product, "column");
    }
  }

  /** Mishaps are used up one a turn, in order. */
  nextTurn(column: number, mishap: TurnMishap): void {
    this.#column(column).mishaps.push(mishap);
  }

  /** Mishaps still to come do not come. */
  clearMishaps(): void {
    for (const { mishaps } of this.#columns.values()) mishaps.splice(0);
  }

  setJammed(column: number, jammed: boolean): void {
    this.#column(column).jammed = jammed;
  }

  setMotorStuck(column: number, stuck: boolean): void {
    const spiral = this.#column(column);
    const run = this.#run;
    if (spiral.motorStuck === stuck) return;
    if (run?.column === spiral) {
      run.fromAngle = this.#angleNow(run);
      run.fromUs = this.#world.nowUs;
      this.#world.cancel(run.timer);
    }
    spiral.motorStuck = stuck;
    if (run?.column === spiral) this.#move(run);
  }

  setHomeSwitch(column: number, state: "works" | "stuckClosed" | "stuckOpen"): void {
    this.#column(column).homeSwitch = state;
    const run = this.#run;
    if (run?.column.column !== column) return;
    const hasLeft = run.leave === undefined;
    if (state === "stuckClosed" && hasLeft) this.#halt("home");
    else if (state === "stuckOpen" && !hasLeft) this.#leftHome(run);
  }

  /** Someone kicks the machine: what hangs falls. Returns how many products. */
  kick(): number {
    const falling = this.#hanging.splice(0);
    for (const product of falling) this.#drop(product, "oddly");
    return falling.length;
  }

  /** The foremost product of a column goes over the edge without a turn; false if there is none. */
  knockDown(column: number): boolean {
    const product = this.#column(column).products.shift();
    if (product !== undefined) this.#drop(product, "oddly");
    return product !== undefined;
  }

  // ---- inside -----------------------------------------------------------------------------------------------------

  #column(column: number): Column {
    const spiral = this.#columns.get(column);
    if (spiral === undefined) throw new RangeError(`bench: no column ${column}`);
    return spiral;
  }

  #angleNow(run: Run): number {
    if (run.column.motorStuck) return run.fromAngle;
    return Math.min(TURN, run.fromAngle + Math.floor(((this.#world.nowUs - run.fromUs) * TURN) / run.column.turnUs));
  }

  #move(run: Run): void {
    if (!run.column.motorStuck) this.#toNextMark();
    else if (this.sensesStall) run.timer = this.#world.after(STALL_US, () => this.#halt("stall"));
  }

  /** Runs to the next angle where something happens: the home switch opens, a product goes over, the turn is full. */
  #toNextMark(): void {
    const run = this.#run;
    if (run === undefined) return;
    const mark = [HOME_END, run.column.releaseAt, TURN].find((angle) => angle > run.fromAngle) ?? TURN;
    const us = Math.ceil(((mark - run.fromAngle) * run.column.turnUs) / TURN);
    run.timer = this.#world.after(us, () => this.#atMark(run, mark));
  }

  #atMark(run: Run, mark: number): void {
    const { column } = run;
    run.fromUs = this.#world.nowUs;
    run.fromAngle = mark;
    if (mark === HOME_END) column.departures += 1;
    if (mark === HOME_END && column.homeSwitch === "works") {
      this.#leftHome(run);
    } else if (mark === column.releaseAt) {
      this.#release(column);
    } else if (mark === TURN) {
      run.fromAngle = 0;
      column.releaseAt = this.#rng.between(...RELEASE);
      if (column.homeSwitch === "works") {
        run.fromAngle = HOME_REST;
        this.#halt("home");
        return;
      }
    }
    this.#toNextMark();
  }

  /** Told once a turn. */
  #leftHome(run: Run): void {
    if (run.leave === undefined) return;
    this.#world.cancel(run.leave);
    run.leave = undefined;
    this.#report({ event: "leftHome", column: run.column.column, atUs: this.#world.nowUs });
  }

  /** `why` undefined: power is gone, nobody is told. */
  #halt(why: MotorStop | undefined): void {
    const run = this.#run;
    if (run === undefined) return;
    run.column.angle = this.#angleNow(run) % TURN;
    this.#world.cancel(run.timer);
    this.#world.cancel(run.limit);
    this.#world.cancel(run.leave);
    this.#run = undefined;
    if (why === undefined) return;
    this.#report({ event: "stopped", column: run.column.column, why, atUs: this.#world.nowUs });
  }

  #release(spiral: Column): void {
    const mishap = spiral.mishaps.shift();
    if (spiral.jammed || mishap === "short") return;
    const product = spiral.products.shift();
    if (product === undefined) return;
    if (mishap === "hang" || typeof mishap === "number") {
      this.#truth.moveProduct(product, "hanging");
      this.#hanging.push(product);
      if (typeof mishap === "number") this.#world.after(mishap * 1_000, () => this.#fallLate(product));
      return;
    }
    this.#drop(product, "turned");
    const second = mishap === "double" ? spiral.products.shift() : undefined;
    if (second === undefined) return;
    this.#world.after(this.#rng.between(150_000, 400_000), () => this.#drop(second, "oddly"));
  }

  #fallLate(product: Product): void {
    const at = this.#hanging.indexOf(product);
    if (at < 0) return;
    this.#hanging.splice(at, 1);
    this.#drop(product, "oddly");
  }

  /** oddly: otherwise than as the one product of a turn. */
  #drop(product: Product, how: "turned" | "oddly"): void {
    this.#truth.moveProduct(product, "falling");
    const { noBeam } = this.#column(product.column);
    this.#world.after(this.#rng.between(...FALL_US), () => {
      const darkUs = this.#rng.between(...DARK_US);
      if (!noBeam && how === "oddly") this.#truth.oddDrops += 1;
      if (!noBeam) this.#beam.cross(darkUs, how === "oddly");
      else if (how === "oddly") this.#truth.beamlessOddDrops += 1;
      else this.#truth.beamlessDrops += 1;
      this.#world.after(TO_TRAY_US + darkUs, () => this.#truth.moveProduct(product, "tray"));
    });
  }
}

/** What the home switch of a spiral that stands says. */
function isOpen({ homeSwitch, angle }: Column): boolean {
  return homeSwitch === "stuckOpen" || (homeSwitch === "works" && angle >= HOME_END);
}
