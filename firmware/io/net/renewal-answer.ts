/** Whether what a server answered to a renewal is the machine's next certificate. Pure; never throws. */
import { parseCertificate } from "./certificate.js";
import type { TrustedTime } from "./chain.js";
import type { Held } from "./credentials.js";
import { fieldsOf, judgeIssued, type UnsoundAnswer } from "./issued-answer.js";

export type RenewalVerdict =
  | { readonly ok: true; readonly next: Held }
  | { readonly ok: false; readonly why: UnsoundAnswer };

export interface RenewalTrust {
  readonly machineId: string;
  /** The certificate that was shown. */
  readonly own: Held;
  readonly now: TrustedTime;
}

/** body: JSON with `serial`, `certificate` and `authorities`, both PEM. */
export function judgeRenewal(body: Uint8Array, { machineId, own, now }: RenewalTrust): RenewalVerdict {
  const answer = fieldsOf(body);
  const shown = parseCertificate(own.certificate);
  if (answer === undefined || !shown.ok) return { ok: false, why: "malformed" };
  const { modulus } = shown.certificate;
  const verdict = judgeIssued(answer, { machineId, modulus, now });
  if (!verdict.ok) return verdict;
  return verdict.issued.toS <= own.toS ? { ok: false, why: "notNewer" } : { ok: true, next: verdict.issued };
}
