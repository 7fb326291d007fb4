/**
 * The currencies that machines are set to: ISO 4217 code, number and minor-unit decimals, how an amount is written,
 * and the country code of MDB SETUP (MDB 4.2 §5.3, §6.3: BCD 1xxx = ISO 4217 number, 0xxx = telephone code).
 */
import { deepFreeze } from "../freeze.js";

/** `symbol` stands before the amount; where it would be ambiguous on a panel, the code and a blank do. */
export const CURRENCIES = deepFreeze([
  { code: "AED", number: 784, decimals: 2, symbol: "AED " },
  { code: "ARS", number: 32, decimals: 2, symbol: "ARS " },
  { code: "AUD", number: 36, decimals: 2, symbol: "A$" },
  { code: "BHD", number: 48, decimals: 3, symbol: "BHD " },
  { code: "BRL", number: 986, decimals: 2, symbol: "R$" },
  { code: "CAD", number: 124, decimals: 2, symbol: "C$" },
  { code: "CHF", number: 756, decimals: 2, symbol: "CHF " },
  { code: "CLP", number: 152, decimals: 0, symbol: "CLP " },
  { code: "CNY", number: 156, decimals: 2, symbol: "CNY " },
  { code: "COP", number: 170, decimals: 2, symbol: "COP " },
  { code: "CZK", number: 203, decimals: 2, symbol: "CZK " },
  { code: "DKK", number: 208, decimals: 2, symbol: "DKK " },
  { code: "EGP", number: 818, decimals: 2, symbol: "EGP " },
  { code: "EUR", number: 978, decimals: 2, symbol: "€" },
  { code: "GBP", number: 826, decimals: 2, symbol: "£" },
  { code: "HKD", number: 344, decimals: 2, symbol: "HK$" },
  { code: "HUF", number: 348, decimals: 2, symbol: "HUF " },
  { code: "IDR", number: 360, decimals: 2, symbol: "IDR " },
  { code: "ILS", number: 376, decimals: 2, symbol: "₪" },
  { code: "INR", number: 356, decimals: 2, symbol: "₹" },
  { code: "ISK", number: 352, decimals: 0, symbol: "ISK " },
  { code: "JOD", number: 400, decimals: 3, symbol: "JOD " },
  { code: "JPY", number: 392, decimals: 0, symbol: "¥" },
  { code: "KRW", number: 410, decimals: 0, symbol: "₩" },
  { code: "KWD", number: 414, decimals: 3, symbol: "KWD " },
  { code: "KZT", number: 398, decimals: 2, symbol: "KZT " },
  { code: "MXN", number: 484, decimals: 2, symbol: "MX$" },
  { code: "MYR", number: 458, decimals: 2, symbol: "RM" },
  { code: "NOK", number: 578, decimals: 2, symbol: "NOK " },
  { code: "NZD", number: 554, decimals: 2, symbol: "NZ$" },
  { code: "PEN", number: 604, decimals: 2, symbol: "PEN " },
  { code: "PHP", number: 608, decimals: 2, symbol: "PHP " },
  { code: "PLN", number: 985, decimals: 2, symbol: "PLN " },
  { code: "RON", number: 946, decimals: 2, symbol: "RON " },
  { code: "RSD", number: 941, decimals: 2, symbol: "RSD " },
  { code: "RUB", number: 643, decimals: 2, symbol: "RUB " },
  { code: "SAR", number: 682, decimals: 2, symbol: "SAR " },
  { code: "SEK", number: 752, decimals: 2, symbol: "SEK " },
  { code: "SGD", number: 702, decimals: 2, symbol: "S$" },
  { code: "THB", number: 764, decimals: 2, symbol: "THB " },
  { code: "TND", number: 788, decimals: 3, symbol: "TND " },
  { code: "TRY", number: 949, decimals: 2, symbol: "TRY " },
  { code: "TWD", number: 901, decimals: 2, symbol: "NT$" },
  { code: "UAH", number: 980, decimals: 2, symbol: "UAH " },
  { code: "USD", number: 840, decimals: 2, symbol: "$" },
  { code: "VND", number: 704, decimals: 0, symbol: "VND " },
  { code: "ZAR", number: 710, decimals: 2, symbol: "R " },
]);

