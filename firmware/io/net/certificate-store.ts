/**
 * The certificates a machine got after it was provisioned, in ECMA-419's key-value storage (NVS on esp32, which
 * survives a power cut in any write): `own`, with which it has connected, and `next`, with which it has not yet. What
 * provisioning wrote stays as it is; a record that is torn, foreign or of another provisioning is none.
 */
import { equalBytes } from "../../../shared/bytes.js";
import { decodeCbor, encodeCbor } from "../../../shared/cbor.js";
import { deepFreeze } from "../../../shared/freeze.js";
import { fromMap, toMap } from "../../../shared/layout.js";
import { sha256 } from "../../../shared/sha256.js";
import type { KeyValueIo, KeyValueStorage } from "../ecma-419.js";
import type { Credentials } from "./credentials.js";

export const CERTIFICATE_DOMAIN = "identity";
export type CertificateEntry = "own" | "next";
/** A certificate and the authorities of one fleet. */
export const MAX_CREDENTIALS_BYTES = 6_144;

/** provisioned: SHA-256 of the certificate that provisioning wrote. */
const RECORD = deepFreeze({ provisioned: [0, "bytes"], certificate: [1, "bytes"], authorities: [2, "bytes"] });

export class CertificateStore {
  readonly #provisioned: Uint8Array;
  #io: KeyValueIo | undefined;

  /** certificate: as provisioned, DER. Throws where the platform has no such storage. */
  constructor({ io, certificate }: { readonly io: KeyValueStorage; readonly certificate: Uint8Array }) {
    this.#provisioned = sha256(certificate);
    this.#io = io.open({ path: CERTIFICATE_DOMAIN, format: "buffer" });
  }

  /** Undefined: there is none, or what is there is none. */
  read(entry: CertificateEntry): Credentials | undefined {
    const store = this.#open();
    let value: unknown;
    try {
      value = store.read(entry);
    } catch {
      return undefined;
    }
    if (!(value instanceof ArrayBuffer) || value.byteLength > MAX_CREDENTIALS_BYTES) return undefined;
    const cbor = decodeCbor(new Uint8Array(value));
    const record = cbor.ok ? fromMap(RECORD, cbor.value) : undefined;
    if (record?.ok !== true) return undefined;
    const { provisioned, certificate, authorities } = record.message;
    return equalBytes(provisioned, this.#provisioned) ? { certificate, authorities } : undefined;
  }

  /** False: the storage does not take it, or it is too long; what was there may be lost. */
  write(entry: CertificateEntry, { certificate, authorities }: Credentials): boolean {
    const store = this.#open();
    try {
      const record = { provisioned: this.#provisioned, certificate, authorities };
      store.write(entry, encodeCbor(toMap(RECORD, record), MAX_CREDENTIALS_BYTES));
      return true;
    } catch {
      return false;
    }
  }

  close(): void {
    const store = this.#io;
    this.#io = undefined;
    store?.close();
  }

  #open(): KeyValueIo {
    if (this.#io === undefined) throw new Error("certificate store is closed");
    return this.#io;
  }
}
