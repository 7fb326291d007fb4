/** What rules find wrong with the machine itself: door, devices, ledger, clock, power. */
import { FAULTS, faultOf, faultSentence, type Severity } from "../../shared/faults.js";
import { CLOCK_QUALITIES } from "../../shared/records/kinds.js";
import type { Facts, FaultFact } from "./facts.js";
import { type At, type Finding, fewerThan } from "./rule.js";
import { count, duration } from "./sentences.js";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Handed over far enough that it does not fill again with the next sale. */
export const HANDED_OVER_SHARE = 0.5;
const RANK: readonly Severity[] = ["critical", "error", "warning", "info"];

const SILENT_DEVICES: readonly number[] = [
  FAULTS.changerOffline.code,
  FAULTS.validatorOffline.code,
  FAULTS.reader1Offline.code,
  FAULTS.reader2Offline.code,
  FAULTS.hopper1Offline.code,
  FAULTS.hopper2Offline.code,
  FAULTS.satellite1Offline.code,
  FAULTS.satellite2Offline.code,
  FAULTS.satellite3Offline.code,
  FAULTS.ageVerifierOffline.code,
];

/** Faults that rules of their own speak of. */
const SPOKEN_OF: readonly number[] = [
  ...SILENT_DEVICES,
  FAULTS.jam.code,
  FAULTS.motorStuck.code,
  FAULTS.spiralNotHome.code,
  FAULTS.outcomeUnknown.code,
  FAULTS.payoutUnknown.code,
  FAULTS.billUnknown.code,
  FAULTS.refundDue.code,
  FAULTS.stackerFull.code,
  FAULTS.doorOpen.code,
  FAULTS.tooWarm.code,
  FAULTS.exactChangeOnly.code,
  FAULTS.slotEmpty.code,
  FAULTS.clockUnknown.code,
  FAULTS.ledgerFull.code,
];

export function doorOpen(
  { serial, doorOpen: isOpen, faults }: Facts<"doorOpen" | "faults">,
  { nowMs }: At<never>,
): readonly Finding[] {
  if (!isOpen) return [];
  const told = faults.find(({ fault }) => fault === FAULTS.doorOpen.code);
  if (told === undefined) return [{ sentence: `${serial}: the door is open` }];
  const since = duration(nowMs - told.raisedMs);
  return [{ sentence: `${serial}: the door has been open for ${since}`, sinceMs: told.raisedMs }];
}

export function peripheralOffline({ serial, faults }: Facts<"faults">): readonly Finding[] {
  return summary(
    serial,
    faults.filter(({ fault }) => SILENT_DEVICES.includes(fault)),
  );
}

/** Whatever else it tells of: no trouble without somebody who hears of it. */
export function otherFaults({ serial, faults }: Facts<"faults">): readonly Finding[] {
  return summary(
    serial,
    faults.filter(({ fault }) => !SPOKEN_OF.includes(fault) && severityOf(fault) !== "info"),
  );
}

/** One finding of all: the gravest says its sentence, the others are counted. */
function summary(serial: string, faults: readonly FaultFact[]): readonly Finding[] {
  const rank = ({ fault }: FaultFact): number => RANK.indexOf(severityOf(fault));
  const sorted = [...faults].sort((a, b) => rank(a) - rank(b) || a.raisedMs - b.raisedMs || a.fault - b.fault);
  const [first] = sorted;
  if (first === undefined) return [];
  const more = sorted.length === 1 ? "" : `, and ${count(sorted.length - 1, "more fault")}`;
  const instance = sorted.map(({ fault, slot }) => `${fault}${slot ?? ""}`).sort();
  return [
    {
      sentence: faultSentence(first.fault, serial, first.slot ?? undefined) + more,
      severity: severityOf(first.fault),
      sinceMs: Math.min(...sorted.map(({ raisedMs }) => raisedMs)),
      instance: instance.join(),
    },
  ];
}

function severityOf(code: number): Severity {
  const name = faultOf(code);
  return name === undefined ? "warning" : FAULTS[name].severity;
}

export function ledgerFilling(
  facts: Facts<"telemetry" | "faults">,
  { limit, isOpen }: At<"records">,
): readonly Finding[] {
  const { serial, telemetry, faults } = facts;
  const full = faults.find(({ fault }) => fault === FAULTS.ledgerFull.code);
  if (full !== undefined) {
    const sentence = faultSentence(full.fault, serial);
    return [{ sentence, severity: "critical", sinceMs: full.raisedMs, instance: "full" }];
  }
  const records = telemetry?.message.unackedRecords ?? 0;
  if (records < limit("records") * (isOpen() ? HANDED_OVER_SHARE : 1)) return [];
  return [{ sentence: `${serial}: ${count(records, "record")} wait to be handed over; its ledger is filling` }];
}

export function clockWrong(facts: Facts<"telemetry" | "faults">, { limit }: At<"offBySeconds">): readonly Finding[] {
  const { serial, telemetry, faults } = facts;
  if (telemetry === null) return [];
  const { message, receivedMs } = telemetry;
  const unset = CLOCK_QUALITIES[message.clockQuality] === "unknown";
  if (unset || message.wallS === undefined) {
    if (!unset && !faults.some(({ fault }) => fault === FAULTS.clockUnknown.code)) return [];
    return [{ sentence: `${serial}: the clock is not set` }];
  }
  const offMs = message.wallS * 1_000 - receivedMs;
  if (Math.abs(offMs) <= limit("offBySeconds") * 1_000) return [];
  const by =
    Math.abs(offMs) < 2 * MINUTE_MS ? count(Math.round(Math.abs(offMs) / 1_000), "second") : duration(Math.abs(offMs));
  return [{ sentence: `${serial}: the clock is ${by} ${offMs > 0 ? "fast" : "slow"}` }];
}

export function brownOuts({ serial, powerUpsMs }: Facts<"powerUpsMs">, at: At<"timesADay">): readonly Finding[] {
  const recent = powerUpsMs.filter((ms) => ms > at.nowMs - DAY_MS);
  if (recent.length < powerUpsNeeded(at)) return [];
  return [{ sentence: `${serial}: its power failed ${count(recent.length, "time")} within 24 h` }];
}

export function brownOutsTurn({ powerUpsMs }: Facts<"powerUpsMs">, at: At<"timesADay">): number | null {
  return fewerThan(powerUpsNeeded(at), powerUpsMs, DAY_MS, at.nowMs);
}

function powerUpsNeeded({ limit, isOpen }: At<"timesADay">): number {
  const needed = limit("timesADay");
  return isOpen() ? Math.ceil(needed / 2) : needed;
}
