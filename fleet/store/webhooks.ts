/** Webhooks of an operator's feed and their deliveries, as the operator keeps them. Secrets are derived, never here. */
import type { FeedDelivery, Webhook } from "../api/webhooks/schema.js";
import type { Transaction } from "./databases.js";
import {
  MESSAGE_TIMES,
  type MessageFilter,
  type MessageKeyset,
  type MessageRow,
  messagesOf,
  pageOfMessages,
} from "./outbox.js";
import type { Page } from "./reading.js";

export interface KeptWebhook {
  readonly webhook: Webhook;
  readonly secretVersion: number;
}

const WEBHOOK = `
  SELECT w.id, w.name, w.url, w.kinds, w.enabled, w.incarnation || '-' || w.after_seq AS cursor,
    greatest(0, coalesce(k.seq, 0) - w.after_seq) AS behind, w.stopped_at AS "stoppedAt",
    w.stopped_why AS "stoppedWhy", w.secret_version AS "secretVersion",
    (SELECT count(*)::int FROM webhook_deliveries d WHERE d.webhook_id = w.id AND d.state = 'waiting') AS waiting,
    (SELECT count(*)::int FROM webhook_deliveries d
      WHERE d.webhook_id = w.id AND d.state = 'dead' AND d.event <> 'test') AS dead
  FROM webhooks w LEFT JOIN change_counters k ON k.operator_id = w.operator_id
`;

interface WebhookRow extends Omit<Webhook, "stopped"> {
  readonly stoppedAt: Date | null;
  readonly stoppedWhy: string | null;
  readonly secretVersion: number;
}

function webhookOf({ stoppedAt, stoppedWhy, secretVersion, ...row }: WebhookRow): KeptWebhook {
  const stopped = stoppedAt === null ? null : { at: stoppedAt.toISOString(), why: stoppedWhy ?? "" };
  return { webhook: { ...row, stopped }, secretVersion };
}

export async function listWebhooks(tx: Transaction, operatorId: string): Promise<readonly KeptWebhook[]> {
  const rows = await tx<WebhookRow[]>`
    ${tx.unsafe(WEBHOOK)} WHERE w.operator_id = ${operatorId} ORDER BY w.name`;
  return rows.map(webhookOf);
}

/** `lock`: nobody else changes it, or makes a batch for it, until the transaction ends. */
export async function readWebhook(
  tx: Transaction,
  operatorId: string,
  id: string,
  lock = false,
): Promise<KeptWebhook | undefined> {
  const [row] = await tx<WebhookRow[]>`
    ${tx.unsafe(WEBHOOK)} WHERE w.operator_id = ${operatorId} AND w.id = ${id} ${lock ? tx`FOR UPDATE OF w` : tx``}`;
  return row === undefined ? undefined : webhookOf(row);
}

export interface NewRow {
  readonly name: string;
  readonly url: string;
  readonly kinds: readonly string[];
  readonly enabled: boolean;
  readonly incarnation: number;
  readonly afterSeq: number;
}

/** Id of the new one; what kept it out otherwise. At most `atMost` of one operator. */
export async function addWebhook(
  tx: Transaction,
  operatorId: string,
  { name, url, kinds, enabled, incarnation, afterSeq }: NewRow,
  atMost: number,
): Promise<{ readonly id: string } | "too many" | "taken"> {
  await tx`SELECT pg_advisory_xact_lock(hashtextextended(${`webhooks ${operatorId}`}, 0))`;
  const there = await tx`SELECT 1 FROM webhooks WHERE operator_id = ${operatorId}`;
  if (there.length >= atMost) return "too many";
  const [row] = await tx<{ id: string }[]>`
    INSERT INTO webhooks (operator_id, name, url, kinds, enabled, incarnation, after_seq)
    VALUES (${operatorId}, ${name}, ${url}, ${[...kinds]}::text[], ${enabled}, ${incarnation}, ${afterSeq})
    ON CONFLICT (operator_id, name) DO NOTHING RETURNING id`;
  return row ?? "taken";
}

/** False: the name is another's. One that is enabled is stopped no more. */
export async function changeWebhook(tx: Transaction, operatorId: string, webhook: Webhook): Promise<boolean> {
  const { id, name, url, kinds, enabled } = webhook;
  const [taken] = await tx`
    SELECT 1 FROM webhooks WHERE operator_id = ${operatorId} AND name = ${name} AND id <> ${id}`;
  if (taken !== undefined) return false;
  await tx`
    UPDATE webhooks SET name = ${name}, url = ${url}, kinds = ${[...kinds]}::text[], enabled = ${enabled},
      stopped_at = CASE WHEN ${enabled} THEN NULL ELSE stopped_at END,
      stopped_why = CASE WHEN ${enabled} THEN NULL ELSE stopped_why END
    WHERE operator_id = ${operatorId} AND id = ${id}`;
  return true;
}

/** From here on it goes on; in the transaction that says so. */
export async function moveWebhook(
  tx: Transaction,
  id: string,
  { incarnation, seq }: { readonly incarnation: number; readonly seq: number },
): Promise<void> {
  await tx`UPDATE webhooks SET incarnation = ${incarnation}, after_seq = ${seq} WHERE id = ${id}`;
}

export interface BatchToSend {
  readonly event: "changes" | "test";
  /** JSON. */
  readonly body: string;
  readonly changes: number;
  readonly lastSeq: number | null;
}

/** Puts one message behind those that wait; its id. */
export async function putBatch(
  tx: Transaction,
  operatorId: string,
  webhookId: string,
  { event, body, changes, lastSeq }: BatchToSend,
): Promise<string> {
  const [row] = await tx<{ id: string }[]>`
    INSERT INTO webhook_deliveries (operator_id, webhook_id, event, body, changes, last_seq)
    VALUES (${operatorId}, ${webhookId}, ${event}, ${body}, ${changes}, ${lastSeq}) RETURNING id`;
  if (row === undefined) throw new Error("the message was not kept");
  return row.id;
}

/** Newest first. */
export async function listFeedDeliveries(
  tx: Transaction,
  webhookId: string,
  filter: MessageFilter,
): Promise<Page<FeedDelivery, MessageKeyset>> {
  const rows = await tx<(Omit<FeedDelivery, keyof MessageRow> & MessageRow)[]>`
    SELECT id, event, changes, state, tries, error, ${tx.unsafe(MESSAGE_TIMES)} FROM webhook_deliveries
    WHERE webhook_id = ${webhookId} AND ${pageOfMessages(tx, filter)}`;
  return messagesOf(rows, filter.limit);
}

/** Dead letters that are sent again, under the ids they had; how many. `deliveryId` null: all of the webhook. */
export async function replayDeadBatches(
  tx: Transaction,
  webhookId: string,
  deliveryId: string | null,
): Promise<number> {
  const rows = await tx`
    UPDATE webhook_deliveries SET state = 'waiting', tries = 0, due_at = now(), ended_at = NULL, error = NULL
    WHERE webhook_id = ${webhookId} AND state = 'dead' AND event <> 'test'
      AND (${deliveryId}::uuid IS NULL OR id = ${deliveryId})
    RETURNING id`;
  return rows.length;
}
