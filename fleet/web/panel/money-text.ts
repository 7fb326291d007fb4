/** Amounts on the panel: minor units in the machine's currency. */
import { formatMinor } from "../../../shared/money/amounts.js";
import { isCurrencyCode } from "../../../shared/money/currencies.js";

/** 175 USD → "$1.75"; a currency out of the table is written in its minor units: "175 XTS". */
export function moneyText(minor: number, currency: string): string {
  return isCurrencyCode(currency) ? formatMinor(minor, currency) : `${minor} ${currency}`;
}

/** What is stamped on a coin or printed on a bill: "25¢", "$1", "€0.50". */
export function faceText(minor: number, currency: string): string {
  if (currency === "USD" && minor < 100) return `${minor}¢`;
  return moneyText(minor, currency).replace(/[.]0+$/, "");
}
