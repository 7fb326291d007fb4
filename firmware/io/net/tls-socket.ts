/**
 * TLS 1.2 with a client certificate as an ECMA-419 socket class, on the SDK's TLS in JavaScript (`ssl/session`, 8.2.3:
 * client authentication with RSA keys only, certificates by `Resource` or bytes). What of it is replaced, and why:
 * the chain is judged by `chain.ts`, the server's course watched by `tls-guard.ts`, one suite is offered, no session is
 * resumed. Each handshake takes seconds: only ever in the worker.
 */
/// <reference path="./sdk.d.ts" />
import PKCS8 from "pkcs8";
import suites from "ssl/ciphersuites";
import handshake from "ssl/handshake";
import Session, { type CertificateSide, type SessionSocket } from "ssl/session";
import Timer from "timer";
import { concatBytes } from "../../../shared/bytes.js";
import { certificatesIn } from "./certificate.js";
import { type ChainFault, judgeChain, type TrustedTime } from "./chain.js";
import type { Credentials } from "./credentials.js";
import { toBigInt } from "./rsa-signature.js";
import type { Socket, SocketClass, SocketOptions } from "./sockets.js";
import { type GuardFault, HandshakeGuard, SUITE } from "./tls-guard.js";

export interface TlsOptions {
  /** TCP below. */
  readonly io: SocketClass;
  /** Asked at each connection. */
  readonly credentials: () => Credentials;
  /** Of our own certificate, PKCS #8 in DER. */
  readonly key: Uint8Array;
  readonly now: () => TrustedTime;
  /** Why a connection came to nothing, once: for the service menu and the log. */
  readonly onFault?: (why: ChainFault | GuardFault | "tls") => void;
}

/** Header, explicit nonce and tag of a record (RFC 5288). */
const RECORD_BYTES = 29;
/** Asked for with the extension of RFC 6066 §4: what comes in is decrypted in pieces of this size. */
const MAX_FRAGMENT_BYTES = 4_096;
/** Decrypted and not read yet: then the socket is not read either. */
const MAX_PLAIN_BYTES = 8_192;
/** Written and not taken by TCP yet: the client's flight of a handshake, or one record. */
export const MAX_PENDING_BYTES = 12_288;
const DONE = 14;
const FINISHED = 20;

/** The SDK's session with one suite, and a guard in front of it. */
class GuardedSession extends Session {
  readonly guard = new HandshakeGuard();
  fault: ChainFault | GuardFault | undefined;

  override doProtocol(socket: SessionSocket, protocol: object, first?: unknown, second?: unknown): void {
    if (protocol !== handshake.clientHello) return super.doProtocol(socket, protocol, first, second);
    const ours = suites.filter(({ value }) => value[0] === SUITE[0] && value[1] === SUITE[1]);
    socket.write(handshake.helloProtocol.packetize(this, ours, [0], handshake.clientHello.msgType));
  }

  override readPacket(socket: SessionSocket): ArrayBuffer | undefined {
    const packet = super.readPacket(socket);
    if (packet === undefined) return undefined;
    this.fault = this.guard.see(new Uint8Array(packet));
    if (this.fault !== undefined) throw new Error(`tls: ${this.fault}`);
    return packet;
  }
}

/** What the SDK asks of its certificate store. */
class OurCertificates implements CertificateSide {
  readonly #options: TlsOptions;
  readonly #host: string;
  readonly #credentials: Credentials;
  readonly #refused: (why: ChainFault) => void;
  #server: object | undefined;

  constructor(options: TlsOptions, host: string, refused: (why: ChainFault) => void) {
    this.#options = options;
    this.#host = host;
    this.#refused = refused;
    this.#credentials = options.credentials();
  }

