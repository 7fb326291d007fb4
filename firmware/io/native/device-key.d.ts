/**
 * The RSA-2048 key of this board (device-key.c), made on it at its first start and kept in the flash partition `keys`. A
 * task of its own makes it, for up to some minutes, while everything else runs on.
 */

export interface DeviceKeyOptions {
  /** The key can be used, or could not be made (`state` says which). In the task of JavaScript, once. */
  readonly onReady: () => void;
}

declare class DeviceKey {
  /** Opens the key, makes one if there is none. Throws if another one is open. */
  constructor(options: DeviceKeyOptions);
  readonly state: "making" | "ready" | "failed";
  /** RSAPublicKey in DER (RFC 8017 A.1.1). Throws unless `ready`, as the next two do. */
  publicKey(): ArrayBuffer;
  /** RSAPrivateKey in DER (RFC 8017 A.1.2): for the TLS session of the uplink and nothing else. */
  privateKey(): ArrayBuffer;
  /** RSASSA-PKCS1-v1_5 over a SHA-256 digest of 32 bytes. Takes up to 0.5 s: not while a customer is served. */
  sign(digest: Uint8Array): ArrayBuffer;
  /** A second call does nothing. Every other call after it throws. */
  close(): void;
}

export default DeviceKey;
