/** What rules find wrong with goods: slots, spirals, temperature. */
import { FAULTS, faultSentence } from "../../shared/faults.js";
import type { Facts, TempFact } from "./facts.js";
import type { At, Finding } from "./rule.js";
import { duration, temperature } from "./sentences.js";

const MINUTE_MS = 60_000;
/** Above the limit by so much a slot is no longer low: one product put back is no restocking. */
export const RESTOCKED_ABOVE = 1;
const JAMS: readonly number[] = [FAULTS.jam.code, FAULTS.motorStuck.code, FAULTS.spiralNotHome.code];

export function slotEmpty({ serial, slots }: Facts<"slots">): readonly Finding[] {
  return slots
    .filter(({ quantity, capacity }) => quantity === 0 && capacity > 0)
    .map(({ slot }) => ({ slot, sentence: faultSentence(FAULTS.slotEmpty.code, serial, slot) }));
}

export function slotLow({ serial, slots }: Facts<"slots">, { limit, isOpen }: At<"left">): readonly Finding[] {
  return slots
    .filter(({ slot, quantity, capacity }) => {
      const low = lowAt(limit("left"), capacity);
      return quantity > 0 && quantity <= (isOpen(slot) ? low + RESTOCKED_ABOVE : low);
    })
    .map(({ slot, quantity }) => ({ slot, sentence: `${serial} slot ${slot} is low: ${quantity} left` }));
}

/** Low from here down. A slot that holds no more than the limit when full would always be low. */
export function lowAt(left: number, capacity: number): number {
  return Math.min(left, capacity - 1);
}

export function jam({ serial, faults }: Facts<"faults">): readonly Finding[] {
  const bySlot = new Map<string, Finding>();
  for (const { fault, slot, raisedMs } of faults) {
    if (slot === null || !JAMS.includes(fault) || bySlot.has(slot)) continue;
    bySlot.set(slot, { slot, sentence: faultSentence(fault, serial, slot), sinceMs: raisedMs });
  }
  return [...bySlot.values()];
}

export function tooWarm(
  facts: Facts<"telemetry" | "faults">,
  at: At<"limitMilliC" | "backMilliC">,
): readonly Finding[] {
  const { serial, telemetry, faults } = facts;
  const told = faults.find(({ fault }) => fault === FAULTS.tooWarm.code);
  const milliC = telemetry?.message.tempMilliC;
  const limitMilliC = at.limit("limitMilliC");
  const isWarm = milliC !== undefined && milliC > (at.isOpen() ? limitMilliC - at.limit("backMilliC") : limitMilliC);
  if (told === undefined && !isWarm) return [];
  const shown = milliC === undefined ? "" : `: ${temperature(milliC, at.units)}`;
  const sentence = `${serial} is too warm${shown} (limit ${temperature(limitMilliC, at.units)})`;
  return [{ sentence, ...(told === undefined ? {} : { sinceMs: told.raisedMs }) }];
}

/** A compressor's cycle rises for less than this; what rises longer is not being cooled. */
const TREND_LEAST_MS = 40 * MINUTE_MS;
const TREND_LEAST_SAMPLES = 6;
/** From the oldest to the newest: less is no trend. */
export const TREND_LEAST_MILLI_C = 1_000;

export function warming(facts: Facts<"temps">, at: At<"limitMilliC" | "withinMinutes">): readonly Finding[] {
  const { serial, temps } = facts;
  const limitMilliC = at.limit("limitMilliC");
  const last = temps.at(-1);
  // Too warm already is the other rule's.
  if (last === undefined || last.milliC > limitMilliC) return [];
  const slope = risingPerMs(temps);
  if (slope === undefined) return [];
  const untilMs = (limitMilliC - last.milliC) / slope;
  if (untilMs > at.limit("withinMinutes") * MINUTE_MS) return [];
  const now = temperature(last.milliC, at.units);
  const limit = temperature(limitMilliC, at.units);
  return [{ sentence: `${serial} is getting warm: ${now}, ${limit} in about ${duration(untilMs)}` }];
}

/** Reports come that no mark tells of: while it rises all along it is followed. */
const FOLLOW_MS = 5 * MINUTE_MS;

export function warmingTurns({ temps }: Facts<"temps">, { nowMs }: At<never>): number | null {
  return isRising(temps) ? nowMs + FOLLOW_MS : null;
}

/** Thousandths of a degree a millisecond, by least squares; undefined unless it rises all along, by enough. */
function risingPerMs(temps: readonly TempFact[]): number | undefined {
  const [first] = temps;
  const last = temps.at(-1);
  if (first === undefined || last === undefined || !isRising(temps)) return undefined;
  if (last.atMs - first.atMs < TREND_LEAST_MS || last.milliC - first.milliC < TREND_LEAST_MILLI_C) return undefined;
  const meanMs = temps.reduce((sum, { atMs }) => sum + (atMs - first.atMs), 0) / temps.length;
  const meanMilliC = temps.reduce((sum, { milliC }) => sum + milliC, 0) / temps.length;
  let upper = 0;
  let lower = 0;
  for (const { atMs, milliC } of temps) {
    const ms = atMs - first.atMs - meanMs;
    upper += ms * (milliC - meanMilliC);
    lower += ms * ms;
  }
  return upper > 0 && lower > 0 ? upper / lower : undefined;
}

/** Each third of the time lies above the one before, from end to end. */
function isRising(temps: readonly TempFact[]): boolean {
  const [first] = temps;
  const last = temps.at(-1);
  if (first === undefined || last === undefined || temps.length < TREND_LEAST_SAMPLES) return false;
  const spanMs = last.atMs - first.atMs;
  const thirds = [0, 1, 2].map((third) =>
    temps
      .filter(({ atMs }) => Math.min(2, Math.floor((3 * (atMs - first.atMs)) / spanMs)) === third)
      .map(({ milliC }) => milliC),
  );
  const [early = [], middle = [], late = []] = thirds;
  return Math.max(...early) <= Math.min(...middle) && Math.max(...middle) <= Math.min(...late);
}
