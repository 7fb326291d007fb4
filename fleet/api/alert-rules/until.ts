/** How long something may be kept still. */
import { ProblemError } from "../problems.js";

const MAX_AHEAD_MS = 30 * 86_400_000;

/** Throws bad-request for a moment that is over, or more than 30 days ahead. */
export function mustBeSoon(untilAt: string): void {
  const aheadMs = Date.parse(untilAt) - Date.now();
  if (aheadMs <= 0 || aheadMs > MAX_AHEAD_MS) throw new ProblemError("bad-request", "untilAt: at most 30 days ahead");
}
