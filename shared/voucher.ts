/**
 * Voucher codes: what a machine that cannot pay out prints or shows instead, made and signed offline, and what the
 * fleet checks when one is redeemed. 14 characters of Crockford's base 32 hold 70 bits, most significant first:
 * 24 bits number, the low 6 bits of the epoch, 40 bits of HMAC-SHA256 over the whole claim. A code is no money by
 * itself: number and machine name the record that says what it is worth, and that it was not yet redeemed.
 */
import { encodeCbor } from "./cbor.js";
import { equalSecrets, hkdfSha256, hmacSha256 } from "./sha256.js";

/** Characters of a code without its dashes. */
export const VOUCHER_CODE_LENGTH = 14;

/** Greatest voucher number of one machine and epoch. */
export const MAX_VOUCHER_NUMBER = 0xff_ffff;

/** Vouchers are numbered below it, claims from it on. */
export const FIRST_CLAIM_NUMBER = 0x80_0000;

const MAX_EPOCH = 0xffff_ffff;
const EPOCH_LOW_MASK = 0x3f;
const MAC_BYTES = 5;
const KEY_BYTES = 32;
/** 24 + 6 bits; the MAC takes the other eight. */
const HEAD_CHARACTERS = 6;

/** Crockford's alphabet: no I, L, O, U. What is read for 1 and 0 by mistake is taken as such. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** All that a voucher stands for; the MAC covers every field. */
export interface VoucherClaim {
  /** The cabinet's serial number. */
  readonly machineId: string;
  /** Ledger epoch in which it was issued, 32 bits. */
  readonly epoch: number;
  /** Counts up within the epoch: 0..`MAX_VOUCHER_NUMBER`. */
  readonly number: number;
  readonly amountMinor: number;
  /** ISO 4217 code. */
  readonly currency: string;
}

export interface VoucherParts {
  readonly ok: true;
  readonly number: number;
  /** Low 6 bits of the epoch, enough to tell the machine's recent epochs apart. */
  readonly epochLow: number;
  /** 5 bytes. */
  readonly mac: Uint8Array;
}

export type VoucherCodeError =
  | "length" // not 14 characters besides blanks and dashes
  | "character"; // one that Crockford's base 32 does not know

export type VoucherParse = VoucherParts | { readonly ok: false; readonly error: VoucherCodeError };

/**
 * The key under which one machine signs vouchers in one epoch: HKDF-SHA256 of the fleet's master key with machine,
 * epoch, purpose and key version as info. 32 bytes.
 */
export function voucherKey(master: Uint8Array, machineId: string, epoch: number, version: number): Uint8Array {
  return hkdfSha256(master, new Uint8Array(0), encodeCbor([machineId, epoch, "voucher", version]), KEY_BYTES);
}

/**
 * The 14 characters for `claim`, without dashes. RangeError for a number or epoch out of range: the caller's epoch has
 * 16 million vouchers.
 */
export function voucherCode(key: Uint8Array, claim: VoucherClaim): string {
  const { epoch, number } = claim;
  if (!Number.isInteger(number) || number < 0 || number > MAX_VOUCHER_NUMBER) throw new RangeError(`voucher ${number}`);
  if (!Number.isInteger(epoch) || epoch < 0 || epoch > MAX_EPOCH) throw new RangeError(`epoch ${epoch}`);
  const head = ((number << 6) | epochLowOf(epoch)) >>> 0;
  let code = "";
  for (let shift = 5 * (HEAD_CHARACTERS - 1); shift >= 0; shift -= 5) code += ALPHABET.charAt((head >>> shift) & 31);
  return code + base32(macOf(key, claim));
}

/** In groups that a person can copy: "XXXX-XXXXX-XXXXX". */
export function formatVoucherCode(code: string): string {
  return `${code.slice(0, 4)}-${code.slice(4, 9)}-${code.slice(9)}`;
}

/** A typed code as the machine made it, 14 characters; undefined if it is none. */
export function plainVoucherCode(text: string): string | undefined {
  if (!parseVoucherCode(text).ok) return undefined;
  let code = "";
  for (let i = 0; i < text.length; i++) {
    const digit = digitOf(text.charAt(i));
    if (digit >= 0) code += ALPHABET.charAt(digit);
  }
  return code;
}

/** What a typed code says; upper and lower case, blanks and dashes do not matter, O is 0, I and L are 1. */
export function parseVoucherCode(text: string): VoucherParse {
  const digits: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i);
    if (character === " " || character === "-") continue;
    if (digits.length === VOUCHER_CODE_LENGTH) return { ok: false, error: "length" };
    const digit = digitOf(character);
    if (digit < 0) return { ok: false, error: "character" };
    digits.push(digit);
  }
  if (digits.length !== VOUCHER_CODE_LENGTH) return { ok: false, error: "length" };
  let head = 0;
  for (let i = 0; i < HEAD_CHARACTERS; i++) head = (head << 5) | (digits[i] ?? 0);
  return { ok: true, number: head >>> 6, epochLow: head & EPOCH_LOW_MASK, mac: bytesOf(digits.slice(HEAD_CHARACTERS)) };
}

/** True if `code` (as typed) is the one that the machine made for exactly this claim under this key. */
export function verifyVoucher(key: Uint8Array, code: string, claim: VoucherClaim): boolean {
  const parts = parseVoucherCode(code);
  return (
    parts.ok &&
    parts.number === claim.number &&
    parts.epochLow === epochLowOf(claim.epoch) &&
    equalSecrets(parts.mac, macOf(key, claim))
  );
}

/**
 * The number under which claim `claimNo` is coded: the upper half of the numbers, so that it never meets a voucher's.
 */
export function claimNumber(claimNo: number): number {
  if (!Number.isInteger(claimNo) || claimNo < 0 || claimNo >= FIRST_CLAIM_NUMBER)
    throw new RangeError(`claim ${claimNo}`);
  return FIRST_CLAIM_NUMBER + claimNo;
}

/** The part of an epoch that a code carries. */
export function epochLowOf(epoch: number): number {
  return epoch & EPOCH_LOW_MASK;
}

/** CBOR of a fixed list of fields has one reading only: no two claims run together to the same bytes. */
function macOf(key: Uint8Array, claim: VoucherClaim): Uint8Array {
  const { machineId, epoch, number, amountMinor, currency } = claim;
  return hmacSha256(key, encodeCbor([machineId, epoch, number, amountMinor, currency])).subarray(0, MAC_BYTES);
}

function digitOf(character: string): number {
  const upper = character.toUpperCase();
  if (upper === "O") return 0;
  if (upper === "I" || upper === "L") return 1;
  return ALPHABET.indexOf(upper);
}

/** Five bytes as eight characters. */
function base32(bytes: Uint8Array): string {
  let text = "";
  let held = 0;
  let bits = 0;
  for (let i = 0; i < bytes.length; i++) {
    held = (held << 8) | (bytes[i] ?? 0);
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET.charAt((held >>> (bits - 5)) & 31);
    held &= 0x1f; // at most 4 bits are still to be written
  }
  return text;
}

/** Eight digits as five bytes. */
function bytesOf(digits: readonly number[]): Uint8Array {
  const out = new Uint8Array((digits.length * 5) >> 3);
  let held = 0;
  let bits = 0;
  let at = 0;
  for (const digit of digits) {
    held = ((held << 5) | digit) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    out[at++] = held >>> bits;
  }
  return out;
}
