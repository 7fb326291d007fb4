/**
 * Stand-ins for what the network's worker imports: sockets of lwip by the SDK's rules (8.2.3: tcp.c, udp.c), names, the
 * table of modules, chance, and a TLS that passes everything through as it is. `self` is the worker's own.
 */
import { decodeFromWorker, encodeToWorker, type FromWorker, type ToWorker } from "../../../firmware/io/net/frames.js";
import { concatBytes } from "../../../shared/bytes.js";
import type { World } from "../../../tools/bench/world.js";
import { type Modules, timeOf, timerOf } from "./stand-in.js";

interface TcpOptions {
  readonly address: string;
  readonly port: number;
  readonly nodelay: boolean;
  readonly onReadable: (bytes: number) => void;
  readonly onWritable: (bytes: number) => void;
  readonly onError: () => void;
}

export class SdkTcp {
  readonly options: TcpOptions;
  written: Uint8Array = new Uint8Array(0);
  closes = 0;
  #inbox: Uint8Array = new Uint8Array(0);
  #room: number | undefined;

  constructor(options: TcpOptions) {
    if (!/^\d+(?:\.\d+){3}$/.test(options.address)) throw new Error("invalid address");
    if (!Number.isInteger(options.port) || options.port < 1 || options.port > 65_535) {
      throw new RangeError("invalid port");
    }
    this.options = options;
  }

  read(byteLength: number): ArrayBuffer | undefined {
    this.#check();
    if (this.#inbox.length === 0) return undefined;
    if (byteLength <= 0 || byteLength > this.#inbox.length) throw new Error("invalid");
    const bytes = this.#inbox.slice(0, byteLength);
    this.#inbox = this.#inbox.slice(byteLength);
    return bytes.slice().buffer;
  }

  write(bytes: Uint8Array): number {
    this.#check();
    if (this.#room === undefined) throw new Error("not ready");
    if (bytes.length > this.#room) throw new Error("would block");
    this.written = concatBytes(this.written, bytes);
    this.#room -= bytes.length;
    return this.#room;
  }

  close(): void {
    this.closes += 1;
  }

  /** It stands, or has room again. */
  offer(room: number): void {
    this.#room = room;
    if (this.closes === 0) this.options.onWritable(room);
  }

  arrive(bytes: Uint8Array): void {
    this.#inbox = concatBytes(this.#inbox, bytes);
    if (this.closes === 0) this.options.onReadable(this.#inbox.length);
  }

  #check(): void {
    if (this.closes > 0) throw new Error("invalid host data");
  }
}

export class SdkUdp {
  readonly options: { readonly port?: number; readonly onReadable: (packets: number) => void };
  readonly sent: { readonly bytes: Uint8Array; readonly address: string; readonly port: number }[] = [];
  closes = 0;
  readonly #inbox: ArrayBuffer[] = [];

  constructor(options: SdkUdp["options"]) {
    this.options = options;
  }

  read(): ArrayBuffer | undefined {
    this.#check();
    return this.#inbox.shift();
  }

  write(bytes: Uint8Array, address: string, port: number): void {
    this.#check();
    if (!/^\d+(?:\.\d+){3}$/.test(address)) throw new RangeError("invalid IP address");
    this.sent.push({ bytes: bytes.slice(), address, port });
  }

  close(): void {
    this.closes += 1;
  }

  arrive(bytes: Uint8Array): void {
    this.#inbox.push(bytes.slice().buffer);
    if (this.closes === 0) this.options.onReadable(1);
  }

  #check(): void {
    if (this.closes > 0) throw new Error("invalid host data");
  }
}

/** What comes out of the network is what goes in; the handshake is done at once. */
class PlainSession {
  alert: undefined;
  handshakeProcess = -1;
  initiateHandshake(): void {}
  handshake(): boolean {
    return true;
  }
  read(socket: { readable: number; read(view: Uint8Array): void }): Uint8Array {
    const view = new Uint8Array(socket.readable);
    socket.readable = 0;
    socket.read(view);
    return view;
  }
  write(socket: { write(packet: Uint8Array): number }, bytes: Uint8Array): number {
    return socket.write(bytes);
  }
}

/** A worker's own side: `self` while its entry runs, and what it says. */
export class SelfOfWorker {
  onmessage: (message: unknown) => void = () => {};
  readonly told: FromWorker[] = [];
  /** Of the machine: what it answers, at once after the call. */
  answer: (frame: FromWorker) => void = () => {};
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    Reflect.set(globalThis, "self", this);
  }

  postMessage(frame: ArrayBuffer): void {
    const told = decodeFromWorker(frame);
    if (told === undefined) throw new Error("no frame");
    this.told.push(told);
    this.#world.after(0, () => this.answer(told));
  }

  say(frame: ToWorker): void {
    this.onmessage(encodeToWorker(frame));
  }
}

export class WorkerSdk {
  readonly tcp: SdkTcp[] = [];
  readonly udp: SdkUdp[] = [];
  /** Names the platform resolves; others have no address. */
  readonly names = new Map<string, string>();
  readonly asked: string[] = [];
  /** Modules that the manifest brings. */
  readonly brought = new Map<string, unknown>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    Reflect.set(globalThis, "trace", () => {});
  }

  modules(): Modules {
    const { tcp, udp, names, asked, brought } = this;
    const world = this.#world;
    const rng = world.forkRng();
    return {
      "embedded:io/socket/tcp": {
        default: class extends SdkTcp {
          constructor(options: TcpOptions) {
            super(options);
            tcp.push(this);
          }
        },
      },
      "embedded:io/socket/udp": {
        default: class extends SdkUdp {
          constructor(options: SdkUdp["options"]) {
            super(options);
            udp.push(this);
          }
        },
      },
      net: {
        default: {
          resolve: (host: string, done: (name: string, address: string | undefined) => void) => {
            asked.push(host);
            world.after(1_000, () => done(host, names.get(host)));
          },
        },
      },
      modules: {
        default: { has: (name: string) => brought.has(name), importNow: (name: string) => brought.get(name) },
      },
      rng: { default: { get: (bytes: number) => Uint8Array.from({ length: bytes }, () => rng.below(256)).buffer } },
      time: { default: timeOf(world) },
      timer: { default: timerOf(world) },
      "ssl/session": { default: PlainSession },
      "ssl/handshake": { default: { clientHello: {} } },
      "ssl/ciphersuites": { default: [] },
      pkcs8: { default: { parse: (der: Uint8Array) => ({ der }) } },
      pkcs1_5: { default: class {} },
      crypt: { Digest: class {} },
    };
  }
}
