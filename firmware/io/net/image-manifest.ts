/**
 * What is said of a firmware image by those who may: for which board, which version, how long, which SHA-256, where to
 * fetch it; signed as a whole with RSA-3072, PKCS #1 v1.5 and SHA-256. RSA because the device verifies it with the same
 * few lines as certificates, exponent 65537, in milliseconds; Ed25519 is not in the SDK's `crypt`.
 */
import { decodeCbor, encodeCbor } from "../../../shared/cbor.js";
import { deepFreeze } from "../../../shared/freeze.js";
import { fromMap, type MessageOf, toMap } from "../../../shared/layout.js";
import { MAX_MANIFEST_BYTES } from "../../../shared/wire/update-order.js";
import { isSignedBy } from "./rsa-signature.js";

/** Of a 4-MiB slot's order of magnitude; the slot itself says what fits. */
export const MAX_IMAGE_BYTES = 16_777_216;

const SIGNED = deepFreeze({ body: [0, "bytes"], signature: [1, "bytes"] });
/** sha256 and sizeBytes: of the image as it is fetched from host, port and path by HTTPS. */
const BODY = deepFreeze({
  board: [0, "text"],
  version: [1, "text"],
  sizeBytes: [2, "uint"],
  sha256: [3, "bytes"],
  host: [4, "text"],
  port: [5, "uint"],
  path: [6, "text"],
});

export type ImageManifest = MessageOf<typeof BODY>;
export const MANIFEST_FAULTS = deepFreeze(["malformed", "badSignature", "wrongBoard", "badSize"] as const);
export type ManifestFault = (typeof MANIFEST_FAULTS)[number];
export type ManifestResult =
  | { readonly ok: true; readonly image: ImageManifest }
  | { readonly ok: false; readonly why: ManifestFault };

/** What is to be signed, and what is sent once it is. For whoever releases images. */
export function manifestBody(image: ImageManifest): Uint8Array {
  return encodeCbor(toMap(BODY, image), MAX_MANIFEST_BYTES);
}

export function signedManifest(body: Uint8Array, signature: Uint8Array): Uint8Array {
  return encodeCbor(toMap(SIGNED, { body, signature }), MAX_MANIFEST_BYTES);
}

/** Nothing in it is believed before its signature is. */
export function readManifest(bytes: Uint8Array, board: string, imageKey: Uint8Array): ManifestResult {
  if (bytes.length > MAX_MANIFEST_BYTES) return no("malformed");
  const outer = decodeCbor(bytes);
  const signed = outer.ok ? fromMap(SIGNED, outer.value) : undefined;
  if (signed?.ok !== true) return no("malformed");
  const { body, signature } = signed.message;
  if (!isSignedBy(imageKey, body, signature)) return no("badSignature");
  const inner = decodeCbor(body);
  const image = inner.ok ? fromMap(BODY, inner.value) : undefined;
  if (image?.ok !== true) return no("malformed");
  const { sizeBytes, sha256, host, port, path } = image.message;
  if (sha256.length !== 32 || host === "" || port < 1 || port > 65_535 || !isPath(path)) return no("malformed");
  if (sizeBytes < 1 || sizeBytes > MAX_IMAGE_BYTES) return no("badSize");
  return image.message.board === board ? { ok: true, image: image.message } : no("wrongBoard");
}

/** Goes into a request line as it is: no blank, no control character. */
function isPath(path: string): boolean {
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i);
    if (code <= 0x20 || code >= 0x7f) return false;
  }
  return path.startsWith("/");
}

function no(why: ManifestFault): ManifestResult {
  return { ok: false, why };
}
