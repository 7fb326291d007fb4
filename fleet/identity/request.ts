/**
 * What a board asks a certificate with (PKCS #10, RFC 2986), looked at with distrust: it must be short, signed by the
 * key in it, name the one machine, and hold an RSA key our TLS takes. Nothing else in it is heeded. Pure; never throws.
 */
import { createHash, createPublicKey, type KeyObject, verify, X509Certificate } from "node:crypto";
import "./metadata.js";
import { Pkcs10CertificateRequest } from "@peculiar/x509";
import { renewalText } from "../../shared/wire/renewal.js";

/** Longest request, DER: an RSA-4096 key and its signature take 1,200. */
export const MAX_REQUEST_BYTES = 2_048;
const MIN_KEY_BITS = 2_048;
const MAX_KEY_BITS = 4_096;
const EXPONENT = 65_537n;

export interface SoundRequest {
  readonly der: Uint8Array;
  /** SHA-256 of the DER: by it a repeat is known. */
  readonly hash: Uint8Array;
  /** SubjectPublicKeyInfo in DER. */
  readonly publicKey: Uint8Array;
}

export type RequestVerdict =
  | { readonly ok: true; readonly request: SoundRequest }
  | { readonly ok: false; readonly why: "tooLong" | "malformed" | "otherName" | "weakKey" | "badSignature" };

/** Judges `der` as a request of the machine `serial`. */
export async function judgeRequest(der: Uint8Array, serial: string): Promise<RequestVerdict> {
  if (der.length > MAX_REQUEST_BYTES) return { ok: false, why: "tooLong" };
  try {
    if (!isWhole(der)) return { ok: false, why: "malformed" };
    const parsed = new Pkcs10CertificateRequest(new Uint8Array(der));
    const [entry, ...more] = parsed.subjectName.toJSON();
    const names = Object.entries(entry ?? {});
    const [[kind, values] = ["", []]] = names;
    if (more.length > 0 || names.length !== 1 || kind !== "CN" || values.length !== 1 || values[0] !== serial) {
      return { ok: false, why: "otherName" };
    }
    const publicKey = new Uint8Array(parsed.publicKey.rawData);
    if (!isStrong(keyOf(publicKey))) return { ok: false, why: "weakKey" };
    const { signatureAlgorithm } = parsed;
    const isOurs = "name" in signatureAlgorithm && signatureAlgorithm.name === "RSASSA-PKCS1-v1_5";
    if (!isOurs || signatureAlgorithm.hash.name !== "SHA-256") return { ok: false, why: "badSignature" };
    if (!(await parsed.verify())) return { ok: false, why: "badSignature" };
    return { ok: true, request: { der, hash: createHash("sha256").update(der).digest(), publicKey } };
  } catch {
    return { ok: false, why: "malformed" };
  }
}

/** One SEQUENCE and nothing behind it (X.690 §8.1.3.5): a tail would be no part of what was signed. */
function isWhole(der: Uint8Array): boolean {
  return der[0] === 0x30 && der[1] === 0x82 && (((der[2] ?? 0) << 8) | (der[3] ?? 0)) === der.length - 4;
}

function isStrong({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  const { modulusLength = 0, publicExponent } = asymmetricKeyDetails ?? {};
  const fits = modulusLength >= MIN_KEY_BITS && modulusLength <= MAX_KEY_BITS;
  return asymmetricKeyType === "rsa" && fits && publicExponent === EXPONENT;
}

function keyOf(spki: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
}

/** True if the certificate (DER) is for this key (SubjectPublicKeyInfo in DER). */
export function isForKey(certificate: Uint8Array, publicKey: Uint8Array): boolean {
  const { publicKey: own } = new X509Certificate(certificate);
  return own.export({ type: "spki", format: "der" }).equals(Buffer.from(publicKey));
}

/** True if `proof` is the signature (RSASSA-PKCS1-v1_5, SHA-256) of the certificate's key over that text. */
export function provesRenewal(certificate: Uint8Array, request: Uint8Array, proof: Uint8Array): boolean {
  try {
    const { publicKey } = new X509Certificate(certificate);
    return verify("sha256", renewalText(certificate, request), publicKey, proof);
  } catch {
    return false;
  }
}
