/** Channels and their dead letters as an operator keeps them. Secrets are derived, never here. */
import type { Channel, ChannelBody, Delivery } from "../api/channels/schema.js";
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

export interface KeptChannel {
  readonly channel: Channel;
  readonly secretVersion: number;
}

const CHANNEL = `
  SELECT c.id, c.name, c.kind, c.target, c.enabled, c.least_severity AS "leastSeverity", c.rules, c.resolved,
    c.in_quiet_hours AS "inQuietHours", c.secret_version AS "secretVersion",
    (SELECT count(*)::int FROM deliveries d WHERE d.channel_id = c.id AND d.state = 'waiting') AS waiting,
    (SELECT count(*)::int FROM deliveries d WHERE d.channel_id = c.id AND d.state = 'dead') AS dead
  FROM channels c
`;

interface ChannelRow extends Omit<Channel, "url" | "to"> {
  readonly target: { readonly url?: string; readonly to?: string[] };
  readonly secretVersion: number;
}

function channelOf({ target, secretVersion, ...row }: ChannelRow): KeptChannel {
  return { channel: { ...row, url: target.url ?? null, to: target.to ?? null }, secretVersion };
}

export async function listChannels(tx: Transaction, operatorId: string): Promise<readonly KeptChannel[]> {
  const rows = await tx<ChannelRow[]>`
    ${tx.unsafe(CHANNEL)} WHERE c.operator_id = ${operatorId} ORDER BY c.name`;
  return rows.map(channelOf);
}

/** `lock`: nobody else changes it until the transaction ends. */
export async function readChannel(
  tx: Transaction,
  operatorId: string,
  id: string,
  lock = false,
): Promise<KeptChannel | undefined> {
  const [row] = await tx<ChannelRow[]>`
    ${tx.unsafe(CHANNEL)} WHERE c.operator_id = ${operatorId} AND c.id = ${id}
    ${lock ? tx`FOR NO KEY UPDATE OF c` : tx``}`;
  return row === undefined ? undefined : channelOf(row);
}

/** Undefined: the name is taken. */
export async function addChannel(tx: Transaction, operatorId: string, body: ChannelBody): Promise<string | undefined> {
  const { name, kind, enabled = true, leastSeverity = "warning", rules = null } = body;
  const { resolved = true, inQuietHours = "hold" } = body;
  const [row] = await tx<{ id: string }[]>`
    INSERT INTO channels (operator_id, name, kind, target, enabled, least_severity, rules, resolved, in_quiet_hours)
    VALUES (${operatorId}, ${name}, ${kind}, ${targetOf(body)}::text::jsonb, ${enabled}, ${leastSeverity},
      ${rules}::text[], ${resolved}, ${inQuietHours})
    ON CONFLICT (operator_id, name) DO NOTHING RETURNING id`;
  return row?.id;
}

function targetOf({ url, to }: Pick<Channel, "url" | "to"> | Pick<ChannelBody, "url" | "to">): string {
  return JSON.stringify(url === undefined || url === null ? { to: to ?? [] } : { url });
}

/** False: the name is another's. */
export async function changeChannel(tx: Transaction, operatorId: string, channel: Channel): Promise<boolean> {
  const { id, name, enabled, leastSeverity, rules, resolved, inQuietHours } = channel;
  const [taken] = await tx`
    SELECT 1 FROM channels WHERE operator_id = ${operatorId} AND name = ${name} AND id <> ${id}`;
  if (taken !== undefined) return false;
  await tx`
    UPDATE channels SET name = ${name}, target = ${targetOf(channel)}::text::jsonb, enabled = ${enabled},
      least_severity = ${leastSeverity}, rules = ${rules}::text[], resolved = ${resolved},
      in_quiet_hours = ${inQuietHours}
    WHERE operator_id = ${operatorId} AND id = ${id}`;
  return true;
}

/** Puts a test into the channel's outbox; its id. */
export async function putTest(tx: Transaction, operatorId: string, id: string): Promise<string> {
  const body = JSON.stringify({ alerts: [], leftOut: 0 });
  const [row] = await tx<{ id: string }[]>`
    INSERT INTO deliveries (operator_id, channel_id, event, body)
    VALUES (${operatorId}, ${id}, 'test', ${body}::text::jsonb) RETURNING id`;
  if (row === undefined) throw new Error("the test was not kept");
  return row.id;
}

/** Newest first. */
export async function listDeliveries(
  tx: Transaction,
  channelId: string,
  filter: MessageFilter,
): Promise<Page<Delivery, MessageKeyset>> {
  const rows = await tx<(Omit<Delivery, keyof MessageRow> & MessageRow)[]>`
    SELECT id, event, state, tries, error, ${tx.unsafe(MESSAGE_TIMES)} FROM deliveries
    WHERE channel_id = ${channelId} AND ${pageOfMessages(tx, filter)}`;
  return messagesOf(rows, filter.limit);
}

/** Dead letters that are sent again, under the ids they had; how many. `deliveryId` null: all of the channel. */
export async function replayDead(tx: Transaction, channelId: string, deliveryId: string | null): Promise<number> {
  const rows = await tx`
    UPDATE deliveries SET state = 'waiting', tries = 0, due_at = now(), ended_at = NULL, error = NULL
    WHERE channel_id = ${channelId} AND state = 'dead' AND (${deliveryId}::uuid IS NULL OR id = ${deliveryId})
    RETURNING id`;
  return rows.length;
}
