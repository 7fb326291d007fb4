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
  saveStates,
  standingAlerts,
  standingMutes,
} from "../store/alerts.js";
import type { Sql, Transaction } from "../store/databases.js";
import { makeProfiles } from "../store/sales-profiles.js";
import { inTransaction } from "../store/transact.js";
import { evaluate, limitOf, type Verdict } from "./evaluate.js";
import type { MachineFacts, OperatorFacts } from "./facts.js";
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
  /** Told of each operator's limit for slots that are low. */
  readonly setLow: (operatorId: string, left: number) => void;
}

export interface Looked {
  readonly machines: number;
  readonly news: readonly AlertNews[];
}

/** Looks at these machines; at most MAX_LOOKED_AT of them. */
export function lookAt(ingest: Sql, serials: readonly string[], looking: Looking): Promise<Looked> {
  return look(ingest, (tx) => holdMachines(tx, serials), looking);
}

/** Looks at machines whose time has come. */
export function lookAtDue(ingest: Sql, looking: Looking): Promise<Looked> {
  return look(ingest, (tx) => holdDue(tx, MAX_LOOKED_AT, looking.nowMs), looking);
}

async function look(
  ingest: Sql,
  hold: (tx: Transaction) => Promise<readonly HeldMachine[]>,
  looking: Looking,
): Promise<Looked> {
  return inTransaction(ingest, async (tx) => {
    const held = await hold(tx);
    if (held.length === 0) return { machines: 0, news: [] };
    const news = await judge(tx, held, looking);
    if (news.length > 0) await looking.tell(tx, news, looking.nowMs);
    return { machines: held.length, news };
  });
}

async function judge(tx: Transaction, held: readonly HeldMachine[], looking: Looking): Promise<readonly AlertNews[]> {
  const { nowMs, hearing } = looking;
  const ids = held.map(({ machineId }) => machineId);
  const { facts, unprofiled } = await readWithProfiles(tx, ids, nowMs);
  const operatorIds = [...new Set(facts.map(({ operatorId }) => operatorId))].sort();
  const [standing, settings, mutes, operators] = await Promise.all([
    standingAlerts(tx, ids),
    operatorSettings(tx, operatorIds),
    standingMutes(tx, ids, nowMs),
    facts.some(({ online }) => !online) ? readOperators(tx, operatorIds, nowMs) : new Map<string, OperatorFacts>(),
  ]);
  const verdicts = facts.map((about): Judged => {
    const { machineId, operatorId } = about;
    const own = settings.get(operatorId) ?? NO_SETTINGS;
    looking.setLow(operatorId, limitOf("slotLow", own.rules)("left"));
    const mine = standing.filter((alert) => alert.machineId === machineId);
    const ours = mine.filter((alert) => alert.operatorId === operatorId);
    const memory = memoryOf(held.find((row) => row.machineId === machineId)?.memory);
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

const PROFILE_SOON_MS = 60_000;
const NO_SETTINGS: OperatorSettings = { units: { temperature: "F" }, rules: new Map() };
const NO_OPERATOR: OperatorFacts = { machines: 0, lost: 0, outage: null };

/** Facts, with some of the profiles that are old made anew; `unprofiled`: those that have to wait. */
async function readWithProfiles(tx: Transaction, ids: readonly string[], nowMs: number): Promise<ReadFacts> {
  const read = await readFacts(tx, ids, nowMs);
  if (read.unprofiled.length === 0) return read;
  await makeProfiles(tx, read.unprofiled.slice(0, MAX_PROFILED), nowMs);
  // What is made now is used at the next look.
  return { ...read, unprofiled: read.unprofiled.slice(MAX_PROFILED) };
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
  const news = [
    ...(await closeAlerts(tx, closes, nowMs)),
    ...(await changeAlerts(
      tx,
      judged.flatMap(({ verdict }) => verdict.changes),
      nowMs,
    )),
    ...(await openAlerts(tx, opens, nowMs)),
  ];
  await forgetDismissed(
    tx,
    judged.flatMap(({ verdict, moved }) => [...verdict.forget, ...moved]),
  );
  for (const operatorId of new Set(judged.filter(({ verdict }) => verdict.outage).map(operatorOf))) {
    news.push(...(await openOutage(tx, operatorId, operators.get(operatorId) ?? NO_OPERATOR, nowMs)));
  }
  await saveStates(
    tx,
    judged.map(({ facts: { machineId, operatorId }, verdict: { memory, dueMs } }) => ({
      ...{ machineId, operatorId, memory, dueMs },
    })),
  );
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
