/**
 * How far a board is that claims itself at the fleet, by number in frames and by name in the service menu. noCode:
 * nobody has typed one. clockUnknown: a code is a secret, so the certificate of whoever is given it is judged by a
 * clock that is set. noAnswer: the fleet is not reached, or does not prove to be it. unsound: what was answered is no
 * identity of this board. flash: it could not be kept. refused and the rest: the fleet's word on the code.
 */
import { deepFreeze } from "./freeze.js";

export const CLAIM_STATES = deepFreeze([
  "keyMaking",
  "keyFailed",
  "noCode",
  "noNetwork",
  "clockUnknown",
  "asking",
  "noAnswer",
  "rateLimited",
  "unsound",
  "flash",
  "unknown",
  "expired",
  "revoked",
  "used",
  "otherMachine",
  "refused",
  "claimed",
] as const);
export type ClaimState = (typeof CLAIM_STATES)[number];
