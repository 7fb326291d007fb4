/**
 * A field story: what people, coins, bills and things did at one machine, played on the whole simulated machine, and
 * what must have come of it. One file each, named after what happened. The story test plays it through; `test/power`
 * plays it again and again with the power cut at another point each time.
 */
import type { OpenVend } from "../../shared/records/durable.js";
import type { BootCause, LedgerRecord, LedgerRecordOf, RecordKind } from "../../shared/records/kinds.js";
import { Cabinet, type CabinetOptions } from "../../tools/bench/cabinet.js";

export interface Story {
  /** One sentence. */
  readonly name: string;
  readonly options?: CabinetOptions;
  /** What was done to the machine before it got power for the first time. */
  prepare?(cabinet: StoryCabinet): void;
  /** Begins when the machine sells. */
  play(cabinet: StoryCabinet): void;
  /** After the story, with goods and coins taken and every record at the fleet. */
  expect(told: Told): void;
  /** Products that fall in it without belonging to a sale: nobody sees them if the power is gone just then. */
  readonly strayProducts?: number;
}

/** What a story that was played through came to. */
export interface Told {
  readonly cabinet: StoryCabinet;
  /** What the panel said, from the first word after "please choose" on, as "headline | detail". */
  readonly lines: readonly string[];
  /** Records since the machine first sold. */
  readonly records: readonly LedgerRecord[];
  /** Slots whose products lay in the tray, in the order in which they fell. */
  readonly tray: readonly string[];
  /** Coins in the cup, minor units, in the order in which they fell. */
  readonly cup: readonly number[];
}

/** Enough to be far from full; each look at the flash copies it. */
const LEDGER_BLOCKS = 24;
/** A voucher for a changer that is gone takes its time. */
export const REST_LIMIT_MS = 180_000;

/** With so long a hold-up every fall is seen and on flash before the board dies (a fall takes 50 to 600 ms). */
export const FULL_HOLD_UP_MS = 800;

/** The power was cut from outside the story: it cannot go on. */
export class StoryBroken extends Error {
  constructor() {
    super("the power was cut");
    this.name = "StoryBroken";
  }
}

/** A cabinet that notes what its panel says, and that breaks off a story when somebody else cuts its power. */
export class StoryCabinet extends Cabinet {
  readonly lines: string[] = [];
  /** What fell into the tray (slot codes) and into the cup (minor units), in that order; nobody takes it away. */
  readonly fallen: string[] = [];
  readonly cup: number[] = [];
  /** The story pulled the plug by itself, so often. */
  plugsPulled = 0;
  /** Told when the board has got power, before its program starts. */
  onPowered: (() => void) | undefined;
  broken = false;
  /** Sales whose turn a power cut broke into after the spiral had left its home and before the outcome. */
  readonly cutInDropWindow = new Set<number>();
  #byStory = false;
  #mainsFailed = false;
  #shown = "";

  constructor(options: CabinetOptions = {}) {
    super({ ledgerBlocks: LEDGER_BLOCKS, ...options });
    this.truth.watch((event) => {
      if (event.what === "product" && event.to === "tray") this.fallen.push(this.slotOfColumn(event.product.column));
      if (event.what === "coin" && event.to === "cup") this.cup.push(event.coin.valueMinor);
    });
    this.onView((view) => {
      if (view === undefined) return this.note("(dark)");
      this.note(view.detail === "" ? view.headline : `${view.headline} | ${view.detail}`);
    });
  }

