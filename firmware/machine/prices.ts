/**
 * Which prices a person may set at the machine: what its coins can give change for, and what customers can pay at all.
 * By the devices that answer; where the changer is unplugged, by the coins that records have told of (design "Money
 * rules": prices are multiples of the smallest payable coin).
 */
import { MAX_MINOR } from "../../shared/money/amounts.js";
import { commonUnitMinor } from "../../shared/money/scaling.js";
import type { Durable } from "../../shared/records/durable.js";
import { isFitted, type Planogram, type Settings } from "../../shared/wire/documents.js";
import type { CashState } from "../cash/state.js";
import type { Cards } from "../sale/cards-state.js";
import type { Rooms } from "./rooms.js";

/** Whole multiples of `stepMinor`, from it up to `highestMinor`. */
export interface PriceRule {
  readonly stepMinor: number;
  readonly highestMinor: number;
}

export function priceRule({ settings, cash, cards, ledger, planogram }: Rooms): PriceRule {
  const stepMinor = isFitted(settings, "changer")
    ? (smallestCoinMinor(cash) ?? rememberedCoinMinor(ledger.durable) ?? planogramStepMinor(planogram))
    : readerStepMinor(cards);
  return { stepMinor, highestMinor: highestMinor(settings, cash, cards) };
}

/** Of the types with a tube: what change is paid in. Undefined without a changer. */
export function smallestCoinMinor({ changer }: CashState): number | undefined {
  let smallest: number | undefined;
  for (let type = 0; type < (changer?.valuesMinor.length ?? 0); type++) {
    const value = changer?.valuesMinor[type] ?? 0;
    if (value > 0 && value < (smallest ?? Infinity) && changer?.toTube[type] === true) smallest = value;
  }
  return smallest;
}

/** The smallest coin that records have named: tubes taken over, coins taken. */
function rememberedCoinMinor({ audit }: Readonly<Durable>): number | undefined {
  let smallest: number | undefined;
  for (const coin of audit.coins) {
    if (coin !== undefined && coin.valueMinor > 0 && coin.valueMinor < (smallest ?? Infinity)) {
      smallest = coin.valueMinor;
    }
  }
  return smallest;
}

/** No changer was ever there: what the prices have in common cannot be wrong. */
function planogramStepMinor(planogram: Planogram | undefined): number {
  return Math.max(1, commonUnitMinor((planogram?.slots ?? []).map(({ priceMinor }) => priceMinor)));
}

/** Without coins: what every reader can be asked for. */
function readerStepMinor({ seats }: Cards): number {
  let step = 1;
  for (const { abilities } of seats) step = Math.max(step, abilities?.unitMinor ?? 1);
  return step;
}

/** The credit limit; where bills are all the cash there is, what they can always reach below it. */
function cashLimitMinor(settings: Settings, { validator }: CashState): number {
  const { maxCreditMinor, billMask } = settings;
  if (isFitted(settings, "changer") || validator === undefined) return maxCreditMinor;
  const bills = validator.valuesMinor.filter((value, type) => value > 0 && ((billMask >> type) & 1) === 1);
  const smallest = Math.min(...bills);
  return bills.length === 0 || smallest > maxCreditMinor
    ? maxCreditMinor
    : maxCreditMinor - (maxCreditMinor % smallest);
}

/** The most that a customer could ever pay: in cash the credit limit, by card what a reader's numbers can say. */
function highestMinor(settings: Settings, cash: CashState, { seats }: Cards): number {
  const takesCash = isFitted(settings, "changer") || isFitted(settings, "validator");
  let byCard = 0;
  for (const { abilities } of seats) byCard = Math.max(byCard, abilities?.mostMinor ?? 0);
  // A reader that does not answer has told no limit: then the credit limit is the one that is known.
  const byCash = takesCash || byCard === 0 ? cashLimitMinor(settings, cash) : 0;
  return Math.min(MAX_MINOR, Math.max(byCash, byCard));
}
