/**
 * What a machine is looked at for. A mark names what of the machine may have changed, a time that has come the cases
 * that waited for it; the look judges the rules concerned, and reads what those want.
 */
import type { Fact } from "./facts.js";
import { isRuleCode, RULE_CODES, RULES, type RuleCode } from "./rules.js";

/** What is named alone. telemetry: the newest report. temps: its temperature is another one, and so the trend. */
export interface Parts {
  /** Codes. */
  readonly slots: ReadonlySet<string>;
  readonly telemetry: boolean;
  readonly temps: boolean;
  /** Named themselves; none that is per slot. */
  readonly rules: ReadonlySet<RuleCode>;
}
export type Subject = "whole" | Parts;

/** Slots named one by one; with more the machine is looked at whole. It has 60. */
export const MAX_SLOTS_NAMED = 64;

const NONE: ReadonlySet<never> = new Set();
const NOTHING: Parts = Object.freeze({ slots: NONE, telemetry: false, temps: false, rules: NONE });
export const REPORT: Parts = Object.freeze({ ...NOTHING, telemetry: true });
export const TEMPERATURE: Parts = Object.freeze({ ...NOTHING, telemetry: true, temps: true });

export function slotsNamed(...codes: readonly string[]): Subject {
  return codes.length > MAX_SLOTS_NAMED ? "whole" : { ...NOTHING, slots: new Set(codes) };
}

export function rulesNamed(...codes: readonly RuleCode[]): Subject {
  return codes.some((code) => RULES[code].per === "slot") ? "whole" : { ...NOTHING, rules: new Set(codes) };
}

/** A rule, at one of its slots where it is per slot, as it is remembered. */
export function caseKey(code: RuleCode, slot: string | null): string {
  return slot === null ? code : `${code}/${slot}`;
}

/** The look that these cases wait for, by their keys; one that is no rule's is the whole machine. */
export function casesNamed(keys: readonly string[]): Subject {
  return keys.map(caseNamed).reduce(merged, NOTHING);
}

function caseNamed(key: string): Subject {
  const [code, slot] = caseOfKey(key);
  if (!isRuleCode(code)) return "whole";
  return slot !== null && RULES[code].reads.includes("slots") ? slotsNamed(slot) : rulesNamed(code);
}

export function caseOfKey(key: string): readonly [code: string, slot: string | null] {
  const at = key.indexOf("/");
  return at < 0 ? [key, null] : [key.slice(0, at), key.slice(at + 1)];
}

/** Of two marks on one machine neither is forgotten for the other. */
export function merged(a: Subject, b: Subject): Subject {
  if (a === "whole" || b === "whole") return "whole";
  const slots = united(a.slots, b.slots);
  if (slots.size > MAX_SLOTS_NAMED) return "whole";
  return { slots, telemetry: a.telemetry || b.telemetry, temps: a.temps || b.temps, rules: united(a.rules, b.rules) };
}

function united<T>(a: ReadonlySet<T>, b: ReadonlySet<T>): ReadonlySet<T> {
  return b.size === 0 ? a : a.size === 0 ? b : new Set([...a, ...b]);
}

/** What a look judges and reads. */
export interface Scope {
  readonly isWhole: boolean;
  /** In the table's order. */
  readonly rules: readonly RuleCode[];
  readonly reads: ReadonlySet<Fact>;
  /** Of rules that are per slot these are judged; of a whole look all. */
  readonly slots: ReadonlySet<string>;
}

export const WHOLE: Scope = { isWhole: true, ...judging(RULE_CODES), slots: NONE };

const MAX_SCOPES = 512;
/** By the rules judged. */
const scopes = new Map<string, Pick<Scope, "rules" | "reads">>();

function judging(rules: readonly RuleCode[]): Pick<Scope, "rules" | "reads"> {
  return { rules, reads: new Set(rules.flatMap((code): readonly Fact[] => RULES[code].reads)) };
}

export function scopeOf(subject: Subject): Scope {
  if (subject === "whole") return WHOLE;
  const { slots, telemetry, temps, rules } = subject;
  const named: readonly (readonly [Fact, boolean])[] = [
    ["slots", slots.size > 0],
    ["telemetry", telemetry],
    ["temps", temps],
  ];
  const facts = named.flatMap(([fact, isNamed]) => (isNamed ? [fact] : []));
  const key = [...facts, ...rules].join();
  const found =
    scopes.get(key) ??
    judging(RULE_CODES.filter((code) => rules.has(code) || facts.some((fact) => RULES[code].reads.includes(fact))));
  if (scopes.size >= MAX_SCOPES) scopes.clear();
  scopes.set(key, found);
  return { isWhole: false, ...found, slots };
}

/** True if the look judges this case: a rule, at one of its slots where it is per slot. */
export function judges({ isWhole, rules, slots }: Scope, code: string, slot: string | null): boolean {
  return isWhole || (rules.some((rule) => rule === code) && (slot === null || slots.has(slot)));
}

/** The cases of a look at parts: alerts of others are not asked for. */
export function casesOf({ rules, slots }: Scope): readonly { readonly rule: RuleCode; readonly slot: string | null }[] {
  return rules.flatMap((rule): { readonly rule: RuleCode; readonly slot: string | null }[] =>
    RULES[rule].per === "slot" ? Array.from(slots, (slot) => ({ rule, slot })) : [{ rule, slot: null }],
  );
}
