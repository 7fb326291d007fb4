/** What this folder uses of the Moddable SDK 8.2.3 that `@moddable/typings` does not declare, as its sources have it. */

declare module "ssl/session" {
  /** TLS in JavaScript (modules/crypt/ssl/session_419.js). Reads and writes a socket whose room it counts itself. */
  export interface SessionSocket {
    readable: number;
    writable: number;
    /** Fills `view`; there are so many bytes. */
    read(view: Uint8Array): void;
    /** Room left. */
    write(packet: Uint8Array): number;
  }

  export interface SessionOptions {
    serverName: string;
    /** 0x303 = TLS 1.2. */
    protocolVersion: number;
    /** False: no session is resumed. */
    cache: boolean;
    /** Records of at most so many bytes are asked for (RFC 6066 §4). */
    tls_max_fragment_length: number;
  }

  /** Who is believed, and with which key we sign (as of `ssl/cert`). */
  export interface CertificateSide {
    verify(chain: readonly Uint8Array[], options: object): boolean;
    register(certificate: ArrayBuffer): void;
    getKey(certificate: unknown): object | undefined;
    findPreferredCert(types: unknown, names: unknown): readonly Uint8Array[];
  }

  export default class Session {
    constructor(options: SessionOptions);
    certificateManager: CertificateSide;
    /** Type of the last handshake message that has not been acted upon; −1 if none. */
    handshakeProcess: number;
    alert: { level: number; description: number } | undefined;
    initiateHandshake(): void;
    /** One step; true when the handshake is done. Throws for whatever is wrong. */
    handshake(socket: SessionSocket): boolean;
    /** Data of the next record; undefined if there is none, null where the other side has closed. */
    read(socket: SessionSocket): Uint8Array | null | undefined;
    /** `bytes` as one record. */
    write(socket: SessionSocket, bytes: Uint8Array): number;
    doProtocol(socket: SessionSocket, protocol: object, first?: unknown, second?: unknown): void;
    readPacket(socket: SessionSocket): ArrayBuffer | undefined;
    traceProtocol(protocol: object): void;
  }
}

declare module "ssl/handshake" {
  import type Session from "ssl/session";

  const handshake: {
    readonly clientHello: { readonly name: string; readonly msgType: number };
    readonly helloProtocol: {
      packetize(session: Session, suites: readonly object[], compressions: readonly number[], type: number): Uint8Array;
    };
  };
  export default handshake;
}

declare module "ssl/ciphersuites" {
  const suites: readonly { readonly value: readonly [number, number] }[];
  export default suites;
}

declare module "crypt" {
  export class Digest {
    constructor(type: "SHA256");
    write(bytes: ArrayBuffer): void;
    /** The digest; the object is done for. */
    close(): ArrayBuffer;
  }
}

declare module "pkcs8" {
  /** RSA only. */
  const PKCS8: { parse(der: Uint8Array): object };
  export default PKCS8;
}

declare module "pkcs1_5" {
  /** RSASSA-PKCS1-v1_5; `oid`: of the digest. */
  export default class PKCS1_5 {
    constructor(key: object, isPrivate: boolean, oid: readonly number[]);
    sign(digest: ArrayBuffer): ArrayBuffer;
  }
}

declare module "rng" {
  const RNG: { get(byteLength: number): ArrayBuffer };
  export default RNG;
}
