/** The numbers at which rules begin and end to find something, for whoever has to tell what changes nothing. */
import { limitOf, type RuleSettings } from "./evaluate.js";
import { HANDED_OVER_SHARE } from "./find-health.js";
import { EMPTIED_SHARE, REFILLED_ABOVE } from "./find-money.js";
import { RESTOCKED_ABOVE } from "./find-stock.js";

/** A trend is read of machines whose temperature is so near below the limit. */
const TREND_OF_MILLI_C = 5_000;

/** The numbers at which something begins or ends for an operator's rules: what lies between two is all the same. */
export interface Limits {
  /** Slots: low from here down, and no longer low above. */
  readonly slots: readonly [enter: number, leave: number];
  /** An alert of them waits before it closes: a slot that comes to lie between the two stops that. */
  readonly slotsWait: boolean;
  readonly warmMilliC: readonly [enter: number, leave: number];
  /** A trend towards the one is read from the other on. */
  readonly trend: { readonly limitMilliC: number; readonly fromMilliC: number };
  readonly tubes: readonly [enter: number, leave: number];
  readonly coinsMinor: readonly [leave: number, enter: number];
  readonly bills: readonly [leave: number, enter: number];
  readonly records: readonly [leave: number, enter: number];
  readonly clockOffS: number;
}

export function limitsOf(settings: RuleSettings): Limits {
  const left = limitOf("slotLow", settings)("left");
  const warm = limitOf("tooWarm", settings);
  const trendMilliC = limitOf("warming", settings)("limitMilliC");
  const coins = limitOf("tubeLow", settings)("coins");
  const box = limitOf("cashBoxFull", settings);
  const records = limitOf("ledgerFilling", settings)("records");
  const emptied = (full: number): readonly [number, number] => [full * EMPTIED_SHARE, full];
  return {
    slots: [left, left + RESTOCKED_ABOVE],
    slotsWait: limitOf("slotLow", settings)("closeAfterMinutes") > 0,
    warmMilliC: [warm("limitMilliC"), warm("limitMilliC") - warm("backMilliC")],
    trend: { limitMilliC: trendMilliC, fromMilliC: trendMilliC - TREND_OF_MILLI_C },
    tubes: [coins, coins + REFILLED_ABOVE],
    coinsMinor: emptied(box("coinsMinor")),
    bills: emptied(box("bills")),
    records: [records * HANDED_OVER_SHARE, records],
    clockOffS: limitOf("clockWrong", settings)("offBySeconds"),
  };
}

export const PRESET_LIMITS: Limits = limitsOf(new Map());
