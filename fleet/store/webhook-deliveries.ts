/**
 * Webhooks of the feed as their sender sees them: who has work, what is the next message, and what became of it.
 * Whoever sends holds its webhook for a while; if it dies, the time ends, and the message that was under way goes again
 * under its id. The next batch is kept in the transaction that moves the webhook's place in the feed.
 */
import { changesBehind } from "../changes/feed.js";
import { MAX_BODY_BYTES } from "../hooks/post.js";
import type { TriedState } from "../hooks/sending.js";
import { feedState } from "./changes.js";
import { instant } from "./cursors.js";
import type { Sql, Transaction } from "./databases.js";
import { allOf, asOperator } from "./tenancy.js";
import { inTransaction } from "./transact.js";
import { moveWebhook, putBatch } from "./webhooks.js";

/** Changes in one message. */
export const MAX_BATCH_CHANGES = 100;
/** Of their JSON; one that is larger alone goes alone. */
export const MAX_BATCH_BYTES = MAX_BODY_BYTES - 16_384;
/** Rows of the feed that one look passes over for the kinds that are wanted. */
const MAX_PASSED = 5_000;
/** Longer than the messages of one hold can take. */
export const FEED_LEASE_MS = 300_000;
const MAX_HELD = 8;

export interface HeldWebhook {
  readonly id: string;
  readonly operatorId: string;
  readonly heldUntil: Date;
}

/**
 * Webhooks with something to do that nobody holds, now held by us. A message that waits for its next try keeps those
 * behind it: order goes before haste. A test goes at once, also of a webhook that is not enabled.
 */
export async function holdWebhooks(ingest: Sql, nowMs: number): Promise<readonly HeldWebhook[]> {
  const now = instant(nowMs);
  return ingest<HeldWebhook[]>`
    UPDATE webhooks SET held_until = ${instant(nowMs + FEED_LEASE_MS)}::timestamptz WHERE id IN (
      SELECT w.id FROM webhooks w CROSS JOIN fleet_settings s
      WHERE (w.held_until IS NULL OR w.held_until <= ${now}::timestamptz) AND (
        EXISTS (SELECT 1 FROM webhook_deliveries d
          WHERE d.webhook_id = w.id AND d.state = 'waiting' AND d.event = 'test')
        OR w.enabled AND coalesce(
          (SELECT d.due_at <= ${now}::timestamptz FROM webhook_deliveries d
            WHERE d.webhook_id = w.id AND d.state = 'waiting' ORDER BY d.created_at, d.id LIMIT 1),
          w.incarnation <> s.incarnation
            OR w.after_seq < (SELECT k.seq FROM change_counters k WHERE k.operator_id = w.operator_id)))
      ORDER BY w.id LIMIT ${MAX_HELD} FOR UPDATE OF w SKIP LOCKED)
    RETURNING id, operator_id AS "operatorId", held_until AS "heldUntil"`;
}

/** Only if it is still ours. */
export async function letGoWebhook(ingest: Sql, { id, heldUntil }: HeldWebhook): Promise<void> {
  await ingest`UPDATE webhooks SET held_until = NULL WHERE id = ${id} AND held_until = ${heldUntil}`;
}

export interface DueMessage {
  readonly id: string;
  readonly event: "changes" | "test";
  /** JSON. */
  readonly body: string;
  readonly createdAt: Date;
  readonly tries: number;
  readonly url: string;
  readonly secretVersion: number;
  readonly secretSince: Date;
}

/** The message whose turn it is; "later" if it waits for its time; undefined if there is none. */
export async function nextMessage(ingest: Sql, id: string, nowMs: number): Promise<DueMessage | "later" | undefined> {
  const [row] = await ingest<(DueMessage & { readonly due: boolean })[]>`
    SELECT d.id, d.event, d.body, d.created_at AS "createdAt", d.tries, w.url, w.secret_version AS "secretVersion",
      w.secret_since AS "secretSince", d.event = 'test' OR d.due_at <= ${instant(nowMs)}::timestamptz AS due
    FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id
    WHERE d.webhook_id = ${id} AND d.state = 'waiting' AND (w.enabled OR d.event = 'test')
    ORDER BY d.event = 'test' DESC, d.created_at, d.id LIMIT 1`;
  if (row === undefined) return undefined;
  return row.due ? row : "later";
}

interface PlaceRow {
  readonly incarnation: number;
  readonly seq: number;
  readonly kinds: readonly string[];
}

