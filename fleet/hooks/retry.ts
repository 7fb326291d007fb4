/** When what could not be sent is tried again: doubling, with jitter so that many do not come at once. */

export const FIRST_RETRY_MS = 10_000;
export const LONGEST_RETRY_MS = 3_600_000;
/** Tries of one message, some 8 hours together; then it waits for a person among the dead letters. */
export const MAX_TRIES = 16;

/** Until the next try, after `tries` that failed: half fixed, half by `chance` in [0, 1). */
export function retryDelayMs(tries: number, chance: number): number {
  const longestMs = Math.min(FIRST_RETRY_MS * 2 ** Math.max(0, tries - 1), LONGEST_RETRY_MS);
  return Math.round(longestMs / 2 + (longestMs / 2) * chance);
}
