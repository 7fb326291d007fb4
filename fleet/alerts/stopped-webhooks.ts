/**
 * Webhooks of the feed that have stopped: nothing reaches whoever follows by them until a person sets them going again.
 * One alert an operator, which names them all; it is over when none stands still. Looked at with the outages, so that a
 * process that was killed in between has forgotten nothing.
 */
import {
  type AlertNews,
  type AlertWrite,
  changeAlerts,
  closeAlerts,
  forgetDismissed,
  openAlerts,
  operatorSettings,
} from "../store/alerts.js";
import type { Sql, Transaction } from "../store/databases.js";
import { lockStopped, type StoppedWebhook, standingStopped, stoppedWebhooks } from "../store/stopped-webhooks.js";
import { inTransaction } from "../store/transact.js";
import { limitOf, type RuleSetting } from "./evaluate.js";
import { RULES, type RuleCode } from "./rules.js";
import { count } from "./sentences.js";

const MINUTE_MS = 60_000;
/** Of several that stand still so many say why. */
export const MAX_TOLD = 3;

export interface LookingAtWebhooks {
  readonly nowMs: number;
  /** Told in the transaction. */
  readonly tell: (tx: Transaction, news: readonly AlertNews[], nowMs: number) => Promise<void>;
}

/** Opens, changes and closes the alerts of all operators; what became of them. */
export function lookAtWebhooks(ingest: Sql, { nowMs, tell }: LookingAtWebhooks): Promise<readonly AlertNews[]> {
  return inTransaction(ingest, async (tx) => {
    if (!(await lockStopped(tx))) return [];
    const [stopped, standing] = await Promise.all([stoppedWebhooks(tx), standingStopped(tx)]);
    const operatorIds = [...new Set([...stopped, ...standing].map(({ operatorId }) => operatorId))].sort();
    if (operatorIds.length === 0) return [];
    const settings = await operatorSettings(tx, operatorIds);
    const verdicts = operatorIds.map((operatorId) => {
      const alert = standing.find((one) => one.operatorId === operatorId);
      const theirs = stopped.filter((one) => one.operatorId === operatorId);
      return judge(operatorId, theirs, alert, settings.get(operatorId)?.rules ?? new Map(), nowMs);
    });
    // One behind the other on one connection, in this order: what closes makes room for what opens.
    const [, closed, changed, opened] = await Promise.all([
      forgetDismissed(
        tx,
        verdicts.flatMap(({ forgets = [] }) => forgets),
      ),
      closeAlerts(
        tx,
        verdicts.flatMap(({ closes = [] }) => closes),
        nowMs,
      ),
      changeAlerts(
        tx,
        verdicts.flatMap(({ changes = [] }) => changes),
        nowMs,
      ),
      openAlerts(
        tx,
        verdicts.flatMap(({ opens = [] }) => opens),
        nowMs,
      ),
    ]);
    const news = [...closed, ...changed, ...opened];
    if (news.length > 0) await tell(tx, news, nowMs);
    return news;
  });
}

interface Verdict {
  readonly opens?: readonly AlertWrite[];
  readonly changes?: readonly (AlertWrite & { readonly id: string })[];
  readonly closes?: readonly { readonly id: string; readonly why: string }[];
  readonly forgets?: readonly string[];
}

type Standing = Awaited<ReturnType<typeof standingStopped>>[number];

function judge(
  operatorId: string,
  stopped: readonly StoppedWebhook[],
  standing: Standing | undefined,
  settings: ReadonlyMap<RuleCode, RuleSetting>,
  nowMs: number,
): Verdict {
  const setting = settings.get("webhookStopped");
  const isOff = setting?.enabled === false;
  const holdMs = limitOf("webhookStopped", settings)("openAfterMinutes") * MINUTE_MS;
  const told = isOff ? [] : stopped.filter(({ sinceMs }) => nowMs - sinceMs >= holdMs);
  if (told.length === 0) {
    if (standing === undefined) return {};
    if (standing.dismissed) return { forgets: [standing.id] };
    return { closes: [{ id: standing.id, why: isOff ? "the rule was switched off" : "none stands still any more" }] };
  }
  const alert: AlertWrite = {
    ...{ operatorId, machineId: null, slot: null, rule: "webhookStopped" },
    severity: setting?.severity ?? RULES.webhookStopped.severity,
    sentence: sentenceOf(told),
    instance: told.map(({ id, sinceMs }) => `${id}@${sinceMs}`).join(),
  };
  if (standing === undefined) return { opens: [alert] };
  const isSame = standing.instance === alert.instance && standing.severity === alert.severity;
  // What a person has dismissed stays so until another one stops.
  if (standing.dismissed) return standing.instance === alert.instance ? {} : { forgets: [standing.id], opens: [alert] };
  return isSame ? {} : { changes: [{ ...alert, id: standing.id }] };
}

/** stopped: at least one, in the order of their names. */
export function sentenceOf(stopped: readonly Pick<StoppedWebhook, "name" | "why">[]): string {
  const [only] = stopped;
  if (only !== undefined && stopped.length === 1) return `Webhook ${only.name} is stopped: ${only.why}`;
  const told = stopped.slice(0, MAX_TOLD).map(({ name, why }) => `${name} (${why})`);
  const more = stopped.length - told.length;
  const rest = more > 0 ? [`${more} more`] : [];
  return `${count(stopped.length, "webhook")} are stopped: ${[...told, ...rest].join(", ")}`;
}
