/**
 * Looks at machines: facts from the store, verdict by evaluate.ts, written down, all in one transaction that holds the
 * rows of its machines. Killed anywhere, nothing is half done and the machines are looked at again; two processes never
 * judge one machine at once.
 */

import { isDeepStrictEqual } from "node:util";
import { type Asked, type Basics, type ReadFacts, readBasics, readFacts, readOperators } from "../store/alert-facts.js";
import {
  type AlertNews,
  type AlertWrite,
  addStates,
  changeAlerts,
  closeAlerts,
  dismissedAlerts,
  forgetDismissed,
  type HeldMachine,
  holdDue,
  holdMachines,
  lookAtOffline,
  type OperatorSettings,
  offlineWithOutage,
  openAlerts,
  openAlertsOf,
  openCases,
  operatorSettings,
  operatorsInOutage,
  type Standing,
  saveStates,
} from "../store/alerts.js";
import type { Sql, Transaction } from "../store/databases.js";
import { makeProfiles } from "../store/sales-profiles.js";
import { inTransaction } from "../store/transact.js";
import { evaluate, limitOf, type Verdict } from "./evaluate.js";
import type { MachineFacts, OperatorFacts } from "./facts.js";
import { TREND_LEAST_MILLI_C } from "./find-stock.js";
import { type Limits, limitsOf } from "./limits.js";
import { dueSubject, earliest, type Memory, memoryOf } from "./memory.js";
import { OUTAGE_WINDOW_MS, type OutageLimits, outageEnds, outageSentence } from "./outage.js";
import { RULES } from "./rules.js";
import { casesOf, judges, type Scope, type Subject, scopeOf, WHOLE } from "./subject.js";

/** Machines of one transaction. */
export const MAX_LOOKED_AT = 100;
/** Profiles of sales made in one transaction: each reads eight weeks. */
export const MAX_PROFILED = 25;

export interface Looking {
  readonly nowMs: number;
  /** False: our own link is down or behind. */
  readonly hearing: boolean;
  /** Told in the transaction: what goes out to people is kept with what it tells of. */
  readonly tell: (tx: Transaction, news: readonly AlertNews[], nowMs: number) => Promise<void>;
  /** Told of each operator's limits. */
  readonly setLimits: (operatorId: string, limits: Limits) => void;
}

export interface Looked {
  readonly machines: number;
  readonly news: readonly AlertNews[];
}

/** Looks at these machines, by serial, for what their marks name; at most MAX_LOOKED_AT of them. */
export function lookAt(ingest: Sql, subjects: ReadonlyMap<string, Subject>, looking: Looking): Promise<Looked> {
  return look(ingest, (tx) => holdNamed(tx, subjects, looking.nowMs), looking, 0);
}

/** Looks at what waited of machines whose time has come; some profiles of sales are made anew, once a week. */
export function lookAtDue(ingest: Sql, looking: Looking): Promise<Looked> {
  return look(ingest, (tx) => holdWhoseTimeHasCome(tx, looking.nowMs), looking, MAX_PROFILED);
}

/** A machine whose row we hold, and how it is to be looked at. */
interface Held extends Asked {
  readonly state: State;
}

interface AllHeld {
  readonly machines: readonly Held[];
  readonly settings: ReadonlyMap<string, OperatorSettings>;
}

/** Sent one behind the other: what is read of a machine is what it is once its row is ours. */
async function holdNamed(tx: Transaction, subjects: ReadonlyMap<string, Subject>, nowMs: number): Promise<AllHeld> {
  const serials = [...subjects.keys()];
  const hold = () =>
    Promise.all([holdMachines(tx, serials), readBasics(tx, { serials }, nowMs), operatorSettings(tx, { serials })]);
  let [states, basics, settings] = await hold();
  if (states.length < basics.length) {
    await addStates(tx, serials);
    [states, basics, settings] = await hold();
  }
  const scopeFor = ({ memory, dueMs }: State, serial: string): Scope => {
    const isAsked = dueSubject(memory, dueMs, Number.NEGATIVE_INFINITY) === "whole";
    return isAsked ? WHOLE : scopeOf(subjects.get(serial) ?? "whole");
  };
  return { machines: together(states, basics, scopeFor), settings };
}

async function holdWhoseTimeHasCome(tx: Transaction, nowMs: number): Promise<AllHeld> {
  const states = await holdDue(tx, MAX_LOOKED_AT, nowMs);
  if (states.length === 0) return { machines: [], settings: new Map() };
  const ids = states.map(({ machineId }) => machineId);
  const [basics, settings] = await Promise.all([readBasics(tx, { ids }, nowMs), operatorSettings(tx, { ids })]);
  const scopeFor = ({ memory, dueMs }: State): Scope => scopeOf(dueSubject(memory, dueMs, nowMs) ?? "whole");
  return { machines: together(states, basics, scopeFor), settings };
}

interface State extends Omit<HeldMachine, "dueAt" | "memory"> {
  readonly memory: Memory;
  readonly stored: unknown;
  readonly dueMs: number;
}

