/**
 * How a machine asks for its next certificate: `POST /machine/v1/renewals`, its body in JSON. By HTTP and not by MQTT,
 * for a certificate that is over opens no broker.
 */
import { toBase64 } from "../base64.js";
import { concatBytes, utf8Encode } from "../bytes.js";
import { sha256 } from "../sha256.js";

export const RENEWAL_PATH = "/machine/v1/renewals";

/** What the shown certificate's key signs: bound to the certificate it is of, so that it is good for nothing else. */
export function renewalText(certificate: Uint8Array, request: Uint8Array): Uint8Array {
  return concatBytes(utf8Encode("spiral-renewal-1\0"), sha256(certificate), sha256(request));
}

/**
 * certificate: the one shown, DER. request: PKCS #10 in DER. proof: over `renewalText` (RSASSA-PKCS1-v1_5, SHA-256).
 */
export function renewalBody(certificate: Uint8Array, request: Uint8Array, proof: Uint8Array): Uint8Array {
  const body = { certificate: toBase64(certificate), request: toBase64(request), proof: toBase64(proof) };
  return utf8Encode(JSON.stringify(body));
}
