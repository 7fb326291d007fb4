/**
 * The rules, as one frozen table: what each looks at, how grave it is, its numbers (an operator may set others), how
 * long its cause must be there or gone, and its sentence. Codes are for ever: alerts and settings name them.
 */
import { deepFreeze } from "../../shared/freeze.js";
import {
  brownOuts,
  brownOutsTurn,
  clockWrong,
  doorOpen,
  ledgerFilling,
  otherFaults,
  peripheralOffline,
} from "./find-health.js";
import {
  certificateEnding,
  certificateTurns,
  clonedIdentity,
  notBooked,
  notBookedTurns,
  offline,
  unsteadyLink,
  unsteadyLinkTurns,
} from "./find-link.js";
import {
  cashBoxFull,
  exactChange,
  noSales,
  noSalesTurns,
  tubeLow,
  unknownOutcome,
  unknownOutcomeTurns,
} from "./find-money.js";
import { jam, slotEmpty, slotLow, tooWarm, warming, warmingTurns } from "./find-stock.js";
import { type Rule, rule } from "./rule.js";

const HOUR_MIN = 60;

export const RULES = deepFreeze({
  offline: rule({
    severity: "error",
    about: "The machine is not connected",
    opensAfter: 10,
    closesAfter: 5,
    reads: ["online", "offlineSinceMs", "lastHeardMs"],
    finds: offline,
  }),
  outage: rule({
    severity: "critical",
    per: "operator",
    about: "Many machines went offline together: one alert in place of theirs",
    // No waiting: before it opens their own alerts would, whose wait it is; and at its end they are judged anew.
    thresholds: {
      leastMachines: { preset: 5, least: 2, most: 100_000, about: "Machines lost together, at least" },
      sharePercent: { preset: 10, least: 1, most: 100, about: "And at least so many percent of all" },
    },
    reads: [],
    // Found over all machines of an operator: outage.ts.
    finds: () => [],
  }),
  webhookStopped: rule({
    severity: "error",
    per: "operator",
    about: "A webhook of the feed of changes has stopped: nothing is sent until a person enables it",
    // A person ends it: nothing is waited for then.
    opensAfter: 0,
    reads: [],
    // Found over an operator's webhooks: stopped-webhooks.ts.
    finds: () => [],
  }),
  unsteadyLink: rule({
    severity: "warning",
    about: "The machine connects again and again",
    opensAfter: 0,
    closesAfter: 30,
    thresholds: { connectsAnHour: { preset: 6, least: 3, most: 30, about: "Connections within an hour" } },
    reads: ["boot", "connection"],
    finds: unsteadyLink,
    turns: unsteadyLinkTurns,
  }),
  certificateEnding: rule({
    severity: "warning",
    about: "The machine's certificate ends soon, or has ended, and was not renewed",
    opensAfter: 0,
    closesAfter: 0,
    thresholds: { daysLeft: { preset: 21, least: 1, most: 120, about: "Days before its end" } },
    reads: ["certificateEndMs"],
    finds: certificateEnding,
    turns: certificateTurns,
  }),
  slotEmpty: rule({
    severity: "warning",
    per: "slot",
    about: "Nothing is left in a slot",
    opensAfter: 0,
    closesAfter: 0,
    reads: ["slots"],
    finds: slotEmpty,
  }),
  slotLow: rule({
    severity: "info",
    per: "slot",
    about: "Little is left in a slot",
    opensAfter: 0,
    closesAfter: 0,
    thresholds: { left: { preset: 2, least: 1, most: 50, about: "Products left, at most" } },
    reads: ["slots"],
    finds: slotLow,
  }),
  tubeLow: rule({
    severity: "warning",
    about: "Few coins for change are left in a tube",
    opensAfter: 0,
    closesAfter: 0,
    thresholds: { coins: { preset: 5, least: 1, most: 100, about: "Coins left, fewer than" } },
    reads: ["telemetry"],
    finds: tubeLow,
  }),
  cashBoxFull: rule({
    severity: "warning",
    about: "Cash box or bill stacker are nearly full",
    opensAfter: 0,
    closesAfter: 0,
    thresholds: {
      coinsMinor: { preset: 20_000, least: 1, most: 100_000_000, about: "Worth of its coins, in minor units (cents)" },
      bills: { preset: 400, least: 1, most: 5_000, about: "Bills in the stacker" },
    },
    reads: ["telemetry", "faults"],
    finds: cashBoxFull,
  }),
  exactChange: rule({
    severity: "warning",
    about: "The machine takes exact change only",
    opensAfter: 2 * HOUR_MIN,
    closesAfter: 10,
    reads: ["faults"],
    finds: exactChange,
  }),
  tooWarm: rule({
    severity: "critical",
    about: "The goods are too warm",
    opensAfter: 10,
    closesAfter: 10,
    thresholds: {
      limitMilliC: { preset: 7_222, least: -40_000, most: 60_000, about: "Thousandths of °C; 7222 is 45 °F" },
      backMilliC: { preset: 1_111, least: 0, most: 20_000, about: "Over once so much below the limit" },
    },
    reads: ["telemetry", "faults"],
    isUrgent: true,
    finds: tooWarm,
  }),
  warming: rule({
    severity: "error",
    about: "It gets warmer steadily and will be too warm soon",
    opensAfter: 0,
    closesAfter: 20,
    thresholds: {
      limitMilliC: { preset: 7_222, least: -40_000, most: 60_000, about: "Too warm, in thousandths of °C" },
      withinMinutes: { preset: 90, least: 10, most: 600, about: "Too warm within so many minutes, if it goes on" },
    },
    reads: ["temps"],
    isUrgent: true,
    finds: warming,
    turns: warmingTurns,
  }),
  doorOpen: rule({
    severity: "warning",
    about: "The door stands open",
    opensAfter: 30,
    closesAfter: 0,
    reads: ["doorOpen", "faults"],
    finds: doorOpen,
  }),
  jam: rule({
    severity: "error",
    per: "slot",
    about: "A spiral turned and nothing fell, or did not turn",
    opensAfter: 0,
    closesAfter: 0,
    reads: ["faults"],
    finds: jam,
  }),
  peripheralOffline: rule({
    severity: "error",
    about: "A device on the machine's bus does not answer",
    opensAfter: 2,
    closesAfter: 2,
    reads: ["faults"],
    finds: peripheralOffline,
  }),
  fault: rule({
    severity: "error",
    about: "The machine tells of another fault",
    opensAfter: 2,
    closesAfter: 2,
    reads: ["faults"],
    finds: otherFaults,
  }),
  noSales: rule({
    severity: "warning",
    about: "No sale for longer than the machine's own history explains",
    opensAfter: 0,
    closesAfter: 0,
    thresholds: {
      falseAlarmsACentury: {
        preset: 10,
        least: 1,
        most: 1_000,
        about: "False alarms that are put up with, for each machine in a hundred years; more find it sooner",
      },
    },
    reads: ["sales", "online", "faults", "doorOpen"],
    finds: noSales,
    turns: noSalesTurns,
  }),
  ledgerFilling: rule({
    severity: "warning",
    about: "Records pile up in the machine: it cannot hand them over",
    opensAfter: 15,
    closesAfter: 5,
    thresholds: { records: { preset: 2_000, least: 100, most: 1_000_000, about: "Records not yet handed over" } },
    reads: ["telemetry", "faults"],
    finds: ledgerFilling,
  }),
  clockWrong: rule({
    severity: "warning",
    about: "The machine does not know the time, or is wrong about it",
    opensAfter: HOUR_MIN,
    closesAfter: 5,
    thresholds: { offBySeconds: { preset: 300, least: 30, most: 86_400, about: "Seconds its clock may be off" } },
    reads: ["telemetry", "faults"],
    finds: clockWrong,
  }),
  unknownOutcome: rule({
    severity: "error",
    about: "Nobody knows whether product or money came out; a customer may have a claim",
    opensAfter: 0,
    closesAfter: 0,
    reads: ["faults", "claims"],
    finds: unknownOutcome,
    turns: unknownOutcomeTurns,
  }),
  notBooked: rule({
    severity: "error",
    about: "Records that the fleet could not book: a fork, a gap, batches or records set aside",
    opensAfter: 0,
    closesAfter: 0,
    reads: ["aside", "signals"],
    isUrgent: true,
    finds: notBooked,
    turns: notBookedTurns,
  }),
  clonedIdentity: rule({
    severity: "critical",
    about: "Two boards show themselves as one machine",
    opensAfter: 0,
    closesAfter: 0,
    reads: ["signals"],
    isUrgent: true,
    finds: clonedIdentity,
  }),
  brownOuts: rule({
    severity: "warning",
    about: "Its power fails again and again",
    opensAfter: 0,
    closesAfter: HOUR_MIN,
    thresholds: { timesADay: { preset: 4, least: 2, most: 50, about: "Power-ups within 24 hours" } },
    reads: ["powerUpsMs"],
    finds: brownOuts,
    turns: brownOutsTurn,
  }),
  storm: rule({
    severity: "error",
    about: "More alerts than a machine may open in an hour: the rest is held back",
    closesAfter: HOUR_MIN,
    reads: [],
    isUrgent: true,
    // Found by evaluate.ts, when the budget is used up.
    finds: () => [],
  }),
} as const satisfies Record<string, Rule>);

export type RuleCode = keyof typeof RULES;

/** In the order of the table. */
export const RULE_CODES: readonly RuleCode[] = Object.keys(RULES).filter(isRuleCode);

export function isRuleCode(text: string): text is RuleCode {
  return Object.hasOwn(RULES, text);
}
