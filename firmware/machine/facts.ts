/**
 * What each room may know of the others, read-only: the facts handed to its steps. Computed when asked from the
 * ledger's durable state and the rooms' states; nothing is kept twice. Classes, so that what they compute lies in flash
 * once, instead of a closure each in RAM.
 */
import type { Durable } from "../../shared/records/durable.js";
import { claimNumber, voucherCode } from "../../shared/voucher.js";
import {
  CANCEL_AFTER_MS,
  FITTED_BY_DEFAULT,
  type PlanogramSlot,
  type Settings,
  TOO_WARM_MILLI_C,
} from "../../shared/wire/documents.js";
import { type BatchMessage, MAX_BATCH_BYTES, MAX_BATCH_RECORDS } from "../../shared/wire/messages.js";
import { changePayable, exactChangeOnly } from "../cash/acceptance.js";
import { cashPending } from "../cash/queries.js";
import type { CashFacts } from "../cash/state.js";
import type { Ledger } from "../ledger/ledger.js";
import type { MdbFacts } from "../mdb/peripheral.js";
import type { Identity, RandomPort } from "../ports/hardware.js";
import type { CardFacts, Cards } from "../sale/cards-state.js";
import type { SaleFacts } from "../sale/facts.js";
import type { OutCause } from "../sale/state.js";
import type { SyncFacts } from "../uplink/sync.js";
import { wallNowS } from "./clock.js";
import type { Outlook } from "./outlook.js";
import type { Recorder } from "./recorder.js";
import { currencyOf, type Rooms, slotOf } from "./rooms.js";
import type { Shelf } from "./shelf.js";

/** What a reader may write on, where the panel is graphic (MDB 4.2 §7, SETUP Y3-Y4). */
const READER_DISPLAY = Object.freeze({ columns: 16, rows: 2 });

const ITEM_UNKNOWN = 0xffff;

export class FactsForMdb implements MdbFacts {
  readonly serial: string;
  readonly model: string;
  private readonly rooms: Rooms;
  private readonly shelf: Shelf;
  private readonly recorder: Recorder;

  constructor(rooms: Rooms, shelf: Shelf, recorder: Recorder) {
    this.serial = rooms.identity.machineId.slice(0, 12);
    this.model = rooms.identity.model.slice(0, 12);
    this.rooms = rooms;
    this.shelf = shelf;
    this.recorder = recorder;
  }

  get displayColumns(): number {
    return READER_DISPLAY.columns;
  }

  get displayRows(): number {
    return READER_DISPLAY.rows;
  }

  wallS(nowMs: number): number | undefined {
    return wallNowS(this.recorder.wall, nowMs);
  }

  get fitted(): number {
    return this.rooms.settings.fitted ?? FITTED_BY_DEFAULT;
  }

  get currency(): number {
    return this.rooms.settings.currency;
  }

  get lowestPriceMinor(): number | undefined {
    return this.shelf.priceRange?.lowestMinor;
  }

  get highestPriceMinor(): number | undefined {
    return this.shelf.priceRange?.highestMinor;
  }

  get highSecurityMask(): number {
    return this.rooms.settings.highSecurityMask ?? 0;
  }

  get recycleMask(): number {
    return this.rooms.settings.recycleMask ?? 0;
  }

  get decimals(): number {
    return this.rooms.settings.decimals;
  }

  get ackFirst(): number {
    return this.rooms.settings.ackFirst ?? 0;
  }
}

export class FactsForCash implements CashFacts {
  private readonly rooms: Rooms;
  private readonly shelf: Shelf;

  constructor(rooms: Rooms, shelf: Shelf) {
    this.rooms = rooms;
    this.shelf = shelf;
  }

  get durable(): Durable {
    return this.rooms.ledger.durable;
  }

  get settings(): Settings {
    return this.rooms.settings;
  }

  get sellablePricesMinor(): readonly number[] {
    return this.shelf.pricesMinor;
  }

  voucherCode(voucherNo: number, amountMinor: number): string {
    return codeFor(this.rooms, voucherNo, amountMinor);
  }

  claimCode(claimNo: number, amountMinor: number): string {
    return codeFor(this.rooms, claimNumber(claimNo), amountMinor);
  }
}

/** What sale and cards both ask. */
class FactsOfPaying {
  protected readonly rooms: Rooms;
  protected readonly cash: CashFacts;

  constructor(rooms: Rooms, cash: CashFacts) {
    this.rooms = rooms;
    this.cash = cash;
  }

