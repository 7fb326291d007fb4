/** Amounts on the pages: exact decimal texts of the API, written for people. Digits are moved, nothing is computed. */
import { currencyByCode } from "../../../shared/money/currencies.js";

const THOUSANDS = 3;

/**
 * "1234.5" USD → "$1,234.50", "-0.05" → "-$0.05", "120" JPY → "¥120". A currency out of the table stands as its code; a
 * fraction finer than the minor unit is kept. Anything that is no decimal is returned as it came.
 */
export function amountText(amount: string, currency: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(amount);
  if (match === null) return amount;
  const [, sign = "", whole = "0", fraction = ""] = match;
  const known = currencyByCode(currency);
  const symbol = known?.symbol ?? `${currency} `;
  const decimals = known?.decimals ?? fraction.length;
  const shown = trimmed(fraction, decimals).padEnd(decimals, "0");
  return `${sign}${symbol}${grouped(whole)}${shown === "" ? "" : `.${shown}`}`;
}

/** Without zeros beyond the minor unit. */
function trimmed(fraction: string, decimals: number): string {
  let end = fraction.length;
  while (end > decimals && fraction[end - 1] === "0") end--;
  return fraction.slice(0, end);
}

function grouped(whole: string): string {
  const first = whole.length % THOUSANDS || THOUSANDS;
  const groups = [whole.slice(0, first)];
  for (let at = first; at < whole.length; at += THOUSANDS) groups.push(whole.slice(at, at + THOUSANDS));
  return groups.join(",");
}