const GONE = "what follows its place in the feed is kept no more, or the database was put back from a copy";

/**
 * Keeps the next batch and moves the webhook behind it: "made", "moved" if nothing on the way was wanted, "none" at the
 * end of the feed, and why it cannot go on if what comes next is not all there.
 */
export function makeBatch(
  app: Sql,
  { id, operatorId, heldUntil }: HeldWebhook,
): Promise<"made" | "moved" | "none" | { readonly stop: string }> {
  return asOperator(app, allOf(operatorId), async (tx) => {
    const [at] = await tx<PlaceRow[]>`
      SELECT incarnation, after_seq AS seq, kinds FROM webhooks
      WHERE id = ${id} AND enabled AND held_until = ${heldUntil} FOR UPDATE`;
    if (at === undefined) return "none";
    const { incarnation, newest, oldest } = await feedState(tx, operatorId);
    if (incarnation !== at.incarnation || at.seq < oldest - 1 || at.seq > newest) return { stop: GONE };
    if (at.seq === newest) return "none";
    const upTo = Math.min(newest, at.seq + MAX_PASSED);
    return nextBatch(tx, { id, operatorId, at, upTo });
  });
}

async function nextBatch(
  tx: Transaction,
  {
    id,
    operatorId,
    at,
    upTo,
  }: { readonly id: string; readonly operatorId: string; readonly at: PlaceRow; upTo: number },
): Promise<"made" | "moved"> {
  const { incarnation, kinds } = at;
  const changes = await changesBehind(tx, operatorId, at, { limit: MAX_BATCH_CHANGES, kinds, upTo });
  const texts: string[] = [];
  let bytes = 0;
  for (const change of changes) {
    const text = JSON.stringify(change);
    bytes += Buffer.byteLength(text) + 1;
    if (texts.length > 0 && bytes > MAX_BATCH_BYTES) break;
    texts.push(text);
  }
  const whole = texts.length === changes.length && changes.length < MAX_BATCH_CHANGES;
  const seq = whole ? upTo : Number(changes[texts.length - 1]?.cursor.split("-")[1] ?? upTo);
  await moveWebhook(tx, id, { incarnation, seq });
  if (texts.length === 0) return "moved";
  const body = `{"changes":[${texts.join()}]}`;
  await putBatch(tx, operatorId, id, { event: "changes", body, changes: texts.length, lastSeq: seq });
  return "made";
}

/** It is not sent to until a person enables it. */
export async function stopWebhook(ingest: Sql | Transaction, id: string, why: string, nowMs: number): Promise<void> {
  await ingest`
    UPDATE webhooks SET enabled = false, stopped_at = ${instant(nowMs)}::timestamptz, stopped_why = ${why}
    WHERE id = ${id} AND enabled`;
}

/** What became of a try. A batch that is dead stops its webhook in the same transaction. */
export async function noteBatchTry(
  ingest: Sql,
  webhookId: string,
  message: DueMessage,
  { state, error, dueMs }: TriedState,
  nowMs: number,
): Promise<void> {
  await inTransaction(ingest, async (tx) => {
    const noted = await tx`
      UPDATE webhook_deliveries SET state = ${state}, tries = tries + 1, error = ${error},
        due_at = ${instant(dueMs)}::timestamptz, body = CASE WHEN ${state} = 'sent' THEN NULL ELSE body END,
        ended_at = ${state === "waiting" ? null : instant(nowMs)}::timestamptz
      WHERE id = ${message.id} AND state = 'waiting' RETURNING 1`;
    if (noted.length === 0 || state !== "dead" || message.event === "test") return;
    await stopWebhook(tx, webhookId, `${error} (${message.tries + 1} tries)`, nowMs);
  });
}

/** What was sent is listed so long; tests as well. Dead letters stay with their webhook. */
const ENDED_KEPT_MS = 30 * 86_400_000;
const FORGOTTEN_AT_ONCE = 5_000;

export async function forgetBatches(ingest: Sql, nowMs: number): Promise<void> {
  await ingest`
    DELETE FROM webhook_deliveries WHERE id IN (
      SELECT id FROM webhook_deliveries
      WHERE state <> 'waiting' AND (state = 'sent' OR event = 'test')
        AND ended_at < ${instant(nowMs - ENDED_KEPT_MS)}::timestamptz
      LIMIT ${FORGOTTEN_AT_ONCE})`;
}
