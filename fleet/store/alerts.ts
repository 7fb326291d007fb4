/**
 * Alerts as the evaluator reads and writes them, with the ingest role: the rows it holds while it judges, what stands
 * open, what operators have set, and the verdict written down in the same transaction.
 */
import type { Severity } from "../../shared/faults.js";
import type { RuleSetting, StandingAlert } from "../alerts/evaluate.js";
import type { Units } from "../alerts/facts.js";
import type { Memory } from "../alerts/memory.js";
import { isRuleCode, type RuleCode } from "../alerts/rules.js";
import { instant } from "./cursors.js";
import type { Transaction } from "./databases.js";

/** A machine whose row is locked: nobody else judges it until the transaction ends. */
export interface HeldMachine {
  readonly machineId: string;
  readonly operatorId: string;
  readonly memory: unknown;
}

/** These machines, locked in the order of their ids; a serial of no machine is absent. */
export async function holdMachines(tx: Transaction, serials: readonly string[]): Promise<readonly HeldMachine[]> {
  const hold = () => tx<HeldMachine[]>`
    SELECT s.machine_id AS "machineId", s.operator_id AS "operatorId", s.memory FROM alert_states s
    JOIN machines m ON m.id = s.machine_id WHERE m.serial_number = ANY (${[...serials]}::text[])
    ORDER BY s.machine_id FOR UPDATE OF s`;
  const held = await hold();
  if (held.length >= serials.length) return held;
  await tx`
    INSERT INTO alert_states (machine_id, operator_id)
    SELECT id, operator_id FROM machines WHERE serial_number = ANY (${[...serials]}::text[]) ORDER BY id
    ON CONFLICT DO NOTHING`;
  return hold();
}

/** The machines whose time has come, at most `limit`; those that another process holds are its. */
export async function holdDue(tx: Transaction, limit: number, nowMs: number): Promise<readonly HeldMachine[]> {
  return tx<HeldMachine[]>`
    SELECT machine_id AS "machineId", operator_id AS "operatorId", memory FROM alert_states
    WHERE due_at <= ${instant(nowMs)}::timestamptz ORDER BY due_at LIMIT ${limit} FOR UPDATE SKIP LOCKED`;
}

export interface Standing extends StandingAlert {
  readonly machineId: string;
  readonly operatorId: string;
  readonly dismissed: boolean;
}

/** Open alerts of these machines, and those a person dismissed. A rule of another version is passed over. */
export async function standingAlerts(tx: Transaction, ids: readonly string[]): Promise<readonly Standing[]> {
  const rows = await tx<(Omit<Standing, "rule"> & { rule: string })[]>`
    SELECT id, machine_id AS "machineId", operator_id AS "operatorId", rule, slot_code AS slot, severity, instance,
      dismissed
    FROM alerts WHERE machine_id = ANY (${[...ids]}::uuid[]) AND (resolved_at IS NULL OR dismissed)`;
  return rows.flatMap(({ rule, ...row }) => (isRuleCode(rule) ? [{ ...row, rule }] : []));
}

export interface OperatorSettings {
  readonly units: Units;
  readonly rules: ReadonlyMap<RuleCode, RuleSetting>;
}

export async function operatorSettings(
  tx: Transaction,
  operatorIds: readonly string[],
): Promise<ReadonlyMap<string, OperatorSettings>> {
  if (operatorIds.length === 0) return new Map();
  const [general, rules] = await Promise.all([
    tx<{ operatorId: string; temperature: Units["temperature"] }[]>`
      SELECT operator_id AS "operatorId", temperature_unit AS temperature FROM alert_settings
      WHERE operator_id = ANY (${[...operatorIds]}::uuid[])`,
    tx<(RuleSetting & { operatorId: string; rule: string })[]>`
      SELECT operator_id AS "operatorId", rule, enabled, severity, thresholds FROM alert_rules
      WHERE operator_id = ANY (${[...operatorIds]}::uuid[])`,
  ]);
  const settings = new Map<string, OperatorSettings>();
  for (const operatorId of operatorIds) {
    const temperature = general.find((row) => row.operatorId === operatorId)?.temperature ?? "F";
    const own = rules.filter((row) => row.operatorId === operatorId);
    const set = own.flatMap(({ rule, enabled, severity, thresholds }): [RuleCode, RuleSetting][] =>
      isRuleCode(rule) ? [[rule, { enabled, severity, thresholds }]] : [],
    );
    settings.set(operatorId, { units: { temperature }, rules: new Map(set) });
  }
  return settings;
}

