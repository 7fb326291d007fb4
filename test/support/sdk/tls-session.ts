/**
 * A stand-in for the SDK's `ssl/session` (8.2.3: session_419.js) that really speaks TLS 1.2: it reads and writes
 * records as the SDK's does, by the same calls, and Node's TLS does the cryptography between them. Certificates are
 * judged by the certificate manager alone.
 */
import { constants, createPrivateKey, X509Certificate } from "node:crypto";
import { Duplex } from "node:stream";
import { connect, type TLSSocket } from "node:tls";
import type { Modules } from "./stand-in.js";

/** As the SDK has them, with what we do not offer among them. */
const SUITES = Object.freeze([
  { value: [0xc0, 0x30], name: "ECDHE-RSA-AES256-GCM-SHA384" },
  { value: [0xc0, 0x2f], name: "ECDHE-RSA-AES128-GCM-SHA256" },
  { value: [0x00, 0x9c], name: "AES128-GCM-SHA256" },
]);
const HELLO_REQUEST = 0;
const CLIENT_HELLO = Object.freeze({ name: "clientHello", msgType: 1 });
const CERTIFICATE = 11;
const RECORD = Object.freeze({ changeCipherSpec: 20, alert: 21, handshake: 22 });
const HEADER_BYTES = 5;

interface SessionSocket {
  readable: number;
  writable: number;
  read(view: Uint8Array): void;
  write(packet: Uint8Array): number;
}

interface CertificateSide {
  verify(chain: readonly Uint8Array[], options: object): boolean;
  getKey(certificate: unknown): object | undefined;
  findPreferredCert(): readonly Uint8Array[];
}

interface SessionOptions {
  readonly serverName: string;
  readonly protocolVersion: number;
  readonly cache: boolean;
}

/** Records between Node's TLS and the session. */
class Wire extends Duplex {
  onRecords: (bytes: Uint8Array) => void = () => {};

  override _read(): void {
    // it comes when it comes
  }

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.onRecords(Uint8Array.from(chunk));
    done();
  }
}

class Session {
  alert: { level: number; description: number } | undefined;
  handshakeProcess = -1;
  certificateManager: CertificateSide | undefined;
  readonly #options: SessionOptions;
  readonly #wire = new Wire();
  #tls: TLSSocket | undefined;
  #socket: SessionSocket | undefined;
  #hello: Uint8Array | undefined;
  #record: Uint8Array | undefined;
  #filled = 0;
  #plain: Uint8Array[] = [];
  #secure = false;
  /** The server has changed to its cipher: what its messages say cannot be read any more. */
  #encrypted = false;
  #error: Error | undefined;
  readonly #turn: () => void;

  /** turn: Node has got on with a handshake by itself, and the session is to be looked at again. */
  constructor(options: SessionOptions, turn: () => void) {
    if (options.protocolVersion !== 0x303) throw new Error("protocolVersion: not supported");
    this.#options = options;
    this.#turn = turn;
  }

  initiateHandshake(): void {
    this.handshakeProcess = HELLO_REQUEST;
  }

