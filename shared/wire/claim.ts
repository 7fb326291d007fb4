/**
 * How a board asks to become a machine: `POST /machine/v1/claims`, its body in JSON. By HTTP, for without a certificate
 * no broker lets it in.
 */
import { toBase64 } from "../base64.js";
import { utf8Encode } from "../bytes.js";
import { deepFreeze } from "../freeze.js";

export const CLAIM_PATH = "/machine/v1/claims";

/**
 * Why a code is refused, the `detail` of a problem `claim-refused`. unknown: nobody's code. expired, revoked, used: it
 * was one. otherMachine: it is good for other cabinets, or this one is another operator's or out of service.
 */
export const CLAIM_REFUSALS = deepFreeze(["unknown", "expired", "revoked", "used", "otherMachine"] as const);
export type ClaimRefusal = (typeof CLAIM_REFUSALS)[number];

/** code: as typed or scanned. serial: of the cabinet. request: PKCS #10 in DER. */
export function claimBody(code: string, serial: string, request: Uint8Array): Uint8Array {
  return utf8Encode(JSON.stringify({ code, serial, request: toBase64(request) }));
}
