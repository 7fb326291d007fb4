/**
 * From facts to alerts, for one machine: a pure function. What opens, closes and changes; what is to be remembered;
 * when to look again though nothing happens. Writing it down is the store's (store/alerts.ts).
 */
import type { Severity } from "../../shared/faults.js";
import type { MachineFacts, OperatorFacts, Units } from "./facts.js";
import { DUE_WHOLE, type Memory, remembered } from "./memory.js";
import { isPartOfOutage, outageBegins } from "./outage.js";
import type { At, Finding, Rule } from "./rule.js";
import { RULES, type RuleCode } from "./rules.js";
import { caseKey, caseOfKey, judges, type Scope } from "./subject.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const SOONEST_MS = 1_000;
/** Alerts that one machine may open in an hour, urgent ones aside; then one more says so. */
export const MAX_OPENED_AN_HOUR = 64;
/** Looked at whole again after so long, whatever happens. */
export const LOOK_AGAIN_MS = 24 * HOUR_MS;
/** A machine said to be offline this recently may be one of many of which we have not heard yet. */
const OUTAGE_SHOWS_WITHIN_MS = 3 * MINUTE_MS;

/** One operator's choice for a rule. */
export interface RuleSetting {
  readonly enabled: boolean;
  readonly severity: Severity | null;
  /** Those set; the others are the table's. */
  readonly thresholds: Readonly<Record<string, number>>;
}
export type RuleSettings = ReadonlyMap<RuleCode, RuleSetting>;

/** An alert as it stands. `instance`: see Finding. */
export interface StandingAlert {
  readonly id: string;
  readonly rule: RuleCode;
  readonly slot: string | null;
  readonly severity: Severity;
  readonly instance: string;
}

export interface Situation {
  /** What is judged: facts, alerts open and dismissed are complete for it, and for no more. */
  readonly scope: Scope;
  readonly facts: MachineFacts;
  readonly operator: OperatorFacts;
  readonly settings: RuleSettings;
  readonly units: Units;
  /** Rules that are to be still until then; "all" of maintenance. */
  readonly mutes: readonly { readonly rule: RuleCode | "all"; readonly untilMs: number }[];
  readonly open: readonly StandingAlert[];
  /** Closed by a person while their cause was still there: they do not open again until it is gone. */
  readonly dismissed: readonly StandingAlert[];
  readonly memory: Memory;
  /** False: our own link is down or behind, so silence says nothing. */
  readonly hearing: boolean;
  readonly nowMs: number;
}

export interface Opening {
  readonly rule: RuleCode;
  readonly slot: string | null;
  readonly severity: Severity;
  readonly sentence: string;
  readonly instance: string;
}

/** cleared: its cause is gone. off: the rule was switched off. */
export interface Closing {
  readonly id: string;
  readonly why: "cleared" | "off";
}

export interface Verdict {
  readonly opens: readonly Opening[];
  readonly closes: readonly Closing[];
  readonly changes: readonly (Opening & { readonly id: string })[];
  /** Dismissed ones whose cause is gone. */
  readonly forget: readonly string[];
  /** This machine and others went together: one alert of the operator is to open in place of theirs. */
  readonly outage: boolean;
  readonly memory: Memory;
}

interface Course {
  readonly situation: Situation;
  readonly opens: Opening[];
  readonly closes: Closing[];
  readonly changes: (Opening & { readonly id: string })[];
  readonly forget: string[];
  readonly pending: Record<string, number>;
  readonly clearing: Record<string, number>;
  readonly opened: { sinceMs: number; count: number };
  readonly due: Record<string, number>;
  outage: boolean;
}

