/**
 * What a peripheral complains of in POLL. Devices differ: some say it in every POLL while it lasts, some once. So a
 * trouble heard in two replies running is over when a reply comes without it; one heard once is over after a minute
 * without news, or when something good disproves it.
 */
import type { FaultName } from "../../shared/faults.js";
import { COUNT_EVERY_MS, type Contact, NO_EFFECTS, type PeripheralEffect } from "./peripheral.js";

export interface Trouble {
  readonly fault: FaultName;
  /** In the newest POLL reply. */
  readonly now: boolean;
  /** In two replies running: it says so as long as it lasts. */
  readonly lasting: boolean;
  readonly heardMs: number;
  /** The device's own diagnosis names it: it stands until a diagnosis without it, or something good disproves it. */
  readonly diagnosed?: true;
}

export interface TroubleStep {
  readonly troubles: readonly Trouble[];
  readonly effects: readonly PeripheralEffect[];
}

/** The list after a POLL reply with these faults. */
export function troublesAfterPoll(
  before: readonly Trouble[],
  reported: readonly FaultName[],
  nowMs: number,
): TroubleStep {
  if (before.length === 0 && reported.length === 0) return { troubles: before, effects: NO_EFFECTS };
  const troubles: Trouble[] = [];
  const effects: PeripheralEffect[] = [];
  for (const known of before) {
    const { fault, lasting } = known;
    if (reported.includes(fault)) troubles.push({ ...known, now: true, lasting: lasting || known.now, heardMs: nowMs });
    else if (known.diagnosed) troubles.push(known.now || lasting ? { ...known, now: false, lasting: false } : known);
    else if (lasting) effects.push(trouble(fault, false));
    else troubles.push(known.now ? { ...known, now: false } : known);
  }
  for (const fault of reported) {
    if (troubles.some((known) => known.fault === fault)) continue;
    troubles.push({ fault, now: true, lasting: false, heardMs: nowMs });
    effects.push(trouble(fault, true));
  }
  return { troubles, effects };
}

/** The list after a diagnosis that names these faults. What POLL says is not its matter. */
export function troublesAfterDiagnosis(
  before: readonly Trouble[],
  named: readonly FaultName[],
  nowMs: number,
): TroubleStep {
  const troubles: Trouble[] = [];
  const effects: PeripheralEffect[] = [];
  for (const known of before) {
    const { fault, now, lasting, heardMs } = known;
    if (named.includes(fault)) troubles.push({ ...known, heardMs: nowMs, diagnosed: true });
    else if (!known.diagnosed) troubles.push(known);
    else if (now) troubles.push({ fault, now, lasting, heardMs });
    else effects.push(trouble(fault, false));
  }
  for (const fault of named) {
    if (troubles.some((known) => known.fault === fault)) continue;
    troubles.push({ fault, now: false, lasting: false, heardMs: nowMs, diagnosed: true });
    effects.push(trouble(fault, true));
  }
  return { troubles, effects };
}

/** Takes back what something good has disproved. */
export function disprove(before: readonly Trouble[], faults: readonly FaultName[]): TroubleStep {
  return without(before, (known) => faults.includes(known.fault));
}

/** Once a minute: takes back what has not been heard for that long; `kept` is known to stand. */
export function sweep(contact: Contact, nowMs: number, kept: readonly FaultName[] = []): TroubleStep {
  const { troubles } = contact;
  return without(
    troubles,
    ({ fault, heardMs, diagnosed }) => nowMs - heardMs >= COUNT_EVERY_MS && !diagnosed && !kept.includes(fault),
  );
}

/** A device fresh from its set-up: what it has not said since the set-up began is over, whoever raised it and when. */
export function troublesWhenReady(contact: Contact, all: readonly FaultName[]): TroubleStep {
  const troubles = contact.troubles.filter((known) => known.heardMs >= contact.setUpSinceMs);
  const gone = all.filter((fault) => !troubles.some((known) => known.fault === fault));
  return { troubles, effects: gone.map((fault) => trouble(fault, false)) };
}

function without(before: readonly Trouble[], isOver: (known: Trouble) => boolean): TroubleStep {
  const over = before.filter(isOver);
  if (over.length === 0) return { troubles: before, effects: NO_EFFECTS };
  const troubles = before.filter((known) => !over.includes(known));
  return { troubles, effects: over.map(({ fault }) => trouble(fault, false)) };
}

/**
 * The machine records changes only: telling a fault that stands already, or one that was never raised, costs nothing.
 */
export function trouble(fault: FaultName, present: boolean): PeripheralEffect {
  return { do: "mdbEvent", event: { event: "trouble", fault, present } };
}
