/**
 * Sends the feed of changes to its webhooks: one sender a webhook at a time, batch by batch in the order of the feed,
 * at least once. What fails is tried again, and nothing behind it is sent meanwhile; what fails for good stops the
 * webhook.
 */
import { postHook, type Sent } from "../hooks/post.js";
import { endOfTry, startSending } from "../hooks/sending.js";
import { secretsInForce } from "../hooks/sign.js";
import type { Reach } from "../hooks/target.js";
import type { Sql } from "../store/databases.js";
import {
  type DueMessage,
  forgetBatches,
  type HeldWebhook,
  holdWebhooks,
  letGoWebhook,
  makeBatch,
  nextMessage,
  noteBatchTry,
  stopWebhook,
} from "../store/webhook-deliveries.js";

/** Messages of one webhook before others have their turn. */
const MAX_SENT_AT_ONCE = 5;

export interface FeedPorts {
  ingest(): Sql;
  app(): Sql;
  now(): number;
  chance(): number;
  readonly reach: Reach;
  /** What secrets are derived from. */
  readonly master: Uint8Array;
  log(text: string, error?: unknown): void;
}

/** Sends what is due now; how many messages were tried. */
export async function sendFeeds(ports: FeedPorts, stop?: AbortSignal): Promise<number> {
  let tried = 0;
  for (;;) {
    if (stop?.aborted === true) return tried;
    const held = await holdWebhooks(ports.ingest(), ports.now());
    if (held.length === 0) return tried;
    const counts = await Promise.all(held.map((webhook) => sendOf(webhook, ports)));
    tried += counts.reduce((sum, count) => sum + count, 0);
  }
}

async function sendOf(webhook: HeldWebhook, ports: FeedPorts): Promise<number> {
  let tried = 0;
  while (tried < MAX_SENT_AT_ONCE) {
    const message = await nextMessage(ports.ingest(), webhook.id, ports.now());
    if (message === "later") break;
    if (message !== undefined) {
      tried += 1;
      if (await sendOne(webhook.id, message, ports)) continue;
      break;
    }
    const made = await makeBatch(ports.app(), webhook);
    if (made === "none") break;
    if (typeof made === "string") continue;
    await stopWebhook(ports.ingest(), webhook.id, made.stop, ports.now());
    ports.log(`webhook ${webhook.id} is stopped: ${made.stop}`);
    break;
  }
  await letGoWebhook(ports.ingest(), webhook);
  return tried;
}

/** True if it arrived. */
async function sendOne(webhookId: string, message: DueMessage, ports: FeedPorts): Promise<boolean> {
  const sent = await post(webhookId, message, ports);
  const nowMs = ports.now();
  const tries = message.tries + 1;
  const end = endOfTry(sent, { tries, nowMs, chance: ports.chance() });
  // Whoever asks for a test wants to know now.
  const judged = message.event === "test" && end.state === "waiting" ? { ...end, state: "dead" as const } : end;
  await noteBatchTry(ports.ingest(), webhookId, message, judged, nowMs);
  if (judged.state === "dead" && message.event !== "test") {
    ports.log(`webhook ${webhookId} is stopped: ${judged.error}`);
  }
  return sent.ok;
}

function post(webhookId: string, message: DueMessage, { master, reach, now }: FeedPorts): Promise<Sent> {
  const { id, event, url, createdAt, secretVersion, secretSince } = message;
  const about = JSON.stringify({ id, event, webhook: webhookId, createdAt: createdAt.toISOString() });
  // Both are JSON objects with something in them: one behind the other.
  const body = `${about.slice(0, -1)},${message.body.slice(1)}`;
  const nowMs = now();
  const secrets = secretsInForce(master, webhookId, secretVersion, secretSince.getTime(), nowMs);
  return postHook({ url, id, event, body, secrets }, reach, { nowMs });
}

export function startFeeds(ports: FeedPorts): { close(): Promise<void> } {
  return startSending({
    send: (stop) => sendFeeds(ports, stop),
    forget: () => forgetBatches(ports.ingest(), ports.now()),
    failed: (error) => ports.log("changes were not sent to webhooks", error),
  });
}