function together(
  states: readonly HeldMachine[],
  basics: readonly Basics[],
  scopeFor: (state: State, serial: string) => Scope,
): readonly Held[] {
  const byId = new Map(states.map((state) => [state.machineId, state]));
  return basics.flatMap((one) => {
    const held = byId.get(one.machineId);
    if (held === undefined) return [];
    const { memory: stored, dueAt, ...row } = held;
    const state = { ...row, stored, memory: memoryOf(stored), dueMs: dueAt.getTime() };
    // Whole, if it has changed hands: the alerts of whoever had it before are closed.
    const scope = row.operatorId === one.operatorId ? scopeFor(state, one.serial) : WHOLE;
    return [{ state, basics: one, scope }];
  });
}

async function look(
  ingest: Sql,
  hold: (tx: Transaction) => Promise<AllHeld>,
  looking: Looking,
  maxProfiled: number,
): Promise<Looked> {
  return inTransaction(ingest, async (tx) => {
    const held = await hold(tx);
    const { machines, settings } = held;
    if (machines.length === 0) return { machines: 0, news: [] };
    for (const [operatorId, { rules }] of settings) looking.setLimits(operatorId, limitsOf(rules));
    const news = await judge(tx, held, looking, maxProfiled);
    if (news.length > 0) await looking.tell(tx, news, looking.nowMs);
    return { machines: machines.length, news };
  });
}

async function judge(
  tx: Transaction,
  { machines, settings }: AllHeld,
  looking: Looking,
  maxProfiled: number,
): Promise<readonly AlertNews[]> {
  const { nowMs, hearing } = looking;
  const whole = machines.flatMap(({ basics: { machineId }, scope }) => (scope.isWhole ? [machineId] : []));
  const away = machines.filter(({ basics: { online }, scope }) => !online && scope.reads.has("online"));
  const ids = machines.map(({ basics: { machineId } }) => machineId);
  const [{ facts, profiles }, open, openOfParts, dismissed, operators] = await Promise.all([
    readWithProfiles(tx, machines, [...settings.values()], nowMs, maxProfiled),
    openAlertsOf(tx, whole),
    openCases(tx, machines.flatMap(casesOfPart)),
    dismissedAlerts(tx, ids),
    readOperators(tx, distinct(away.map(({ basics: { operatorId } }) => operatorId)), nowMs),
  ]);
  const alertsBy = new Map<string, Standing[]>(ids.map((id) => [id, []]));
  for (const alert of [...open, ...openOfParts, ...dismissed]) alertsBy.get(alert.machineId)?.push(alert);
  const verdicts = machines.map(({ basics: { machineId, operatorId, mutes }, scope, state }, at): Judged => {
    const about = facts[at];
    if (about === undefined) throw new RangeError(`no facts of machine ${machineId}`);
    const own = settings.get(operatorId) ?? NO_SETTINGS;
    const mine = (alertsBy.get(machineId) ?? []).filter(({ rule, slot }) => judges(scope, rule, slot));
    const ours = mine.filter((alert) => alert.operatorId === operatorId);
    const verdict = evaluate({
      scope,
      facts: about,
      operator: operators.get(operatorId) ?? NO_OPERATOR,
      settings: own.rules,
      units: own.units,
      mutes,
      open: ours.filter((alert) => !alert.dismissed),
      dismissed: ours.filter((alert) => alert.dismissed),
      ...{ memory: state.memory, hearing, nowMs },
    });
    // Of the operator it belonged to before: none of his any more.
    const moved = mine.filter((alert) => alert.operatorId !== operatorId);
    const profileMs = profiles.get(machineId);
    const due = profileMs === undefined ? verdict.memory.due : { ...verdict.memory.due, noSales: profileMs };
    const memory = { ...verdict.memory, due };
    return { facts: about, state, verdict: { ...verdict, memory }, moved: moved.map(({ id }) => id) };
  });
  return write(tx, verdicts, operators, nowMs);
}

function casesOfPart({ basics: { machineId }, scope }: Asked) {
  return scope.isWhole ? [] : casesOf(scope).map(({ rule, slot }) => ({ machineId, rule, slot }));
}

function distinct(ids: readonly string[]): readonly string[] {
  return [...new Set(ids)].sort();
}

/** Looked at again with the profile that was made just now, or to make it. */
const PROFILED_SOON_MS = 1_000;
const PROFILE_SOON_MS = 60_000;
const NO_SETTINGS: OperatorSettings = { units: { temperature: "F" }, rules: new Map() };
const NO_OPERATOR: OperatorFacts = { machines: 0, lost: 0, outage: null };

/** Facts, with some of the profiles that are old made anew; `profiles`: when to look for their sake. */
async function readWithProfiles(
  tx: Transaction,
  asked: readonly Asked[],
  settings: readonly OperatorSettings[],
  nowMs: number,
  maxProfiled: number,
): Promise<{ readonly facts: ReadFacts["facts"]; readonly profiles: ReadonlyMap<string, number> }> {
  const limits = settings.map(({ rules }) => limitsOf(rules));
  const fewest = Math.max(0, ...limits.map(({ slots: [, leave] }) => leave));
  const fromMilliC = Math.min(...limits.map(({ trend }) => trend.fromMilliC));
  const warm = { fromMilliC, risenMilliC: TREND_LEAST_MILLI_C };
  const read = await readFacts(tx, asked, { nowMs, atMostLeft: fewest, ...warm });
  await makeProfiles(tx, read.unprofiled.slice(0, maxProfiled), nowMs);
  const soonMs = (at: number): number => nowMs + (at < maxProfiled ? PROFILED_SOON_MS : PROFILE_SOON_MS);
  return { facts: read.facts, profiles: new Map(read.unprofiled.map((id, at) => [id, soonMs(at)])) };
}

