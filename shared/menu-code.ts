/**
 * Codes of the technician's menu. The settings document holds only their hashes: `[who, rights, hash]` each, in
 * `serviceCodes`. A code is short; the hash keeps it out of listings, the lock after wrong tries keeps it from being
 * guessed at the machine.
 */
import { concatBytes, equalBytes, utf8Encode } from "./bytes.js";
import type { CborValue } from "./cbor.js";
import { sha256 } from "./sha256.js";

const PURPOSE = "spiral service code";
const HASH_BYTES = 8;

/** First 8 bytes of SHA-256(purpose ‖ 0 ‖ machine ‖ 0 ‖ code). */
export function serviceCodeHash(machineId: string, code: string): Uint8Array {
  const separator = Uint8Array.of(0);
  const parts = concatBytes(utf8Encode(PURPOSE), separator, utf8Encode(machineId), separator, utf8Encode(code));
  return sha256(parts).slice(0, HASH_BYTES);
}

/** The item of `serviceCodes` for a code. who: a number of the operator's own, from 1. rights: bits. */
export function serviceCodeItem(machineId: string, code: string, who: number, rights: number): CborValue {
  return [who, rights, serviceCodeHash(machineId, code)];
}

/** Who a typed code belongs to and what it allows; undefined if it is nobody's. Malformed items open nothing. */
export function serviceCodeOwner(
  items: readonly CborValue[],
  machineId: string,
  code: string,
): { readonly who: number; readonly rights: number } | undefined {
  if (code === "") return undefined;
  const typed = serviceCodeHash(machineId, code);
  for (const item of items) {
    if (!Array.isArray(item)) continue;
    const [who, rights, hash] = item;
    if (typeof who !== "number" || typeof rights !== "number" || !(hash instanceof Uint8Array)) continue;
    if (equalBytes(hash, typed)) return { who, rights };
  }
  return undefined;
}
