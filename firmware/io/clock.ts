/**
 * The monotonic clock: milliseconds since the machine was put together, never backwards. The platform's counter may be
 * 32 bits wide and wrap (devices) or follow the wall clock and jump (simulator); only differences of it are used.
 */
import Time from "time";

/** Reads the clock, integer ms. Has to be read at least once a week for the wrap of a 32-bit counter to be seen. */
export type Clock = () => number;

export function openClock(): Clock {
  let lastTicks = Time.ticks;
  let nowMs = 0;
  return () => {
    const ticks = Time.ticks;
    nowMs += Math.max(0, Time.delta(lastTicks, ticks));
    lastTicks = ticks;
    return nowMs;
  };
}
