/**
 * X.509 v3 certificates (RFC 5280) as far as a broker's chain needs: parsed strictly as DER, RSA with SHA-256 only.
 * What is malformed, unknown and critical, or of another algorithm is refused; nothing here throws.
 */
import { Reader, toHex } from "../../../shared/bytes.js";
import { deepFreeze } from "../../../shared/freeze.js";
import { EXPONENT, MAX_MODULUS_BYTES, MIN_MODULUS_BYTES } from "./rsa-signature.js";

export const MAX_CERTIFICATE_BYTES = 4_096;
/** Names in one certificate. */
export const MAX_NAMES = 32;

const OID = deepFreeze({
  rsaEncryption: "2a864886f70d010101",
  sha256Rsa: "2a864886f70d01010b",
  basicConstraints: "551d13",
  keyUsage: "551d0f",
  extendedKeyUsage: "551d25",
  subjectAltName: "551d11",
  serverAuth: "2b06010505070301",
  anyUsage: "551d2500",
});

const TAG = deepFreeze({
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  version: 0xa0,
  issuerId: 0x81,
  subjectId: 0x82,
  extensions: 0xa3,
  dnsName: 0x82,
  address: 0x87,
});

export interface Certificate {
  readonly der: Uint8Array;
  /** What is signed. */
  readonly tbs: Uint8Array;
  readonly signature: Uint8Array;
  /** Names as they stand in the certificate, compared byte by byte. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** Valid from the first to the last of these, Unix seconds. */
  readonly fromS: number;
  readonly toS: number;
  readonly modulus: Uint8Array;
  readonly authority: boolean;
  /** Authorities that may follow below it; undefined = any number. */
  readonly pathLength: number | undefined;
  /** undefined: the certificate does not say. */
  readonly maySign: boolean | undefined;
  readonly mayCertify: boolean | undefined;
  readonly serves: boolean | undefined;
  readonly dnsNames: readonly string[];
  readonly addresses: readonly string[];
}

export type CertificateResult =
  | { readonly ok: true; readonly certificate: Certificate }
  | { readonly ok: false; readonly why: "malformed" | "algorithm" | "critical" | "tooLong" };

/** What a refusal inside the parser is turned into. */
class Refused {
  readonly why: "malformed" | "algorithm" | "critical" | "tooLong";
  constructor(why: "malformed" | "algorithm" | "critical" | "tooLong") {
    this.why = why;
  }
}

export function parseCertificate(bytes: Uint8Array): CertificateResult {
  if (bytes.length > MAX_CERTIFICATE_BYTES) return { ok: false, why: "tooLong" };
  try {
    return { ok: true, certificate: parse(bytes.slice()) };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, why: error.why };
    throw error;
  }
}

/** The certificates in `bytes`, DER, one behind the other; what is not is one piece that no parser takes. */
export function certificatesIn(bytes: Uint8Array): readonly Uint8Array[] {
  const found: Uint8Array[] = [];
  const reader = new Reader(bytes);
  try {
    while (reader.remaining > 0) found.push(raw(reader, TAG.sequence).slice());
    return found;
  } catch {
    return [bytes];
  }
}

