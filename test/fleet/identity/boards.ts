/** Boards for tests at the door: a key as the firmware's key store hands it out, and the request made with it. */
import { createPublicKey, generateKeyPairSync, type KeyObject, privateEncrypt } from "node:crypto";
import { certificateRequest, type RequestKey } from "../../../firmware/io/certificate-request.js";

/** DigestInfo of SHA-256 (RFC 8017 §9.2, note 1): what a key store puts before the digest it is given. */
const DIGEST_INFO = Buffer.from("3031300d060960864801650304020105000420", "hex");

export function boardKey(key: KeyObject): RequestKey {
  const toBuffer = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;
  return {
    publicKey: () => toBuffer(createPublicKey(key).export({ type: "pkcs1", format: "der" })),
    sign: (digest) => toBuffer(privateEncrypt(key, Buffer.concat([DIGEST_INFO, digest]))),
  };
}

export interface Board {
  readonly serial: string;
  readonly key: KeyObject;
  readonly keyPem: string;
  readonly request: Uint8Array;
}

/** A board with a key of its own. */
export function newBoard(serial: string): Board {
  const key = generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey;
  const keyPem = key.export({ type: "pkcs8", format: "pem" }).toString();
  return { serial, key, keyPem, request: certificateRequest(serial, boardKey(key)) };
}
