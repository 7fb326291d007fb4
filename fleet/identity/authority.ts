/**
 * The fleet's certificate authority (RFC 5280): certificates of machines and brokers, and lists of revoked ones.
 * RSA-2048 with SHA-256 throughout: that is what a machine's TLS can verify and sign (firmware/io/net/chain.ts). No
 * file, no clock of its own: who calls hands the time in. A private key leaves only as the PEM it is kept in.
 */
import { createHash, createPrivateKey, createPublicKey, randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import "./metadata.js";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  X509CrlGenerator,
  X509CrlReason,
} from "@peculiar/x509";

export const ALGORITHM = {
  name: "RSASSA-PKCS1-v1_5",
  hash: "SHA-256",
  modulusLength: 2_048,
  publicExponent: new Uint8Array([1, 0, 1]),
} as const;

const DAY_MS = 86_400_000;
/** Clocks that go a little behind ours must not find a certificate unborn. */
const EARLIER_MS = 300_000;
export const AUTHORITY_DAYS = 3_650;
export const MACHINE_DAYS = 397;
export const SERVER_DAYS = 90;
/** A machine shall renew once this share of its certificate's life is over. */
const RENEW_SHARE = 2 / 3;
/** How long a list of revoked certificates is believed; it is written anew at each change and long before. */
export const REVOCATION_DAYS = 30;

export interface Authority {
  /** 1, 2, …: the highest signs machines' certificates. */
  readonly generation: number;
  readonly certificate: X509Certificate;
  readonly pem: string;
  readonly key: webcrypto.CryptoKey;
  /** What it signed is believed until it ends; it signs nothing more but what of that is revoked. */
  readonly retired: boolean;
}

export interface Issued {
  readonly pem: string;
  readonly der: Uint8Array;
  /** SHA-256 of the DER: what a certificate is known by here. */
  readonly fingerprint: Uint8Array;
  /** Hexadecimal, as in lists of revoked certificates. */
  readonly serialNumber: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export interface Revoked {
  readonly serialNumber: string;
  readonly at: Date;
  /** It may come back: its machine is suspended. RFC 5280 §5.3.1 certificateHold. */
  readonly onHold: boolean;
}

/** Certificate and key of a new authority, as PEM. */
export async function makeAuthority(generation: number, nowMs: number): Promise<string> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerialNumber(),
    // Bytes of chance: two installations, or two generations, are never taken for each other by their name.
    name: [{ CN: [`Spiral fleet authority ${generation} ${randomBytes(4).toString("hex")}`] }],
    ...spanOf(nowMs, AUTHORITY_DAYS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" }).export({ type: "pkcs8", format: "pem" });
  return `${certificate.toString("pem")}\n${key}`;
}

/** The authority in `text`. Throws for what is none, and where key and certificate do not belong together. */
export async function readAuthority(generation: number, retired: boolean, text: string): Promise<Authority> {
  const certificate = new X509Certificate(pemBlock(text, "CERTIFICATE"));
  const key = createPrivateKey(pemBlock(text, "PRIVATE KEY"));
  const spki = createPublicKey(key).export({ type: "spki", format: "der" });
  if (!spki.equals(Buffer.from(certificate.publicKey.rawData))) throw new Error("key and certificate differ");
  const pkcs8 = key.export({ type: "pkcs8", format: "der" });
  return {
    generation,
    retired,
    certificate,
    pem: `${certificate.toString("pem")}\n`,
    key: await webcrypto.subtle.importKey("pkcs8", pkcs8, ALGORITHM, false, ["sign"]),
  };
}

/** A machine's certificate: its serial is the one name in it. `publicKey`: SubjectPublicKeyInfo in DER. */
export function issueMachine(
  authority: Authority,
  serial: string,
  publicKey: Uint8Array,
  nowMs: number,
): Promise<Issued> {
  return issue(authority, serial, publicKey, spanOf(nowMs, MACHINE_DAYS), [
    new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
  ]);
}

/** A broker's certificate for these names and addresses. */
export function issueServer(
  authority: Authority,
  hosts: readonly string[],
  publicKey: Uint8Array,
  nowMs: number,
): Promise<Issued> {
  const names = hosts.map((value) => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value }));
  return issue(authority, hosts[0] ?? "broker", publicKey, spanOf(nowMs, SERVER_DAYS), [
    new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
    new SubjectAlternativeNameExtension(names),
  ]);
}

/** The list of what this authority signed and nobody shall believe any more, as PEM (RFC 5280 §5). */
export async function revocationList(
  authority: Authority,
  revoked: readonly Revoked[],
  nowMs: number,
): Promise<string> {
  const list = await X509CrlGenerator.create({
    issuer: authority.certificate.subjectName,
    thisUpdate: new Date(nowMs - EARLIER_MS),
    nextUpdate: new Date(nowMs + REVOCATION_DAYS * DAY_MS),
    signingAlgorithm: ALGORITHM,
    signingKey: authority.key,
    entries: revoked.map(({ serialNumber, at, onHold }) => ({
      serialNumber,
      revocationDate: at,
      ...(onHold ? { reason: X509CrlReason.certificateHold } : {}),
    })),
  });
  // The library writes "CRL"; RFC 7468 §6 and everybody else say "X509 CRL".
  return `${list.toString("pem").replaceAll(/(BEGIN|END) CRL/g, "$1 X509 CRL")}\n`;
}

/** From when on the machine shall ask for the next one. */
export function renewAfter({ notBefore, notAfter }: Pick<Issued, "notBefore" | "notAfter">): Date {
  const lifeMs = notAfter.getTime() - notBefore.getTime();
  return new Date(notBefore.getTime() + Math.floor(lifeMs * RENEW_SHARE));
}

export function fingerprintOf(der: Uint8Array): Uint8Array {
  return createHash("sha256").update(der).digest();
}

async function issue(
  authority: Authority,
  name: string,
  publicKey: Uint8Array,
  span: { readonly notBefore: Date; readonly notAfter: Date },
  extensions: readonly Extension[],
): Promise<Issued> {
  const serialNumber = newSerialNumber();
  const certificate = await X509CertificateGenerator.create({
    serialNumber,
    subject: [{ CN: [name] }],
    issuer: authority.certificate.subjectName,
    ...span,
    signingAlgorithm: ALGORITHM,
    publicKey: new PublicKey(new Uint8Array(publicKey)),
    signingKey: authority.key,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      await AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
      ...extensions,
    ],
  });
  const der = new Uint8Array(certificate.rawData);
  const { notBefore, notAfter } = certificate;
  return {
    pem: `${certificate.toString("pem")}\n`,
    der,
    fingerprint: fingerprintOf(der),
    serialNumber,
    notBefore,
    notAfter,
  };
}

/** Certificates count whole seconds. */
function spanOf(nowMs: number, days: number): { readonly notBefore: Date; readonly notAfter: Date } {
  const fromMs = Math.floor((nowMs - EARLIER_MS) / 1_000) * 1_000;
  return { notBefore: new Date(fromMs), notAfter: new Date(fromMs + days * DAY_MS) };
}

/** 127 random bits, positive and without leading zeros (RFC 5280 §4.1.2.2). */
function newSerialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString("hex");
}

/** The first block of that label, whole; empty if there is none. */
function pemBlock(text: string, label: string): string {
  return new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----`).exec(text)?.[0] ?? "";
}
