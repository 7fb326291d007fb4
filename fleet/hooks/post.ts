/**
 * Sends one webhook: resolves, judges the address, connects to that very address (`lookup` is pinned, so a second
 * answer of the name cannot lead elsewhere), follows no redirect, bounded in time and in what it reads. Retrying is
 * its caller's: `retry.ts` says when.
 */
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import type { LookupFunction } from "node:net";
import { LONGEST_RETRY_MS } from "./retry.js";
import { signature } from "./sign.js";
import { type Address, locate, parseTarget, type Reach } from "./target.js";

export interface Hook {
  readonly url: string;
  /** Idempotency key: the same at every try. */
  readonly id: string;
  /** What it tells of, e.g. "alert.opened". */
  readonly event: string;
  /** JSON. */
  readonly body: string;
  /** Newest first; at least one. */
  readonly secrets: readonly string[];
}

export type Sent =
  | { readonly ok: true; readonly status: number }
  /** final: trying again will not help. retryAfterMs: what the receiver asked for. */
  | { readonly ok: false; readonly why: string; readonly final: boolean; readonly retryAfterMs?: number };

export const MAX_BODY_BYTES = 262_144;
export const MAX_ANSWER_BYTES = 16_384;
const ANSWER_WITHIN_MS = 10_000;
const GONE = 410;
const TOO_MANY = 429;
const UNAVAILABLE = 503;

export interface PostOptions {
  readonly nowMs: number;
  readonly withinMs?: number;
}

/** Never rejects. */
export async function postHook(hook: Hook, reach: Reach, options: PostOptions): Promise<Sent> {
  const target = parseTarget(hook.url);
  if (!target.ok) return { ok: false, final: true, why: `the address ${target.why}` };
  if (Buffer.byteLength(hook.body) > MAX_BODY_BYTES) {
    return { ok: false, final: true, why: `the message is larger than ${MAX_BODY_BYTES} bytes` };
  }
  const located = await locate(target.url, reach);
  if (!located.ok) return { ok: false, final: located.refused, why: located.why };
  try {
    return await send(hook, target.url, located.at, reach, options);
  } catch (error) {
    return { ok: false, final: false, why: reasonOf(error) };
  }
}

function send(hook: Hook, url: URL, at: Address, reach: Reach, { nowMs, withinMs }: PostOptions): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method: "POST",
      // Its own connection: one that is kept could be of another answer of the name.
      agent: false,
      lookup: pinned(at),
      signal: AbortSignal.timeout(withinMs ?? ANSWER_WITHIN_MS),
      ...(reach.ca === undefined ? {} : { ca: reach.ca }),
      headers: {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(hook.body),
        "user-agent": "Spiral-Webhook/1",
        "spiral-delivery": hook.id,
        "spiral-event": hook.event,
        "spiral-signature": signature(hook, hook.secrets, Math.floor(nowMs / 1_000)),
      },
    });
    outgoing.once("error", reject);
    outgoing.once("response", (answer) => {
      const verdict = verdictOf(answer);
      // The answer's text says nothing to us; a connection that will not end is ended.
      let bytes = 0;
      answer.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= MAX_ANSWER_BYTES) return;
        resolve(verdict);
        outgoing.destroy();
      });
      answer.once("end", () => resolve(verdict));
      answer.once("error", reject);
    });
    outgoing.end(hook.body);
  });
}

function pinned({ address, family }: Address): LookupFunction {
  return (_host, options, callback) => {
    if (options.all === true) callback(null, [{ address, family }]);
    else callback(null, address, family);
  };
}

function verdictOf({ statusCode: status = 0, headers }: IncomingMessage): Sent {
  if (status >= 200 && status < 300) return { ok: true, status };
  const why = status >= 300 && status < 400 ? `answered ${status}: redirects are not followed` : `answered ${status}`;
  const failed = { ok: false, why, final: status === GONE } as const;
  const waitS = Number(headers["retry-after"]);
  const asks = (status === TOO_MANY || status === UNAVAILABLE) && Number.isInteger(waitS) && waitS > 0;
  return asks ? { ...failed, retryAfterMs: Math.min(waitS * 1_000, LONGEST_RETRY_MS) } : failed;
}

/** Of a connection that failed: its code, never what the other side sent. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "failed";
  if (error.name === "TimeoutError" || error.name === "AbortError") return "no answer in time";
  return "code" in error ? `no connection (${String(error.code)})` : "no connection";
}
