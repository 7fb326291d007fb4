/**
 * Has a machine been without a sale for longer than its own history explains? Sales are modelled hour by hour of the
 * week, in the machine's zone: each day sells its expected number times a random factor (a Gamma of mean 1 and shape k,
 * estimated from how days of the history differ). The chance of no sale at all since the last one is then
 * Π over days (1 + Λ_day / k)^−k, Λ_day being the sales expected in the silent hours of that day. Every sale begins one
 * such trial, so an alert at chance < a / (sales a year) is false at most `a` times a year, where the history holds.
 */
import type { SalesFact, SalesProfile } from "./facts.js";

const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;
export const WEEK_HOURS = 168;
const YEAR_WEEKS = 52.18;
/** 1 January 1970 was a Thursday. */
const EPOCH_HOUR = 4 * DAY_HOURS;
/** Silence is judged over so long at most: by then it is found, or nothing was ever sold. */
const MAX_SILENT_HOURS = 28 * DAY_HOURS;
/** Weight of what other days sell at the same hour, in weeks: an hour that never sold is not one that never will. */
const PRIOR_WEEKS = 1;
const LEAST_WEEKS = 2;
const LEAST_SALES = 30;
/** Below this a machine's days differ so much that silence says nothing. */
const LEAST_SPREAD = 0.3;
/** Days do not differ beyond chance. */
const NO_SPREAD = 1e6;

/** Sales in one hour of the machine's own clock: hours since 1970 as that clock counts them. */
export interface HourOfSales {
  readonly localHour: number;
  readonly sales: number;
}

/** Weeks of history that a profile is made of, at most. */
export const PROFILE_WEEKS = 8;

/**
 * The profile of the whole weeks before the day of `localHour`; undefined if there are too few, or too few sales.
 * `firstHour`: from when the machine could have sold. Days begin at midnight here as they do for silence: of days cut
 * at another hour each would be half of two, and their differences half as large as they are.
 */
export function profileOf(
  history: readonly HourOfSales[],
  firstHour: number,
  localHour: number,
): SalesProfile | undefined {
  const to = localHour - (localHour % DAY_HOURS);
  const weeks = Math.min(PROFILE_WEEKS, Math.floor((to - firstHour) / WEEK_HOURS));
  const from = to - weeks * WEEK_HOURS;
  const within = history.filter((hour) => hour.localHour >= from && hour.localHour < to);
  const total = within.reduce((sum, { sales }) => sum + sales, 0);
  if (weeks < LEAST_WEEKS || total < LEAST_SALES) return undefined;
  const counted = new Array<number>(WEEK_HOURS).fill(0);
  for (const { localHour: hour, sales } of within) counted[hourOfWeek(hour)] = (counted[hourOfWeek(hour)] ?? 0) + sales;
  const hours = counted.map((sales, hour) => {
    const usual = sumOf(Array.from({ length: 7 }, (_, day) => counted[day * DAY_HOURS + (hour % DAY_HOURS)] ?? 0)) / 7;
    return (sales + (PRIOR_WEEKS * usual) / weeks) / (weeks + PRIOR_WEEKS);
  });
  return { hours, spread: spreadOf(within, hours, from, to) };
}

/** Moments: a day's variance is μ + μ²/k. */
function spreadOf(sold: readonly HourOfSales[], hours: readonly number[], from: number, to: number): number {
  const days = Math.floor((to - from) / DAY_HOURS);
  const found = new Array<number>(days).fill(0);
  const expected = new Array<number>(days).fill(0);
  for (const { localHour, sales } of sold) {
    const day = Math.floor((localHour - from) / DAY_HOURS);
    found[day] = (found[day] ?? 0) + sales;
  }
  for (let hour = from; hour < from + days * DAY_HOURS; hour++) {
    const day = Math.floor((hour - from) / DAY_HOURS);
    expected[day] = (expected[day] ?? 0) + (hours[hourOfWeek(hour)] ?? 0);
  }
  // Seven means were taken from these days.
  const excess =
    (sumOf(found.map((sales, day) => (sales - (expected[day] ?? 0)) ** 2)) * days) / Math.max(1, days - 7) -
    sumOf(expected);
  const squares = sumOf(expected.map((mean) => mean ** 2));
  return excess <= 0 ? NO_SPREAD : Math.min(NO_SPREAD, Math.max(LEAST_SPREAD, squares / excess));
}

/** The chance of what is seen, had nothing changed; and how small it must be. */
export interface Silence {
  readonly chance: number;
  readonly limit: number;
}

