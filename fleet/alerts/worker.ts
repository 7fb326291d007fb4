/**
 * The loop that looks at machines: those that changed, those whose time has come, outages that end; and at webhooks
 * that have stopped. At its own pace, so that a storm of changes waits here (as a bounded set) and not in ingest's way.
 */
import { setTimeout as wait } from "node:timers/promises";
import { lookAtHeard } from "../store/alert-lookouts.js";
import { raiseSignal } from "../store/alert-signals.js";
import type { AlertNews } from "../store/alerts.js";
import type { Sql } from "../store/databases.js";
import { endOutages, type Looked, type Looking, lookAt, lookAtDue, MAX_LOOKED_AT } from "./evaluator.js";
import { startLookout } from "./lookout.js";
import type { Marks } from "./marks.js";
import { lookAtWebhooks } from "./stopped-webhooks.js";

/** Between two rounds: a machine that changes all the time is looked at once in it. */
export const ROUND_MS = 1_000;
/** More than these wait until a look is full: much of what it costs is the same for one machine and for a hundred. */
export const FEW = 16;
/** But no longer than so many rounds. */
export const MAX_ROUNDS_WAITED = 5;
/** Between two transactions while many wait: ingest goes first. */
const BREATH_MS = 100;
const DUE_EVERY_MS = 5_000;
const RETRY_MS = 5_000;
/** Transactions of one round for machines whose time has come. */
const MAX_DUE_ROUNDS = 20;

export interface AlertPorts {
  ingest(): Sql;
  hearing(): boolean;
  now(): number;
  readonly tell: Looking["tell"];
  /** After the commit; failures are its own. */
  announce(news: readonly AlertNews[]): void;
  log(text: string, error: unknown): void;
}

/** One round, for tests and the loop alike: everything that changed, and everything that is due. */
export async function lookAtAll(marks: Marks, ports: AlertPorts, stop?: AbortSignal): Promise<number> {
  return (await lookAtChanged(marks, ports, stop)) + (await lookAtTimes(marks, ports, stop));
}

/** Machines looked at. What was taken and not judged is marked again. */
export async function lookAtChanged(marks: Marks, ports: AlertPorts, stop?: AbortSignal): Promise<number> {
  let looked = 0;
  for (const { serial, mark } of marks.takeGaps()) {
    const detail = `our books end at record ${mark}, its ledger begins later`;
    await raiseSignal(ports.ingest(), { serial, signal: "gap", detail, untilMark: mark });
  }
  while (stop?.aborted !== true) {
    const subjects = marks.take(MAX_LOOKED_AT);
    if (subjects.size === 0) return looked;
    try {
      looked += announced(await lookAt(ports.ingest(), subjects, lookingOf(marks, ports)), ports);
    } catch (error) {
      for (const [serial, subject] of subjects) marks.mark(serial, subject);
      throw error;
    }
    if (marks.size > 0 && stop !== undefined) await wait(BREATH_MS, undefined, { ref: false });
  }
  return looked;
}

async function lookAtTimes(marks: Marks, ports: AlertPorts, stop?: AbortSignal): Promise<number> {
  let looked = 0;
  announced(await endOutages(ports.ingest(), lookingOf(marks, ports)), ports);
  const news = await lookAtWebhooks(ports.ingest(), { nowMs: ports.now(), tell: ports.tell });
  if (news.length > 0) ports.announce(news);
  for (let round = 0; round < MAX_DUE_ROUNDS && stop?.aborted !== true; round++) {
    const machines = announced(await lookAtDue(ports.ingest(), lookingOf(marks, ports)), ports);
    looked += machines;
    if (machines < MAX_LOOKED_AT) break;
    if (stop !== undefined) await wait(BREATH_MS, undefined, { ref: false });
  }
  return looked;
}

function announced({ machines, news }: Looked, ports: AlertPorts): number {
  if (news.length > 0) ports.announce(news);
  return machines;
}

function lookingOf(marks: Marks, { now, hearing, tell }: AlertPorts): Looking {
  return {
    nowMs: now(),
    hearing: hearing(),
    tell,
    setLimits: (operatorId, limits) => marks.setLimits(operatorId, limits),
  };
}

/** Whether so many marks, after so many rounds, wait for others; few are looked at in the next round. */
export function waitForMore(marked: number, roundsWaited: number): boolean {
  return marked > FEW && marked < MAX_LOOKED_AT && roundsWaited < MAX_ROUNDS_WAITED;
}

/** Starts the loop; `close` ends it after the transaction it is in. */
export function startAlerts(marks: Marks, ports: AlertPorts): { close(): Promise<void> } {
  const stop = new AbortController();
  let lookedMs = ports.now();
  let roundsWaited = 0;
  let overflowed = 0;
  const lookout = startLookout(ports, () => lookedMs);
  const loop = async (): Promise<void> => {
    let dueMs = 0;
    while (!stop.signal.aborted) {
      let pauseMs = ROUND_MS;
      try {
        if (waitForMore(marks.size, roundsWaited)) roundsWaited++;
        else {
          roundsWaited = 0;
          const beganMs = ports.now();
          await lookAtChanged(marks, ports, stop.signal);
          if (marks.overflowed > overflowed) {
            overflowed = marks.overflowed;
            await lookAtHeard(ports.ingest(), lookedMs);
          }
          if (!stop.signal.aborted) lookedMs = beganMs;
        }
        if (performance.now() >= dueMs) {
          await lookAtTimes(marks, ports, stop.signal);
          dueMs = performance.now() + DUE_EVERY_MS;
        }
      } catch (error) {
        if (!stop.signal.aborted) ports.log("alerts were not looked at", error);
        pauseMs = RETRY_MS;
      }
      await wait(pauseMs, undefined, { signal: stop.signal, ref: false }).catch(() => undefined);
    }
  };
  const running = loop();
  return {
    close: async () => {
      stop.abort();
      await Promise.all([running, lookout.close()]);
    },
  };
}
