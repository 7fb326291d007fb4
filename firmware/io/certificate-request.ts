/**
 * The request by which a board asks for its certificate (PKCS #10, RFC 2986) in DER (X.690): name, public key, signed
 * by the board's own key (sha256WithRSAEncryption, RFC 8017 A.2.4). The private key never leaves the key store for it.
 */
import { concatBytes, equalBytes, utf8Encode } from "../../shared/bytes.js";
import { deepFreeze } from "../../shared/freeze.js";
import { sha256 } from "../../shared/sha256.js";

/** What of the device key (native/device-key) a request needs. */
export interface RequestKey {
  /** RSAPublicKey in DER. */
  publicKey(): ArrayBuffer;
  /** Over a SHA-256 digest. */
  sign(digest: Uint8Array): ArrayBuffer;
}

/** Longest name: the cabinet's serial number. */
export const MAX_NAME_CHARS = 32;

/** Tags of X.690 §8 that a request uses. */
const TAG = deepFreeze({
  integer: 0x02,
  bitString: 0x03,
  null: 0x05,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  sequence: 0x30,
  set: 0x31,
  attributes: 0xa0,
});

/** 65,537, the one exponent of our keys. */
const EXPONENT: readonly number[] = deepFreeze([0x01, 0x00, 0x01]);
/** Object identifiers, as encoded. */
const COMMON_NAME: readonly number[] = deepFreeze([0x55, 0x04, 0x03]);
const RSA_ENCRYPTION: readonly number[] = deepFreeze([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]);
const SHA256_WITH_RSA: readonly number[] = deepFreeze([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b]);

/** `machineId` becomes the common name: `[A-Z0-9-]{1,32}`. Throws a RangeError for another. */
export function certificateRequest(machineId: string, key: RequestKey): Uint8Array {
  if (!isName(machineId)) throw new RangeError("no name for a certificate");
  const info = der(
    TAG.sequence,
    der(TAG.integer, Uint8Array.of(0)),
    nameOf(machineId),
    der(TAG.sequence, algorithm(RSA_ENCRYPTION), bits(new Uint8Array(key.publicKey()))),
    der(TAG.attributes),
  );
  const signature = new Uint8Array(key.sign(sha256(info)));
  return der(TAG.sequence, info, algorithm(SHA256_WITH_RSA), bits(signature));
}

/** RSAPublicKey (RFC 8017 A.1.1) with this modulus, big-endian and without leading zeros. */
export function rsaPublicKey(modulus: Uint8Array): Uint8Array {
  // a leading zero keeps a DER integer positive
  const number = concatBytes(Uint8Array.of(0), modulus);
  return der(TAG.sequence, der(TAG.integer, number), der(TAG.integer, Uint8Array.from(EXPONENT)));
}

function isName(text: string): boolean {
  if (text.length === 0 || text.length > MAX_NAME_CHARS) return false;
  for (const char of text) {
    if (!((char >= "A" && char <= "Z") || (char >= "0" && char <= "9") || char === "-")) return false;
  }
  return true;
}

/**
 * True if `name` (DER) is the machine's id and nothing else, in either string that authorities write (RFC 5280
 * §4.1.2.4).
 */
export function isNameOf(machineId: string, name: Uint8Array): boolean {
  return equalBytes(name, nameOf(machineId)) || equalBytes(name, nameOf(machineId, TAG.printableString));
}

function nameOf(machineId: string, string: number = TAG.utf8String): Uint8Array {
  const type = der(TAG.objectIdentifier, Uint8Array.from(COMMON_NAME));
  const value = der(string, utf8Encode(machineId));
  return der(TAG.sequence, der(TAG.set, der(TAG.sequence, type, value)));
}

function algorithm(identifier: readonly number[]): Uint8Array {
  return der(TAG.sequence, der(TAG.objectIdentifier, Uint8Array.from(identifier)), der(TAG.null));
}

/** A bit string of whole bytes. */
function bits(bytes: Uint8Array): Uint8Array {
  return der(TAG.bitString, Uint8Array.of(0), bytes);
}

/** Tag, length in its shortest form, content. */
function der(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const bytes = concatBytes(...content);
  const length = bytes.length;
  if (length < 0x80) return concatBytes(Uint8Array.of(tag, length), bytes);
  if (length < 0x100) return concatBytes(Uint8Array.of(tag, 0x81, length), bytes);
  return concatBytes(Uint8Array.of(tag, 0x82, length >> 8, length & 0xff), bytes);
}
