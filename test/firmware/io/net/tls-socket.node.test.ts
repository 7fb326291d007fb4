/**
 * The device's TLS socket at real servers: it connects with its certificate and the one suite, and comes to nothing,
 * once and with its cause, where anything is wrong. The SDK's session is a stand-in whose TLS is Node's.
 */
import { connect, createServer, type Socket as NodeSocket, type Server } from "node:net";
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from "node:tls";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Credentials } from "../../../../firmware/io/net/credentials.js";
import type { Socket, SocketClass, SocketOptions } from "../../../../firmware/io/net/sockets.js";
import { concatBytes } from "../../../../shared/bytes.js";
import { type Issued, issue, keyDer, newKey } from "../../../../tools/measure/certificates.js";
import { nodeTcp } from "../../../support/node-sockets.js";
import { load, standIn } from "../../../support/sdk/stand-in.js";
import { tlsModules } from "../../../support/sdk/tls-session.js";

const test = suite("firmware/io TLS socket");

const HOST = "broker.example";
const NOW = Object.freeze({ wallS: 1_800_000_000, synced: true });
const ADDRESS = "127.0.0.1";
const LIMIT_MS = 20_000;
const FRAGMENT_BYTES = 4_096;
const root = issue({ name: "root", authority: true });
const stranger = issue({ name: "stranger", authority: true });
const machine = issue({ name: "M-1", issuer: root, usage: "client" });
const serverKey = newKey();
const broker = issue({ name: "broker", issuer: root, dns: [HOST], usage: "server", key: serverKey });

interface Tls {
  readonly io: SocketClass;
  readonly credentials: () => Credentials;
  readonly key: Uint8Array;
  readonly now: () => { readonly wallS: number; readonly synced: boolean };
  readonly onFault: (why: string) => void;
}

const turns = new Set<() => void>();
standIn(tlsModules(() => [...turns].map((turn) => turn())));
const { tlsSocketClass } = await load<{ tlsSocketClass(tls: Tls): SocketClass }>("firmware/io/net/tls-socket.ts");
const Inner = nodeTcp();

/** TCP of the device on Node's, with at most `roomBytes` at once. */
class Tcp implements Socket {
  closes = 0;
  readonly #inner: Socket;
  readonly #options: SocketOptions;
  readonly #most: number;
  #room = 0;

