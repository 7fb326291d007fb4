/**
 * Alerts as the evaluator reads and writes them, with the ingest role: the rows it holds while it judges, what stands
 * open, what operators have set, and the verdict written down in the same transaction.
 */
import type { Severity } from "../../shared/faults.js";
import type { RuleSetting, StandingAlert } from "../alerts/evaluate.js";
import type { Units } from "../alerts/facts.js";
import type { Memory } from "../alerts/memory.js";
import { isRuleCode, type RuleCode } from "../alerts/rules.js";
import { plainArray, textArray, uuidArray } from "./arrays.js";
import { instant } from "./cursors.js";
import type { Transaction } from "./databases.js";

/** A machine whose row is locked: nobody else judges it until the transaction ends. */
export interface HeldMachine {
  readonly machineId: string;
  readonly operatorId: string;
  readonly memory: unknown;
  /** When something is due of it. */
  readonly dueAt: Date;
}

/** These machines, locked in the order of their ids; one that was never looked at has no row (addStates). */
export async function holdMachines(tx: Transaction, serials: readonly string[]): Promise<readonly HeldMachine[]> {
  return tx<HeldMachine[]>`
    SELECT s.machine_id AS "machineId", s.operator_id AS "operatorId", s.memory, s.due_at AS "dueAt" FROM alert_states s
    JOIN machines m ON m.id = s.machine_id WHERE ${among(tx, { serials })} ORDER BY s.machine_id FOR UPDATE OF s`;
}

export async function addStates(tx: Transaction, serials: readonly string[]): Promise<void> {
  await tx`
    INSERT INTO alert_states (machine_id, operator_id)
    SELECT m.id, m.operator_id FROM machines m WHERE ${among(tx, { serials })} ORDER BY m.id ON CONFLICT DO NOTHING`;
}

/** Some machines, by the one or the other. */
export type Which = { readonly serials: readonly string[] } | { readonly ids: readonly string[] };

/** The condition for `machines m`. */
export function among(tx: Transaction, which: Which) {
  return "ids" in which
    ? tx`m.id = ANY (${uuidArray(which.ids)}::uuid[])`
    : tx`m.serial_number = ANY (${textArray(which.serials, (serial) => serial)}::text[])`;
}

/** The machines whose time has come, at most `limit`; those that another process holds are its. */
export async function holdDue(tx: Transaction, limit: number, nowMs: number): Promise<readonly HeldMachine[]> {
  return tx<HeldMachine[]>`
    SELECT machine_id AS "machineId", operator_id AS "operatorId", memory, due_at AS "dueAt" FROM alert_states
    WHERE due_at <= ${instant(nowMs)}::timestamptz ORDER BY due_at LIMIT ${limit} FOR UPDATE SKIP LOCKED`;
}

export interface Standing extends StandingAlert {
  readonly machineId: string;
  readonly operatorId: string;
  readonly dismissed: boolean;
}

type StandingRow = Omit<Standing, "rule"> & { readonly rule: string };
const STANDING = `a.id, a.machine_id AS "machineId", a.operator_id AS "operatorId", a.rule, a.slot_code AS slot,
  a.severity, a.instance, a.dismissed`;

/** Open alerts of these machines. A rule of another version is passed over. */
export async function openAlertsOf(tx: Transaction, ids: readonly string[]): Promise<readonly Standing[]> {
  if (ids.length === 0) return [];
  const rows = await tx<StandingRow[]>`
    SELECT ${tx.unsafe(STANDING)} FROM alerts a
    WHERE a.machine_id = ANY (${uuidArray(ids)}::uuid[]) AND a.resolved_at IS NULL`;
  return known(rows);
}

/** A case of a machine: a rule, at one slot where it is per slot. */
export interface Case {
  readonly machineId: string;
  readonly rule: RuleCode;
  readonly slot: string | null;
}

/** The open alerts of these cases, each by its key: what else stands open is not read. */
export async function openCases(tx: Transaction, cases: readonly Case[]): Promise<readonly Standing[]> {
  if (cases.length === 0) return [];
  const rows = await tx<StandingRow[]>`
    SELECT ${tx.unsafe(STANDING)}
    FROM unnest(${plainArray(cases, (one) => one.machineId)}::uuid[], ${plainArray(cases, (one) => one.rule)}::text[],
      ${textArray(cases, (one) => one.slot ?? "")}::text[]) AS c (machine_id, rule, slot)
    JOIN LATERAL (
      SELECT * FROM alerts o WHERE o.machine_id = c.machine_id AND o.rule = c.rule
        AND coalesce(o.slot_code, '') = c.slot AND o.resolved_at IS NULL LIMIT 1
    ) a ON true`;
  return known(rows);
}

