/**
 * The rule on machines that stopped selling, on generated lives: how often it is wrong, and how soon it is right. The
 * lives sell by the hour of the week, and their days differ beyond chance, as the rule assumes; and some that do not.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  type HourOfSales,
  localHourOf,
  PROFILE_WEEKS,
  profileOf,
  silenceOf,
  WEEK_HOURS,
} from "../../../fleet/alerts/unusual.js";

const test = suite("fleet/alerts/unusual");
const HOUR_MS = 3_600_000;
const YEAR_HOURS = 8_766;

/** SplitMix32: the same lives every time. */
function chanceOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

function normal(chance: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance());
}

/** Gamma of mean 1 (Marsaglia and Tsang). */
function gamma(shape: number, chance: () => number): number {
  if (shape < 1) return (gammaOf(shape + 1, chance) * chance() ** (1 / shape)) / shape;
  return gammaOf(shape, chance) / shape;
}

function gammaOf(shape: number, chance: () => number): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(chance);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - chance()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

function poisson(mean: number, chance: () => number): number {
  let count = 0;
  for (let product = chance(); product > Math.exp(-mean); product *= chance()) count += 1;
  return count;
}

interface Kind {
  /** Sales a week. */
  readonly sales: number;
  /** Shape of the factor of a day; large: days do not differ. */
  readonly spread: number;
  /** Hours in which it sells, of a day; weekend or not. */
  readonly hours: (hourOfDay: number, isWeekend: boolean) => number;
}

const OFFICE: Kind = { sales: 120, spread: 8, hours: (hour, weekend) => (weekend || hour < 8 || hour > 18 ? 0.01 : 1) };
const KINDS: Readonly<Record<string, Kind>> = {
  office: OFFICE,
  station: { sales: 400, spread: 20, hours: (hour) => (hour < 5 ? 0.05 : 1) },
  corner: { sales: 20, spread: 3, hours: (hour) => (hour < 6 || hour > 22 ? 0.1 : 1) },
};

function rates({ sales, hours }: Kind): readonly number[] {
  const weights = Array.from({ length: WEEK_HOURS }, (_, hour) => {
    const day = Math.floor(hour / 24);
    return hours(hour % 24, day === 0 || day === 6);
  });
  const sum = weights.reduce((all, weight) => all + weight, 0);
  return weights.map((weight) => (weight / sum) * sales);
}

/** Sales hour by hour from local hour `from`; a Sunday begins at the multiples of a week, less four days. */
function live(kind: Kind, from: number, hours: number, chance: () => number): readonly HourOfSales[] {
  const mean = rates(kind);
  const sold: HourOfSales[] = [];
  let factor = 1;
  for (let hour = from; hour < from + hours; hour++) {
    if (hour % 24 === 0) factor = gamma(kind.spread, chance);
    const sales = poisson((mean[(hour + 96) % WEEK_HOURS] ?? 0) * factor, chance);
    if (sales > 0) sold.push({ localHour: hour, sales });
  }
  return sold;
}

const asHours = (ms: number): number => ms / HOUR_MS;

/** Made anew at that hour of each day: in the middle of one. */
const PROFILED_AT = 13;

/** Looks once an hour, with a profile made anew each day; hours at which an alert would open after a sale. */
function alarms(sold: readonly HourOfSales[], from: number, to: number, falseAlarmsAYear: number): readonly number[] {
  const found: number[] = [];
  let at = 0;
  let last = -1;
  let open = false;
  let profile = profileOf(sold, 0, from);
  for (let hour = from; hour < to; hour++) {
    while (at < sold.length && (sold[at]?.localHour ?? 0) < hour) {
      if ((sold[at]?.localHour ?? 0) !== last) open = false;
      last = sold[at]?.localHour ?? 0;
      at += 1;
    }
    if (hour % 24 === PROFILED_AT) {
      const first = Math.max(0, hour - PROFILE_WEEKS * WEEK_HOURS - 24);
      profile = profileOf(
        sold.filter(({ localHour }) => localHour >= first && localHour < hour),
        0,
        hour,
      );
    }
    if (profile === undefined || open || last < 0) continue;
    const silence = silenceOf({ lastSaleMs: (last + 1) * HOUR_MS, profile }, hour * HOUR_MS, falseAlarmsAYear, asHours);
    if (silence.chance >= silence.limit) continue;
    open = true;
    found.push(hour);
  }
  return found;
}

const LEARNING = PROFILE_WEEKS * WEEK_HOURS;