export function evaluate(situation: Situation): Verdict {
  const { facts, scope, nowMs } = situation;
  const before = remembered(situation.memory, facts, nowMs);
  const fresh = nowMs - before.opened.sinceMs >= HOUR_MS;
  const course: Course = {
    situation: { ...situation, memory: before },
    ...{ opens: [], closes: [], changes: [], forget: [] },
    ...{ pending: notJudged(before.pending, scope), clearing: notJudged(before.clearing, scope) },
    due: scope.isWhole ? { [DUE_WHOLE]: nowMs + LOOK_AGAIN_MS } : notJudged(before.due, scope),
    opened: fresh ? { sinceMs: nowMs, count: 0 } : { ...before.opened },
    outage: false,
  };
  for (const code of scope.rules) if (RULES[code].per !== "operator" && code !== "storm") judge(course, code);
  judgeStorm(course);
  const { opens, closes, changes, forget, pending, clearing, opened, outage } = course;
  // What all are looked at before need not be remembered.
  const wholeMs = course.due[DUE_WHOLE] ?? Number.POSITIVE_INFINITY;
  const due = Object.fromEntries(Object.entries(course.due).filter(([key, ms]) => key === DUE_WHOLE || ms < wholeMs));
  // An hour begins with its first alert: nothing to remember, and to write, before, nor when one is over.
  const memory = { ...before, due, pending, clearing, opened: opened.count === 0 ? before.opened : opened };
  return { opens, closes, changes, forget, outage, memory };
}

/** What waits of the cases that this look says nothing of: it goes on waiting. */
function notJudged(since: Readonly<Record<string, number>>, scope: Scope): Record<string, number> {
  if (scope.isWhole) return {};
  const kept = Object.entries(since).filter(([key]) => !judges(scope, ...caseOfKey(key)));
  return Object.fromEntries(kept);
}

/** The operator's number for a threshold, or the table's. */
export function limitOf(code: RuleCode, settings: RuleSettings): (name: string) => number {
  const thresholds: Rule["thresholds"] = RULES[code].thresholds;
  const own = settings.get(code)?.thresholds ?? {};
  return (name) => {
    const threshold = thresholds[name];
    if (threshold === undefined) throw new RangeError(`rule ${code} has no threshold ${name}`);
    return own[name] ?? threshold.preset;
  };
}

function judge(course: Course, code: RuleCode): void {
  const { situation } = course;
  const { facts, settings, units, nowMs, open, dismissed, memory } = situation;
  const mine = open.filter(({ rule }) => rule === code);
  if (settings.get(code)?.enabled === false) {
    for (const { id } of mine) course.closes.push({ id, why: "off" });
    for (const { id, rule } of dismissed) if (rule === code) course.forget.push(id);
    return;
  }
  const at: At<string> = {
    nowMs,
    units,
    limit: limitOf(code, settings),
    isOpen: (slot) => mine.some((alert) => alert.slot === (slot ?? null)),
    memory,
  };
  const findings = RULES[code].finds(facts, at);
  const turnsMs = RULES[code].turns(facts, at);
  if (turnsMs !== null) lookAgain(course, code, turnsMs);
  for (const finding of findings) found(course, code, finding, at);
  for (const alert of mine) if (!findings.some(({ slot }) => (slot ?? null) === alert.slot)) gone(course, alert, at);
  for (const { id, rule, slot } of dismissed) {
    if (rule === code && !findings.some((finding) => (finding.slot ?? null) === slot)) course.forget.push(id);
  }
}

