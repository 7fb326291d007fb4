/**
 * Many machines of one operator lost at once are one trouble, not many: a mobile network, a building, our own broker.
 * While it lasts their silence opens no alert of its own; what stays away when it is over does.
 */
import type { MachineFacts, OperatorFacts } from "./facts.js";
import { count } from "./sentences.js";

/** Machines that went within so long of each other may have gone together. */
export const OUTAGE_WINDOW_MS = 20 * 60_000;
/** Over, once fewer than this share of what began it are still away. */
const ENDS_BELOW = 0.5;

export interface OutageLimits {
  readonly leastMachines: number;
  readonly sharePercent: number;
}

function needed({ machines }: OperatorFacts, { leastMachines, sharePercent }: OutageLimits): number {
  return Math.max(leastMachines, Math.ceil((machines * sharePercent) / 100));
}

export function outageBegins(operator: OperatorFacts, limits: OutageLimits): boolean {
  return operator.outage === null && operator.lost >= needed(operator, limits);
}

export function outageEnds(operator: OperatorFacts, limits: OutageLimits): boolean {
  return operator.outage !== null && operator.lost < needed(operator, limits) * ENDS_BELOW;
}

/** True if this machine went with the others. */
export function isPartOfOutage({ offlineSinceMs }: MachineFacts, { outage }: OperatorFacts): boolean {
  return outage !== null && offlineSinceMs !== null && offlineSinceMs >= outage.openedMs - OUTAGE_WINDOW_MS;
}

export function outageSentence({ lost, machines }: OperatorFacts): string {
  return `${count(lost, "machine")} of ${machines} went offline together`;
}
