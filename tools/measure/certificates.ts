/**
 * X.509 v3 certificates (RFC 5280) for benches and tests, made from nothing but Node: authorities, servers, machines,
 * and ones with something wrong. RSA with SHA-256 throughout. No secret of any machine is ever made here.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";

export interface Issued {
  readonly name: string;
  readonly der: Uint8Array;
  readonly pem: string;
  readonly key: KeyObject;
  readonly keyPem: string;
}

export interface CertificateOptions {
  readonly name: string;
  /** Absent: signs itself. */
  readonly issuer?: Issued;
  readonly authority?: boolean;
  /** Names a server bears. */
  readonly dns?: readonly string[];
  readonly addresses?: readonly string[];
  /** Unix seconds. */
  readonly fromS?: number;
  readonly toS?: number;
  readonly key?: KeyObject;
  readonly bits?: number;
  readonly exponent?: number;
  /** Extension of no meaning, marked critical. */
  readonly strangeCritical?: boolean;
  /** Extended key usage: server, client, or none stated. */
  readonly usage?: "server" | "client";
}

const OIDS = {
  sha256Rsa: "2a864886f70d01010b",
  commonName: "550403",
  basicConstraints: "551d13",
  keyUsage: "551d0f",
  extendedKeyUsage: "551d25",
  subjectAltName: "551d11",
  serverAuth: "2b06010505070301",
  clientAuth: "2b06010505070302",
  strange: "2a0304",
} as const;

export function issue(options: CertificateOptions): Issued {
  const key = options.key ?? newKey(options.bits, options.exponent);
  const issuerName = options.issuer?.name ?? options.name;
  const signer = options.issuer?.key ?? key;
  const algorithm = seq(oid(OIDS.sha256Rsa), der(0x05));
  const serial = Uint8Array.from(Buffer.from(`01${Buffer.from(options.name).toString("hex")}`.slice(0, 32), "hex"));
  const tbs = seq(
    der(0xa0, der(0x02, Uint8Array.of(2))),
    der(0x02, serial),
    algorithm,
    nameOf(issuerName),
    seq(time(options.fromS ?? 1_735_689_600), time(options.toS ?? 2_051_222_400)),
    nameOf(options.name),
    new Uint8Array(createPublicKey(key).export({ type: "spki", format: "der" })),
    der(0xa3, seq(...extensions(options))),
  );
  const signature = sign("sha256", tbs, signer);
  const bytes = seq(tbs, algorithm, der(0x03, Uint8Array.of(0), signature));
  const base64 = Buffer.from(bytes).toString("base64").replace(/.{64}/g, "$&\n");
  return {
    name: options.name,
    der: bytes,
    pem: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    key,
    keyPem: key.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

/** PKCS #8, as the secret store hands it out. */
export function keyDer(issued: Issued): Uint8Array {
  return new Uint8Array(issued.key.export({ type: "pkcs8", format: "der" }));
}

export function newKey(bits = 2_048, exponent = 65_537): KeyObject {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: bits, publicExponent: exponent });
  return createPrivateKey(privateKey.export({ type: "pkcs8", format: "pem" }));
}

function extensions(options: CertificateOptions): Uint8Array[] {
  const list: Uint8Array[] = [];
  const authority = options.authority === true;
  list.push(extension(OIDS.basicConstraints, true, authority ? seq(der(0x01, Uint8Array.of(0xff))) : seq()));
  // keyCertSign for authorities, digitalSignature for the others
  list.push(extension(OIDS.keyUsage, true, der(0x03, authority ? Uint8Array.of(2, 0x04) : Uint8Array.of(7, 0x80))));
  if (options.usage !== undefined) {
    const purpose = options.usage === "server" ? OIDS.serverAuth : OIDS.clientAuth;
    list.push(extension(OIDS.extendedKeyUsage, false, seq(oid(purpose))));
  }
  const names = [
    ...(options.dns ?? []).map((name) => der(0x82, new Uint8Array(Buffer.from(name, "latin1")))),
    ...(options.addresses ?? []).map((address) => der(0x87, Uint8Array.from(address.split("."), Number))),
  ];
  if (names.length > 0) list.push(extension(OIDS.subjectAltName, false, seq(...names)));
  if (options.strangeCritical === true) list.push(extension(OIDS.strange, true, der(0x05)));
  return list;
}

function extension(id: string, critical: boolean, value: Uint8Array): Uint8Array {
  return seq(oid(id), ...(critical ? [der(0x01, Uint8Array.of(0xff))] : []), der(0x04, value));
}

function nameOf(text: string): Uint8Array {
  return seq(der(0x31, seq(oid(OIDS.commonName), der(0x0c, new Uint8Array(Buffer.from(text))))));
}

/** UTCTime before 2050, GeneralizedTime from then on (RFC 5280 §4.1.2.5). */
function time(unixS: number): Uint8Array {
  const digits = new Date(unixS * 1_000).toISOString().replace(/[-:T]/g, "").slice(0, 14);
  const isUtc = digits < "2050";
  return der(isUtc ? 0x17 : 0x18, new Uint8Array(Buffer.from(`${isUtc ? digits.slice(2) : digits}Z`)));
}

function oid(hex: string): Uint8Array {
  return der(0x06, new Uint8Array(Buffer.from(hex, "hex")));
}

function seq(...parts: readonly Uint8Array[]): Uint8Array {
  return der(0x30, ...parts);
}

function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(parts);
  const size: number[] = [];
  for (let rest = body.length; rest > 0; rest = Math.floor(rest / 256)) size.unshift(rest % 256);
  const length = body.length < 128 ? [body.length] : [0x80 | size.length, ...size];
  return new Uint8Array([tag, ...length, ...body]);
}
