/**
 * Wall time, kept apart from the monotonic clock: it only stamps records. What the platform tells is believed by its
 * quality; a clock that says a time before this firmware, or a kept one behind the newest record, knows nothing.
 */
import { CLOCK_QUALITIES, type ClockQuality } from "../../shared/records/kinds.js";

/**
 * 2025-01-01 UTC, Unix seconds: no machine of this kind is older. A clock that lost its power begins in 1970 or 2000.
 */
export const EARLIEST_WALL_S = 1_735_689_600;
/** A reset wall clock or a drift beyond this is recorded. */
export const CLOCK_JUMP_S = 2;

/** wallS: Unix seconds at monotonic `atMs`; undefined while the time is unknown. */
export interface Wall {
  readonly wallS: number | undefined;
  readonly atMs: number;
  readonly quality: ClockQuality;
}

/** Before the platform has told anything. */
export const WALL_AT_BOOT: Wall = Object.freeze<Wall>({ wallS: undefined, atMs: 0, quality: "unknown" });

/** Unix seconds at `nowMs`. */
export function wallNowS({ wallS, atMs }: Wall, nowMs: number): number | undefined {
  return wallS === undefined ? undefined : wallS + Math.floor((nowMs - atMs) / 1_000);
}

/** The clock as told at `nowMs`. newestS: wall time of the newest record that bears one, 0 if none does. */
export function wallTold(wallS: number, quality: ClockQuality, newestS: number, nowMs: number): Wall {
  const floorS = quality === "kept" ? Math.max(EARLIEST_WALL_S, newestS) : EARLIEST_WALL_S;
  if (quality === "unknown" || !(wallS >= floorS)) return { wallS: undefined, atMs: nowMs, quality: "unknown" };
  return { wallS: Math.floor(wallS), atMs: nowMs, quality };
}

/** The step from `before` to `after` goes on record: another quality, or a jump. Nobody waits for an unknown time. */
export function isClockNews(before: Wall, after: Wall): boolean {
  if (before.quality !== after.quality) return true;
  const expectedS = wallNowS(before, after.atMs);
  if (expectedS === undefined || after.wallS === undefined) return false;
  return Math.abs(expectedS - after.wallS) > CLOCK_JUMP_S;
}

/** As records and telemetry number it. */
export function qualityNumber({ quality }: Wall): number {
  return CLOCK_QUALITIES.indexOf(quality);
}
