/**
 * What each room may know of the others, read-only: the facts handed to its steps. Computed when asked from the
 * ledger's durable state and the rooms' states; nothing is kept twice. Made once, so that a step costs no
 * allocation for them.
 */
import { claimNumber, voucherCode } from "../../shared/voucher.js";
import { CANCEL_AFTER_MS, FITTED_BY_DEFAULT, type Settings, TOO_WARM_MILLI_C } from "../../shared/wire/documents.js";
import { MAX_BATCH_BYTES, MAX_BATCH_RECORDS } from "../../shared/wire/messages.js";
import { changePayable, exactChangeOnly } from "../cash/acceptance.js";
import { cashPending } from "../cash/queries.js";
import type { CashFacts } from "../cash/state.js";
import type { MdbFacts } from "../mdb/peripheral.js";
import type { RandomPort } from "../ports/hardware.js";
import type { CardFacts } from "../sale/cards-state.js";
import type { SaleFacts } from "../sale/facts.js";
import type { SyncFacts } from "../uplink/sync.js";
import type { Outlook } from "./outlook.js";
import { currencyOf, type Rooms, slotOf } from "./rooms.js";
import type { Shelf } from "./shelf.js";

/** What a reader may write on, where the panel is graphic (MDB 4.2 §7, SETUP Y3-Y4). */
const READER_DISPLAY = Object.freeze({ columns: 16, rows: 2 });

const ITEM_UNKNOWN = 0xffff;

/** wall: the clock, asked when needed. */
export function mdbFacts(rooms: Rooms, shelf: Shelf, wall: (nowMs: number) => number | undefined): MdbFacts {
  return {
    serial: rooms.identity.machineId.slice(0, 12),
    model: rooms.identity.model.slice(0, 12),
    displayColumns: READER_DISPLAY.columns,
    displayRows: READER_DISPLAY.rows,
    wallS: wall,
    get fitted() {
      return rooms.settings.fitted ?? FITTED_BY_DEFAULT;
    },
    get currency() {
      return rooms.settings.currency;
    },
    get lowestPriceMinor() {
      return shelf.priceRange?.lowestMinor;
    },
    get highestPriceMinor() {
      return shelf.priceRange?.highestMinor;
    },
    get highSecurityMask() {
      return rooms.settings.highSecurityMask ?? 0;
    },
    get recycleMask() {
      return rooms.settings.recycleMask ?? 0;
    },
    get decimals() {
      return rooms.settings.decimals;
    },
    get ackFirst() {
      return rooms.settings.ackFirst ?? 0;
    },
  };
}

export function cashFacts(rooms: Rooms, shelf: Shelf): CashFacts {
  return {
    get durable() {
      return rooms.ledger.durable;
    },
    get settings() {
      return rooms.settings;
    },
    get sellablePricesMinor() {
      return shelf.pricesMinor;
    },
    voucherCode: (voucherNo, amountMinor) => codeFor(rooms, voucherNo, amountMinor),
    claimCode: (claimNo, amountMinor) => codeFor(rooms, claimNumber(claimNo), amountMinor),
  };
}

export function saleFacts(
  rooms: Rooms,
  cash: CashFacts,
  shelf: Shelf,
  outlook: Outlook,
  nowMs: () => number,
): SaleFacts {
  return {
    get durable() {
      return rooms.ledger.durable;
    },
    get planogramVersion() {
      return rooms.planogram?.version ?? 0;
    },
    get lastSlot() {
      return rooms.lastSlot;
    },
    get cancelAfterMs() {
      return rooms.settings.cancelAfterMs ?? CANCEL_AFTER_MS;
    },
    get forcedVend() {
      return rooms.settings.forcedVend ?? false;
    },
    get outOfService() {
      return outlook.outOfService;
    },
    get moneyPending() {
      return cashPending(rooms.cash);
    },
    get exactChangeOnly() {
      return exactChangeOnly(rooms.cash, cash);
    },
    get cards() {
      return rooms.cards;
    },
    get slotOffHome() {
      // Its slot is closed on flash first; where that note would be refused, nothing turns.
      if (rooms.motorRuns || !rooms.ledger.takesNotes(nowMs())) return undefined;
      return rooms.planogram?.slots.find(({ slot, column }) => rooms.away.includes(column) && !shelf.isClosed(slot));
    },
    slotAway(after) {
      if (rooms.motorRuns) return undefined;
      const slots = rooms.planogram?.slots ?? [];
      const next = slots.findIndex(({ slot }) => slot === after) + 1;
      return slots.slice(next).find(({ column }) => rooms.away.includes(column));
    },
    slot: (code) => slotOf(rooms, code),
    itemOf: (code) => itemOf(rooms, code),
    slotFaulty: (code) => shelf.isClosed(code),
    changePayable: (amountMinor) => changePayable(rooms.cash, cash, amountMinor),
    awayFromHome: (column) => rooms.away.includes(column),
    claimCode: cash.claimCode,
  };
}

export function cardFacts(rooms: Rooms, cash: CashFacts): CardFacts {
  return {
    get durable() {
      return rooms.ledger.durable;
    },
    get cancelAfterMs() {
      return rooms.settings.cancelAfterMs ?? CANCEL_AFTER_MS;
    },
    claimCode: cash.claimCode,
  };
}

/** VEND REQUEST's item number: a slot's place in the planogram, from 1 (MDB 4.2 §7). */
function itemOf(rooms: Rooms, code: string): number {
  const index = rooms.planogram?.slots.findIndex(({ slot }) => slot === code) ?? -1;
  return index < 0 ? ITEM_UNKNOWN : index + 1;
}

export function syncFacts(rooms: Rooms, random: RandomPort): SyncFacts {
  const { ledger, identity } = rooms;
  return {
    epoch: identity.epoch,
    get mark() {
      return ledger.mark;
    },
    get oldestSeq() {
      return ledger.oldestSeq;
    },
    get newestSeq() {
      return ledger.newestSeq;
    },
    batchFrom: (firstSeq) => ledger.readBatch(firstSeq, MAX_BATCH_RECORDS, MAX_BATCH_BYTES),
    random: (bound) => random.below(bound),
  };
}

export function tooWarmMilliC(settings: Settings): number {
  return settings.tooWarmMilliC ?? TOO_WARM_MILLI_C;
}

function codeFor(rooms: Rooms, number: number, amountMinor: number): string {
  const { machineId, epoch, voucherKey } = rooms.identity;
  const currency = currencyOf(rooms.settings);
  return voucherCode(voucherKey, { machineId, epoch, number, amountMinor, currency });
}
