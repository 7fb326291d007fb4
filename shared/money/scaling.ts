/**
 * Peripherals count in scaled units: value = units × scaling factor, with the point placed by their decimal places
 * (MDB 4.2 §5.3; App. 3: decimal places only place the point). Here they become minor units of the machine's currency
 * and back, exactly or not at all.
 */
import { decimalsOf, MAX_MINOR } from "./amounts.js";
import type { CurrencyCode } from "./currencies.js";

/** As in a SETUP reply: coin changer Z4 and Z5, bill validator Z4-5 and Z6. */
export interface Scale {
  readonly scalingFactor: number;
  readonly decimals: number;
}

/**
 * Minor units of `units` scaled units: 5 units at {5, 2 decimals} are 25 ¢; 1 unit at {10, 0 decimals} is 1000 ¢.
 * Undefined if that is no whole number of minor units (a device with more decimals than the currency) or beyond
 * `MAX_MINOR`.
 */
export function unitsToMinor(units: number, scale: Scale, code: CurrencyCode): number | undefined {
  const shift = decimalsOf(code) - scale.decimals;
  const scaled = units * scale.scalingFactor;
  const minor = shift >= 0 ? scaled * 10 ** shift : scaled / 10 ** -shift;
  return Number.isInteger(minor) && Math.abs(minor) <= MAX_MINOR ? minor : undefined;
}

/** Scaled units of `minor`; undefined if the device cannot express the amount exactly. */
export function minorToUnits(minor: number, scale: Scale, code: CurrencyCode): number | undefined {
  const shift = decimalsOf(code) - scale.decimals;
  const dividend = shift >= 0 ? minor : minor * 10 ** -shift;
  const divisor = scale.scalingFactor * (shift >= 0 ? 10 ** shift : 1);
  const units = divisor > 0 ? dividend / divisor : Number.NaN;
  return Number.isSafeInteger(dividend) && Number.isInteger(units) ? units : undefined;
}

/**
 * Smallest common unit of several amounts (their greatest common divisor), in which several devices can be calculated
 * together (MDB 4.2 App. 3). Zeros are passed over; 0 if nothing else is there.
 */
export function commonUnitMinor(amountsMinor: readonly number[]): number {
  let unit = 0;
  for (const amount of amountsMinor) {
    let other = amount;
    while (other !== 0) {
      const rest = unit % other;
      unit = other;
      other = rest;
    }
  }
  return unit;
}
