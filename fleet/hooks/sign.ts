/**
 * How a receiver knows that a webhook is ours, and new: `spiral-signature: t=SECONDS,v1=HEX[,v1=HEX]`, where HEX is
 * HMAC-SHA256 over `SECONDS.ID.BODY`. Secrets are derived from the master key, never stored.
 */
import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";

const SECRET_BYTES = 32;
/** Begins every secret, so that one that leaks is recognised for what it is. */
const SECRET_PREFIX = "spiral_hook_";
/** How old a signature may be before its receiver refuses it. */
export const SIGNATURE_VALID_S = 300;

/** The secret of endpoint `id`, as its receiver is shown it once. `version` rises when it is made anew. */
export function hookSecret(master: Uint8Array, id: string, version: number): string {
  const key = hkdfSync("sha256", master, new Uint8Array(0), `webhook/${id}/${version}`, SECRET_BYTES);
  return SECRET_PREFIX + Buffer.from(key).toString("base64url");
}

/** How long a replaced secret is still good. */
export const SECRET_OVERLAP_MS = 86_400_000;

/** Newest first: the one before is signed with as well for a while after it was replaced. */
export function secretsInForce(
  master: Uint8Array,
  id: string,
  version: number,
  sinceMs: number,
  nowMs: number,
): readonly string[] {
  const overlaps = version > 1 && nowMs - sinceMs < SECRET_OVERLAP_MS;
  return (overlaps ? [version, version - 1] : [version]).map((one) => hookSecret(master, id, one));
}

export interface Signed {
  /** Same at every try: who has seen it has the message already. */
  readonly id: string;
  readonly body: string;
}

/** The header's value; several secrets while one is being replaced. */
export function signature({ id, body }: Signed, secrets: readonly string[], nowS: number): string {
  return [`t=${nowS}`, ...secrets.map((secret) => `v1=${mac(secret, nowS, id, body)}`)].join();
}

/** What a receiver does: true if one part of `header` is of `secret`, and it is not too old. */
export function isSigned({ id, body }: Signed, header: string, secret: string, nowS: number): boolean {
  const parts = header.split(",").map((part) => part.split("="));
  const sentS = Number(parts.find(([name]) => name === "t")?.[1]);
  if (!Number.isInteger(sentS) || Math.abs(nowS - sentS) > SIGNATURE_VALID_S) return false;
  const right = Buffer.from(mac(secret, sentS, id, body));
  return parts.some(([name, value = ""]) => {
    const given = Buffer.from(value);
    return name === "v1" && given.length === right.length && timingSafeEqual(given, right);
  });
}

function mac(secret: string, sentS: number, id: string, body: string): string {
  return createHmac("sha256", secret).update(`${sentS}.${id}.${body}`).digest("hex");
}