  verify(chain: readonly Uint8Array[]): boolean {
    const { now } = this.#options;
    const authorities = certificatesIn(this.#credentials.authorities);
    const judged = judgeChain(chain, { authorities, host: this.#host, now: now() });
    if (!judged.ok) {
      this.#refused(judged.why);
      return false;
    }
    this.#server = { modulus: toBigInt(judged.server.modulus), exponent: 65_537n };
    return true;
  }

  register(): void {
    // the server's key was kept by `verify`
  }

  getKey(certificate: unknown): object | undefined {
    return certificate === this.#credentials.certificate ? PKCS8.parse(this.#options.key) : this.#server;
  }

  findPreferredCert(): readonly Uint8Array[] {
    const { certificate } = this.#credentials;
    // before its claim a board has none: the empty list says so (RFC 5246 §7.4.6)
    return certificate.length === 0 ? [] : [certificate];
  }
}

/** TCP as the session wants it: what it writes waits until TCP has room. */
class Below implements SessionSocket {
  readable = 0;
  room = 0;
  tcp: Socket | undefined;
  #pending: Uint8Array = new Uint8Array(0);

  get writable(): number {
    return this.room;
  }

  /** The session counts along (`doProtocol`), but what TCP itself said is what counts. */
  set writable(_counted: number) {}

  get pendingBytes(): number {
    return this.#pending.length;
  }

  read(view: Uint8Array): void {
    const bytes = this.tcp?.read(view.length);
    if (!(bytes instanceof ArrayBuffer)) throw new Error("tls: nothing to read");
    view.set(new Uint8Array(bytes));
  }

  write(packet: Uint8Array): number {
    if (this.#pending.length + packet.length > MAX_PENDING_BYTES) throw new Error("tls: too much to write");
    this.#pending = concatBytes(this.#pending, packet);
    this.flush();
    return this.room;
  }

  flush(): void {
    while (this.tcp !== undefined && this.room > 0 && this.#pending.length > 0) {
      const byteLength = Math.min(this.room, this.#pending.length);
      const head = this.#pending.slice(0, byteLength);
      this.#pending = this.#pending.slice(byteLength);
      this.room = this.tcp.write(head) ?? 0;
    }
  }
}

class TlsSocket implements Socket {
  readonly #options: SocketOptions;
  readonly #onFault: TlsOptions["onFault"];
  readonly #below = new Below();
  #session: GuardedSession | undefined;
  #plain: Uint8Array = new Uint8Array(0);
  #ready = false;
  #more: Timer | undefined;

  constructor(options: SocketOptions, tls: TlsOptions) {
    this.#options = options;
    this.#onFault = tls.onFault;
    const { host, address, port } = options;
    const session = new GuardedSession({
      serverName: host,
      protocolVersion: 0x303,
      cache: false,
      tls_max_fragment_length: MAX_FRAGMENT_BYTES,
    });
    session.certificateManager = new OurCertificates(tls, host, (why) => {
      session.fault = why;
    });
    session.initiateHandshake();
    this.#session = session;
    this.#below.tcp = new tls.io({
      address,
      host,
      port,
      onReadable: (byteLength) => {
        this.#below.readable = byteLength;
        this.#work();
      },
      onWritable: (byteLength) => {
        this.#below.room = byteLength;
        this.#work();
        if (this.#ready && this.#below.pendingBytes === 0) this.#offer();
      },
      onError: () => this.#end(),
    });
  }

  read(byteLength: number): ArrayBuffer {
    if (this.#session === undefined) throw new Error("closed");
    if (byteLength <= 0 || byteLength > this.#plain.length) throw new Error("invalid");
    const bytes = this.#plain.slice(0, byteLength);
    this.#plain = this.#plain.slice(byteLength);
    // what TCP still holds was announced long ago and will not be again
    if (this.#below.readable > 0) this.#more ??= Timer.set(() => this.#goOn(), 0);
    return bytes.buffer;
  }

  /** One record. */
  write(bytes: Uint8Array): number {
    if (this.#session === undefined) throw new Error("closed");
    if (!this.#ready || bytes.length > this.#room()) throw new Error("would block");
    this.#session.write(this.#below, bytes);
    return this.#room();
  }

  close(): void {
    this.#session = undefined;
    Timer.clear(this.#more);
    this.#more = undefined;
    const { tcp } = this.#below;
    this.#below.tcp = undefined;
    tcp?.close();
  }

  #goOn(): void {
    this.#more = undefined;
    this.#work();
  }

  #room(): number {
    return this.#below.pendingBytes > 0 ? 0 : Math.max(0, this.#below.room - RECORD_BYTES);
  }

  #offer(): void {
    const room = this.#room();
    if (room > 0) this.#options.onWritable(room);
  }

  /** As far as it goes with what is there. Whatever the SDK throws at is the end of this connection. */
  #work(): void {
    if (this.#session === undefined) return;
    try {
      this.#below.flush();
      if (!this.#ready && !this.#shake()) return;
      this.#decrypt();
    } catch {
      this.#onFault?.(this.#session?.fault ?? "tls");
      this.#end();
    }
  }

  /** True when the handshake is done. */
  #shake(): boolean {
    const session = this.#session;
    while (session !== undefined && session === this.#session) {
      const was = session.handshakeProcess;
      const readable = this.#below.readable;
      const done = session.handshake(this.#below);
      if (session.alert !== undefined) throw new Error("tls: alert");
      if (done) {
        this.#ready = true;
        this.#offer();
        return true;
      }
      const moved = readable !== this.#below.readable || session.handshakeProcess !== was;
      const acts = session.handshakeProcess === DONE || session.handshakeProcess === FINISHED;
      if (!moved || (this.#below.readable === 0 && !acts)) return false;
    }
    return false;
  }

  #decrypt(): void {
    while (this.#session !== undefined && this.#below.readable > 0 && this.#plain.length < MAX_PLAIN_BYTES) {
      const data = this.#session.read(this.#below);
      if (data === null) return this.#end();
      if (data === undefined) return;
      this.#plain = concatBytes(this.#plain, data);
      this.#options.onReadable(this.#plain.length);
    }
  }

  #end(): void {
    if (this.#session === undefined) return;
    this.close();
    this.#options.onError();
  }
}

/** The socket class for one identity and one authority. */
export function tlsSocketClass(tls: TlsOptions): SocketClass {
  return class extends TlsSocket {
    constructor(options: SocketOptions) {
      super(options, tls);
    }
  };
}
