/** Alerts by webhook: JSON, signed (hooks/sign.ts); for a day by a secret that was replaced as well. */
import { postHook } from "../../hooks/post.js";
import { secretsInForce } from "../../hooks/sign.js";
import type { Reach } from "../../hooks/target.js";
import type { Send } from "./channel.js";

export function webhookChannel(master: Uint8Array, reach: Reach): Send {
  return ({ id, url, secretVersion, secretSinceMs }, message, nowMs) => {
    const { event, createdAt, body } = message;
    const text = JSON.stringify({ id: message.id, event, createdAt: createdAt.toISOString(), ...body });
    const secrets = secretsInForce(master, id, secretVersion, secretSinceMs, nowMs);
    return postHook({ url, id: message.id, event, body: text, secrets }, reach, { nowMs });
  };
}
