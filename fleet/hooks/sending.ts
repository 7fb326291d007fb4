/** What every sender of messages does alike: look again and again until it is closed, and judge what came of a try. */
import { setTimeout as wait } from "node:timers/promises";
import type { Sent } from "./post.js";
import { MAX_TRIES, retryDelayMs } from "./retry.js";

const LOOK_EVERY_MS = 2_000;
const RETRY_MS = 10_000;
const FORGET_EVERY_MS = 3_600_000;

/** What a message is after a try. dueMs: of the next one. */
export interface TriedState {
  readonly state: "sent" | "dead" | "waiting";
  readonly error: string | null;
  readonly dueMs: number;
}

/** `tries`: this one counted. */
export function endOfTry(
  sent: Sent,
  { tries, nowMs, chance }: { readonly tries: number; readonly nowMs: number; readonly chance: number },
): TriedState {
  if (sent.ok) return { state: "sent", error: null, dueMs: nowMs };
  if (sent.final || tries >= MAX_TRIES) return { state: "dead", error: sent.why, dueMs: nowMs };
  const delayMs = Math.max(retryDelayMs(tries, chance), sent.retryAfterMs ?? 0);
  return { state: "waiting", error: sent.why, dueMs: nowMs + delayMs };
}

export interface Sending {
  send(stop: AbortSignal): Promise<unknown>;
  forget(): Promise<void>;
  failed(error: unknown): void;
}

export function startSending({ send, forget, failed }: Sending): { close(): Promise<void> } {
  const stop = new AbortController();
  const loop = async (): Promise<void> => {
    let forgetsMs = 0;
    while (!stop.signal.aborted) {
      let pauseMs = LOOK_EVERY_MS;
      try {
        await send(stop.signal);
        if (performance.now() >= forgetsMs) {
          await forget();
          forgetsMs = performance.now() + FORGET_EVERY_MS;
        }
      } catch (error) {
        if (!stop.signal.aborted) failed(error);
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
