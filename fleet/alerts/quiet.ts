/** Quiet hours: a part of each day, by an operator's own clock, in which only what is grave is sent. Pure. */
import { localHourOf } from "./unusual.js";

const DAY_MIN = 1_440;
const HOUR_MIN = 60;
const MINUTE_MS = 60_000;

export interface QuietHours {
  readonly timeZone: string;
  /** Minutes of the day; from > to goes over midnight, both null: never. */
  readonly from: number | null;
  readonly to: number | null;
}

/** When the quiet hours end in which `nowMs` lies; undefined: it lies in none. */
export function quietUntil(nowMs: number, { timeZone, from, to }: QuietHours): number | undefined {
  if (from === null || to === null || from === to) return undefined;
  const minute = Math.floor(localHourOf(nowMs, timeZone) * HOUR_MIN) % DAY_MIN;
  const isQuiet = from < to ? minute >= from && minute < to : minute >= from || minute < to;
  if (!isQuiet) return undefined;
  const left = (to - minute + DAY_MIN) % DAY_MIN;
  return (Math.floor(nowMs / MINUTE_MS) + left) * MINUTE_MS;
}
