/** Time zones, as far as a request may name them. */
import { ProblemError } from "./problems.js";

/** Throws ProblemError `bad-request` for what is no IANA zone. */
export function mustBeZone(timeZone: string): void {
  if (!isZone(timeZone)) throw new ProblemError("bad-request", `timeZone: ${timeZone} is no IANA time zone`);
}

export function isZone(timeZone: string): boolean {
  // "+05:45" and "EST5EDT" are known to the runtime, and no names of places whose rules may change.
  if (timeZone !== "UTC" && !timeZone.includes("/")) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone });
    return true;
  } catch {
    return false;
  }
}
