/**
 * Claim codes: 20 characters of Crockford's base 32, 100 random bits, typed once by whoever sets a board up. Kept only
 * as a hash: nothing here ever compares a code itself.
 */
import { createHash, randomBytes } from "node:crypto";
import qrcode from "qrcode-generator";
import { CLAIM_DIGITS, fitsClaimDigits, withCheckDigits } from "../../shared/claim-code.js";

export const CLAIM_CODE_LENGTH = 20;
const GROUP = 5;
const DIGIT_GROUP = 3;
/** No I, L, O, U: what is read for 1 and 0 by mistake is taken as such. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** A new code, in groups: "XXXXX-XXXXX-XXXXX-XXXXX". */
export function newClaimCode(): string {
  const letters = [...randomBytes(CLAIM_CODE_LENGTH)].map((byte) => ALPHABET.charAt(byte & 31)).join("");
  return letters.replace(new RegExp(`(.{${GROUP}})(?=.)`, "g"), "$1-");
}

/** The 20 characters in what was typed, as letters or as digits; undefined if they are none. */
export function plainClaimCode(typed: string): string | undefined {
  const code = typed.toUpperCase().replaceAll(/[\s-]/g, "").replaceAll("O", "0").replaceAll(/[IL]/g, "1");
  if (code.length === CLAIM_DIGITS) return lettersOf(code);
  const fits = code.length === CLAIM_CODE_LENGTH && [...code].every((letter) => ALPHABET.includes(letter));
  return fits ? code : undefined;
}

/** The same code for a keypad without letters, in groups of three digits: "000 000 000 …". */
export function claimDigits(code: string): string {
  let number = 0n;
  for (const letter of code.replaceAll("-", "")) number = number * 32n + BigInt(ALPHABET.indexOf(letter));
  return withCheckDigits(String(number)).replace(new RegExp(`(.{${DIGIT_GROUP}})(?=.)`, "g"), "$1 ");
}

function lettersOf(digits: string): string | undefined {
  if (!fitsClaimDigits(digits)) return undefined;
  let number = BigInt(digits.slice(0, -2));
  if (number >= 32n ** BigInt(CLAIM_CODE_LENGTH)) return undefined;
  let letters = "";
  for (let i = 0; i < CLAIM_CODE_LENGTH; i++) {
    letters = ALPHABET.charAt(Number(number % 32n)) + letters;
    number /= 32n;
  }
  return letters;
}

/** What is kept of a code. A plain hash is enough for 100 random bits. */
export function hashClaimCode(plain: string): Buffer {
  return createHash("sha256").update(`spiral-claim-1\0${plain}`).digest();
}

/**
 * Where our pages show the code to whoever stands at the board, and how far the claim is. A board has no camera: what
 * scans the QR is a phone. Behind the #, so that the code stands in no log.
 */
export function claimPath(id: string, code: string): string {
  return `/#/claims/${id}/${claimDigits(code).replaceAll(" ", "")}`;
}

/** A QR as an SVG element that scales. */
export function qrSvg(text: string): string {
  const qr = qrcode(0, "M");
  qr.addData(text);
  qr.make();
  return qr.createSvgTag({ scalable: true, margin: 4 });
}
