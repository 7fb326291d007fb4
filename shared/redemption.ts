/**
 * What becomes of a voucher code that somebody presents: the one verdict of the fleet's service and of the simulated
 * desk. Pure; that a code is paid once although two present it at once is the store's unique key.
 */
import { epochLowOf, FIRST_CLAIM_NUMBER, parseVoucherCode, verifyVoucher } from "./voucher.js";

/** The record of its issue, as the fleet has it. */
export interface IssuedVoucher {
  readonly number: number;
  readonly amountMinor: number;
  readonly currency: string;
  readonly redeemed: boolean;
}

export interface PresentedVoucher {
  /** As typed. */
  readonly code: string;
  readonly machineId: string;
  readonly epoch: number;
  /** What whoever presents it says it is worth; undefined = does not say. */
  readonly amountMinor: number | undefined;
  readonly currency: string;
}

export type Verdict =
  | "pay"
  | "pending" // signed, but the machine's record has not arrived yet: to be paid when it has
  | "malformed"
  | "claim" // under the fleet's rules for claims, never as a voucher
  | "forged" // not made by this machine for this amount
  | "otherAmount"
  | "redeemed";

/** issued: undefined while no record of it has arrived. key: of the machine and epoch. */
export function redemptionVerdict(
  key: Uint8Array,
  presented: PresentedVoucher,
  issued: IssuedVoucher | undefined,
): Verdict {
  const { code, machineId, epoch, amountMinor, currency } = presented;
  const parts = parseVoucherCode(code);
  if (!parts.ok) return "malformed";
  const { number } = parts;
  if (number >= FIRST_CLAIM_NUMBER) return "claim";
  if (issued === undefined) {
    if (amountMinor === undefined) return "forged";
    return verifyVoucher(key, code, { machineId, epoch, number, amountMinor, currency }) ? "pending" : "forged";
  }
  const claim = { machineId, epoch, number: issued.number, amountMinor: issued.amountMinor, currency: issued.currency };
  if (!verifyVoucher(key, code, claim)) return "forged";
  if (issued.currency !== currency || (amountMinor ?? issued.amountMinor) !== issued.amountMinor) return "otherAmount";
  return issued.redeemed ? "redeemed" : "pay";
}

/** The newest epoch up to `current` that a code with these low bits can be of; undefined if there was none. */
export function epochOfCode(code: string, current: number): number | undefined {
  const parts = parseVoucherCode(code);
  if (!parts.ok) return undefined;
  const epoch = current - ((epochLowOf(current) - parts.epochLow + 64) % 64);
  return epoch < 0 ? undefined : epoch;
}
