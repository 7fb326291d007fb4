/**
 * The outbox of the channels, with the ingest role: news put in with the alert they tell of, taken by one sender a
 * channel at a time, and what became of them. Whoever sends holds its channel for a while; if it dies, the time ends.
 */

import { Value } from "typebox/value";
import type { ChannelAddress, ChannelKind } from "../alerts/channels/channel.js";
import { type AlertNote, type Message, MessageBody } from "../alerts/message.js";
import { quietUntil } from "../alerts/quiet.js";
import type { TriedState } from "../hooks/sending.js";
import type { AlertNews } from "./alerts.js";
import { instant } from "./cursors.js";
import type { Sql, Transaction } from "./databases.js";
import { inTransaction } from "./transact.js";

/** Deliveries that wait in one channel; what comes beyond is counted, and told with the next. */
export const MAX_WAITING = 1_000;
/** More than so many at once go as one. */
export const DIGEST_ABOVE = 5;
/** Alerts told in one message. */
export const MAX_DIGEST = 200;
/** Longer than sending DIGEST_ABOVE messages can take. */
export const LEASE_MS = 300_000;
const MAX_CHANNELS = 8;
const RANK = ["info", "warning", "error", "critical"] as const;

interface Route {
  readonly id: string;
  readonly operatorId: string;
  readonly leastSeverity: (typeof RANK)[number];
  readonly rules: readonly string[] | null;
  readonly resolved: boolean;
  readonly inQuietHours: "send" | "hold";
  readonly timeZone: string;
  readonly from: number | null;
  readonly to: number | null;
  readonly waiting: number;
}

/** Puts `news` into the outbox of each channel that wants it; in the transaction that wrote the alerts. */
export async function putNews(tx: Transaction, news: readonly AlertNews[], nowMs: number): Promise<void> {
  const operatorIds = [...new Set(news.map(({ operatorId }) => operatorId))].sort();
  const routes = await tx<Route[]>`
    SELECT c.id, c.operator_id AS "operatorId", c.least_severity AS "leastSeverity", c.rules, c.resolved,
      c.in_quiet_hours AS "inQuietHours", coalesce(s.time_zone, 'UTC') AS "timeZone", s.quiet_from AS "from",
      s.quiet_to AS "to",
      (SELECT count(*)::int FROM deliveries d WHERE d.channel_id = c.id AND d.state = 'waiting') AS waiting
    FROM channels c LEFT JOIN alert_settings s ON s.operator_id = c.operator_id
    WHERE c.enabled AND c.operator_id = ANY (${operatorIds}::uuid[]) ORDER BY c.id`;
  for (const route of routes) {
    const wanted = news.filter((one) => wants(route, one));
    const room = Math.max(0, MAX_WAITING - route.waiting);
    const rows = wanted.slice(0, room).map((one) => {
      const quiet = one.severity === "critical" || route.inQuietHours === "send" ? undefined : quietUntil(nowMs, route);
      const body: MessageBody = { alerts: [noteOf(one)], leftOut: 0 };
      return { event: `alert.${one.kind}`, body: JSON.stringify(body), due: instant(quiet ?? nowMs) };
    });
    if (rows.length > 0) {
      await tx`
        INSERT INTO deliveries (operator_id, channel_id, event, body, created_at, due_at)
        SELECT ${route.operatorId}, ${route.id}, event, body::jsonb, ${instant(nowMs)}::timestamptz, due_at
        FROM unnest(${rows.map(({ event }) => event)}::text[], ${rows.map(({ body }) => body)}::text[],
          ${rows.map(({ due }) => due)}::timestamptz[]) AS d (event, body, due_at)`;
    }
    const leftOut = wanted.length - rows.length;
    if (leftOut > 0) await tx`UPDATE channels SET left_out = left_out + ${leftOut} WHERE id = ${route.id}`;
  }
}

function wants(route: Route, { operatorId, severity, rule, kind }: AlertNews): boolean {
  if (operatorId !== route.operatorId || (kind === "resolved" && !route.resolved)) return false;
  if (route.rules !== null && !route.rules.includes(rule)) return false;
  return RANK.indexOf(severity) >= RANK.indexOf(route.leastSeverity);
}

function noteOf({ operatorId: _, openedAt, resolvedAt, ...about }: AlertNews): AlertNote {
  return { ...about, openedAt: openedAt.toISOString(), resolvedAt: resolvedAt?.toISOString() ?? null };
}

export interface HeldChannel {
  readonly kind: ChannelKind;
  readonly address: ChannelAddress;
  readonly heldUntil: Date;
  readonly messages: readonly (Message & { readonly tries: number })[];
}

interface ChannelRow {
  readonly id: string;
  readonly operatorId: string;
  readonly kind: ChannelKind;
  readonly target: { readonly url?: string; readonly to?: readonly string[] };
  readonly secretVersion: number;
  readonly secretSince: Date;
  readonly heldUntil: Date;
  readonly leftOut: number;
}