interface Judged {
  readonly facts: MachineFacts;
  readonly state: State;
  readonly verdict: Verdict;
  readonly moved: readonly string[];
}

async function write(
  tx: Transaction,
  judged: readonly Judged[],
  operators: ReadonlyMap<string, OperatorFacts>,
  nowMs: number,
): Promise<readonly AlertNews[]> {
  const closes = judged.flatMap(({ verdict, moved }) => [
    ...verdict.closes.map(({ id, why }) => ({ id, why: WHY[why] })),
    ...moved.map((id) => ({ id, why: "the machine has another operator" })),
  ]);
  const opens = judged.flatMap(({ facts: { machineId, operatorId }, verdict }) =>
    verdict.opens.map((opening): AlertWrite => ({ ...opening, machineId, operatorId })),
  );
  const states = judged.flatMap(stateToWrite);
  const changes = judged.flatMap(({ verdict }) => verdict.changes);
  const forget = judged.flatMap(({ verdict, moved }) => [...verdict.forget, ...moved]);
  // One behind the other on one connection, in this order: what closes makes room for what opens.
  const [closed, changed, opened] = await Promise.all([
    closeAlerts(tx, closes, nowMs),
    changeAlerts(tx, changes, nowMs),
    openAlerts(tx, opens, nowMs),
    forgetDismissed(tx, forget),
    saveStates(tx, states),
  ]);
  const news = [...closed, ...changed, ...opened];
  for (const operatorId of distinct(judged.filter(({ verdict }) => verdict.outage).map(operatorOf))) {
    news.push(...(await openOutage(tx, operatorId, operators.get(operatorId) ?? NO_OPERATOR, nowMs)));
  }
  return news;
}

/** None, if the row says so already: most looks at a part change nothing of it. */
function stateToWrite({ facts: { machineId, operatorId }, state, verdict: { memory } }: Judged) {
  const dueMs = earliest(memory.due);
  const isDue = state.dueMs === dueMs;
  const isSame = isDue && state.operatorId === operatorId && isDeepStrictEqual(state.stored, memory);
  return isSame ? [] : [{ machineId, operatorId, memory, dueMs: isDue ? null : dueMs }];
}

const WHY = { cleared: "its cause is gone", off: "the rule was switched off" } as const;

function operatorOf({ facts }: Judged): string {
  return facts.operatorId;
}

/** Opens the one alert, and closes those of machines that went with the others. */
async function openOutage(
  tx: Transaction,
  operatorId: string,
  operator: OperatorFacts,
  nowMs: number,
): Promise<readonly AlertNews[]> {
  const { severity } = RULES.outage;
  const sentence = outageSentence(operator);
  const about = { operatorId, machineId: null, slot: null, rule: "outage", severity, sentence, instance: "" } as const;
  const opened = await openAlerts(tx, [about], nowMs);
  const absorbed = await offlineWithOutage(tx, operatorId, nowMs - OUTAGE_WINDOW_MS);
  const closed = await closeAlerts(
    tx,
    absorbed.map((id) => ({ id, why: "part of an outage" })),
    nowMs,
  );
  return [...closed, ...opened];
}

/** Closes outages that are over; what is still away is looked at on its own. */
export async function endOutages(ingest: Sql, looking: Looking): Promise<Looked> {
  const { nowMs } = looking;
  return inTransaction(ingest, async (tx) => {
    const operatorIds = await operatorsInOutage(tx);
    if (operatorIds.length === 0) return { machines: 0, news: [] };
    const [operators, settings] = [
      await readOperators(tx, operatorIds, nowMs),
      await operatorSettings(tx, operatorIds),
    ];
    const news: AlertNews[] = [];
    for (const operatorId of operatorIds) {
      const operator = operators.get(operatorId) ?? NO_OPERATOR;
      if (operator.outage === null || !outageEnds(operator, outageLimits(settings.get(operatorId)))) continue;
      const { id, isDismissed } = operator.outage;
      if (isDismissed) await forgetDismissed(tx, [id]);
      else news.push(...(await closeAlerts(tx, [{ id, why: WHY.cleared }], nowMs)));
      await lookAtOffline(tx, operatorId, nowMs);
    }
    if (news.length > 0) await looking.tell(tx, news, nowMs);
    return { machines: 0, news };
  });
}

function outageLimits(settings: OperatorSettings = NO_SETTINGS): OutageLimits {
  const limit = limitOf("outage", settings.rules);
  return { leastMachines: limit("leastMachines"), sharePercent: limit("sharePercent") };
}
