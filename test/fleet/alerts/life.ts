/** One machine's life, for tests of rules: its facts, and what stands open from look to look, as the store keeps it. */
import { evaluate, type RuleSetting, type Situation, type StandingAlert } from "../../../fleet/alerts/evaluate.js";
import type { MachineFacts, OperatorFacts } from "../../../fleet/alerts/facts.js";
import { dueSubject, earliest, memoryOf, NOTHING } from "../../../fleet/alerts/memory.js";
import type { RuleCode } from "../../../fleet/alerts/rules.js";
import { judges, type Scope, scopeOf, WHOLE } from "../../../fleet/alerts/subject.js";
import { FAULTS, type FaultName } from "../../../shared/faults.js";
import type { TelemetryMessage } from "../../../shared/wire/messages.js";
import { telemetryOf } from "../support.js";

export const T0 = Date.UTC(2026, 5, 3, 12);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export type SomeFacts = Partial<MachineFacts>;

/** A machine with nothing wrong. */
export function facts(more: SomeFacts = {}): MachineFacts {
  return {
    machineId: "00000000-0000-8000-8000-000000000001",
    serial: "M-1234",
    operatorId: "00000000-0000-8000-8000-000000000002",
    currency: "USD",
    decimals: 2,
    timeZone: "UTC",
    online: true,
    offlineSinceMs: null,
    lastHeardMs: T0,
    doorOpen: false,
    boot: 1,
    connection: 1,
    slots: [{ slot: "B4", quantity: 6, capacity: 8 }],
    faults: [],
    telemetry: telemetry(),
    temps: [],
    claims: [],
    powerUpsMs: [],
    aside: { forked: false, batches: 0, records: 0, lost: 0, newest: "///", endsMs: null },
    signals: [],
    sales: null,
    certificateEndMs: T0 + 300 * DAY,
    ...more,
  };
}

export function telemetry(more: Partial<TelemetryMessage> = {}) {
  return { receivedMs: T0, message: telemetryOf({ tubes: new Uint8Array([0, 20, 30, 45]), ...more }) };
}

export function fault(name: FaultName, sinceMs = T0 - 10 * HOUR, slot: string | null = null) {
  return { fault: FAULTS[name].code, slot, raisedMs: sinceMs };
}

const QUIET: OperatorFacts = { machines: 100, lost: 0, outage: null };

export function situation(about: MachineFacts, more: Partial<Situation> = {}): Situation {
  const none = {
    scope: WHOLE,
    mutes: [],
    open: [],
    dismissed: [],
    memory: NOTHING,
    settings: new Map<RuleCode, RuleSetting>(),
  };
  return { facts: about, operator: QUIET, units: { temperature: "F" }, hearing: true, nowMs: T0, ...none, ...more };
}

/** Only what is read; the rest is empty, as the store leaves it. */
export function partOf(about: MachineFacts, { isWhole, reads, slots }: Scope): MachineFacts {
  if (isWhole) return about;
  const { telemetry: _, ...empty } = facts({ slots: [], certificateEndMs: null });
  const { serial, operatorId, online, offlineSinceMs, lastHeardMs, doorOpen, boot, connection } = about;
  const basics = { serial, operatorId, online, offlineSinceMs, lastHeardMs, doorOpen, boot, connection };
  const read = Object.fromEntries(Object.entries(about).filter(([fact]) => [...reads].some((name) => name === fact)));
  const named = about.slots.filter(({ slot }) => slots.has(slot));
  return { ...empty, telemetry: null, ...basics, ...read, slots: named };
}

/** Plays one machine's life: what stands open is kept as the store would. */
export class Life {
  open: StandingAlert[] = [];
  dismissed: StandingAlert[] = [];
  memory = NOTHING;
  /** "minute +rule" opened, "-" closed, "~" changed. */
  readonly log: string[] = [];
  outages = 0;
  private number = 0;

  get dueMs(): number {
    return earliest(this.memory.due);
  }

  /** Looks at what is due until then, at its time, with what is read for it. */
  lookDue(untilMs: number, aboutAt: (nowMs: number) => MachineFacts, more: Partial<Situation> = {}): void {
    for (let nowMs = this.dueMs; nowMs <= untilMs; nowMs = this.dueMs) {
      const scope = scopeOf(dueSubject(this.memory, nowMs, nowMs) ?? "whole");
      this.look(nowMs, partOf(aboutAt(nowMs), scope), { ...more, scope });
    }
  }

  look(nowMs: number, about: MachineFacts, more: Partial<Situation> = {}): void {
    const { memory } = this;
    const scope = more.scope ?? WHOLE;
    // Of what is not looked at the store tells nothing.
    const isAsked = ({ rule, slot }: StandingAlert): boolean => judges(scope, rule, slot);
    const [open, dismissed] = [this.open.filter(isAsked), this.dismissed.filter(isAsked)];
    const verdict = evaluate(situation(about, { open, dismissed, memory, nowMs, ...more }));
    const at = Math.floor((nowMs - T0) / MINUTE);
    const ruleOf = (id: string) => this.open.find((alert) => alert.id === id)?.rule;
    this.log.push(...verdict.closes.map(({ id }) => `${at} -${ruleOf(id)}`));
    this.log.push(...verdict.changes.map(({ rule }) => `${at} ~${rule}`));
    this.open = this.open
      .filter(({ id }) => !verdict.closes.some((close) => close.id === id))
      .map((alert) => ({ ...alert, ...verdict.changes.find(({ id }) => id === alert.id) }));
    for (const { rule, slot, severity, instance } of verdict.opens) {
      this.number += 1;
      this.open.push({ id: String(this.number), rule, slot, severity, instance });
      this.log.push(`${at} +${rule}`);
    }
    this.dismissed = this.dismissed.filter(({ id }) => !verdict.forget.includes(id));
    // As JSON, as it is kept.
    this.memory = memoryOf(JSON.parse(JSON.stringify(verdict.memory)));
    if (verdict.outage) this.outages += 1;
  }

  dismiss(rule: RuleCode): void {
    this.dismissed.push(...this.open.filter((alert) => alert.rule === rule));
    this.open = this.open.filter((alert) => alert.rule !== rule);
  }

  opened(rule: RuleCode): number {
    return this.open.filter((alert) => alert.rule === rule).length;
  }
}
