/** Alerts by webhook: JSON, signed (hooks/sign.ts); for a day by a secret that was replaced as well. */
import { postHook } from "../../hooks/post.js";
import { hookSecret } from "../../hooks/sign.js";
import type { Reach } from "../../hooks/target.js";
import type { Send } from "./channel.js";

/** How long a replaced secret is still good. */
export const SECRET_OVERLAP_MS = 86_400_000;

export function webhookChannel(master: Uint8Array, reach: Reach): Send {
  return ({ id, url, secretVersion, secretSinceMs }, message, nowMs) => {
    const overlaps = secretVersion > 1 && nowMs - secretSinceMs < SECRET_OVERLAP_MS;
    const versions = overlaps ? [secretVersion, secretVersion - 1] : [secretVersion];
    const { event, createdAt, body } = message;
    const text = JSON.stringify({ id: message.id, event, createdAt: createdAt.toISOString(), ...body });
    const secrets = versions.map((version) => hookSecret(master, id, version));
    return postHook({ url, id: message.id, event, body: text, secrets }, reach, { nowMs });
  };
}
