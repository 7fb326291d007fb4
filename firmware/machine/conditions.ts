/**
 * What the rooms may know of each other, read-only: the facts handed to each step. Everything is computed from the
 * ledger's durable state and the rooms' states when asked; nothing is kept twice.
 */
import { FAULTS, faultOf } from "../../shared/faults.js";
import { isCurrencyCode, currencyByNumber, type CurrencyCode } from "../../shared/money/currencies.js";
import { hasFault } from "../../shared/records/durable.js";
import { claimNumber, voucherCode } from "../../shared/voucher.js";
import {
  CANCEL_AFTER_MS,
  type Planogram,
  type PlanogramSlot,
  type Settings,
  TOO_WARM_MILLI_C,
} from "../../shared/wire/documents.js";
import { changePayable } from "../cash/acceptance.js";
import { cashPending, cashResolved, cashUsable } from "../cash/queries.js";
import type { CashFacts, CashState } from "../cash/state.js";
import type { ClimateState } from "../climate.js";
import type { Ledger } from "../ledger/ledger.js";
import type { MdbFacts } from "../mdb/peripheral.js";
import type { Identity } from "../ports/hardware.js";
import type { SaleFacts } from "../sale/facts.js";
import type { OutCause, SaleState } from "../sale/state.js";

/** Sells by these when no settings document was ever stored: US money, everything allowed, $20 at most. */
export const DEFAULT_SETTINGS: Settings = Object.freeze<Settings>({
  version: 0,
  currency: 840,
  decimals: 2,
  maxCreditMinor: 2_000,
  coinMask: 0xffff,
  billMask: 0xffff,
});

/** The rooms' states and the machine's own few, as the facts need them. */
export interface Rooms {
  readonly identity: Identity;
  readonly ledger: Ledger;
  planogram: Planogram | undefined;
  settings: Settings;
  cash: CashState;
  sale: SaleState;
  climate: ClimateState;
  /** Columns away from home. */
  away: readonly number[];
  doorOpen: boolean;
  /** The bus master has found out whether there is one. */
  changerKnown: boolean;
  validatorKnown: boolean;
  lastSlot: string;
}

export function currencyOf(settings: Settings): CurrencyCode {
  const code = currencyByNumber(settings.currency)?.code ?? "USD";
  return isCurrencyCode(code) ? code : "USD";
}

export function slotOf(rooms: Rooms, code: string): PlanogramSlot | undefined {
  return rooms.planogram?.slots.find((slot) => slot.slot === code);
}

/** A fault of its own closes the slot. */
export function slotFaulty(rooms: Rooms, code: string): boolean {
  return rooms.ledger.durable.faults.some((open) => {
    const name = faultOf(open.fault);
    return open.slot === code && name !== undefined && FAULTS[name].sales === "slot";
  });
}

/** Prices of what can be sold now. */
function sellablePrices(rooms: Rooms): number[] {
  const prices: number[] = [];
  const { stock } = rooms.ledger.durable;
  for (const { slot, priceMinor } of rooms.planogram?.slots ?? []) {
    if ((stock[slot] ?? 0) > 0 && !slotFaulty(rooms, slot) && !prices.includes(priceMinor)) prices.push(priceMinor);
  }
  return prices;
}

/** Of the types with a tube: what a refund may have to be paid in. 1 without a changer. */
function smallestCoinMinor({ changer }: CashState): number {
  let smallest = Number.MAX_SAFE_INTEGER;
  for (let type = 0; type < (changer?.valuesMinor.length ?? 0); type++) {
    const value = changer?.valuesMinor[type] ?? 0;
    if (value > 0 && value < smallest && changer?.toTube[type] === true) smallest = value;
  }
  return smallest === Number.MAX_SAFE_INTEGER ? 1 : smallest;
}

/** Why the machine may not sell now, most pressing first. */
export function outOfService(rooms: Rooms, facts: CashFacts): OutCause | undefined {
  const { ledger, cash, settings } = rooms;
  if (!rooms.changerKnown || !rooms.validatorKnown || !cashResolved(cash, ledger.durable)) return "starting";
  if (hasFault(ledger.durable, FAULTS.assertRepeated.code)) return "stopped";
  if (rooms.planogram === undefined) return "noPlanogram";
  if (!ledger.canTakeMoney(settings.maxCreditMinor, smallestCoinMinor(cash))) return "ledgerFull";
  if (rooms.doorOpen) return "doorOpen";
  if (rooms.climate.locked) return "tooWarm";
  if (hasFault(ledger.durable, FAULTS.beamBlind.code)) return "beamBlind";
  if (!cashUsable(cash, facts)) return "noMeansOfPayment";
  return undefined;
}

export function codeFor(rooms: Rooms, number: number, amountMinor: number): string {
  const { machineId, epoch, voucherKey } = rooms.identity;
  const currency = currencyOf(rooms.settings);
  return voucherCode(voucherKey, { machineId, epoch, number, amountMinor, currency });
}

export function mdbFacts(rooms: Rooms): MdbFacts {
  return { decimals: rooms.settings.decimals, ackFirst: rooms.settings.ackFirst ?? 0 };
}

export function cashFacts(rooms: Rooms): CashFacts {
  return {
    get durable() {
      return rooms.ledger.durable;
    },
    get settings() {
      return rooms.settings;
    },
    get sellablePricesMinor() {
      return sellablePrices(rooms);
    },
    voucherCode: (voucherNo, amountMinor) => codeFor(rooms, voucherNo, amountMinor),
    claimCode: (claimNo, amountMinor) => codeFor(rooms, claimNumber(claimNo), amountMinor),
  };
}

export function saleFacts(rooms: Rooms, cash: CashFacts): SaleFacts {
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
      return outOfService(rooms, cash);
    },
    get moneyPending() {
      return cashPending(rooms.cash);
    },
    get moneyResolved() {
      return cashResolved(rooms.cash, rooms.ledger.durable);
    },
    slot: (code) => slotOf(rooms, code),
    slotFaulty: (code) => slotFaulty(rooms, code),
    changePayable: (amountMinor) => changePayable(rooms.cash, cash, amountMinor),
    awayFromHome: (column) => rooms.away.includes(column),
    claimCode: cash.claimCode,
  };
}

export function tooWarmMilliC(settings: Settings): number {
  return settings.tooWarmMilliC ?? TOO_WARM_MILLI_C;
}
