/**
 * A claim code as people enter it where a board has ten keys and no letters: 33 digits, which are its 100 bits as a
 * decimal number of 31 and two check digits (ISO/IEC 7064, MOD 97-10), so that a slip is told before anybody is asked.
 */

/** Digits with their check digits. */
export const CLAIM_DIGITS = 33;
const CHECK_DIGITS = 2;
const MODULUS = 97;

/** `number` (decimal digits, 31 at most) as it is typed. */
export function withCheckDigits(number: string): string {
  const padded = number.padStart(CLAIM_DIGITS - CHECK_DIGITS, "0");
  const check = MODULUS + 1 - remainder(`${padded}00`);
  return padded + String(check).padStart(CHECK_DIGITS, "0");
}

/** True if `typed` is 33 digits that fit together: any one wrong digit and any two changed round are noticed. */
export function fitsClaimDigits(typed: string): boolean {
  return typed.length === CLAIM_DIGITS && remainder(typed) === 1;
}

/** Of the number that `text` says, by 97; -1 for what is no number. */
function remainder(text: string): number {
  let left = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    left = (left * 10 + digit) % MODULUS;
  }
  return left;
}