export interface Mute {
  readonly machineId: string;
  readonly rule: RuleCode | "all";
  readonly untilMs: number;
}

export async function standingMutes(tx: Transaction, ids: readonly string[], nowMs: number): Promise<readonly Mute[]> {
  const rows = await tx<{ machineId: string; rule: string; untilAt: Date }[]>`
    SELECT machine_id AS "machineId", rule, until_at AS "untilAt" FROM alert_mutes
    WHERE machine_id = ANY (${[...ids]}::uuid[]) AND until_at > ${instant(nowMs)}::timestamptz`;
  return rows.flatMap(({ machineId, rule, untilAt }) =>
    rule === "all" || isRuleCode(rule) ? [{ machineId, rule, untilMs: untilAt.getTime() }] : [],
  );
}

/** What a verdict writes; machineId null: of the operator as a whole. */
export interface AlertWrite {
  readonly operatorId: string;
  readonly machineId: string | null;
  readonly rule: RuleCode;
  readonly slot: string | null;
  readonly severity: Severity;
  readonly sentence: string;
  readonly instance: string;
}

/** Something that happened to an alert, for whoever is to hear of it. */
export interface AlertNews {
  readonly kind: "opened" | "changed" | "resolved";
  readonly id: string;
  readonly operatorId: string;
  /** Serial; null: of the operator as a whole. */
  readonly machine: string | null;
  readonly rule: string;
  readonly slotCode: string | null;
  readonly severity: Severity;
  readonly sentence: string;
  readonly openedAt: Date;
  readonly resolvedAt: Date | null;
}

/** Opens what is not open yet. */
export async function openAlerts(
  tx: Transaction,
  opens: readonly AlertWrite[],
  nowMs: number,
): Promise<readonly AlertNews[]> {
  if (opens.length === 0) return [];
  // One order for all: two processes that open the same do not wait for each other in a circle.
  const sorted = [...opens].sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
  const all = columns(sorted);
  const rows = await tx<AlertNews[]>`
    WITH opened AS (
      INSERT INTO alerts (operator_id, machine_id, rule, slot_code, severity, sentence, instance, opened_at)
      SELECT o.*, ${instant(nowMs)}::timestamptz FROM unnest(${all((o) => o.operatorId)}::uuid[],
        ${all((o) => o.machineId)}::uuid[], ${all((o) => o.rule)}::text[], ${all((o) => o.slot)}::text[],
        ${all((o) => o.severity)}::text[], ${all((o) => o.sentence)}::text[], ${all((o) => o.instance)}::text[]) AS o
      ON CONFLICT DO NOTHING RETURNING *
    ), noted AS (${noted(tx, "opened", "sentence", nowMs)})
    SELECT 'opened' AS kind, ${tx.unsafe(NEWS)} FROM opened a LEFT JOIN machines m ON m.id = a.machine_id`;
  return rows;
}

const NEWS = `a.id, a.operator_id AS "operatorId", m.serial_number AS machine, a.rule, a.slot_code AS "slotCode",
  a.severity, a.sentence, a.opened_at AS "openedAt", a.resolved_at AS "resolvedAt"`;

function orderOf({ operatorId, machineId, rule, slot }: AlertWrite): string {
  return [operatorId, machineId, rule, slot].join();
}

/** Says anew what is wrong, of alerts that are open. */
export async function changeAlerts(
  tx: Transaction,
  changes: readonly (Pick<AlertWrite, "severity" | "sentence" | "instance"> & { readonly id: string })[],
  nowMs: number,
): Promise<readonly AlertNews[]> {
  if (changes.length === 0) return [];
  const all = columns(changes);
  const rows = await tx<AlertNews[]>`
    WITH changed AS (
      UPDATE alerts a SET severity = c.severity, sentence = c.sentence, instance = c.instance
      FROM unnest(${all((c) => c.id)}::uuid[], ${all((c) => c.severity)}::text[], ${all((c) => c.sentence)}::text[],
        ${all((c) => c.instance)}::text[]) AS c (id, severity, sentence, instance)
      WHERE a.id = c.id AND a.resolved_at IS NULL RETURNING a.*
    ), noted AS (${noted(tx, "changed", "sentence", nowMs)})
    SELECT 'changed' AS kind, ${tx.unsafe(NEWS)} FROM changed a LEFT JOIN machines m ON m.id = a.machine_id`;
  return rows;
}

