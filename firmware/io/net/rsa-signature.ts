/**
 * RSASSA-PKCS1-v1_5 with SHA-256 verified strictly (RFC 8017 §8.2.2): the whole encoded message is built and compared,
 * nothing in the signature is parsed. Exponent 65537 and at least 2,048 bits, so that no cube root is a signature.
 * Public operations only: nothing here is secret, and nothing takes care to hide its time.
 */
import { fromHex, toHex } from "../../../shared/bytes.js";
import { sha256 } from "../../../shared/sha256.js";

export const MIN_MODULUS_BYTES = 256;
export const MAX_MODULUS_BYTES = 512;
export const EXPONENT = 65_537;

/** DigestInfo of SHA-256 (RFC 8017 §9.2, note 1), before the 32 bytes of the digest. */
const DIGEST_INFO = "3031300d060960864801650304020105000420";

/** modulus: big-endian, without leading zeros. */
export function isSignedBy(modulus: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return isDigestSignedBy(modulus, sha256(message), signature);
}

export function isDigestSignedBy(modulus: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
  const { length } = modulus;
  if (length < MIN_MODULUS_BYTES || length > MAX_MODULUS_BYTES || (modulus[0] ?? 0) === 0) return false;
  if (signature.length !== length || digest.length !== 32) return false;
  const n = toBigInt(modulus);
  const s = toBigInt(signature);
  if (s >= n) return false;
  let power = s;
  // 65537 = 2^16 + 1
  for (let i = 0; i < 16; i++) power = (power * power) % n;
  power = (power * s) % n;
  return power === toBigInt(encoded(digest, length));
}

/** 00 01 FF … FF 00 DigestInfo digest. */
function encoded(digest: Uint8Array, length: number): Uint8Array {
  const info = fromHex(DIGEST_INFO) ?? new Uint8Array(0);
  const bytes = new Uint8Array(length).fill(0xff);
  const infoAt = length - info.length - digest.length;
  bytes[0] = 0;
  bytes[1] = 1;
  bytes[infoAt - 1] = 0;
  bytes.set(info, infoAt);
  bytes.set(digest, length - digest.length);
  return bytes;
}

export function toBigInt(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes)}`);
}
