/**
 * Certificates for a load with TLS: an authority, the broker's own, one for each machine (RSA-2048, as the SDK's).
 * Machines
 * share a few keys, for making one takes a tenth of a second and no handshake is cheaper for it.
 */
import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { issue, newKey } from "../measure/certificates.js";
import { serialOf } from "./roster.js";

/** Keys the machines share. */
export const SECURE_KEYS = 2;

export interface TlsFiles {
  readonly folder: string;
  close(): Promise<void>;
}

/** Files for machines 0 … `machines` − 1. */
export async function tlsFiles(machines: number, say: (line: string) => void): Promise<TlsFiles> {
  const folder = mkdtempSync(join(tmpdir(), "spiral-load-tls-"));
  const keep = (name: string, text: string): void => writeFileSync(join(folder, name), text, { mode: 0o600 });
  const ca = issue({ name: "Spiral load authority", authority: true });
  const broker = issue({ name: "localhost", issuer: ca, dns: ["localhost"], usage: "server" });
  keep("ca.pem", ca.pem);
  keep("broker.pem", broker.pem);
  keep("broker.key", broker.keyPem);
  const keys = Array.from({ length: SECURE_KEYS }, () => newKey());
  keys.forEach((key, i) => {
    keep(`machine-${i}.key`, key.export({ type: "pkcs8", format: "pem" }).toString());
  });
  for (let i = 0; i < machines; i++) {
    const key = keys[i % SECURE_KEYS];
    if (key === undefined) continue;
    keep(`${serialOf(i)}.pem`, issue({ name: serialOf(i), issuer: ca, key, usage: "client" }).pem);
  }
  say(`${machines} certificates issued`);
  return { folder, close: () => rm(folder, { recursive: true, force: true }) };
}
