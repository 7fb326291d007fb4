/**
 * What each room may know of the others, read-only: the facts handed to its steps. Computed when asked from the
 * ledger's durable state and the rooms' states; nothing is kept twice. Made once, so that a step costs no
 * allocation for them.
 */
import { claimNumber, voucherCode } from "../../shared/voucher.js";
import { CANCEL_AFTER_MS, type Settings, TOO_WARM_MILLI_C } from "../../shared/wire/documents.js";
import { MAX_BATCH_BYTES, MAX_BATCH_RECORDS } from "../../shared/wire/messages.js";
import { changePayable } from "../cash/acceptance.js";
import { cashPending } from "../cash/queries.js";
import type { CashFacts } from "../cash/state.js";
import type { MdbFacts } from "../mdb/peripheral.js";
import type { RandomPort } from "../ports/hardware.js";
import type { SaleFacts } from "../sale/facts.js";
import type { SyncFacts } from "../uplink/sync.js";
import type { Outlook } from "./outlook.js";
import { currencyOf, type Rooms, slotOf } from "./rooms.js";
import type { Shelf } from "./shelf.js";

export function mdbFacts(rooms: Rooms): MdbFacts {
  return {
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

export function saleFacts(rooms: Rooms, cash: CashFacts, shelf: Shelf, outlook: Outlook): SaleFacts {
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
    get slotOffHome() {
      if (rooms.motorRuns) return undefined;
      return rooms.planogram?.slots.find(({ slot, column }) => rooms.away.includes(column) && !shelf.isClosed(slot));
    },
    slot: (code) => slotOf(rooms, code),
    slotFaulty: (code) => shelf.isClosed(code),
    changePayable: (amountMinor) => changePayable(rooms.cash, cash, amountMinor),
    awayFromHome: (column) => rooms.away.includes(column),
    claimCode: cash.claimCode,
  };
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