  /** The first flight, for these suites only: what the SDK packs by itself. */
  hello(suites: readonly { readonly name: string }[]): Uint8Array {
    const side = this.certificateManager;
    const [certificate] = side?.findPreferredCert() ?? [];
    const own = certificate === undefined ? {} : { cert: pemOf(certificate), key: keyOf(side?.getKey(certificate)) };
    this.#wire.onRecords = (bytes) => {
      if (this.#socket === undefined) this.#hello = bytes;
      else this.#send(this.#socket, bytes);
    };
    const { serverName } = this.#options;
    this.#tls = connect({
      socket: this.#wire,
      servername: serverName,
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      ciphers: suites.map(({ name }) => name).join(":"),
      minVersion: "TLSv1.2",
      maxVersion: "TLSv1.2",
      ecdhCurve: "prime256v1",
      sigalgs: "RSA+SHA256",
      secureOptions: constants.SSL_OP_NO_TICKET,
      ...own,
    });
    this.#tls.on("data", (bytes: Uint8Array) => this.#plain.push(Uint8Array.from(bytes)));
    this.#tls.on("secureConnect", () => {
      this.#secure = true;
      setImmediate(this.#turn);
    });
    this.#tls.on("error", (error) => this.#break(error));
    if (this.#hello === undefined) throw new Error("no hello");
    return this.#hello;
  }

  handshake(socket: SessionSocket): boolean {
    if (this.handshakeProcess === HELLO_REQUEST) {
      this.doProtocol(socket, CLIENT_HELLO);
      this.#socket = socket;
      this.handshakeProcess = -1;
      return false;
    }
    this.#throwIfBroken();
    if (this.#secure) return true;
    if (socket.readable > 0) {
      const packet = this.readPacket(socket);
      if (packet !== undefined) this.#take(new Uint8Array(packet));
    }
    return this.alert !== undefined || this.#secure;
  }

  read(socket: SessionSocket): Uint8Array | null | undefined {
    while (socket.readable > 0) {
      this.#throwIfBroken();
      if (this.#plain.length === 0) {
        const packet = this.readPacket(socket);
        if (packet === undefined) return undefined;
        this.#take(new Uint8Array(packet));
        if (new Uint8Array(packet)[0] === RECORD.alert) return null;
      }
      const data = this.#plain.shift();
      if (data !== undefined) return data;
    }
    return undefined;
  }

  write(socket: SessionSocket, bytes: Uint8Array): number {
    this.#socket = socket;
    this.#tls?.write(bytes);
    return Math.max(0, socket.writable - 32);
  }

  doProtocol(socket: SessionSocket, _protocol: object): void {
    throw new Error(`nobody says what is offered: ${socket.writable}`);
  }

  /** One whole record, in as many pieces as it comes. */
  readPacket(socket: SessionSocket): ArrayBuffer | undefined {
    this.#record ??= new Uint8Array(HEADER_BYTES);
    this.#fill(socket);
    if (this.#filled === HEADER_BYTES && this.#record.length === HEADER_BYTES) {
      const whole = new Uint8Array(HEADER_BYTES + (this.#record[3] ?? 0) * 256 + (this.#record[4] ?? 0));
      whole.set(this.#record);
      this.#record = whole;
      this.#fill(socket);
    }
    if (this.#filled < this.#record.length || this.#filled === HEADER_BYTES) return undefined;
    const packet = this.#record;
    this.#record = undefined;
    this.#filled = 0;
    return packet.slice().buffer;
  }

  #fill(socket: SessionSocket): void {
    const record = this.#record;
    if (record === undefined) return;
    const bytes = Math.min(record.length - this.#filled, socket.readable);
    if (bytes === 0) return;
    socket.read(record.subarray(this.#filled, this.#filled + bytes));
    socket.readable -= bytes;
    this.#filled += bytes;
  }

  /** A record of the server: what the SDK judges itself is judged, then Node has it. */
  #take(packet: Uint8Array): void {
    const [type] = packet;
    if (type === RECORD.alert && !this.#encrypted) {
      this.alert = { level: packet[5] ?? 0, description: packet[6] ?? 0 };
      return;
    }
    if (type === RECORD.changeCipherSpec) this.#encrypted = true;
    const chain = type === RECORD.handshake && !this.#encrypted ? chainIn(packet.subarray(HEADER_BYTES)) : undefined;
    if (chain !== undefined && this.certificateManager?.verify(chain, {}) !== true) {
      throw new Error("certificate: auth failed");
    }
    this.#wire.push(packet);
    this.#throwIfBroken();
  }

  /** Node's TLS is not to be thrown at. */
  #send(socket: SessionSocket, bytes: Uint8Array): void {
    try {
      socket.write(bytes);
    } catch (error) {
      this.#break(error);
    }
  }

  /** The next call throws it. */
  #break(error: unknown): void {
    this.#error ??= error instanceof Error ? error : new Error(String(error));
    setImmediate(this.#turn);
  }

  #throwIfBroken(): void {
    if (this.#error !== undefined) throw this.#error;
  }
}

/** The SDK's modules that a TLS socket stands on. turn: see Session. */
export function tlsModules(turn: () => void): Modules {
  const Turning = class extends Session {
    constructor(options: SessionOptions) {
      super(options, turn);
    }
  };
  const helloProtocol = { packetize: (session: Session, suites: typeof SUITES) => session.hello(suites) };
  return {
    "ssl/session": { default: Turning },
    "ssl/handshake": { default: { clientHello: CLIENT_HELLO, helloProtocol } },
    "ssl/ciphersuites": { default: SUITES },
    pkcs8: {
      default: {
        parse: (der: Uint8Array) => createPrivateKey({ key: Buffer.from(der), format: "der", type: "pkcs8" }),
      },
    },
    timer: {
      default: {
        set: (run: () => void, ms: number) => setTimeout(run, ms),
        clear: (timer: NodeJS.Timeout | undefined) => clearTimeout(timer),
      },
    },
  };
}

function pemOf(der: Uint8Array): string {
  return new X509Certificate(der).toString();
}

function keyOf(key: object | undefined): string {
  if (key === undefined || !("export" in key) || typeof key.export !== "function") throw new Error("no key");
  return String(key.export({ type: "pkcs8", format: "pem" }));
}

/** The certificates of a Certificate message in clear, DER; undefined: there is none. */
function chainIn(messages: Uint8Array): Uint8Array[] | undefined {
  for (let at = 0; at + 4 <= messages.length; at += 4 + u24(messages, at + 1)) {
    if (messages[at] !== CERTIFICATE) continue;
    const chain: Uint8Array[] = [];
    const end = at + 7 + u24(messages, at + 4);
    for (let from = at + 7; from + 3 <= end; from += 3 + u24(messages, from)) {
      chain.push(messages.slice(from + 3, from + 3 + u24(messages, from)));
    }
    return chain;
  }
  return undefined;
}

function u24(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) * 65_536 + (bytes[at + 1] ?? 0) * 256 + (bytes[at + 2] ?? 0);
}
