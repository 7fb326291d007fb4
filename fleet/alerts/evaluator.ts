/**
 * Looks at machines: facts from the store, verdict by evaluate.ts, written down, all in one transaction that holds the
 * rows of its machines. Killed anywhere, nothing is half done and the machines are looked at again; two processes never
 * judge one machine at once.
 */

import { type ReadFacts, readFacts, readOperators } from "../store/alert-facts.js";
import {
  type AlertNews,
  type AlertWrite,
  changeAlerts,
  closeAlerts,
  forgetDismissed,
  type HeldMachine,
  holdDue,
  holdMachines,
  lookAtOffline,
  type OperatorSettings,
  offlineWithOutage,
  openAlerts,
  operatorSettings,
  operatorsInOutage,
  type Standing,
  saveStates,
  standingAlerts,
  standingMutes,
} from "../store/alerts.js";
import type { Sql, Transaction } from "../store/databases.js";
import { makeProfiles } from "../store/sales-profiles.js";
import { inTransaction } from "../store/transact.js";
import { evaluate, limitOf, type Verdict } from "./evaluate.js";
import type { MachineFacts, OperatorFacts } from "./facts.js";
import { type Limits, limitsOf } from "./limits.js";
import { memoryOf } from "./memory.js";
import { OUTAGE_WINDOW_MS, type OutageLimits, outageEnds, outageSentence } from "./outage.js";
import { RULES } from "./rules.js";

/** Machines of one transaction. */
export const MAX_LOOKED_AT = 100;
/** Profiles of sales made in one transaction: each reads eight weeks. */
const MAX_PROFILED = 25;

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

/** Looks at these machines; at most MAX_LOOKED_AT of them. */
export function lookAt(ingest: Sql, serials: readonly string[], looking: Looking): Promise<Looked> {
  return look(ingest, (tx) => holdMachines(tx, serials), looking, 0);
}

/** Looks at machines whose time has come; some of their profiles of sales are made anew, once a day. */
export function lookAtDue(ingest: Sql, looking: Looking): Promise<Looked> {
  return look(ingest, (tx) => holdDue(tx, MAX_LOOKED_AT, looking.nowMs), looking, MAX_PROFILED);
}

async function look(
  ingest: Sql,
  hold: (tx: Transaction) => Promise<readonly HeldMachine[]>,
  looking: Looking,
  maxProfiled: number,
): Promise<Looked> {
  return inTransaction(ingest, async (tx) => {
    const held = await hold(tx);
    if (held.length === 0) return { machines: 0, news: [] };
    const news = await judge(tx, held, looking, maxProfiled);
    if (news.length > 0) await looking.tell(tx, news, looking.nowMs);
    return { machines: held.length, news };
  });
}

async function judge(
  tx: Transaction,
  held: readonly HeldMachine[],
  looking: Looking,
  maxProfiled: number,
): Promise<readonly AlertNews[]> {
  const { nowMs, hearing } = looking;
  const ids = held.map(({ machineId }) => machineId);
  // As its row says: a machine that has changed hands since is judged by its new owner's settings below.
  const settings = await operatorSettings(tx, distinct(held.map(({ operatorId }) => operatorId)));
  for (const [operatorId, { rules }] of settings) looking.setLimits(operatorId, limitsOf(rules));
  const [{ facts, unprofiled }, standing, mutes] = await Promise.all([
    readWithProfiles(tx, ids, [...settings.values()], nowMs, maxProfiled),
    standingAlerts(tx, ids),
    standingMutes(tx, ids, nowMs),
  ]);
  const operatorIds = distinct(facts.map(({ operatorId }) => operatorId));
  const [others, operators] = await Promise.all([
    operatorSettings(
      tx,
      operatorIds.filter((id) => !settings.has(id)),
    ),
    facts.some(({ online }) => !online) ? readOperators(tx, operatorIds, nowMs) : new Map<string, OperatorFacts>(),
  ]);
  const alertsBy = new Map<string, Standing[]>(ids.map((id) => [id, []]));
  for (const alert of standing) alertsBy.get(alert.machineId)?.push(alert);
  const memories = new Map(held.map(({ machineId, memory }) => [machineId, memory]));
  const verdicts = facts.map((about): Judged => {
    const { machineId, operatorId } = about;
    const own = settings.get(operatorId) ?? others.get(operatorId) ?? NO_SETTINGS;
    const mine = alertsBy.get(machineId) ?? [];
    const ours = mine.filter((alert) => alert.operatorId === operatorId);
    const memory = memoryOf(memories.get(machineId));
    const verdict = evaluate({
      facts: about,
      operator: operators.get(operatorId) ?? NO_OPERATOR,
      settings: own.rules,
      units: own.units,
      mutes: mutes.filter((mute) => mute.machineId === machineId),
      open: ours.filter(({ dismissed }) => !dismissed),
      dismissed: ours.filter(({ dismissed }) => dismissed),
      ...{ memory, hearing, nowMs },
    });
    // Of the operator it belonged to before: none of his any more.
    const moved = mine.filter((alert) => alert.operatorId !== operatorId);
    // The profile is not made yet: soon.
    const dueMs = unprofiled.includes(machineId) ? Math.min(verdict.dueMs, nowMs + PROFILE_SOON_MS) : verdict.dueMs;
    return { facts: about, verdict: { ...verdict, dueMs }, moved: moved.map(({ id }) => id) };
  });
  return write(tx, verdicts, operators, nowMs);
}

function distinct(ids: readonly string[]): readonly string[] {
  return [...new Set(ids)].sort();
}

/** A trend is read of machines whose temperature is so near below the limit. */
const TREND_FROM_MILLI_C = 5_000;
const PROFILE_SOON_MS = 60_000;
const NO_SETTINGS: OperatorSettings = { units: { temperature: "F" }, rules: new Map() };
const NO_OPERATOR: OperatorFacts = { machines: 0, lost: 0, outage: null };

/** Facts, with some of the profiles that are old made anew; `unprofiled`: those that have to wait. */
async function readWithProfiles(
  tx: Transaction,
  ids: readonly string[],
  settings: readonly OperatorSettings[],
  nowMs: number,
  maxProfiled: number,
): Promise<ReadFacts> {
  const limits = settings.map(({ rules }) => limitsOf(rules));
  const fewest = Math.max(0, ...limits.map(({ slots: [, leave] }) => leave));
  const coolest = Math.min(...limits.map(({ warmMilliC: [enter] }) => enter));
  const read = await readFacts(tx, ids, { nowMs, atMostLeft: fewest, fromMilliC: coolest - TREND_FROM_MILLI_C });
  if (read.unprofiled.length === 0) return read;
  await makeProfiles(tx, read.unprofiled.slice(0, maxProfiled), nowMs);
  // What is made now is used at the next look.
  return { ...read, unprofiled: read.unprofiled.slice(maxProfiled) };
}

interface Judged {
  readonly facts: MachineFacts;
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
  const states = judged.map(({ facts: { machineId, operatorId }, verdict: { memory, dueMs } }) => ({
    ...{ machineId, operatorId, memory, dueMs },
  }));
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
