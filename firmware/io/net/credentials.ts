/** What a connection is opened with: the machine's own certificate, and whom it believes. */
import { utf8Encode } from "../../../shared/bytes.js";
import { sha256 } from "../../../shared/sha256.js";
import { parseCertificate } from "./certificate.js";

export interface Credentials {
  /** DER. */
  readonly certificate: Uint8Array;
  /** Authorities that may vouch for broker and servers: DER, one behind the other. */
  readonly authorities: Uint8Array;
}

/** Credentials and the time they are good for, Unix seconds. */
export interface Held extends Credentials {
  readonly fromS: number;
  readonly toS: number;
}

/** Of a machine's life with a certificate, the part after which it asks for the next one: two thirds, as thirds. */
const RENEW_THIRDS = 2;
/** Machines that were made together ask apart: over this part of the life, a twelfth. */
const SPREAD_PART = 12;

/** Undefined: the certificate is none. */
export function heldOf(credentials: Credentials): Held | undefined {
  const parsed = parseCertificate(credentials.certificate);
  if (!parsed.ok) return undefined;
  const { fromS, toS } = parsed.certificate;
  return { ...credentials, fromS, toS };
}

/** From when on the machine asks for the next certificate, Unix seconds: the same at every start. */
export function renewAtS({ fromS, toS }: Held, machineId: string): number {
  const lifeS = toS - fromS;
  const hash = new DataView(sha256(utf8Encode(machineId)).buffer).getUint32(0);
  return fromS + Math.floor((lifeS * RENEW_THIRDS) / 3) + (hash % Math.max(1, Math.floor(lifeS / SPREAD_PART)));
}
