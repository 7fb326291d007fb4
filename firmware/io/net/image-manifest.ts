/**
 * What the board believes of a firmware image: a manifest signed with RSA-3072, PKCS #1 v1.5 and SHA-256. RSA because
 * the device verifies it with the same few lines as certificates, exponent 65537, in milliseconds; Ed25519 is not in
 * the SDK's `crypt`.
 */
import { deepFreeze } from "../../../shared/freeze.js";
import { type ImageManifest, openManifest, readImage } from "../../../shared/wire/image-manifest.js";
import { isSignedBy } from "./rsa-signature.js";

export const MANIFEST_FAULTS = deepFreeze(["malformed", "badSignature", "wrongBoard", "badSize"] as const);
export type ManifestFault = (typeof MANIFEST_FAULTS)[number];
export type ManifestResult =
  | { readonly ok: true; readonly image: ImageManifest }
  | { readonly ok: false; readonly why: ManifestFault };

/** Nothing in it is believed before its signature is. */
export function readManifest(bytes: Uint8Array, board: string, imageKey: Uint8Array): ManifestResult {
  const signed = openManifest(bytes);
  if (signed === undefined) return { ok: false, why: "malformed" };
  if (!isSignedBy(imageKey, signed.body, signed.signature)) return { ok: false, why: "badSignature" };
  const read = readImage(signed.body);
  return read.ok && read.image.board !== board ? { ok: false, why: "wrongBoard" } : read;
}