/** Modulus of an RSA key in PKCS #8 (RFC 5208 §5, RFC 8017 A.1.2); undefined: it is none that we take. */
export function modulusOfKey(pkcs8: Uint8Array): Uint8Array | undefined {
  try {
    const info = inside(new Reader(pkcs8), TAG.sequence);
    inside(info, TAG.integer);
    algorithm(info, OID.rsaEncryption);
    const key = inside(inside(info, TAG.octets), TAG.sequence);
    inside(key, TAG.integer);
    return rsaNumbers(key);
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
}

function parse(der: Uint8Array): Certificate {
  const whole = new Reader(der);
  const outer = inside(whole, TAG.sequence);
  end(whole);
  const tbs = raw(outer, TAG.sequence);
  algorithm(outer, OID.sha256Rsa);
  const signature = bitString(outer);
  end(outer);
  const body = inside(new Reader(tbs), TAG.sequence);
  const version = inside(body, TAG.version);
  if (toHex(inside(version, TAG.integer).bytes) !== "02") throw new Refused("malformed");
  inside(body, TAG.integer);
  algorithm(body, OID.sha256Rsa);
  const issuer = raw(body, TAG.sequence);
  const validity = inside(body, TAG.sequence);
  const fromS = time(validity);
  const toS = time(validity);
  const subject = raw(body, TAG.sequence);
  const modulus = publicKey(inside(body, TAG.sequence));
  if (peek(body) === TAG.issuerId) inside(body, TAG.issuerId);
  if (peek(body) === TAG.subjectId) inside(body, TAG.subjectId);
  const extensions =
    body.remaining > 0 ? inside(inside(body, TAG.extensions), TAG.sequence) : new Reader(new Uint8Array(0));
  end(body);
  return { der, tbs, signature, issuer, subject, fromS, toS, modulus, ...readExtensions(extensions) };
}

type Extended = Pick<
  Certificate,
  "authority" | "pathLength" | "maySign" | "mayCertify" | "serves" | "dnsNames" | "addresses"
>;

function readExtensions(list: Reader): Extended {
  let found: Extended = {
    authority: false,
    pathLength: undefined,
    maySign: undefined,
    mayCertify: undefined,
    serves: undefined,
    dnsNames: [],
    addresses: [],
  };
  const seen: string[] = [];
  while (list.remaining > 0) {
    const extension = inside(list, TAG.sequence);
    const id = toHex(inside(extension, TAG.oid).bytes);
    if (seen.includes(id)) throw new Refused("malformed");
    seen.push(id);
    const critical = peek(extension) === TAG.boolean && inside(extension, TAG.boolean).u8() === 0xff;
    const value = inside(extension, TAG.octets);
    end(extension);
    found = { ...found, ...readExtension(id, critical, value) };
  }
  return found;
}

function readExtension(id: string, critical: boolean, value: Reader): Partial<Extended> {
  switch (id) {
    case OID.basicConstraints: {
      const constraints = inside(value, TAG.sequence);
      const authority = peek(constraints) === TAG.boolean && inside(constraints, TAG.boolean).u8() === 0xff;
      const pathLength = peek(constraints) === TAG.integer ? inside(constraints, TAG.integer).u8() : undefined;
      return { authority, pathLength };
    }
    case OID.keyUsage: {
      // RFC 5280 §4.2.1.3: digitalSignature is the first bit, keyCertSign the sixth
      const bits = inside(value, TAG.bits);
      bits.u8();
      const first = bits.u8();
      return { maySign: (first & 0x80) !== 0, mayCertify: (first & 0x04) !== 0 };
    }
    case OID.extendedKeyUsage: {
      const purposes = inside(value, TAG.sequence);
      let serves = false;
      while (purposes.remaining > 0) {
        const purpose = toHex(inside(purposes, TAG.oid).bytes);
        serves ||= purpose === OID.serverAuth || purpose === OID.anyUsage;
      }
      return { serves };
    }
    case OID.subjectAltName:
      return readNames(inside(value, TAG.sequence));
    default:
      if (critical) throw new Refused("critical");
      return {};
  }
}

function readNames(list: Reader): Partial<Extended> {
  const dnsNames: string[] = [];
  const addresses: string[] = [];
  for (let count = 0; list.remaining > 0; count++) {
    if (count >= MAX_NAMES) throw new Refused("tooLong");
    const tag = peek(list);
    const value = inside(list, tag ?? 0).bytes;
    if (tag === TAG.dnsName) dnsNames.push(ascii(value).toLowerCase());
    else if (tag === TAG.address && value.length === 4) addresses.push(value.join("."));
  }
  return { dnsNames, addresses };
}

/** Modulus of an RSA key with the one exponent we take. */
function publicKey(info: Reader): Uint8Array {
  algorithm(info, OID.rsaEncryption);
  const key = inside(new Reader(bitString(info)), TAG.sequence);
  const modulus = rsaNumbers(key);
  end(key);
  return modulus;
}

/** Modulus and exponent are next. */
function rsaNumbers(key: Reader): Uint8Array {
  const modulus = inside(key, TAG.integer).bytes;
  const exponent = toHex(inside(key, TAG.integer).bytes);
  if (exponent !== EXPONENT.toString(16).padStart(6, "0")) throw new Refused("algorithm");
  // a leading zero keeps a DER integer positive
  const bytes = modulus[0] === 0 ? modulus.slice(1) : modulus.slice();
  if (bytes.length < MIN_MODULUS_BYTES || bytes.length > MAX_MODULUS_BYTES) throw new Refused("algorithm");
  return bytes;
}

function algorithm(reader: Reader, wanted: string): void {
  const identifier = inside(reader, TAG.sequence);
  if (toHex(inside(identifier, TAG.oid).bytes) !== wanted) throw new Refused("algorithm");
}

/** UTCTime YYMMDDhhmmssZ or GeneralizedTime YYYYMMDDhhmmssZ (RFC 5280 §4.1.2.5), Unix seconds. */
function time(reader: Reader): number {
  const tag = peek(reader) === TAG.utcTime ? TAG.utcTime : TAG.generalizedTime;
  let text = ascii(inside(reader, tag).bytes);
  if (tag === TAG.utcTime) text = (text < "50" ? "20" : "19") + text;
  if (text.length !== 15 || !text.endsWith("Z")) throw new Refused("malformed");
  const parts = [text.slice(0, 4), ...[4, 6, 8, 10, 12].map((at) => text.slice(at, at + 2))].map(Number);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  if (parts.some((part) => !Number.isInteger(part)) || month < 1 || month > 12 || day < 1 || day > 31) {
    throw new Refused("malformed");
  }
  return daysTo(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
}

/** Days from 1970-01-01 in the Gregorian calendar. */
function daysTo(year: number, month: number, day: number): number {
  const fromMarch = month > 2 ? year : year - 1;
  const yearOfEra = fromMarch % 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return Math.floor(fromMarch / 400) * 146_097 + dayOfEra - 719_468;
}

function ascii(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    // a NUL in a name has fooled many
    if (byte < 0x20 || byte > 0x7e) throw new Refused("malformed");
    text += String.fromCharCode(byte);
  }
  return text;
}

/** Content of a BIT STRING of whole bytes. */
function bitString(reader: Reader): Uint8Array {
  const bits = inside(reader, TAG.bits);
  if (bits.u8() !== 0) throw new Refused("malformed");
  return bits.take(bits.remaining).slice();
}

function peek(reader: Reader): number | undefined {
  return reader.remaining > 0 ? reader.bytes[reader.at] : undefined;
}

function end(reader: Reader): void {
  if (reader.remaining > 0) throw new Refused("malformed");
}

/** Content of the next element, which must bear `tag`. Definite lengths in their shortest form only (X.690 §10.1). */
function inside(reader: Reader, tag: number): Reader {
  if (reader.u8() !== tag || reader.overrun) throw new Refused("malformed");
  let length = reader.u8();
  if (length >= 0x80) {
    const digits = length & 0x7f;
    if (digits < 1 || digits > 2) throw new Refused("malformed");
    length = digits === 1 ? reader.u8() : reader.u16();
    if (length < (digits === 1 ? 0x80 : 0x100)) throw new Refused("malformed");
  }
  const bytes = reader.take(length);
  if (reader.overrun) throw new Refused("malformed");
  return new Reader(bytes);
}

/** The next element whole, tag and length included. */
function raw(reader: Reader, tag: number): Uint8Array {
  const start = reader.at;
  inside(reader, tag);
  return reader.bytes.slice(start, reader.at);
}
