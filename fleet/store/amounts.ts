/** Minor units to the decimal text NUMERIC takes, and back to text with the currency's decimals. Never a float. */

/** 175 with 2 decimals → "1.75". `minor` is a safe integer. */
export function decimalOf(minor: number, decimals: number): string {
  const digits = String(Math.abs(minor)).padStart(decimals + 1, "0");
  const sign = minor < 0 ? "-" : "";
  if (decimals === 0) return sign + digits;
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/** NUMERIC's text ("1.750") with exactly `decimals` decimals; what would be lost must be zeros, else it is kept. */
export function trimDecimal(text: string, decimals: number): string {
  const [whole = "0", part = ""] = text.split(".");
  const kept = part.padEnd(decimals, "0");
  const lost = kept.slice(decimals);
  const shown = /^0*$/.test(lost) ? kept.slice(0, decimals) : kept;
  return shown === "" ? whole : `${whole}.${shown}`;
}

/** Decimal text ("1.75") in minor units; undefined if it has more decimals than the currency, or is too great. */
export function minorOf(text: string, decimals: number): number | undefined {
  const [whole = "", part = ""] = text.split(".");
  if (part.slice(decimals).replaceAll("0", "") !== "") return undefined;
  const minor = Number(whole + part.slice(0, decimals).padEnd(decimals, "0"));
  return Number.isSafeInteger(minor) ? minor : undefined;
}

/** Decimals of a currency (ISO 4217); 2 for one that nobody knows. */
export function decimalsOf(currency: string): number {
  return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

/** True if `amount` is no finer than the currency's smallest unit, and small enough to be counted in it. */
export function isAmountOf(currency: string, amount: string): boolean {
  return minorOf(amount, decimalsOf(currency)) !== undefined;
}
