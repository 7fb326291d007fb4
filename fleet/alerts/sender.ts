/**
 * Sends what waits in the outbox: one sender a channel at a time, the oldest first. What fails is tried again further
 * and further apart; what fails for good, or too often, is a dead letter, which a person may send again.
 */
import { FIRST_RETRY_MS } from "../hooks/retry.js";
import { endOfTry, startSending } from "../hooks/sending.js";
import type { Sql } from "../store/databases.js";
import { forgetSent, type HeldChannel, holdChannels, letGo, noteTry } from "../store/deliveries.js";
import type { ChannelKind, Send } from "./channels/channel.js";

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
    const end = endOfTry(sent, { tries: message.tries + 1, nowMs, chance: ports.chance() });
    await noteTry(ports.ingest(), { id: message.id, ...end }, nowMs);
    if (sent.ok || sent.final) continue;
    restsUntilMs = nowMs + FIRST_RETRY_MS / 2;
    break;
  }
  await letGo(ports.ingest(), address.id, heldUntil, restsUntilMs);
  return tried;
}

export function startSender(ports: SenderPorts): { close(): Promise<void> } {
  return startSending({
    send: (stop) => sendDue(ports, stop),
    forget: () => forgetSent(ports.ingest(), ports.now()),
    failed: (error) => ports.log("alerts were not sent", error),
  });
}
