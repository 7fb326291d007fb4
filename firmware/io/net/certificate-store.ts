/**
 * The certificates a machine got after it was provisioned or claimed: `own`, with which it has connected, and `next`,
 * with which it has not yet. What provisioning or the claim wrote stays as it is; a record that is torn, foreign or of
 * another first certificate is none.
 */
import { equalBytes } from "../../../shared/bytes.js";
import { deepFreeze } from "../../../shared/freeze.js";
import { sha256 } from "../../../shared/sha256.js";
import type { KeyValueStorage } from "../ecma-419.js";
import { KeyValueEntries } from "../key-value-entries.js";
import type { Credentials } from "./credentials.js";

export const CERTIFICATE_DOMAIN = "identity";
export type CertificateEntry = "own" | "next";
/** A certificate and the authorities of one fleet. */
export const MAX_CREDENTIALS_BYTES = 6_144;

/** provisioned: SHA-256 of the first certificate. */
const RECORD = deepFreeze({ provisioned: [0, "bytes"], certificate: [1, "bytes"], authorities: [2, "bytes"] });

export class CertificateStore {
  readonly #provisioned: Uint8Array;
  readonly #entries: KeyValueEntries;

  /** certificate: the first one, DER. Throws where the platform has no such storage. */
  constructor({ io, certificate }: { readonly io: KeyValueStorage; readonly certificate: Uint8Array }) {
    this.#provisioned = sha256(certificate);
    this.#entries = new KeyValueEntries({ io, path: CERTIFICATE_DOMAIN });
  }

  /** Undefined: there is none, or what is there is none. */
  read(entry: CertificateEntry): Credentials | undefined {
    const record = this.#entries.readMap(entry, RECORD, MAX_CREDENTIALS_BYTES);
    if (record === undefined || !equalBytes(record.provisioned, this.#provisioned)) return undefined;
    const { certificate, authorities } = record;
    return { certificate, authorities };
  }

  /** False: the storage does not take it, or it is too long; what was there may be lost. */
  write(entry: CertificateEntry, { certificate, authorities }: Credentials): boolean {
    const record = { provisioned: this.#provisioned, certificate, authorities };
    return this.#entries.writeMap(entry, RECORD, record, MAX_CREDENTIALS_BYTES);
  }

  close(): void {
    this.#entries.close();
  }
}