  /** Only what is news to somebody who stands in front. */
  note(line: string): void {
    if (this.#shown !== line) this.lines.push(line);
    this.#shown = line;
  }

  override powerOn(cause?: BootCause): void {
    const wasDark = !this.powered;
    super.powerOn(cause);
    if (wasDark) this.onPowered?.();
  }

  override cutPower(): void {
    if (!this.powered) return;
    this.broken ||= !this.#byStory && !this.#mainsFailed;
    // Whatever was to fall has been seen, and is on flash; unless its beam was blind in the turn.
    const seen = this.#mainsFailed && this.holdUpMs >= FULL_HOLD_UP_MS && !this.beam.everBlinded;
    this.#mainsFailed = false;
    // By the running machine's memory (a record may be half written) and by the flash (one may not be folded yet).
    const open = seen ? [] : [this.durable.vend, this.readFlash().durable.vend];
    super.cutPower();
    for (const vend of open) if (vend !== undefined) this.#noteDropWindow(vend);
  }

  /** The story's own failing of the mains: the power is gone when the board's hold-up is over. */
  override failMains(): void {
    this.#mainsFailed = true;
    this.plugsPulled += 1;
    super.failMains();
  }

  /** The mains fail by another hand: the story is broken off at once, the power goes when the hold-up is over. */
  failMainsFromOutside(): void {
    if (!this.powered || this.#mainsFailed) return;
    this.broken = true;
    this.#mainsFailed = true;
    super.failMains();
  }

  get holdUpMs(): number {
    return this.options.holdUpMs ?? 0;
  }

  /** The story's own power cut; on a board with hold-up the mains fail, and it is over when the power is gone. */
  pullPlug(): void {
    if (this.holdUpMs > 0) {
      this.failMains();
      return this.until("the hold-up is over", () => !this.powered);
    }
    this.#byStory = true;
    this.plugsPulled += 1;
    this.cutPower();
    this.#byStory = false;
  }

  /** The story's own power cut, and the plug put in again. */
  unplugFor(darkMs: number): void {
    this.pullPlug();
    this.runFor(darkMs);
    this.powerOn();
  }

  override runFor(ms: number): void {
    this.world.runUntil(this.world.nowUs + Math.round(ms * 1_000), () => this.broken);
    this.#goOn();
  }

  override until(what: string, reached: () => boolean, limitMs?: number): void {
    const asked = (): boolean => {
      this.#goOn();
      return reached();
    };
    if (limitMs === undefined) super.until(what, asked);
    else super.until(what, asked, limitMs);
  }

  /** The power is back and the people of the story are about. */
  mend(): void {
    this.broken = false;
  }

  /** Nobody is owed anything and nothing moves, whether the machine sells or not. */
  get settled(): boolean {
    const { view } = this;
    if (view === undefined || (view.state !== "IDLE" && view.state !== "OUT_OF_SERVICE")) return false;
    const snapshot = this.machine?.snapshot();
    if (snapshot === undefined || this.js.backlog > 0) return false;
    const { durable, sale } = snapshot;
    const quiet = sale.at === "IDLE" || (sale.at === "OUT_OF_SERVICE" && sale.cause !== "starting");
    if (!quiet || durable.creditMinor > 0) return false;
    if (durable.vend !== undefined || durable.payout !== undefined || durable.stack !== undefined) return false;
    if (durable.hold !== undefined || durable.revalue !== undefined || this.truth.cards.heldMinor() > 0) return false;
    const still = this.truth.inMotionMinor === 0 && this.truth.productsAt("falling") === 0;
    return (
      still &&
      this.spirals.turning === undefined &&
      this.changer?.payout.busy !== true &&
      this.validator?.recycler?.busy !== true &&
      this.hoppers.every((hopper) => hopper?.busy !== true)
    );
  }

  /** The fleet has committed every record there is. */
  get synced(): boolean {
    return this.fleet.mark(this.options.machineId) === this.machine?.rooms.ledger.newestSeq;
  }

  /** Tubes were counted after the last thing that happened to them, so they must agree to the coin. */
  get audited(): boolean {
    return this.changer?.bus.alive === true && this.machine?.snapshot().cash.changer !== undefined;
  }

  slotOfColumn(column: number): string {
    return this.planogram.slots.find((slot) => slot.column === column)?.slot ?? `column ${column}`;
  }

  #noteDropWindow({ saleNo, slot: code, turns }: OpenVend): void {
    const column = this.planogram.slots.find(({ slot }) => slot === code)?.column ?? -1;
    if (turns > 0 || this.spirals.awayFromHome.includes(column)) this.cutInDropWindow.add(saleNo);
  }

  #goOn(): void {
    if (this.broken) throw new StoryBroken();
  }
}

/** Plays a story through; throws where an invariant does not hold. */
export function tellStory(story: Story): Told {
  const cabinet = openStory(story);
  cabinet.untilSelling();
  cabinet.lines.length = 0;
  const before = cabinet.readFlash().records.length;
  playStory(story, cabinet);
  cabinet.takeGoods();
  cabinet.takeCoins();
  cabinet.assertSound(story.name, cabinet.audited);
  const { records } = cabinet.readFlash();
  const { lines, fallen, cup } = cabinet;
  return { cabinet, lines, records: records.slice(before), tray: fallen, cup };
}

/** From the first customer until nothing moves any more and the fleet has every record. */
export function playStory(story: Story, cabinet: StoryCabinet): void {
  story.play(cabinet);
  cabinet.until("everything has come to rest", () => cabinet.settled, REST_LIMIT_MS);
  cabinet.until("the fleet has every record", () => cabinet.synced);
}

/** A fresh cabinet, prepared, not yet powered. */
export function openStory(story: Story): StoryCabinet {
  const cabinet = new StoryCabinet(story.options ?? {});
  story.prepare?.(cabinet);
  return cabinet;
}

/** Kinds of the records, in order. */
export function kindsOf(told: Told): RecordKind[] {
  return told.records.map(({ kind }) => kind);
}

/** All records of a kind. */
export function recordsOf<K extends RecordKind>(told: Told, kind: K): LedgerRecordOf<K>[] {
  const found: LedgerRecordOf<K>[] = [];
  for (const record of told.records) {
    if (isKind(record, kind)) found.push(record);
  }
  return found;
}

/** The only record of a kind. Throws if there are more or none. */
export function theRecord<K extends RecordKind>(told: Told, kind: K): LedgerRecordOf<K> {
  const found = recordsOf(told, kind);
  const [record] = found;
  if (record === undefined || found.length > 1) throw new Error(`${found.length} records of kind ${kind}`);
  return record;
}

function isKind<K extends RecordKind>(record: LedgerRecord, kind: K): record is LedgerRecordOf<K> {
  return record.kind === kind;
}
