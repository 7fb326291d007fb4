/** Webhooks of an operator's feed and their deliveries, as the operator keeps them. Secrets are derived, never here. */
import type { FeedDelivery, Webhook } from "../api/webhooks/schema.js";
import type { Transaction } from "./databases.js";
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

/** With what waits in it. */
export async function dropWebhook(tx: Transaction, operatorId: string, id: string): Promise<void> {
  await tx`DELETE FROM webhooks WHERE operator_id = ${operatorId} AND id = ${id}`;
}

/** The version of the secret from now on. */
export async function renewWebhookSecret(tx: Transaction, operatorId: string, id: string): Promise<number> {
  const [row] = await tx<{ version: number }[]>`
    UPDATE webhooks SET secret_version = secret_version + 1, secret_since = now()
    WHERE operator_id = ${operatorId} AND id = ${id} RETURNING secret_version AS version`;
  if (row === undefined) throw new Error("the webhook is gone");
  return row.version;
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

export interface FeedDeliveryKeyset {
  readonly at: string;
  readonly id: string;
}

/** Newest first. */
export async function listFeedDeliveries(
  tx: Transaction,
  webhookId: string,
  filter: {
    readonly state?: string | undefined;
    readonly limit: number;
    readonly before?: FeedDeliveryKeyset | undefined;
  },
): Promise<Page<FeedDelivery, FeedDeliveryKeyset>> {
  const { state = null, limit, before } = filter;
  const rows = await tx<
    (Omit<FeedDelivery, "createdAt" | "endedAt"> & { createdAt: Date; endedAt: Date | null; key: string })[]
  >`
    SELECT id, event, changes, state, tries, error, created_at AS "createdAt", ended_at AS "endedAt",
      created_at::text AS key
    FROM webhook_deliveries
    WHERE webhook_id = ${webhookId} AND (${state}::text IS NULL OR state = ${state})
      AND (${before?.at ?? null}::timestamptz IS NULL OR (created_at, id)
        < (${before?.at ?? null}::timestamptz, ${before?.id ?? null}::uuid))
    ORDER BY created_at DESC, id DESC LIMIT ${limit + 1}`;
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  const items = rows.slice(0, limit).map(({ key: _, createdAt, endedAt, ...row }) => ({
    ...{ ...row, createdAt: createdAt.toISOString(), endedAt: endedAt?.toISOString() ?? null },
  }));
  return { items, next: last === undefined ? undefined : { at: last.key, id: last.id } };
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