  constructor(options: SocketOptions, mostBytes: number) {
    if (options.port < 1 || options.port > 65_535) throw new RangeError("invalid port");
    this.#options = options;
    this.#most = mostBytes;
    const onWritable = (bytes: number): void => this.#offer(bytes);
    this.#inner = new Inner({ ...options, onWritable });
    turns.add(this.#turn);
  }

  read(byteLength: number): ArrayBuffer | number | undefined {
    return this.#inner.read(byteLength);
  }

  write(bytes: Uint8Array): number {
    if (bytes.length > this.#room) throw new Error("would block");
    this.#inner.write(bytes);
    this.#room -= bytes.length;
    if (this.#room === 0) setImmediate(() => this.closes === 0 && this.#offer(this.#most));
    return this.#room;
  }

  close(): void {
    this.closes += 1;
    turns.delete(this.#turn);
    this.#inner.close();
  }

  #offer(bytes: number): void {
    this.#room = Math.min(bytes, this.#most);
    this.#options.onWritable(this.#room);
  }

  readonly #turn = (): void => {
    if (this.closes === 0) this.#options.onWritable(this.#room);
  };
}

interface Given {
  readonly port: number;
  readonly host?: string;
  readonly credentials?: Partial<Credentials>;
  readonly key?: Uint8Array;
  readonly mostBytes?: number;
}

/** One connection of the device and all that it has said. */
class Device {
  readonly faults: string[] = [];
  errors = 0;
  room: number | undefined;
  heard: Uint8Array = new Uint8Array(0);
  /** Told of and not read, where nothing is read at once. */
  announced = 0;
  readsAtOnce = true;
  readonly socket: Socket;
  tcp: Tcp | undefined;
  #waiting: { readonly isSo: () => boolean; readonly done: () => void }[] = [];

  constructor({ port, host = HOST, credentials, key = keyDer(machine), mostBytes = 8_192 }: Given) {
    const device = this;
    class Io extends Tcp {
      constructor(options: SocketOptions) {
        super(options, mostBytes);
        device.tcp = this;
      }
    }
    const Secure = tlsSocketClass({
      io: Io,
      credentials: () => ({ certificate: machine.der, authorities: root.der, ...credentials }),
      key,
      now: () => NOW,
      onFault: (why) => this.#happened(() => this.faults.push(why)),
    });
    this.socket = new Secure({
      address: ADDRESS,
      host,
      port,
      onReadable: (bytes) => this.#happened(() => this.#hear(bytes)),
      onWritable: (bytes) =>
        this.#happened(() => {
          this.room = bytes;
        }),
      onError: () =>
        this.#happened(() => {
          this.errors += 1;
        }),
    });
  }

  /** Waits for what is to happen; what does not happen fails the test. */
  until(isSo: () => boolean): Promise<void> {
    return new Promise((done, fail) => {
      const limit = setTimeout(
        () => fail(new Error(`never: ${isSo}, errors ${this.errors}, ${this.faults}`)),
        LIMIT_MS,
      );
      const happened = (): void => {
        clearTimeout(limit);
        done();
      };
      this.#waiting.push({ isSo, done: happened });
      this.#look();
    });
  }

  /** Lets the loop turn until whatever is under way here has passed. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 50; turn += 1) await new Promise((done) => setImmediate(done));
  }

  /** Reads all that is there. */
  readOn(): void {
    const bytes = this.announced;
    this.announced = 0;
    this.#take(bytes);
  }

  #hear(bytes: number): void {
    this.announced = bytes;
    if (this.readsAtOnce) this.readOn();
  }

  #take(bytes: number): void {
    const read = this.socket.read(bytes);
    if (read instanceof ArrayBuffer) this.heard = concatBytes(this.heard, new Uint8Array(read));
  }

  #happened(change: () => void): void {
    change();
    this.#look();
  }

  #look(): void {
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ isSo }) => !isSo());
    for (const { done, isSo } of waiting) if (isSo()) done();
  }
}

const servers = new Set<Server>();
const peers = new Set<NodeSocket>();
test.after(() => {
  for (const peer of peers) peer.destroy();
  for (const server of servers) server.close();
});

