/**
 * Sends what waits in the outbox: one sender a channel at a time, the oldest first. What fails is tried again further
 * and further apart; what fails for good, or too often, is a dead letter, which a person may send again.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { Sent } from "../hooks/post.js";
import { FIRST_RETRY_MS, MAX_TRIES, retryDelayMs } from "../hooks/retry.js";
import type { Sql } from "../store/databases.js";
import { forgetSent, type HeldChannel, holdChannels, letGo, noteTry } from "../store/deliveries.js";
import type { ChannelKind, Send } from "./channels/channel.js";

const LOOK_EVERY_MS = 2_000;
const RETRY_MS = 10_000;
const FORGET_EVERY_MS = 3_600_000;

export interface SenderPorts {
  ingest(): Sql;
  now(): number;
  chance(): number;
  readonly channels: Readonly<Record<ChannelKind, Send>>;
  log(text: string, error: unknown): void;
}

/** Sends what is due now; how many were tried. */
export async function sendDue(ports: SenderPorts, stop?: AbortSignal): Promise<number> {
  let tried = 0;
  for (;;) {
    const held = await holdChannels(ports.ingest(), ports.now());
    if (held.length === 0 || stop?.aborted === true) return tried;
    const counts = await Promise.all(held.map((channel) => sendOf(channel, ports)));
    tried += counts.reduce((sum, count) => sum + count, 0);
  }
}

/** A channel that fails rests: what is behind would fail as well. */
async function sendOf({ kind, address, heldUntil, messages }: HeldChannel, ports: SenderPorts): Promise<number> {
  let restsUntilMs: number | null = null;
  let tried = 0;
  for (const message of messages) {
    const sent = await ports.channels[kind](address, message, ports.now());
    tried += 1;
    const nowMs = ports.now();
    await noteTry(ports.ingest(), { id: message.id, ...endOf(sent, message.tries + 1, nowMs, ports.chance()) }, nowMs);
    if (sent.ok || sent.final) continue;
    restsUntilMs = nowMs + FIRST_RETRY_MS / 2;
    break;
  }
  await letGo(ports.ingest(), address.id, heldUntil, restsUntilMs);
  return tried;
}

function endOf(sent: Sent, tries: number, nowMs: number, chance: number) {
  if (sent.ok) return { state: "sent", error: null, dueMs: nowMs } as const;
  if (sent.final || tries >= MAX_TRIES) return { state: "dead", error: sent.why, dueMs: nowMs } as const;
  const delayMs = Math.max(retryDelayMs(tries, chance), sent.retryAfterMs ?? 0);
  return { state: "waiting", error: sent.why, dueMs: nowMs + delayMs } as const;
}

export function startSender(ports: SenderPorts): { close(): Promise<void> } {
  const stop = new AbortController();
  const loop = async (): Promise<void> => {
    let forgetsMs = 0;
    while (!stop.signal.aborted) {
      let pauseMs = LOOK_EVERY_MS;
      try {
        await sendDue(ports, stop.signal);
        if (performance.now() >= forgetsMs) {
          await forgetSent(ports.ingest(), ports.now());
          forgetsMs = performance.now() + FORGET_EVERY_MS;
        }
      } catch (error) {
        if (!stop.signal.aborted) ports.log("alerts were not sent", error);
        pauseMs = RETRY_MS;
      }
      await wait(pauseMs, undefined, { signal: stop.signal, ref: false }).catch(() => undefined);
    }
  };
  const running = loop();
  return {
    close: async () => {
      stop.abort();
      await running;
    },
  };
}
