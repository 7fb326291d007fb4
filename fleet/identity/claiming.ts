/**
 * What a board is given for its claim code, and for a certificate that grows old. Whoever presents no code of ours
 * learns nothing but that; whoever holds one is told why it is not good, so that the technician at the board knows
 * what to ask for.
 */
import { toHex } from "../../shared/bytes.js";
import { orderKey } from "../../shared/orders.js";
import { voucherKey } from "../../shared/voucher.js";
import type { ClaimRefusal } from "../../shared/wire/claim.js";
import { findCertificate, renewCertificate } from "../store/certificates.js";
import { findClaim, takeClaim } from "../store/claims.js";
import type { Sql } from "../store/databases.js";
import { KEY_VERSION } from "../store/master-key.js";
import type { Authorities } from "./authorities.js";
import { fingerprintOf, issueMachine } from "./authority.js";
import { hashClaimCode, plainClaimCode } from "./claim-code.js";
import { isForKey, judgeRequest, provesRenewal, type RequestVerdict, type SoundRequest } from "./request.js";

export interface ClaimingPorts {
  readonly app: Sql;
  readonly authorities: () => Promise<Authorities>;
  readonly nowMs: number;
}

export interface Granted {
  readonly is: "granted";
  readonly epoch: number;
  readonly certificate: Uint8Array;
  readonly authorities: readonly string[];
  /** Another board had this identity until now. */
  readonly replaced: boolean;
}

export type Claiming =
  | Granted
  | { readonly is: "refused"; readonly why: ClaimRefusal }
  | { readonly is: "badRequest"; readonly why: Extract<RequestVerdict, { ok: false }>["why"] };

/** Uses a claim: `code` as typed or scanned, `request` PKCS #10 in DER. */
export async function claim(
  { app, authorities, nowMs }: ClaimingPorts,
  asked: { readonly code: string; readonly serial: string; readonly request: Uint8Array },
): Promise<Claiming> {
  const { serial } = asked;
  // Before the code is looked at: what is asked costs the same whether there is such a code or not.
  const verdict = await judgeRequest(asked.request, serial);
  if (!verdict.ok) return { is: "badRequest", why: verdict.why };
  const code = plainClaimCode(asked.code);
  const found = code === undefined ? undefined : await findClaim(app, hashClaimCode(code));
  if (found === undefined) return { is: "refused", why: "unknown" };
  const signers = await authorities();
  const certificate = await signed(signers, serial, verdict.request, nowMs);
  const { publicKey } = verdict.request;
  const claimed = await takeClaim(app, {
    claimId: found.id,
    operatorId: found.operatorId,
    serial,
    isForKey: (der) => isForKey(der, publicKey),
    certificate,
  });
  if (claimed.is === "refused") return claimed;
  const { epoch, der, replaced } = claimed;
  return { is: "granted", epoch, certificate: der, authorities: signers.bundle, replaced };
}

/** The next certificate for whoever shows one, good or expired, and proves that its key is his. */
export async function renew(
  { app, authorities, nowMs }: ClaimingPorts,
  asked: { readonly certificate: Uint8Array; readonly request: Uint8Array; readonly proof: Uint8Array },
): Promise<(Granted & { readonly serial: string }) | { readonly is: "refused" }> {
  const shown = fingerprintOf(asked.certificate);
  const known = await findCertificate(app, shown);
  if (known === undefined || !provesRenewal(asked.certificate, asked.request, asked.proof)) return { is: "refused" };
  const { operatorId, serial } = known;
  const verdict = await judgeRequest(asked.request, serial);
  if (!verdict.ok) return { is: "refused" };
  const signers = await authorities();
  const certificate = await signed(signers, serial, verdict.request, nowMs);
  const renewed = await renewCertificate(app, { operatorId, shown, certificate });
  if (renewed === undefined) return { is: "refused" };
  const { epoch, der } = renewed;
  return { is: "granted", serial, epoch, certificate: der, authorities: signers.bundle, replaced: false };
}

/** The keys by which the machine signs vouchers and knows its orders, in this epoch. */
export function machineKeys(master: Uint8Array, serial: string, epoch: number) {
  return {
    version: KEY_VERSION,
    order: toHex(orderKey(master, serial, epoch, KEY_VERSION)),
    voucher: toHex(voucherKey(master, serial, epoch, KEY_VERSION)),
  };
}

async function signed(signers: Authorities, serial: string, { hash, publicKey }: SoundRequest, nowMs: number) {
  const { machines } = signers;
  const issued = await issueMachine(machines, serial, publicKey, nowMs);
  return { ...issued, authority: machines.generation, requestHash: hash };
}
