/**
 * Whether what a server answered to a renewal is the machine's next certificate. Who answers has proved by TLS to be of
 * the fleet; that does not make what it says sound. Pure; never throws.
 */
import { fromBase64 } from "../../../shared/base64.js";
import { concatBytes, equalBytes, utf8Decode } from "../../../shared/bytes.js";
import { isNameOf } from "../certificate-request.js";
import { type Certificate, parseCertificate } from "./certificate.js";
import type { TrustedTime } from "./chain.js";
import type { Held } from "./credentials.js";
import { isSignedBy } from "./rsa-signature.js";

/** Longest answer: a certificate and MAX_AUTHORITIES of them, in PEM and JSON. */
export const MAX_RENEWAL_BYTES = 12_288;
/** As many as a fleet overlaps. */
export const MAX_AUTHORITIES = 4;

export type UnsoundAnswer =
  | "malformed"
  | "otherMachine"
  | "otherKey"
  | "notNewer"
  | "expired"
  | "notYetValid"
  | "badAuthority"
  | "unknownAuthority";

export type RenewalVerdict =
  | { readonly ok: true; readonly next: Held }
  | { readonly ok: false; readonly why: UnsoundAnswer };

export interface RenewalTrust {
  readonly machineId: string;
  /** The certificate that was shown. */
  readonly own: Held;
  readonly now: TrustedTime;
}

/** body: JSON with `serial`, `certificate` and `authorities`, both PEM. */
export function judgeRenewal(body: Uint8Array, { machineId, own, now }: RenewalTrust): RenewalVerdict {
  const answer = answerOf(body);
  if (answer === undefined) return no("malformed");
  const shown = parseCertificate(own.certificate);
  const got = parseCertificate(answer.certificate);
  if (!shown.ok || !got.ok) return no("malformed");
  const { certificate } = got;
  if (answer.serial !== machineId || !isNameOf(machineId, certificate.subject)) return no("otherMachine");
  if (!equalBytes(certificate.modulus, shown.certificate.modulus)) return no("otherKey");
  if (certificate.toS <= own.toS) return no("notNewer");
  if (now.wallS > certificate.toS) return no("expired");
  if (now.synced && now.wallS < certificate.fromS) return no("notYetValid");
  const authorities: Certificate[] = [];
  for (const der of answer.authorities) {
    const parsed = parseCertificate(der);
    if (!parsed.ok || !parsed.certificate.authority || parsed.certificate.mayCertify === false)
      return no("badAuthority");
    authorities.push(parsed.certificate);
  }
  if (!authorities.some((authority) => issued(authority, certificate))) return no("unknownAuthority");
  const { fromS, toS, der } = certificate;
  return { ok: true, next: { certificate: der, authorities: concatBytes(...answer.authorities), fromS, toS } };
}

function issued(authority: Certificate, certificate: Certificate): boolean {
  if (!equalBytes(authority.subject, certificate.issuer)) return false;
  return isSignedBy(authority.modulus, certificate.tbs, certificate.signature);
}

interface Answer {
  readonly serial: string;
  readonly certificate: Uint8Array;
  readonly authorities: readonly Uint8Array[];
}

function answerOf(body: Uint8Array): Answer | undefined {
  const text = body.length > MAX_RENEWAL_BYTES ? undefined : utf8Decode(body);
  if (text === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof json !== "object" || json === null) return undefined;
  if (!("serial" in json && "certificate" in json && "authorities" in json)) return undefined;
  const { serial, certificate, authorities } = json;
  if (typeof serial !== "string" || !Array.isArray(authorities)) return undefined;
  if (authorities.length < 1 || authorities.length > MAX_AUTHORITIES) return undefined;
  const own = derOf(certificate);
  const believed: Uint8Array[] = [];
  for (const pem of authorities) {
    const der = derOf(pem);
    if (der === undefined) return undefined;
    believed.push(der);
  }
  return own === undefined ? undefined : { serial, certificate: own, authorities: believed };
}

const BEGIN = "-----BEGIN CERTIFICATE-----";
const END = "-----END CERTIFICATE-----";

/** The one certificate of a PEM text (RFC 7468 §2). */
function derOf(pem: unknown): Uint8Array | undefined {
  if (typeof pem !== "string") return undefined;
  const text = pem.trim();
  if (!text.startsWith(BEGIN) || !text.endsWith(END)) return undefined;
  return fromBase64(text.slice(BEGIN.length, text.length - END.length).replace(/[\r\n]/g, ""));
}

function no(why: UnsoundAnswer): RenewalVerdict {
  return { ok: false, why };
}
