/**
 * Watches what a server says before encryption begins (TLS 1.2, RFC 5246 §7.3 and §7.4) and lets only one course pass:
 * ServerHello with the one suite we offer, Certificate, ServerKeyExchange signed with RSA and SHA-256, perhaps
 * CertificateRequest, ServerHelloDone, ChangeCipherSpec, Finished. Why it is needed: the SDK's handshake (8.2.3) takes
 * messages in any order, checks no signature where the server names hash 0 or algorithm 0, and offers CBC suites whose
 * padding it does not verify.
 */
import { deepFreeze } from "../../../shared/freeze.js";

/** TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 (RFC 5289). */
export const SUITE: readonly [number, number] = Object.freeze([0xc0, 0x2f]);
/** secp256r1 (RFC 8422 §5.1.1). */
const CURVE = 23;

const RECORD = deepFreeze({ changeCipherSpec: 20, alert: 21, handshake: 22, data: 23 });
const MESSAGE = deepFreeze({ hello: 2, certificate: 11, keyExchange: 12, request: 13, done: 14 });

type Awaited = "hello" | "certificate" | "keyExchange" | "requestOrDone" | "done" | "change" | "finished" | "data";

export type GuardFault = "outOfTurn" | "cutShort" | "version" | "suite" | "compression" | "curve" | "unsigned";

export class HandshakeGuard {
  #awaited: Awaited = "hello";

  /** One record of the server, header included. A fault ends the connection. */
  see(record: Uint8Array): GuardFault | undefined {
    const type = record[0];
    const body = record.subarray(5);
    if (type === RECORD.alert) return undefined;
    switch (this.#awaited) {
      case "change":
        if (type !== RECORD.changeCipherSpec || body.length !== 1 || body[0] !== 1) return "outOfTurn";
        this.#awaited = "finished";
        return undefined;
      case "finished":
        // encrypted: what it says only the SDK can tell, and it compares it with the whole handshake
        if (type !== RECORD.handshake) return "outOfTurn";
        this.#awaited = "data";
        return undefined;
      case "data":
        // no renegotiation: nothing but data from now on
        return type === RECORD.data ? undefined : "outOfTurn";
      default:
        return type === RECORD.handshake ? this.#messages(body) : "outOfTurn";
    }
  }

  /** Whole messages only: the SDK cannot join one from several records. */
  #messages(body: Uint8Array): GuardFault | undefined {
    for (let at = 0; at < body.length; ) {
      if (body.length - at < 4) return "cutShort";
      const length = u24(body, at + 1);
      if (at + 4 + length > body.length) return "cutShort";
      const fault = this.#message(body[at] ?? 0, body.subarray(at + 4, at + 4 + length));
      if (fault !== undefined) return fault;
      at += 4 + length;
    }
    return body.length === 0 ? "cutShort" : undefined;
  }

  #message(type: number, body: Uint8Array): GuardFault | undefined {
    const awaited = this.#awaited;
    if (awaited === "hello" && type === MESSAGE.hello) {
      this.#awaited = "certificate";
      return helloFault(body);
    }
    if (awaited === "certificate" && type === MESSAGE.certificate) {
      this.#awaited = "keyExchange";
      return undefined;
    }
    if (awaited === "keyExchange" && type === MESSAGE.keyExchange) {
      this.#awaited = "requestOrDone";
      return keyExchangeFault(body);
    }
    if (awaited === "requestOrDone" && type === MESSAGE.request) {
      this.#awaited = "done";
      return undefined;
    }
    if ((awaited === "requestOrDone" || awaited === "done") && type === MESSAGE.done) {
      this.#awaited = "change";
      return body.length === 0 ? undefined : "outOfTurn";
    }
    return "outOfTurn";
  }
}

/** Version, random, session id, suite, compression; extensions are the SDK's. */
function helloFault(body: Uint8Array): GuardFault | undefined {
  const at = 35 + (body[34] ?? 0);
  if (body.length < at + 3) return "cutShort";
  if (body[0] !== 3 || body[1] !== 3) return "version";
  if (body[at] !== SUITE[0] || body[at + 1] !== SUITE[1]) return "suite";
  return body[at + 2] === 0 ? undefined : "compression";
}

/** Named curve, its point, hash and algorithm of the signature, signature (RFC 8422 §5.4). */
function keyExchangeFault(body: Uint8Array): GuardFault | undefined {
  const signedAt = 4 + (body[3] ?? 0);
  if (body.length < signedAt + 4) return "cutShort";
  if (body[0] !== 3 || (body[1] ?? 0) * 256 + (body[2] ?? 0) !== CURVE || body[3] !== 65 || body[4] !== 4)
    return "curve";
  if (body[signedAt] !== 4 || body[signedAt + 1] !== 1) return "unsigned";
  const length = (body[signedAt + 2] ?? 0) * 256 + (body[signedAt + 3] ?? 0);
  return length >= 256 && body.length === signedAt + 4 + length ? undefined : "unsigned";
}

function u24(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) * 65_536 + (bytes[at + 1] ?? 0) * 256 + (bytes[at + 2] ?? 0);
}
