/**
 * Whether the certificate in what a server answered is this board's, and of an authority it may believe from now on.
 * Who answers has proved by TLS to be of the fleet; that does not make what it says sound. Pure; never throws.
 */
import { fromBase64 } from "../../../shared/base64.js";
import { concatBytes, equalBytes, utf8Decode } from "../../../shared/bytes.js";
import { isNameOf } from "../certificate-request.js";
import { type Certificate, parseCertificate } from "./certificate.js";
import type { TrustedTime } from "./chain.js";
import type { Held } from "./credentials.js";
import { MAX_ANSWER_BYTES } from "./door.js";
import { isSignedBy } from "./rsa-signature.js";

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

export interface IssuedTrust {
  readonly machineId: string;
  /** Of the board's key. */
  readonly modulus: Uint8Array;
  readonly now: TrustedTime;
}

export type IssuedVerdict =
  | { readonly ok: true; readonly issued: Held }
  | { readonly ok: false; readonly why: UnsoundAnswer };

/** The fields of a JSON object; undefined for anything else. */
export function fieldsOf(body: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  const text = body.length > MAX_ANSWER_BYTES ? undefined : utf8Decode(body);
  if (text === undefined) return undefined;
  try {
    const json: unknown = JSON.parse(text);
    return isFields(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

export function isFields(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

/** Judges `serial`, `certificate` and `authorities` of an answer, both in PEM. */
export function judgeIssued(
  { serial, certificate: pem, authorities: pems }: Readonly<Record<string, unknown>>,
  { machineId, modulus, now }: IssuedTrust,
): IssuedVerdict {
  const der = derOf(pem);
  const believed = believedOf(pems);
  const got = der === undefined ? undefined : parseCertificate(der);
  if (got?.ok !== true || believed === undefined || typeof serial !== "string") return no("malformed");
  const { certificate } = got;
  if (serial !== machineId || !isNameOf(machineId, certificate.subject)) return no("otherMachine");
  if (!equalBytes(certificate.modulus, modulus)) return no("otherKey");
  if (now.wallS > certificate.toS) return no("expired");
  if (now.synced && now.wallS < certificate.fromS) return no("notYetValid");
  const authorities: Certificate[] = [];
  for (const one of believed) {
    const parsed = parseCertificate(one);
    if (!parsed.ok || !parsed.certificate.authority || parsed.certificate.mayCertify === false)
      return no("badAuthority");
    authorities.push(parsed.certificate);
  }
  if (!authorities.some((authority) => issued(authority, certificate))) return no("unknownAuthority");
  const { fromS, toS } = certificate;
  return {
    ok: true,
    issued: { certificate: certificate.der, authorities: concatBytes(...believed), fromS, toS },
  };
}

function issued(authority: Certificate, certificate: Certificate): boolean {
  if (!equalBytes(authority.subject, certificate.issuer)) return false;
  return isSignedBy(authority.modulus, certificate.tbs, certificate.signature);
}

function believedOf(pems: unknown): readonly Uint8Array[] | undefined {
  if (!Array.isArray(pems) || pems.length < 1 || pems.length > MAX_AUTHORITIES) return undefined;
  const believed: Uint8Array[] = [];
  for (const pem of pems) {
    const der = derOf(pem);
    if (der === undefined) return undefined;
    believed.push(der);
  }
  return believed;
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

function no(why: UnsoundAnswer): IssuedVerdict {
  return { ok: false, why };
}