test("false alarms are as rare as was asked for", () => {
  // One in two years is asked for here, so that there is something to count in so many lives.
  const asked = 0.5;
  const lives = 14;
  for (const [name, kind] of Object.entries(KINDS)) {
    let wrong = 0;
    for (let seed = 1; seed <= lives; seed++) {
      const sold = live(kind, 0, LEARNING + YEAR_HOURS, chanceOf(seed * 7_919));
      wrong += alarms(sold, LEARNING, LEARNING + YEAR_HOURS, asked).length;
    }
    const aYear = wrong / lives;
    console.log(`${name}: ${aYear.toFixed(2)} false alarms a machine-year, ${asked} asked for`);
    // Twice what was asked: the profile itself is an estimate from eight weeks.
    assert.ok(aYear <= 2 * asked, `${name}: ${aYear} a year`);
  }
});

test("a machine that stopped selling is found within what its own pace allows", () => {
  // Hours of its own busy time that pass at most, in sales it would have made: -ln of what is allowed, and a day.
  const limitHours: Readonly<Record<string, number>> = { office: 60, station: 20, corner: 14 * 24 };
  for (const [name, kind] of Object.entries(KINDS)) {
    const took: number[] = [];
    for (let seed = 1; seed <= 10; seed++) {
      const chance = chanceOf(seed * 104_729);
      // Dead from a Monday noon on.
      const dies = LEARNING + 4 * 24 + 36;
      const sold = live(kind, 0, dies, chance);
      const [first] = alarms(sold, dies, dies + 28 * 24, 0.1);
      took.push(first === undefined ? Number.POSITIVE_INFINITY : first - dies);
    }
    took.sort((a, b) => a - b);
    const median = took[5] ?? 0;
    console.log(`${name}: found after ${median} h (median), ${took.at(-1)} h at most`);
    assert.ok(median <= (limitHours[name] ?? 0), `${name}: ${took.join()}`);
  }
});

test("too little history, or too few sales, say nothing", () => {
  const busy = Array.from({ length: 8 * WEEK_HOURS }, (_, localHour) => ({ localHour, sales: 1 }));
  assert.is(profileOf(busy, 0, 13 * 24), undefined);
  assert.is.not(profileOf(busy, 0, 14 * 24), undefined);
  const seldom = Array.from({ length: 20 }, (_, at) => ({ localHour: at * 24, sales: 1 }));
  assert.is(profileOf(seldom, 0, 8 * WEEK_HOURS), undefined);
  assert.is(profileOf([], 0, 8 * WEEK_HOURS), undefined);
});

test("how much days differ is the same at whatever hour of the day it is reckoned", () => {
  // Every other day sells twice as much: days cut at noon would all be alike.
  const sold = Array.from({ length: LEARNING + 24 }, (_, localHour) => ({
    localHour,
    sales: localHour % 24 < 6 ? 0 : 4 + 4 * (Math.floor(localHour / 24) % 2),
  }));
  const atMidnight = profileOf(sold, 0, LEARNING);
  assert.ok(atMidnight !== undefined && atMidnight.spread < 20, `${atMidnight?.spread}`);
  for (let hour = 1; hour < 24; hour++) assert.equal(profileOf(sold, 0, LEARNING + hour), atMidnight);
});

test("a night or a weekend without a sale is nothing unusual for an office", () => {
  const sold = live(OFFICE, 0, LEARNING, chanceOf(5));
  const profile = profileOf(sold, 0, LEARNING);
  assert.ok(profile);
  // Local hour 0 of the profile's week is a Sunday: 4 days before LEARNING, a multiple of weeks.
  const sunday = LEARNING + 3 * 24;
  const silent = (fromHour: number, toHour: number): boolean => {
    const sales = { lastSaleMs: fromHour * HOUR_MS, profile };
    const { chance, limit } = silenceOf(sales, toHour * HOUR_MS, 0.1, asHours);
    return chance < limit;
  };
  assert.is(silent(sunday - 30, sunday + 31), false);
  assert.is(silent(sunday + 33, sunday + 33 + 40), true);
});

test("hours are the machine's own, also where clocks are changed or off by 45 minutes", () => {
  const at = (text: string, zone: string): number => localHourOf(Date.parse(text), zone);
  const hourOf = (text: string): number => Date.parse(text) / HOUR_MS;
  assert.is(at("2026-03-08T06:59:00Z", "America/New_York"), hourOf("2026-03-08T01:59:00Z"));
  assert.is(at("2026-03-08T07:00:00Z", "America/New_York"), hourOf("2026-03-08T03:00:00Z"));
  assert.is(at("2026-01-01T18:15:00Z", "Asia/Kathmandu"), hourOf("2026-01-02T00:00:00Z"));
  assert.is(at("2026-01-01T18:15:00Z", "Nowhere/At_All"), hourOf("2026-01-01T18:15:00Z"));
});

test.run();