function found(course: Course, code: RuleCode, finding: Finding, { limit, nowMs }: At<string>): void {
  const { open, dismissed, memory, mutes, settings } = course.situation;
  const slot = finding.slot ?? null;
  const key = caseKey(code, slot);
  const opening: Opening = {
    rule: code,
    slot,
    severity: settings.get(code)?.severity ?? finding.severity ?? RULES[code].severity,
    sentence: finding.sentence,
    instance: finding.instance ?? "",
  };
  const standing = open.find((alert) => alert.rule === code && alert.slot === slot);
  if (standing !== undefined) {
    const same = standing.instance === opening.instance && standing.severity === opening.severity;
    if (!same) course.changes.push({ ...opening, id: standing.id });
    return;
  }
  const old = dismissed.find((alert) => alert.rule === code && alert.slot === slot);
  if (old !== undefined && old.instance === opening.instance) return;
  const muted = mutes.filter(({ rule, untilMs }) => (rule === "all" || rule === code) && untilMs > nowMs);
  if (muted.length > 0) return lookAgain(course, key, Math.max(...muted.map(({ untilMs }) => untilMs)));
  const sinceMs = Math.min(nowMs, finding.sinceMs ?? memory.pending[key] ?? nowMs);
  const opensMs = sinceMs + limit("openAfterMinutes") * MINUTE_MS;
  course.pending[key] = sinceMs;
  if (opensMs > nowMs) return lookAgain(course, key, opensMs);
  if (code === "offline" && !mayOpenOffline(course)) return;
  if (!hasRoom(course, code)) return;
  if (old !== undefined) course.forget.push(old.id);
  delete course.pending[key];
  course.opens.push(opening);
}

function gone(course: Course, alert: StandingAlert, { limit, nowMs }: At<string>): void {
  const key = caseKey(alert.rule, alert.slot);
  const sinceMs = course.situation.memory.clearing[key] ?? nowMs;
  const closesMs = sinceMs + limit("closeAfterMinutes") * MINUTE_MS;
  if (closesMs <= nowMs) {
    course.closes.push({ id: alert.id, why: "cleared" });
    return;
  }
  course.clearing[key] = sinceMs;
  lookAgain(course, key, closesMs);
}

/** Silence is believed if we hear others, and if it is this machine's own. */
function mayOpenOffline(course: Course): boolean {
  const { facts, operator, settings, hearing, nowMs } = course.situation;
  const showsMs = (facts.offlineSinceMs ?? nowMs) + OUTAGE_SHOWS_WITHIN_MS;
  if (!hearing || showsMs > nowMs) {
    lookAgain(course, "offline", Math.max(showsMs, nowMs + MINUTE_MS));
    return false;
  }
  const limit = limitOf("outage", settings);
  const limits = { leastMachines: limit("leastMachines"), sharePercent: limit("sharePercent") };
  const isOn = settings.get("outage")?.enabled !== false;
  if (isOn && outageBegins(operator, limits)) course.outage = true;
  if (!course.outage && !(isOn && isPartOfOutage(facts, operator))) return true;
  // Whoever ends the outage looks at its machines anew.
  return false;
}

function hasRoom({ opened, opens }: Course, code: RuleCode): boolean {
  if (RULES[code].isUrgent) return true;
  if (opened.count + opens.length >= MAX_OPENED_AN_HOUR) {
    opened.count = MAX_OPENED_AN_HOUR + 1;
    return false;
  }
  return true;
}

/** The budget: one alert says that it is used up; it goes an hour after the last one that was held back. */
function judgeStorm(course: Course): void {
  const { opened, opens, situation } = course;
  const held = opened.count > MAX_OPENED_AN_HOUR;
  opened.count = held ? opened.count : opened.count + opens.length;
  const standing = situation.open.find(({ rule }) => rule === "storm");
  const at = { nowMs: situation.nowMs, limit: limitOf("storm", situation.settings) };
  if (held) {
    lookAgain(course, DUE_WHOLE, opened.sinceMs + HOUR_MS);
    // A look at a part does not know whether it stands: opened once more it stays one.
    if (standing === undefined) {
      const many = `more than ${MAX_OPENED_AN_HOUR} alerts within an hour, the rest is held back`;
      const sentence = `${situation.facts.serial}: ${many}`;
      course.opens.push({ rule: "storm", slot: null, severity: RULES.storm.severity, sentence, instance: "" });
    }
  } else if (standing !== undefined) {
    gone(course, standing, { ...at, units: situation.units, isOpen: () => true, memory: situation.memory });
  }
}

function lookAgain({ due, situation: { nowMs } }: Course, key: string, atMs: number): void {
  due[key] = Math.min(due[key] ?? Number.POSITIVE_INFINITY, Math.max(Math.ceil(atMs), nowMs + SOONEST_MS));
}
