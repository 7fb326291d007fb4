/**
 * The rooms' states and the few facts the machine keeps itself: what the facts of one room about another are made of.
 */
import { type CurrencyCode, currencyByNumber } from "../../shared/money/currencies.js";
import type { Durable } from "../../shared/records/durable.js";
import type { Planogram, PlanogramSlot, Settings } from "../../shared/wire/documents.js";
import { cashPending } from "../cash/queries.js";
import type { CashState } from "../cash/state.js";
import type { ClimateState } from "../climate.js";
import type { DeliveryState } from "../delivery/state.js";
import type { Ledger } from "../ledger/ledger.js";
import type { Identity } from "../ports/hardware.js";
import { type Cards, cardPending } from "../sale/cards-state.js";
import type { SaleState } from "../sale/state.js";

/** Sells by these when no settings document was ever stored: US money, everything allowed, $20 at most. */
export const DEFAULT_SETTINGS: Settings = Object.freeze<Settings>({
  version: 0,
  currency: 840,
  decimals: 2,
  maxCreditMinor: 2_000,
  coinMask: 0xffff,
  billMask: 0xffff,
});

export interface Rooms {
  readonly identity: Identity;
  readonly ledger: Ledger;
  planogram: Planogram | undefined;
  settings: Settings;
  cash: CashState;
  cards: Cards;
  sale: SaleState;
  climate: ClimateState;
  /** Columns away from home. */
  away: readonly number[];
  /** A spiral turns: ordered, and its end not yet told. */
  motorRuns: boolean;
  doorOpen: boolean;
  /** The bus master has found out whether there is one. */
  changerKnown: boolean;
  validatorKnown: boolean;
  /** Slot of the newest vend since power-up, "" before it: what a late drop is booked on. */
  lastSlot: string;
}

/** Nobody waits, nothing is on its way in or out: the time for slow flash work. */
export function isAtRest({ sale, cash, cards, ledger }: Rooms, delivery: DeliveryState): boolean {
  if (cards.hold.is !== "none") return false;
  if (sale.at !== "IDLE" && sale.at !== "OUT_OF_SERVICE") return false;
  return ledger.durable.creditMinor === 0 && !cashPending(cash) && delivery.phase.is === "idle";
}

/**
 * The same, and nothing waits for its end either: no vend behind an open door, no payout of a device that is away. Only
 * then another planogram or other settings take effect, so that each sale is begun and closed under the same.
 */
export function isNothingOpen(rooms: Rooms, delivery: DeliveryState): boolean {
  return !hasOpenBracket(rooms.ledger.durable) && isAtRest(rooms, delivery);
}

function hasOpenBracket({ vend, stack, payout, hold, revalue }: Durable): boolean {
  return (
    vend !== undefined || stack !== undefined || payout !== undefined || hold !== undefined || revalue !== undefined
  );
}

/** Money is inside, or something is under way: more records will follow that the fleet may hear together with this. */
export function mayLinger(durable: Durable): boolean {
  return durable.creditMinor > 0 || hasOpenBracket(durable);
}

/** Money or a card's answer is on its way: the customer's time stands still. */
export function paymentPending({ cash, cards }: Rooms): boolean {
  return cashPending(cash) || cardPending(cards);
}

export function currencyOf(settings: Settings): CurrencyCode {
  return currencyByNumber(settings.currency)?.code ?? "USD";
}

/** The slot as the planogram has it, with the price set at the machine since, if one was. */
export function slotOf(rooms: Rooms, code: string): PlanogramSlot | undefined {
  const slot = rooms.planogram?.slots.find((candidate) => candidate.slot === code);
  const priceMinor = slot === undefined ? undefined : rooms.ledger.durable.prices[slot.slot];
  return slot === undefined || priceMinor === undefined ? slot : { ...slot, priceMinor };
}