/** `why` of each is its note in the history. */
export async function closeAlerts(
  tx: Transaction,
  closes: readonly { readonly id: string; readonly why: string }[],
  nowMs: number,
): Promise<readonly AlertNews[]> {
  if (closes.length === 0) return [];
  const all = columns(closes);
  const rows = await tx<AlertNews[]>`
    WITH closed AS (
      UPDATE alerts a SET state = 'resolved', resolved_at = greatest(a.opened_at, ${instant(nowMs)}::timestamptz)
      FROM unnest(${all((c) => c.id)}::uuid[], ${all((c) => c.why)}::text[]) AS c (id, why)
      WHERE a.id = c.id AND a.resolved_at IS NULL RETURNING a.*, c.why
    ), noted AS (${noted(tx, "resolved", "why", nowMs)})
    SELECT 'resolved' AS kind, ${tx.unsafe(NEWS)} FROM closed a LEFT JOIN machines m ON m.id = a.machine_id`;
  return rows;
}

/** Dismissed alerts whose cause is gone: the next one opens again. */
export async function forgetDismissed(tx: Transaction, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx`UPDATE alerts SET dismissed = false WHERE id = ANY (${[...ids]}::uuid[])`;
}

const SOURCES = { opened: "opened", changed: "changed", resolved: "closed" } as const;

/** The history's line for each row of the statement it is part of. */
function noted(tx: Transaction, kind: keyof typeof SOURCES, note: "sentence" | "why", nowMs: number) {
  return tx`
    INSERT INTO alert_events (operator_id, alert_id, at, kind, note)
    SELECT operator_id, id, ${instant(nowMs)}::timestamptz, ${kind}, ${tx.unsafe(note)}
    FROM ${tx.unsafe(SOURCES[kind])} ORDER BY id`;
}

export interface StateWrite {
  readonly machineId: string;
  readonly operatorId: string;
  readonly memory: Memory;
  readonly dueMs: number;
}

export async function saveStates(tx: Transaction, states: readonly StateWrite[]): Promise<void> {
  if (states.length === 0) return;
  const all = columns(states);
  await tx`
    UPDATE alert_states s SET memory = n.memory::jsonb, due_at = n.due_at, operator_id = n.operator_id
    FROM unnest(${all((s) => s.machineId)}::uuid[], ${all((s) => s.operatorId)}::uuid[],
      ${all((s) => JSON.stringify(s.memory))}::text[], ${all((s) => instant(s.dueMs))}::timestamptz[])
      AS n (machine_id, operator_id, memory, due_at)
    WHERE s.machine_id = n.machine_id`;
}

/** Open alerts of machines that went in the outage: the operator's one alert speaks for them. */
export async function offlineWithOutage(
  tx: Transaction,
  operatorId: string,
  fromMs: number,
): Promise<readonly string[]> {
  const rows = await tx<{ id: string }[]>`
    SELECT a.id FROM alerts a JOIN machines m ON m.id = a.machine_id
    WHERE a.operator_id = ${operatorId} AND a.rule = 'offline' AND a.resolved_at IS NULL
      AND m.offline_since >= ${instant(fromMs)}::timestamptz ORDER BY a.id`;
  return rows.map(({ id }) => id);
}

/** Operators with an outage that is open, or was dismissed while it lasts. */
export async function operatorsInOutage(tx: Transaction): Promise<readonly string[]> {
  const rows = await tx<{ operatorId: string }[]>`
    SELECT DISTINCT operator_id AS "operatorId" FROM alerts
    WHERE machine_id IS NULL AND rule = 'outage' AND (resolved_at IS NULL OR dismissed) ORDER BY 1`;
  return rows.map(({ operatorId }) => operatorId);
}

/** The outage is over: what is still away is looked at on its own. */
export async function lookAtOffline(tx: Transaction, operatorId: string, nowMs: number): Promise<void> {
  await tx`
    UPDATE alert_states s SET due_at = ${instant(nowMs)}::timestamptz FROM machines m
    WHERE m.id = s.machine_id AND m.operator_id = ${operatorId} AND m.offline_since IS NOT NULL`;
}

function columns<R>(rows: readonly R[]): <T>(pick: (row: R) => T) => T[] {
  return (pick) => rows.map(pick);
}