/** `toLocalHour`: hours since 1970 by the machine's clock at an instant, with their fraction. */
export function silenceOf(
  { lastSaleMs, profile }: SalesFact,
  nowMs: number,
  falseAlarmsAYear: number,
  toLocalHour: (ms: number) => number,
): Silence {
  const to = toLocalHour(nowMs);
  const from = Math.max(toLocalHour(lastSaleMs), to - MAX_SILENT_HOURS);
  const byDay = new Map<number, number>();
  for (let hour = Math.floor(from); hour < to; hour++) {
    const share = Math.min(to, hour + 1) - Math.max(from, hour);
    const day = Math.floor(hour / DAY_HOURS);
    byDay.set(day, (byDay.get(day) ?? 0) + share * (profile.hours[hourOfWeek(hour)] ?? 0));
  }
  let logChance = 0;
  for (const missed of byDay.values()) logChance -= profile.spread * Math.log1p(missed / profile.spread);
  return { chance: Math.exp(logChance), limit: limitOf(profile.hours, falseAlarmsAYear) };
}

function limitOf(hours: readonly number[], falseAlarmsAYear: number): number {
  return falseAlarmsAYear / Math.max(1, sumOf(hours) * YEAR_WEEKS);
}

/**
 * From when on silence since the last sale will be unusual, as silenceOf has it; null: not within MAX_SILENT_HOURS.
 * An hour early where a clock is set forward meanwhile.
 */
export function unusualFrom(
  { lastSaleMs, profile: { hours, spread } }: SalesFact,
  falseAlarmsAYear: number,
  toLocalHour: (ms: number) => number,
): number | null {
  const from = toLocalHour(lastSaleMs);
  const end = from + MAX_SILENT_HOURS;
  // What the days must come to.
  let left = -Math.log(limitOf(hours, falseAlarmsAYear)) / spread;
  let missed = 0;
  for (let hour = Math.floor(from); hour < end; hour++) {
    if (hour % DAY_HOURS === 0) {
      left -= Math.log1p(missed / spread);
      missed = 0;
    }
    const begin = Math.max(from, hour);
    const rate = hours[hourOfWeek(hour)] ?? 0;
    const whole = missed + rate * (hour + 1 - begin);
    if (Math.log1p(whole / spread) > left) {
      const localHour = begin + (spread * Math.expm1(left) - missed) / rate;
      return instantAt(localHour, lastSaleMs, from, toLocalHour);
    }
    missed = whole;
  }
  return null;
}

/** The first whole millisecond at which the machine's clock has gone on from `from` to `localHour`. */
function instantAt(localHour: number, fromMs: number, from: number, toLocalHour: (ms: number) => number): number {
  const ms = fromMs + (localHour - from) * HOUR_MS;
  const setForward = Math.max(0, Math.round(toLocalHour(ms) - localHour));
  return Math.floor(ms - setForward * HOUR_MS) + 1;
}

/** Hours since 1970 by the clock of `timeZone`, with their fraction. */
export function localHourOf(ms: number, timeZone: string): number {
  return (ms + offsetMs(ms, timeZone)) / HOUR_MS;
}

const MAX_ZONES = 512;
const MAX_DAYS = 512;
const DAY_MS = DAY_HOURS * HOUR_MS;
interface Zone {
  readonly format: Intl.DateTimeFormat;
  /** Of days (UTC) on which no clock is set; null: one is. */
  readonly offsetMsByDay: Map<number, number | null>;
}
const zones = new Map<string, Zone>();

function offsetMs(ms: number, timeZone: string): number {
  if (zones.size >= MAX_ZONES) zones.clear();
  const zone = zones.get(timeZone) ?? { format: formatOf(timeZone), offsetMsByDay: new Map() };
  zones.set(timeZone, zone);
  const day = Math.floor(ms / DAY_MS);
  let offset = zone.offsetMsByDay.get(day);
  if (offset === undefined) {
    const [from, to] = [offsetNow(day * DAY_MS, zone), offsetNow((day + 1) * DAY_MS, zone)];
    offset = from === to ? from : null;
    if (zone.offsetMsByDay.size >= MAX_DAYS) zone.offsetMsByDay.clear();
    zone.offsetMsByDay.set(day, offset);
  }
  return offset ?? offsetNow(ms, zone);
}

/** Asking costs more than all that is reckoned with it. */
function offsetNow(ms: number, { format }: Zone): number {
  const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1_000) * 1_000;
}

/** A zone that this Node does not know is taken for UTC: its name came from a person. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const parts = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" } as const;
  const options = { ...parts, second: "numeric", hourCycle: "h23", calendar: "gregory" } as const;
  try {
    return new Intl.DateTimeFormat("en-US", { ...options, timeZone });
  } catch {
    return new Intl.DateTimeFormat("en-US", { ...options, timeZone: "UTC" });
  }
}

function hourOfWeek(localHour: number): number {
  return (((localHour + EPOCH_HOUR) % WEEK_HOURS) + WEEK_HOURS) % WEEK_HOURS;
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
