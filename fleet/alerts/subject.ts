/**
 * What a machine is looked at for. A mark names what of the machine may have changed; the look judges the rules that
 * read it, and reads what those want. Whatever depends on time, and whatever nobody named, is judged when the machine
 * is looked at whole: at the latest when its time has come, which no look at a part ever puts off.
 */
import type { Fact } from "./facts.js";
import { RULE_CODES, RULES, type RuleCode } from "./rules.js";

/** What is named alone. telemetry: the newest report. temps: its temperature is another one, and so the trend. */
export interface Parts {
  /** Codes. */
  readonly slots: ReadonlySet<string>;
  readonly telemetry: boolean;
  readonly temps: boolean;
}
export type Subject = "whole" | Parts;

/** Slots named one by one; with more the machine is looked at whole. It has 60. */
export const MAX_SLOTS_NAMED = 64;

const NO_SLOTS: ReadonlySet<string> = new Set();
export const REPORT: Parts = Object.freeze({ slots: NO_SLOTS, telemetry: true, temps: false });
export const TEMPERATURE: Parts = Object.freeze({ slots: NO_SLOTS, telemetry: true, temps: true });

export function slotsNamed(...codes: readonly string[]): Subject {
  return codes.length > MAX_SLOTS_NAMED ? "whole" : { slots: new Set(codes), telemetry: false, temps: false };
}

/** Of two marks on one machine neither is forgotten for the other. */
export function merged(a: Subject, b: Subject): Subject {
  if (a === "whole" || b === "whole") return "whole";
  const slots = b.slots.size === 0 ? a.slots : a.slots.size === 0 ? b.slots : new Set([...a.slots, ...b.slots]);
  if (slots.size > MAX_SLOTS_NAMED) return "whole";
  return { slots, telemetry: a.telemetry || b.telemetry, temps: a.temps || b.temps };
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

export const WHOLE: Scope = scope(true, RULE_CODES, NO_SLOTS);
/** By what is named: slots, telemetry, temps. */
const SCOPES: readonly Scope[] = Array.from({ length: 8 }, (_, named) => {
  const facts = (["slots", "telemetry", "temps"] as const).filter((_fact, bit) => (named >> bit) % 2 === 1);
  const rules = RULE_CODES.filter((code) => facts.some((fact) => RULES[code].reads.includes(fact)));
  return scope(false, rules, NO_SLOTS);
});

function scope(isWhole: boolean, rules: readonly RuleCode[], slots: ReadonlySet<string>): Scope {
  return { isWhole, rules, reads: new Set(rules.flatMap((code): readonly Fact[] => RULES[code].reads)), slots };
}

export function scopeOf(subject: Subject): Scope {
  if (subject === "whole") return WHOLE;
  const { slots, telemetry, temps } = subject;
  const found = SCOPES[(slots.size > 0 ? 1 : 0) + (telemetry ? 2 : 0) + (temps ? 4 : 0)];
  return found === undefined ? WHOLE : { ...found, slots };
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
