/**
 * Keys of boards, and the requests that the firmware would make with them. An RSA-2048 key takes a good part of a
 * second; Node makes it in its pool of threads, so as many at once as there are processors.
 */
import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, privateEncrypt } from "node:crypto";
import { promisify } from "node:util";
import { certificateRequest } from "../../firmware/io/certificate-request.js";

/** DigestInfo of SHA-256 (RFC 8017 §9.2, note 1). */
const DIGEST_INFO = Buffer.from("3031300d060960864801650304020105000420", "hex");
const generate = promisify(generateKeyPair);

/** A new key, PKCS #8 in PEM. */
export async function newKey(): Promise<string> {
  const { privateKey } = await generate("rsa", { modulusLength: 2_048 });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** The request of the board `serial` with this key. */
export function requestWith(keyPem: string, serial: string): Uint8Array {
  const key: KeyObject = createPrivateKey(keyPem);
  const toBuffer = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;
  return certificateRequest(serial, {
    publicKey: () => toBuffer(createPublicKey(key).export({ type: "pkcs1", format: "der" })),
    sign: (digest) => toBuffer(privateEncrypt(key, Buffer.concat([DIGEST_INFO, digest]))),
  });
}
