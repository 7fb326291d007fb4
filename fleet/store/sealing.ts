/**
 * Secrets that must be read again, kept so that the database alone gives none away: AES-256-GCM under a key made of the
 * master key (HKDF-SHA256) for one purpose. What it belongs to is authenticated with it: a sealed secret moved to
 * another row does not open.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

/** First byte of what is sealed: of the layout and of the master key that made it. */
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

export type Purpose = "totp" | "oidc" | "letter";

export interface Seal {
  seal(secret: string, owner: string): Buffer;
  /** Undefined for what was not sealed by this key for this owner. */
  open(sealed: Uint8Array, owner: string): string | undefined;
}

export function sealOf(master: Uint8Array, purpose: Purpose): Seal {
  const key = Buffer.from(hkdfSync("sha256", master, "", `spiral ${purpose} ${VERSION}`, KEY_BYTES));
  return {
    seal: (secret, owner) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(Buffer.from(owner));
      const body = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
      return Buffer.concat([Buffer.from([VERSION]), nonce, cipher.getAuthTag(), body]);
    },
    open: (sealed, owner) => {
      const bytes = Buffer.from(sealed);
      const bodyAt = 1 + NONCE_BYTES + TAG_BYTES;
      if (bytes.length < bodyAt || bytes[0] !== VERSION) return undefined;
      const nonce = bytes.subarray(1, 1 + NONCE_BYTES);
      const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(owner));
      decipher.setAuthTag(bytes.subarray(1 + NONCE_BYTES, bodyAt));
      try {
        return Buffer.concat([decipher.update(bytes.subarray(bodyAt)), decipher.final()]).toString("utf8");
      } catch {
        return undefined;
      }
    },
  };
}
