/**
 * Amounts are integers in minor units (cents). Text comes and goes by digits, never through a float.
 */
import { type CurrencyCode, currencyByCode } from "./currencies.js";

/** Largest amount anywhere, either sign: nine digits, so that sums of two stay in 31 bits (XS keeps them integers). */
export const MAX_MINOR = 999_999_999;

const UNKNOWN = Object.freeze({ symbol: "", decimals: 0 });

/** True for an integer within ±`MAX_MINOR`. */
export function isMinor(amount: number): boolean {
  return Number.isInteger(amount) && amount >= -MAX_MINOR && amount <= MAX_MINOR;
}

/** Decimal places of the currency's minor unit: 2 for USD, 0 for JPY. */
export function decimalsOf(code: CurrencyCode): number {
  return currencyByCode(code)?.decimals ?? 0;
}

/** As shown to people: 175 USD → "$1.75", −5 USD → "-$0.05", 120 JPY → "¥120". RangeError unless `isMinor`. */
export function formatMinor(minor: number, code: CurrencyCode): string {
  const { symbol, decimals } = currencyByCode(code) ?? UNKNOWN;
  return minor < 0 ? `-${symbol}${digitsOf(-minor, decimals)}` : symbol + digitsOf(minor, decimals);
}

/** As a database or a form takes it: 175 USD → "1.75", −5 → "-0.05". RangeError unless `isMinor`. */
export function decimalText(minor: number, code: CurrencyCode): string {
  return digitsOf(minor, decimalsOf(code));
}

function digitsOf(minor: number, decimals: number): string {
  if (!isMinor(minor)) throw new RangeError(`not an amount: ${minor}`);
  const digits = String(Math.abs(minor)).padStart(decimals + 1, "0");
  const sign = minor < 0 ? "-" : "";
  if (decimals === 0) return sign + digits;
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/**
 * Minor units of a decimal text: "1.75", "1.750" and "-0.05" for USD are 175, 175, −5. Undefined for anything else
 * than digits with at most one point, for a fraction finer than the minor unit, and beyond `MAX_MINOR`.
 */
export function parseDecimal(text: string, code: CurrencyCode): number | undefined {
  const decimals = decimalsOf(code);
  const unsigned = text.startsWith("-") ? text.slice(1) : text;
  let minor = 0;
  let places = -1; // digits since the point; −1 before it
  let digits = 0;
  for (let i = 0; i < unsigned.length; i++) {
    const character = unsigned.charAt(i);
    if (character === "." && places < 0 && digits > 0) {
      places = 0;
      continue;
    }
    if (character < "0" || character > "9") return undefined;
    const digit = Number(character);
    digits++;
    if (places >= decimals) {
      if (digit !== 0) return undefined;
      continue;
    }
    if (places >= 0) places++;
    minor = minor * 10 + digit;
    if (minor > MAX_MINOR) return undefined;
  }
  if (digits === 0 || unsigned.endsWith(".")) return undefined;
  for (let place = Math.max(places, 0); place < decimals; place++) minor *= 10;
  if (minor > MAX_MINOR) return undefined;
  return text.startsWith("-") && minor !== 0 ? -minor : minor;
}