function listening(server: Server): Promise<number> {
  servers.add(server);
  server.on("connection", (peer) => peers.add(peer));
  return new Promise((done) => {
    server.listen(0, ADDRESS, () => {
      const address = server.address();
      done(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}

interface Secured {
  readonly port: number;
  /** Connections that have come up. */
  readonly up: TLSSocket[];
}

/** A server as the broker is one: it echoes what it gets. */
async function secured(change: TlsOptions = {}, certificate: Issued = broker): Promise<Secured> {
  const up: TLSSocket[] = [];
  const server = createTlsServer(
    { key: certificate.keyPem, cert: certificate.pem, ca: root.pem, requestCert: true, ...change },
    (socket) => {
      up.push(socket);
      socket.on("data", (bytes) => socket.write(bytes));
      socket.on("error", () => {});
    },
  );
  server.on("tlsClientError", () => {});
  return { port: await listening(server), up };
}

/** A server that answers the first bytes with these. */
function answering(answer: Uint8Array): Promise<number> {
  return listening(
    createServer((peer) => {
      peer.on("error", () => {});
      peer.once("data", () => peer.write(answer));
    }),
  );
}

/** A line to `port` that breaks when the server has said so many bytes. */
function cutting(port: number, bytes: number): Promise<number> {
  return listening(
    createServer((peer) => {
      const server = connect(port, ADDRESS);
      let left = bytes;
      for (const side of [peer, server]) side.on("error", () => {});
      peer.on("data", (chunk) => server.write(chunk));
      peer.on("close", () => server.destroy());
      server.on("data", (chunk) => {
        const part = chunk.subarray(0, left);
        left -= part.length;
        if (left > 0) peer.write(part);
        else peer.end(part);
      });
    }),
  );
}

/** It has come to nothing, once, for this; and nothing is left open. */
async function failed(device: Device, faults: readonly string[]): Promise<void> {
  await device.until(() => device.errors > 0);
  await device.settle();
  assert.equal([device.faults, device.errors, device.tcp?.closes], [faults, 1, 1]);
  assert.throws(() => device.socket.write(Uint8Array.of(1)), /^closed$/);
  assert.throws(() => device.socket.read(1), /^closed$/);
}

test("connects with its certificate by the one suite, and what is sent comes back", async () => {
  for (const mostBytes of [8_192, 300]) {
    const { port, up } = await secured();
    const device = new Device({ port, mostBytes });
    await device.until(() => (device.room ?? 0) > 0);
    const [peer] = up;
    assert.equal([peer?.getProtocol(), peer?.getCipher().name], ["TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256"]);
    assert.equal([peer?.authorized, peer?.getPeerCertificate().subject.CN], [true, "M-1"]);
    assert.is(peer?.isSessionReused(), false);
    const sent = Uint8Array.from({ length: 200 }, (_none, index) => index);
    device.room = device.socket.write(sent) ?? 0;
    await device.until(() => device.heard.length === sent.length);
    assert.equal([[...device.heard], device.faults, device.errors], [[...sent], [], 0]);
    device.socket.close();
  }
});

test("takes in more than it holds at once, whole and in order", async () => {
  const { port, up } = await secured();
  const device = new Device({ port });
  await device.until(() => (device.room ?? 0) > 0);
  const much = Uint8Array.from({ length: 60_000 }, (_none, index) => index * 7);
  up[0]?.write(much);
  await device.until(() => device.heard.length >= much.length);
  assert.ok(Buffer.from(much).equals(Buffer.from(device.heard)));
  device.socket.close();
});

test("what nobody reads waits, no more of it than there is room for, and the rest comes after it", async () => {
  const { port, up } = await secured();
  const device = new Device({ port });
  await device.until(() => (device.room ?? 0) > 0);
  device.readsAtOnce = false;
  const much = Uint8Array.from({ length: 60_000 }, (_none, index) => index * 7);
  // as the device asks for: Node's TLS cannot be told so
  up[0]?.setMaxSendFragment(FRAGMENT_BYTES);
  up[0]?.write(much);
  for (let rounds = 1; device.heard.length < much.length; rounds += 1) {
    await device.until(() => device.announced > 0);
    await device.settle();
    assert.ok(device.announced < 8_192 + FRAGMENT_BYTES, `${device.announced} bytes wait`);
    device.readOn();
    if (device.heard.length === much.length) assert.ok(rounds >= 5, `${rounds} rounds`);
  }
  assert.ok(Buffer.from(much).equals(Buffer.from(device.heard)));
  device.socket.close();
});

test("before its claim it has no certificate to show, and shows none", async () => {
  const { port, up } = await secured({ rejectUnauthorized: false });
  const device = new Device({ port, credentials: { certificate: new Uint8Array(0) } });
  await device.until(() => (device.room ?? 0) > 0);
  assert.equal([up.length, up[0]?.authorized], [1, false]);
  assert.equal(up[0]?.getPeerCertificate(), {});
  device.socket.close();
});

test("a server without the right certificate is refused before it hears anything of ours", async () => {
  const other = issue({ name: "broker", issuer: stranger, dns: [HOST], usage: "server" });
  const client = issue({ name: "broker", issuer: root, dns: [HOST], usage: "client" });
  const old = issue({ name: "broker", issuer: root, dns: [HOST], usage: "server", toS: NOW.wallS - 1 });
  const cases = [
    [other, HOST, "unknownAuthority"],
    [broker, "other.example", "wrongName"],
    [old, HOST, "expired"],
    [client, HOST, "notForServers"],
  ] as const;
  for (const [certificate, host, why] of cases) {
    const { port, up } = await secured({}, certificate);
    await failed(new Device({ port, host }), [why]);
    assert.is(up.length, 0, why);
  }
});

test("a server that will not have the suite, or our certificate, ends it", async () => {
  const suite256 = await secured({ ciphers: "ECDHE-RSA-AES256-GCM-SHA384", maxVersion: "TLSv1.2" });
  await failed(new Device({ port: suite256.port }), ["tls"]);
  const { port, up } = await secured({ ca: stranger.pem });
  const refused = new Device({ port });
  await refused.until(() => refused.errors > 0);
  assert.equal([up.length, refused.errors], [0, 1]);
});

test("a peer that closes in mid-handshake, at any point of it", async () => {
  const { port, up } = await secured();
  // within the first record's head, within its body, within the certificate, before the last bytes of the first flight
  for (const bytes of [0, 1, 5, 60, 400, 1_100]) {
    const device = new Device({ port: await cutting(port, bytes) });
    await failed(device, []);
    assert.is(device.room, undefined, `${bytes} bytes`);
  }
  assert.is(up.length, 0);
});

test("a server that speaks out of turn is left, with the guard's word", async () => {
  await failed(new Device({ port: await answering(Uint8Array.of(0x14, 3, 3, 0, 1, 1)) }), ["outOfTurn"]);
  await failed(new Device({ port: await answering(Uint8Array.of(0x16, 3, 3, 0, 2, 2, 0)) }), ["cutShort"]);
});

test("the other side's end is ours, once", async () => {
  const { port, up } = await secured();
  const device = new Device({ port });
  await device.until(() => (device.room ?? 0) > 0);
  up[0]?.end();
  await failed(device, []);
  // said by TLS alone: the line stays
  const staying = new Device({ port: await cutting(port, Number.POSITIVE_INFINITY) });
  await staying.until(() => (staying.room ?? 0) > 0);
  up.at(-1)?.end();
  await failed(staying, []);
});

test("reads and writes no more than there is and than was offered", async () => {
  const { port } = await secured();
  const device = new Device({ port });
  assert.throws(() => device.socket.write(Uint8Array.of(1)), /^would block$/);
  await device.until(() => (device.room ?? 0) > 0);
  assert.throws(() => device.socket.write(new Uint8Array((device.room ?? 0) + 1)), /^would block$/);
  for (const bytes of [1, 0, -1]) assert.throws(() => device.socket.read(bytes), /^invalid$/);
  device.socket.close();
  assert.throws(() => device.socket.write(Uint8Array.of(1)), /^closed$/);
});

test("closed twice, in mid-handshake or after it, it closes TCP once and says nothing more", async () => {
  const { port, up } = await secured();
  const early = new Device({ port });
  early.socket.close();
  early.socket.close();
  const late = new Device({ port });
  await late.until(() => (late.room ?? 0) > 0);
  late.socket.close();
  late.socket.close();
  const peer = up.at(-1);
  if (peer !== undefined && !peer.closed) await new Promise((done) => peer.once("close", done));
  await late.settle();
  for (const { tcp, errors, faults, heard } of [early, late]) {
    assert.equal([tcp?.closes, errors, faults, heard.length], [1, 0, [], 0]);
  }
  assert.is(early.room, undefined);
});

test("options that cannot be: a port is TCP's to refuse, a key that is none ends the connection", async () => {
  assert.throws(() => new Device({ port: 0 }), /invalid port/);
  const { port, up } = await secured();
  await failed(new Device({ port, key: Uint8Array.of(1, 2, 3) }), ["tls"]);
  await failed(new Device({ port, credentials: { certificate: Uint8Array.of(1) } }), ["tls"]);
  assert.is(up.length, 0);
});

test("more than may wait for TCP ends the connection", async () => {
  const names = Array.from({ length: 900 }, (_none, index) => `machine-${index}.example`);
  const long = issue({ name: "M-1", issuer: root, usage: "client", dns: names });
  assert.ok(long.der.length > 12_288);
  const { port, up } = await secured();
  await failed(new Device({ port, key: keyDer(long), credentials: { certificate: long.der }, mostBytes: 300 }), [
    "tls",
  ]);
  assert.is(up.length, 0);
});

test.run();