/** Alerts of these machines that a person resolved while their cause was there. */
export async function dismissedAlerts(tx: Transaction, ids: readonly string[]): Promise<readonly Standing[]> {
  const rows = await tx<StandingRow[]>`
    SELECT ${tx.unsafe(STANDING)} FROM alerts a
    WHERE a.dismissed AND a.resolved_at IS NOT NULL AND a.machine_id = ANY (${uuidArray(ids)}::uuid[])`;
  return known(rows);
}

function known(rows: readonly StandingRow[]): readonly Standing[] {
  return rows.flatMap(({ rule, ...row }) => (isRuleCode(rule) ? [{ ...row, rule }] : []));
}

export interface OperatorSettings {
  readonly units: Units;
  readonly rules: ReadonlyMap<RuleCode, RuleSetting>;
}

interface SettingRow {
  readonly operatorId: string;
  readonly temperature: Units["temperature"] | null;
  readonly rule: string | null;
  readonly enabled: boolean;
  readonly severity: RuleSetting["severity"];
  readonly thresholds: RuleSetting["thresholds"];
}

/** Of these operators, or of whose these machines are now. */
export async function operatorSettings(
  tx: Transaction,
  of: readonly string[] | Which,
): Promise<ReadonlyMap<string, OperatorSettings>> {
  const whose = "length" in of ? tx`ANY (${uuidArray(of)}::uuid[])` : ownersOf(tx, of);
  const rows = await tx<SettingRow[]>`
    SELECT o.id AS "operatorId", g.temperature_unit AS temperature, r.rule, r.enabled, r.severity, r.thresholds
    FROM operators o
    LEFT JOIN alert_settings g ON g.operator_id = o.id
    LEFT JOIN alert_rules r ON r.operator_id = o.id WHERE o.id = ${whose}`;
  const settings = new Map<string, { units: Units; rules: Map<RuleCode, RuleSetting> }>();
  for (const { operatorId, temperature, rule, enabled, severity, thresholds } of rows) {
    const own = settings.get(operatorId) ?? { units: { temperature: temperature ?? "F" }, rules: new Map() };
    if (rule !== null && isRuleCode(rule)) own.rules.set(rule, { enabled, severity, thresholds });
    settings.set(operatorId, own);
  }
  return settings;
}

function ownersOf(tx: Transaction, which: Which) {
  return tx`ANY (ARRAY(SELECT DISTINCT m.operator_id FROM machines m WHERE ${among(tx, which)}))`;
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
  const ids = uuidArray(closes.map(({ id }) => id));
  // "state" says the same as "resolved_at IS NULL", which would let all open alerts of all machines be read.
  const rows = await tx<AlertNews[]>`
    WITH closed AS (
      UPDATE alerts a SET state = 'resolved', resolved_at = greatest(a.opened_at, ${instant(nowMs)}::timestamptz)
      WHERE a.id = ANY (${ids}::uuid[]) AND a.state <> 'resolved'
      RETURNING a.*, (${textArray(closes, ({ why }) => why)}::text[])[array_position(${ids}::uuid[], a.id)] AS why
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
  /** Null: as it is. */
  readonly dueMs: number | null;
}

export async function saveStates(tx: Transaction, states: readonly StateWrite[]): Promise<void> {
  if (states.length === 0) return;
  await tx`
    UPDATE alert_states s SET memory = n.memory::jsonb, operator_id = n.operator_id,
      due_at = coalesce(to_timestamp(n.due / 1e3), s.due_at)
    FROM unnest(${plainArray(states, (s) => s.machineId)}::uuid[], ${plainArray(states, (s) => s.operatorId)}::uuid[],
      ${textArray(states, (s) => JSON.stringify(s.memory))}::text[], ${plainArray(states, (s) => s.dueMs)}::float8[])
      AS n (machine_id, operator_id, memory, due)
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
