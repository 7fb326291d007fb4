/**
 * One-time passwords (TOTP, RFC 6238: SHA-1, six digits, 30 s) and recovery codes. A code is taken once: the step it
 * belongs to is kept, and none so old is taken again. Secrets are sealed; the database alone makes no code.
 */
import { randomBytes } from "node:crypto";
import { Secret, TOTP } from "otpauth";
import type { Sql, Transaction } from "../../store/databases.js";
import type { Seal } from "../../store/sealing.js";
import { keepRecoveryCodes, takeRecoveryCode, takeStep } from "../../store/second-factors.js";
import { asOperator, type Scope } from "../../store/tenancy.js";

const PERIOD_S = 30;
/** A phone's clock may be so many steps off (RFC 6238 §5.2). */
const WINDOW = 1;
const SECRET_BYTES = 20;
export const RECOVERY_CODES = 10;
const RECOVERY_BYTES = 10;

export interface Enrolment {
  /** Base32, for typing in. */
  readonly secret: string;
  /** otpauth:// for a QR code. */
  readonly uri: string;
}

/** A new secret for `name`. */
export function newEnrolment(name: string): Enrolment {
  const secret = new Secret({ buffer: Uint8Array.from(randomBytes(SECRET_BYTES)).buffer });
  return { secret: secret.base32, uri: totpOf(secret.base32, name).toString() };
}

function totpOf(secret: string, name: string): TOTP {
  return new TOTP({ issuer: "Spiral", label: name, secret: Secret.fromBase32(secret), period: PERIOD_S });
}

/** Step of the code, if it is one of about now. */
export function stepOfCode(secret: string, code: string, nowMs: number): number | undefined {
  const delta = totpOf(secret, "").validate({ token: code, timestamp: nowMs, window: WINDOW });
  return delta === null ? undefined : Math.floor(nowMs / 1_000 / PERIOD_S) + delta;
}

/** What a person enters as his second factor: a code of his device, or one of his recovery codes. Taken once. */
export async function takeSecondFactor(
  app: Sql,
  seal: Seal,
  user: Scope & { readonly id: string },
  totpSecret: Uint8Array,
  code: string,
): Promise<boolean> {
  const typed = code.replace(/[\s-]/g, "").toLowerCase();
  return asOperator(app, user, async (tx) => {
    if (!/^[0-9]{6}$/.test(typed)) return takeRecoveryCode(tx, user.id, typed);
    const secret = seal.open(totpSecret, user.id);
    const step = secret === undefined ? undefined : stepOfCode(secret, typed, Date.now());
    return step !== undefined && takeStep(tx, user.id, step);
  });
}

/** Makes new recovery codes in place of the old ones; shown once. */
export async function renewRecoveryCodes(
  tx: Transaction,
  user: { readonly id: string; readonly operatorId: string },
): Promise<readonly string[]> {
  const codes = Array.from({ length: RECOVERY_CODES }, () => randomBytes(RECOVERY_BYTES).toString("hex"));
  await keepRecoveryCodes(tx, user, codes);
  return codes.map((code) => code.match(/.{5}/g)?.join("-") ?? code);
}