/** Channels with something due that nobody holds, now held by us, with what is to be sent. */
export async function holdChannels(ingest: Sql, nowMs: number): Promise<readonly HeldChannel[]> {
  return inTransaction(ingest, async (tx) => {
    const now = instant(nowMs);
    const rows = await tx<ChannelRow[]>`
      UPDATE channels SET held_until = ${instant(nowMs + LEASE_MS)}::timestamptz WHERE id IN (
        SELECT c.id FROM channels c
        WHERE c.enabled AND (c.held_until IS NULL OR c.held_until <= ${now}::timestamptz) AND EXISTS (
          SELECT 1 FROM deliveries d
          WHERE d.channel_id = c.id AND d.state = 'waiting' AND d.due_at <= ${now}::timestamptz)
        ORDER BY c.id LIMIT ${MAX_CHANNELS} FOR UPDATE SKIP LOCKED)
      RETURNING id, operator_id AS "operatorId", kind, target, secret_version AS "secretVersion",
        secret_since AS "secretSince", held_until AS "heldUntil", left_out AS "leftOut"`;
    const held: HeldChannel[] = [];
    for (const row of rows) held.push(await withMessages(tx, row, nowMs));
    return held;
  });
}

interface DeliveryRow {
  readonly id: string;
  readonly event: string;
  readonly body: unknown;
  readonly createdAt: Date;
  readonly tries: number;
}

async function withMessages(tx: Transaction, channel: ChannelRow, nowMs: number): Promise<HeldChannel> {
  const { id, kind, target, secretVersion, secretSince, heldUntil } = channel;
  const due = await tx<DeliveryRow[]>`
    SELECT id, event, body, created_at AS "createdAt", tries FROM deliveries
    WHERE channel_id = ${id} AND state = 'waiting' AND due_at <= ${instant(nowMs)}::timestamptz
    ORDER BY created_at, id LIMIT ${MAX_DIGEST}`;
  const fresh = due.filter(({ tries, event }) => tries === 0 && event.startsWith("alert.") && event !== DIGEST);
  const many = fresh.length > DIGEST_ABOVE || channel.leftOut > 0;
  const rest = many ? due.filter((row) => !fresh.includes(row)) : due;
  const digest = many && fresh.length > 0 ? [await makeDigest(tx, channel, fresh, nowMs)] : [];
  const messages = [...rest, ...digest].slice(0, DIGEST_ABOVE).map((row) => ({ ...row, body: bodyOf(row.body) }));
  const { url = "", to = [] } = target;
  return { kind, address: { id, url, to, secretVersion, secretSinceMs: secretSince.getTime() }, heldUntil, messages };
}

const DIGEST = "alert.digest";

/** One delivery in place of many, before any of them was tried: its id is its own from then on. */
async function makeDigest(
  tx: Transaction,
  { id, operatorId, leftOut }: ChannelRow,
  rows: readonly DeliveryRow[],
  nowMs: number,
): Promise<DeliveryRow> {
  const body: MessageBody = { alerts: rows.flatMap((row) => bodyOf(row.body).alerts), leftOut };
  const [made] = await tx<DeliveryRow[]>`
    WITH gone AS (
      DELETE FROM deliveries WHERE id = ANY (${rows.map((row) => row.id)}::uuid[])
    ), told AS (
      UPDATE channels SET left_out = 0 WHERE id = ${id}
    )
    INSERT INTO deliveries (operator_id, channel_id, event, body, created_at, due_at)
    VALUES (${operatorId}, ${id}, ${DIGEST}, ${JSON.stringify(body)}::text::jsonb, ${instant(nowMs)}, ${instant(nowMs)})
    RETURNING id, event, body, created_at AS "createdAt", tries`;
  if (made === undefined) throw new Error("the digest was not kept");
  return made;
}

function bodyOf(stored: unknown): MessageBody {
  return Value.Check(MessageBody, stored) ? stored : { alerts: [], leftOut: 0 };
}

export interface TryEnd extends TriedState {
  readonly id: string;
}

export async function noteTry(ingest: Sql, { id, state, error, dueMs }: TryEnd, nowMs: number): Promise<void> {
  const ended = state === "waiting" ? null : instant(nowMs);
  await ingest`
    UPDATE deliveries SET state = ${state}, tries = tries + 1, error = ${error}, due_at = ${instant(dueMs)},
      ended_at = ${ended}
    WHERE id = ${id} AND state = 'waiting'`;
}

/** Lets go of a channel, or lets it rest; only if it is still ours. */
export async function letGo(ingest: Sql, channelId: string, heldUntil: Date, untilMs: number | null): Promise<void> {
  await ingest`
    UPDATE channels SET held_until = ${instant(untilMs)}::timestamptz
    WHERE id = ${channelId} AND held_until = ${heldUntil}`;
}

/** What was sent is kept so long. */
const SENT_KEPT_MS = 30 * 86_400_000;
const FORGOTTEN_AT_ONCE = 5_000;

export async function forgetSent(ingest: Sql, nowMs: number): Promise<void> {
  await ingest`
    DELETE FROM deliveries WHERE id IN (
      SELECT id FROM deliveries WHERE state = 'sent' AND ended_at < ${instant(nowMs - SENT_KEPT_MS)}::timestamptz
      LIMIT ${FORGOTTEN_AT_ONCE})`;
}
