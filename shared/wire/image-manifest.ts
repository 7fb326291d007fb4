/**
 * What is said of a firmware image by those who may: for which board, which version, how long, which SHA-256, where to
 * fetch it; signed as a whole. The signature is for the board alone to judge (firmware/io/net/image-manifest.ts).
 */
import { decodeCbor, encodeCbor } from "../cbor.js";
import { deepFreeze } from "../freeze.js";
import { fromMap, type MessageOf, toMap } from "../layout.js";
import { SHA256_BYTES } from "../sha256.js";
import { MAX_MANIFEST_BYTES } from "./update-order.js";

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

export type SignedManifest = MessageOf<typeof SIGNED>;
export type ImageManifest = MessageOf<typeof BODY>;
export type ImageResult =
  | { readonly ok: true; readonly image: ImageManifest }
  | { readonly ok: false; readonly why: "malformed" | "badSize" };

/** What is to be signed, and what is sent once it is. For whoever releases images. */
export function manifestBody(image: ImageManifest): Uint8Array {
  return encodeCbor(toMap(BODY, image), MAX_MANIFEST_BYTES);
}

export function signedManifest(body: Uint8Array, signature: Uint8Array): Uint8Array {
  return encodeCbor(toMap(SIGNED, { body, signature }), MAX_MANIFEST_BYTES);
}

/** Undefined: it is none, or too long. */
export function openManifest(bytes: Uint8Array): SignedManifest | undefined {
  if (bytes.length > MAX_MANIFEST_BYTES) return undefined;
  const cbor = decodeCbor(bytes);
  const signed = cbor.ok ? fromMap(SIGNED, cbor.value) : undefined;
  return signed?.ok === true ? signed.message : undefined;
}

export function readImage(body: Uint8Array): ImageResult {
  const cbor = decodeCbor(body);
  const image = cbor.ok ? fromMap(BODY, cbor.value) : undefined;
  if (image?.ok !== true) return { ok: false, why: "malformed" };
  const { sizeBytes, sha256, host, port, path } = image.message;
  if (sha256.length !== SHA256_BYTES || host === "" || port < 1 || port > 65_535 || !isPath(path)) {
    return { ok: false, why: "malformed" };
  }
  if (sizeBytes < 1 || sizeBytes > MAX_IMAGE_BYTES) return { ok: false, why: "badSize" };
  return { ok: true, image: image.message };
}

/** Goes into a request line as it is: no blank, no control character. */
function isPath(path: string): boolean {
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i);
    if (code <= 0x20 || code >= 0x7f) return false;
  }
  return path.startsWith("/");
}
