/**
 * A reader's amounts and its clock. Amounts are whole numbers of its scaling units; what is no whole number of them is
 * refused, never rounded (MDB 4.2 §7.4, SETUP Z4-Z5).
 */
import { UNKNOWN_16, UNKNOWN_32 } from "../../shared/mdb/cashless.js";
import { MAX_MINOR } from "../../shared/money/amounts.js";

/** One unit of the reader is `scaling` × 10^-deviceDecimals; the machine's minor unit is 10^-decimals. */
export interface ReaderUnit {
  readonly scaling: number;
  readonly deviceDecimals: number;
  readonly decimals: number;
  /** 32-bit money. */
  readonly wide: boolean;
}

export const NO_UNIT: ReaderUnit = Object.freeze<ReaderUnit>({
  scaling: 0,
  deviceDecimals: 0,
  decimals: 0,
  wide: false,
});

/** Price, funds or approved amount that says nothing. */
export function unknownUnits({ wide }: ReaderUnit): number {
  return wide ? UNKNOWN_32 : UNKNOWN_16;
}

/** Units of the reader for an amount in minor units; undefined if that is no whole number of them, or too large. */
export function unitsOf(unit: ReaderUnit, amountMinor: number): number | undefined {
  const { scaling, deviceDecimals, decimals } = unit;
  const shift = deviceDecimals - decimals;
  const units = shift >= 0 ? (amountMinor * 10 ** shift) / scaling : amountMinor / (scaling * 10 ** -shift);
  return Number.isSafeInteger(units) && units >= 0 && units < unknownUnits(unit) ? units : undefined;
}

/** Which amounts the reader can be asked for: whole multiples of `unitMinor` up to `mostMinor`. 0 = none. */
export function rangeOf(unit: ReaderUnit): { readonly unitMinor: number; readonly mostMinor: number } {
  const { scaling, deviceDecimals, decimals } = unit;
  const shift = decimals - deviceDecimals;
  const scale = shift >= 0 ? scaling * 10 ** shift : scaling / 10 ** -shift;
  // With more decimals than the machine counts in, several units may make one of ours.
  let unitMinor = scale;
  for (let times = 2; !Number.isInteger(unitMinor) && times <= 10 ** -shift; times++) unitMinor = scale * times;
  if (!Number.isInteger(unitMinor) || unitMinor <= 0) return { unitMinor: 0, mostMinor: 0 };
  const most = Math.min(MAX_MINOR, Math.floor((unknownUnits(unit) - 1) * scale));
  return { unitMinor, mostMinor: most - (most % unitMinor) };
}

/** Minor units for units of the reader; undefined if unknown or no whole number. */
export function minorOf(unit: ReaderUnit, units: number): number | undefined {
  if (units === unknownUnits(unit)) return undefined;
  const { scaling, deviceDecimals, decimals } = unit;
  const shift = decimals - deviceDecimals;
  const amount = shift >= 0 ? units * scaling * 10 ** shift : (units * scaling) / 10 ** -shift;
  return Number.isSafeInteger(amount) ? amount : undefined;
}

/** An ISO 4217 number as MDB writes it: 840 is 1840h. */
export function countryOf(currency: number): number {
  return 0x1000 | bcdOf(Math.floor(currency / 100) % 10, 0x100) | bcdOf(currency % 100, 1);
}

function bcdOf(value: number, times: number): number {
  return (Math.floor(value / 10) * 16 + (value % 10)) * times;
}

const DAY_S = 86_400;
/** Week, summer time and holiday: not known here. */
const NOT_KNOWN = 0xff;

/** The ten bytes of TIME/DATE for a local time in Unix seconds (MDB 4.2 §7.4.23). */
export function timeDateOf(wallS: number): readonly number[] {
  const days = Math.floor(wallS / DAY_S);
  const second = wallS - days * DAY_S;
  const { year, month, day } = civil(days);
  const weekday = ((days + 3) % 7) + 1;
  const parts = [year % 100, month, day, second / 3_600, (second / 60) % 60, second % 60, weekday];
  return [...parts.map((part) => bcdOf(Math.floor(part), 1)), NOT_KNOWN, NOT_KNOWN, NOT_KNOWN];
}

/** Day, month and year of the proleptic Gregorian calendar for days since 1970-01-01 (≥ 0). */
function civil(days: number): { readonly year: number; readonly month: number; readonly day: number } {
  // Counted from 0000-03-01, so that the leap day ends a year.
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const ofEra = shifted - era * 146_097;
  const years = Math.floor(
    (ofEra - Math.floor(ofEra / 1_460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * years + Math.floor(years / 4) - Math.floor(years / 100));
  const march = Math.floor((5 * ofYear + 2) / 153);
  const day = ofYear - Math.floor((153 * march + 2) / 5) + 1;
  const month = march < 10 ? march + 3 : march - 9;
  return { year: era * 400 + years + (month <= 2 ? 1 : 0), month, day };
}
