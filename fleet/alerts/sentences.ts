/** Sentences of alerts: the serial first, plain English, numbers with their units. */
import { decimalOf } from "../store/amounts.js";
import type { MachineFacts, Units } from "./facts.js";

const MINUTE_MS = 60_000;
const HOUR_MIN = 60;
const DAY_HOURS = 24;

/** "45.0 °F" or "7.2 °C". */
export function temperature(milliC: number, { temperature: unit }: Units): string {
  const degrees = unit === "F" ? (milliC * 9) / 5_000 + 32 : milliC / 1_000;
  return `${degrees.toFixed(1)} °${unit}`;
}

/** "12 min", "3 h 20 min", "2 d 4 h". */
export function duration(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / MINUTE_MS));
  if (minutes < HOUR_MIN) return `${minutes} min`;
  const hours = Math.floor(minutes / HOUR_MIN);
  const two = (most: string, rest: number, unit: string): string => (rest === 0 ? most : `${most} ${rest} ${unit}`);
  if (hours < DAY_HOURS) return two(`${hours} h`, minutes % HOUR_MIN, "min");
  return two(`${Math.floor(hours / DAY_HOURS)} d`, hours % DAY_HOURS, "h");
}

/** "213.50 USD". */
export function money(minor: number, { currency, decimals }: Pick<MachineFacts, "currency" | "decimals">): string {
  return `${decimalOf(minor, decimals)} ${currency}`;
}

/** "1 coin", "3 coins". */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** "a", "a and b", "a, b and c". */
export function list(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} and ${last}`;
}
