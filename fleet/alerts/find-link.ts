/** What rules find wrong between a machine and the fleet: presence, identity, records that could not be booked. */
import type { Facts } from "./facts.js";
import { type At, type Finding, fewerThan } from "./rule.js";
import { count, duration, list } from "./sentences.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Steady again: a third of what is too often. */
const STEADY_SHARE = 1 / 3;

/** It asks for another one months before: that nothing came of it needs a person. */
export function certificateEnding(
  { serial, certificateEndMs }: Facts<"certificateEndMs">,
  at: At<"daysLeft">,
): readonly Finding[] {
  if (certificateEndMs === null || certificateEndMs - at.nowMs > at.limit("daysLeft") * DAY_MS) return [];
  const instance = String(certificateEndMs);
  if (certificateEndMs > at.nowMs) {
    const left = duration(certificateEndMs - at.nowMs);
    return [{ sentence: `${serial}: its certificate ends in ${left} and was not renewed`, instance }];
  }
  const sentence = `${serial}: its certificate has ended, it can only ask for another one`;
  return [{ sentence, severity: "error", instance }];
}

export function certificateTurns({ certificateEndMs }: Facts<"certificateEndMs">, at: At<"daysLeft">): number | null {
  if (certificateEndMs === null) return null;
  const tellsMs = certificateEndMs - at.limit("daysLeft") * DAY_MS;
  if (tellsMs > at.nowMs) return tellsMs;
  return certificateEndMs > at.nowMs ? certificateEndMs : null;
}

/** A machine that was never seen is being installed. */
export function offline(
  facts: Facts<"online" | "offlineSinceMs" | "lastHeardMs">,
  { nowMs }: At<never>,
): readonly Finding[] {
  const { serial, online, lastHeardMs, offlineSinceMs } = facts;
  if (online || lastHeardMs === null || offlineSinceMs === null) return [];
  return [{ sentence: `${serial} has been offline for ${duration(nowMs - lastHeardMs)}`, sinceMs: lastHeardMs }];
}

export function unsteadyLink({ serial }: Facts, at: At<"connectsAnHour">): readonly Finding[] {
  const within = at.memory.connectsMs.filter((ms) => ms > at.nowMs - HOUR_MS).length;
  if (within < connectsNeeded(at)) return [];
  return [{ sentence: `${serial} has connected ${count(within, "time")} within an hour: its connection is unsteady` }];
}

export function unsteadyLinkTurns(_facts: Facts, at: At<"connectsAnHour">): number | null {
  return fewerThan(connectsNeeded(at), at.memory.connectsMs, HOUR_MS, at.nowMs);
}

function connectsNeeded({ limit, isOpen }: At<"connectsAnHour">): number {
  const needed = limit("connectsAnHour");
  return isOpen() ? Math.max(2, Math.ceil(needed * STEADY_SHARE)) : needed;
}

/** A gap is closed by booking what was missing, whoever of the processes does: nobody marks that. */
const GAP_AGAIN_MS = 15 * 60_000;

export function notBookedTurns({ aside, signals }: Facts<"aside" | "signals">, { nowMs }: At<never>): number | null {
  return signals.some(({ signal }) => signal === "gap") ? nowMs + GAP_AGAIN_MS : aside.endsMs;
}

export function notBooked({ serial, aside, signals }: Facts<"aside" | "signals">): readonly Finding[] {
  const gap = signals.find(({ signal }) => signal === "gap");
  const what = [
    ...(aside.forked ? ["its ledger has forked (a cloned or damaged board)"] : []),
    ...(gap === undefined ? [] : [`records are missing (${gap.detail})`]),
    ...(aside.lost > 0
      ? [`${count(aside.lost, "record")} lost for good, with the fleet's database and by the machine since`]
      : []),
    ...(aside.batches > 0 ? [`${count(aside.batches, "batch", "batches")} set aside`] : []),
    ...(aside.records > 0 ? [`${count(aside.records, "record")} that could not be booked`] : []),
  ];
  if (what.length === 0) return [];
  const instance = [aside.newest, gap === undefined ? "" : String(gap.raisedMs)].join();
  const severity = aside.forked || aside.lost > 0 || gap !== undefined ? "critical" : "error";
  return [{ sentence: `${serial}: ${list(what)}`, severity, instance }];
}

export function clonedIdentity({ serial, signals }: Facts<"signals">): readonly Finding[] {
  const told = signals.find(({ signal }) => signal === "clonedIdentity");
  if (told === undefined) return [];
  return [
    {
      sentence: `${serial}: two boards use its identity, both are suspended (${told.detail})`,
      sinceMs: told.raisedMs,
      instance: String(told.raisedMs),
    },
  ];
}