  get durable(): Durable {
    return this.rooms.ledger.durable;
  }

  get cancelAfterMs(): number {
    return this.rooms.settings.cancelAfterMs ?? CANCEL_AFTER_MS;
  }

  claimCode(claimNo: number, amountMinor: number): string {
    return this.cash.claimCode(claimNo, amountMinor);
  }
}

export class FactsForCards extends FactsOfPaying implements CardFacts {}

export class FactsForSale extends FactsOfPaying implements SaleFacts {
  private readonly shelf: Shelf;
  private readonly outlook: Outlook;
  private readonly recorder: Pick<Recorder, "nowMs">;

  constructor(rooms: Rooms, cash: CashFacts, shelf: Shelf, outlook: Outlook, recorder: Pick<Recorder, "nowMs">) {
    super(rooms, cash);
    this.shelf = shelf;
    this.outlook = outlook;
    this.recorder = recorder;
  }

  get planogramVersion(): number {
    return this.rooms.planogram?.version ?? 0;
  }

  get lastSlot(): string {
    return this.rooms.lastSlot;
  }

  get forcedVend(): boolean {
    return this.rooms.settings.forcedVend ?? false;
  }

  get outOfService(): OutCause | undefined {
    return this.outlook.outOfService;
  }

  get moneyPending(): boolean {
    return cashPending(this.rooms.cash);
  }

  get exactChangeOnly(): boolean {
    return exactChangeOnly(this.rooms.cash, this.cash);
  }

  get cards(): Cards {
    return this.rooms.cards;
  }

  get slotOffHome(): PlanogramSlot | undefined {
    const { rooms, shelf, recorder } = this;
    // Its slot is closed on flash first; where that note would be refused, nothing turns.
    if (rooms.motorRuns || !rooms.ledger.takesNotes(recorder.nowMs)) return undefined;
    return rooms.planogram?.slots.find(({ slot, column }) => rooms.away.includes(column) && !shelf.isClosed(slot));
  }

  slotAway(after: string | undefined): PlanogramSlot | undefined {
    const { rooms } = this;
    if (rooms.motorRuns) return undefined;
    const slots = rooms.planogram?.slots ?? [];
    const next = slots.findIndex(({ slot }) => slot === after) + 1;
    return slots.slice(next).find(({ column }) => rooms.away.includes(column));
  }

  slot(code: string): PlanogramSlot | undefined {
    return slotOf(this.rooms, code);
  }

  /** VEND REQUEST's item number: a slot's place in the planogram, from 1 (MDB 4.2 §7). */
  itemOf(code: string): number {
    const index = this.rooms.planogram?.slots.findIndex(({ slot }) => slot === code) ?? -1;
    return index < 0 ? ITEM_UNKNOWN : index + 1;
  }

  slotFaulty(code: string): boolean {
    return this.shelf.isClosed(code);
  }

  changePayable(amountMinor: number): boolean {
    return changePayable(this.rooms.cash, this.cash, amountMinor);
  }

  awayFromHome(column: number): boolean {
    return this.rooms.away.includes(column);
  }
}

export class FactsForSync implements SyncFacts {
  private readonly ledger: Ledger;
  private readonly identity: Identity;
  private readonly chance: RandomPort;

  constructor({ ledger, identity }: Rooms, chance: RandomPort) {
    this.ledger = ledger;
    this.identity = identity;
    this.chance = chance;
  }

  get epoch(): number {
    return this.identity.epoch;
  }

  get mark(): number {
    return this.ledger.mark;
  }

  get oldestSeq(): number {
    return this.ledger.oldestSeq;
  }

  get newestSeq(): number {
    return this.ledger.newestSeq;
  }

  batchFrom(firstSeq: number): BatchMessage | undefined {
    return this.ledger.readBatch(firstSeq, MAX_BATCH_RECORDS, MAX_BATCH_BYTES);
  }

  random(bound: number): number {
    return this.chance.below(bound);
  }
}

export function tooWarmMilliC(settings: Settings): number {
  return settings.tooWarmMilliC ?? TOO_WARM_MILLI_C;
}

function codeFor(rooms: Rooms, number: number, amountMinor: number): string {
  const { machineId, epoch, voucherKey } = rooms.identity;
  const currency = currencyOf(rooms.settings);
  return voucherCode(voucherKey, { machineId, epoch, number, amountMinor, currency });
}