export type Currency = (typeof CURRENCIES)[number];
export type CurrencyCode = Currency["code"];

/**
 * Telephone codes of devices made before July 2000, where one country and one living currency answer to the code.
 * +1 is also Canada's, and +7 Kazakhstan's: such a device means the first user of the code. Countries that went over
 * to the euro are left out: an old device of theirs counts a currency that no longer exists.
 */
const TELEPHONE_CODES = deepFreeze([
  [1, "USD"],
  [7, "RUB"],
  [27, "ZAR"],
  [36, "HUF"],
  [41, "CHF"],
  [44, "GBP"],
  [45, "DKK"],
  [46, "SEK"],
  [47, "NOK"],
  [48, "PLN"],
  [52, "MXN"],
  [55, "BRL"],
  [56, "CLP"],
  [60, "MYR"],
  [61, "AUD"],
  [64, "NZD"],
  [65, "SGD"],
  [66, "THB"],
  [81, "JPY"],
  [82, "KRW"],
  [86, "CNY"],
  [90, "TRY"],
  [420, "CZK"],
  [852, "HKD"],
  [886, "TWD"],
  [972, "ILS"],
] satisfies readonly (readonly [number, CurrencyCode])[]);

/** Superseded ISO numbers that devices still report: 810 was the rouble's until 1998 (seen from ICT validators). */
const OLD_NUMBERS = deepFreeze([[810, "RUB"]] satisfies readonly (readonly [number, CurrencyCode])[]);

/** The currency with this ISO 4217 code, upper case; undefined if a machine cannot be set to it. */
export function currencyByCode(code: string): Currency | undefined {
  for (let i = 0; i < CURRENCIES.length; i += 1) {
    const currency = CURRENCIES[i];
    if (currency?.code === code) return currency;
  }
  return undefined;
}

/** True if `text` is a code of the table; narrows. */
export function isCurrencyCode(text: string): text is CurrencyCode {
  return currencyByCode(text) !== undefined;
}

/** The currency with this ISO 4217 number (840 = USD), today's or a superseded one. */
export function currencyByNumber(number: number): Currency | undefined {
  for (let i = 0; i < CURRENCIES.length; i += 1) {
    const currency = CURRENCIES[i];
    if (currency?.number === number) return currency;
  }
  return byTable(OLD_NUMBERS, number);
}

/**
 * The currency that a peripheral's country code means: `word` is the 16-bit BCD field of SETUP (0x1840 = USD by ISO,
 * 0x0001 = USD by telephone). Undefined for FFFF, for what is not BCD, and for an unknown country: the caller then
 * keeps the machine's own currency (MDB 4.2 App. 3: do not demand equal codes).
 */
export function currencyOfMdb(word: number): Currency | undefined {
  let number = 0;
  for (let shift = 8; shift >= 0; shift -= 4) {
    const digit = (word >> shift) & 0xf;
    if (digit > 9) return undefined;
    number = number * 10 + digit;
  }
  const kind = word >> 12;
  if (kind === 1) return currencyByNumber(number);
  return kind === 0 ? byTable(TELEPHONE_CODES, number) : undefined;
}

/** The BCD country code by which a peripheral reports this currency today: 0x1840 for USD. */
export function mdbCountryCode(code: CurrencyCode): number {
  const number = currencyByCode(code)?.number ?? 0;
  return 0x1000 | (Math.floor(number / 100) << 8) | ((Math.floor(number / 10) % 10) << 4) | (number % 10);
}

function byTable(table: readonly (readonly [number, CurrencyCode])[], number: number): Currency | undefined {
  const row = table.find((entry) => entry[0] === number);
  return row && currencyByCode(row[1]);
}
