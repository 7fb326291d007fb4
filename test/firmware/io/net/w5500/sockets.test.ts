/** TCP and UDP of the W5500 as the network's socket classes: every byte in its order, and every end told once. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addressBytes, isMask, isStation } from "../../../../../firmware/io/net/addresses.js";
import { LOOK_MS } from "../../../../../firmware/io/net/w5500/chip.js";
import { LINGER_MS } from "../../../../../firmware/io/net/w5500/hard-socket.js";
import { tcpClassOn } from "../../../../../firmware/io/net/w5500/tcp.js";
import { MAX_DATAGRAM_BYTES, MAX_WAITING, udpClassOn } from "../../../../../firmware/io/net/w5500/udp.js";
import { EthernetBench } from "../../../../support/io/ethernet.js";
import type { Datagram, Peer } from "../../../../support/io/lan.js";

const test = suite("firmware/io W5500 sockets");
const SERVER = "10.0.0.2";

/** A connection to a server whose end the test plays. */
class Line {
  readonly bench = new EthernetBench();
  readonly driver = this.bench.station();
  readonly events: string[] = [];
  readonly peers: Peer[] = [];
  readonly got: number[] = [];
  room = 0;
  unread = 0;
  readonly socket;

  constructor({ port = 8883, listens = true, prepare = (_bench: EthernetBench): void => {} } = {}) {
    this.bench.lan.hosts.add(SERVER);
    if (listens) this.bench.lan.serve(SERVER, 8883, (peer) => this.peers.push(peer));
    prepare(this.bench);
    const io = tcpClassOn(this.driver);
    this.socket = new io({
      address: SERVER,
      host: "server",
      port,
      onReadable: (bytes) => {
        this.unread = bytes;
        this.events.push(`readable ${bytes}`);
      },
      onWritable: (bytes) => {
        this.room = bytes;
        this.events.push(`writable ${bytes}`);
      },
      onError: () => this.events.push("error"),
    });
  }

  get peer(): Peer {
    const [peer] = this.peers;
    if (peer === undefined) throw new Error("nobody has connected");
    return peer;
  }

  read(bytes = this.unread): void {
    const read = this.socket.read(bytes);
    if (!(read instanceof ArrayBuffer)) throw new Error("nothing read");
    this.unread -= bytes;
    this.got.push(...new Uint8Array(read));
  }
}

const pattern = (length: number, from = 0): Uint8Array => Uint8Array.from({ length }, (_, i) => (from + i * 7) & 255);

test("connects, writes and reads; the pointers run over at 16 bits without anybody noticing", () => {
  const line = new Line();
  line.bench.runMs(20);
  assert.equal(line.events, ["writable 4096"]);
  assert.is(line.socket.write(pattern(3_000)), undefined, "no more until it is sent");
  assert.throws(() => line.socket.write(pattern(1)), /would block/);
  line.bench.runMs(20);
  assert.equal(line.events, ["writable 4096", "writable 4096"]);
  assert.equal(line.peer.heard, [...pattern(3_000)]);
  line.peer.say(pattern(2_500, 9));
  line.bench.runMs(20);
  assert.is(line.unread, 2_500);
  line.read(1_000);
  line.read();
  assert.equal(line.got, [...pattern(2_500, 9)]);
  assert.ok(line.bench.spi.longestBytes <= 1_024);
});

test("a stream larger than every buffer, both ways, read in odd pieces", () => {
  const line = new Line();
  const sent = pattern(40_000);
  line.bench.runMs(20);
  line.peer.say(sent);
  let written = 0;
  for (let i = 0; i < 400 && (line.got.length < sent.length || line.peer.heard.length < sent.length); i++) {
    line.bench.runMs(5);
    if (line.unread > 0) line.read(Math.min(line.unread, 1 + ((i * 331) % 1_500)));
    if (line.room > 0 && written < sent.length) {
      const part = sent.subarray(written, written + Math.min(line.room, 1 + ((i * 557) % 4_096)));
      written += part.length;
      line.room = line.socket.write(part) ?? 0;
    }
  }
  assert.equal(line.got, [...sent]);
  assert.equal(line.peer.heard, [...sent]);
});

test("with an interrupt line that says nothing it is slower, and nothing is lost", () => {
  const line = new Line({ prepare: ({ model }) => Object.assign(model, { mute: true }) });
  line.bench.runMs(2 * LOOK_MS);
  assert.equal(line.events, ["writable 4096"]);
  line.peer.say(pattern(100));
  line.socket.write(pattern(10));
  line.bench.runMs(2 * LOOK_MS);
  assert.equal(line.events.slice(1).sort(), ["readable 100", "writable 4096"]);
});

test("sizes that are read while the chip counts are read again; one that never holds still is none", () => {
  const line = new Line();
  line.bench.runMs(20);
  line.peer.say(pattern(300));
  for (const socket of line.bench.model.sockets) socket.tornReads = 3;
  line.bench.runMs(20);
  assert.is(line.unread, 300);
  for (const socket of line.bench.model.sockets) socket.tornReads = 1_000;
  line.peer.say(pattern(50));
  line.bench.runMs(20);
  assert.is(line.unread, 300, "not believed");
  for (const socket of line.bench.model.sockets) socket.tornReads = 0;
  line.bench.runMs(LOOK_MS);
  assert.is(line.unread, 350);
});

test("the other side closes: what came before it can be read, then the end is told, once", () => {
  const line = new Line();
  line.bench.runMs(20);
  line.peer.say(pattern(10));
  line.peer.close();
  line.bench.runMs(300);
  assert.equal(line.events, ["writable 4096", "readable 10"]);
  line.read();
  line.bench.runMs(300);
  assert.equal(line.events, ["writable 4096", "readable 10", "error"]);
  assert.throws(() => line.socket.read(1), /closed/);
});

test("refused, nobody there, reset: one error each", () => {
  const refused = new Line({ listens: false });
  refused.bench.runMs(300);
  assert.equal(refused.events, ["error"]);
  const absent = new Line({ prepare: ({ lan }) => lan.hosts.delete(SERVER) });
  absent.bench.runMs(30_000);
  assert.equal(absent.events, []);
  absent.bench.runMs(90_000);
  assert.equal(absent.events, ["error"], "after all retransmissions");
  const reset = new Line();
  reset.bench.runMs(20);
  reset.peer.reset();
  reset.bench.runMs(300);
  assert.equal(reset.events, ["writable 4096", "error"]);
});

test("a cable pulled for a moment costs nothing, one pulled for good ends the connection", () => {
  const line = new Line();
  line.bench.runMs(20);
  line.bench.model.plug(false);
  line.socket.write(pattern(100));
  line.bench.runMs(1_000);
  assert.equal(line.events, ["writable 4096"], "no room is offered while a SEND is under way");
  line.bench.model.plug(true);
  line.bench.runMs(2_000);
  assert.equal(line.peer.heard, [...pattern(100)]);
  line.bench.model.plug(false);
  line.socket.write(pattern(100));
  line.bench.runMs(120_000);
  assert.is(line.events.at(-1), "error");
  assert.is(line.events.filter((event) => event === "error").length, 1);
});

test("the chip is lost, the address is lost: an error, and its sockets are free", () => {
  const lost = new Line();
  lost.bench.runMs(20);
  lost.bench.model.hangs = true;
  lost.bench.runMs(LOOK_MS);
  assert.is(lost.events.at(-1), "error");
  const moved = new Line();
  moved.bench.runMs(20);
  moved.driver.setStation(undefined);
  assert.is(moved.events.at(-1), "error");
  assert.throws(() => new (tcpClassOn(moved.driver))({ ...noCallbacks, address: SERVER, port: 1 }), /no network/);
});

const noCallbacks = { host: "server", onReadable: () => {}, onWritable: () => {}, onError: () => {} };

test("closed by us: what was written still goes, then the end is said; a deaf other side is not waited for", () => {
  const line = new Line();
  line.bench.runMs(20);
  line.socket.write(pattern(500));
  line.socket.close();
  line.socket.close();
  assert.throws(() => line.socket.write(pattern(1)), /closed/);
  line.bench.runMs(20);
  assert.equal(line.peer.heard, [...pattern(500)]);
  line.bench.runMs(LOOK_MS);
  assert.ok(line.peer.ended);
  assert.equal(line.events, ["writable 4096"], "nothing is told after close");
  const status = () => line.bench.model.sockets.filter((socket) => socket.status !== 0).length;
  assert.is(status(), 1, "it waits for the other side's end");
  line.bench.runMs(LINGER_MS + LOOK_MS);
  assert.is(status(), 0);
});

test("more connections than there are sockets: those that only linger make room, others refuse", () => {
  const line = new Line();
  line.bench.runMs(20);
  const io = tcpClassOn(line.driver);
  const open = () => new io({ ...noCallbacks, address: SERVER, port: 8883 });
  const more = [open(), open(), open(), open(), open()];
  assert.throws(open, /no socket/);
  line.bench.runMs(20);
  more[0]?.close();
  open();
});

test("bad options of TCP", () => {
  const bench = new EthernetBench();
  const io = tcpClassOn(bench.station());
  for (const address of ["", "10.0.0", "10.0.0.256", "10.0.0.1.1", "10.0.0.01", "a.b.c.d", "0.0.0.0", "224.0.0.1"]) {
    assert.throws(() => new io({ ...noCallbacks, address, port: 1 }), /invalid address/);
  }
  for (const port of [0, -1, 65_536, 1.5]) {
    assert.throws(() => new io({ ...noCallbacks, address: SERVER, port }), /invalid port/);
  }
  const line = new Line();
  assert.throws(() => line.socket.write(pattern(1)), /would block/);
  for (const bytes of [0, -1, 1, 1.5]) assert.throws(() => line.socket.read(bytes), /invalid/);
});

test("datagrams: sent, received with their senders, counted, each at once or at the next look", () => {
  const bench = new EthernetBench();
  const io = udpClassOn(bench.station());
  const heard: Datagram[] = [];
  bench.lan.serveDatagrams(SERVER, 123, (datagram) => heard.push(datagram));
  const told: number[] = [];
  const udp = new io({ port: 500, onReadable: (count) => told.push(count), onError: () => told.push(-1) });
  udp.write(pattern(48), SERVER, 123);
  assert.throws(() => udp.write(pattern(48), SERVER, 123), /would block/);
  bench.runMs(20);
  assert.equal(heard, [{ from: "10.0.0.9", fromPort: 500, to: SERVER, toPort: 123, bytes: pattern(48) }]);
  const say = (bytes: Uint8Array): void =>
    bench.lan.send({ from: "10.0.0.3", fromPort: 7_000, to: "10.0.0.9", toPort: 500, bytes });
  for (const length of [1, 1_000, 300]) say(pattern(length));
  bench.runMs(20);
  assert.is(
    told.reduce((sum, count) => sum + count, 0),
    3,
  );
  const lengths: number[] = [];
  for (let bytes = udp.read(); bytes !== undefined; bytes = udp.read()) {
    lengths.push(bytes.byteLength);
    assert.equal(new Uint8Array(bytes), pattern(bytes.byteLength));
    assert.equal(Object(bytes).address, "10.0.0.3");
    assert.equal(Object(bytes).port, 7_000);
  }
  assert.equal(lengths, [1, 1_000, 300]);
  for (let i = 0; i < 5; i++) say(pattern(800));
  bench.runMs(20);
  for (let i = 0; i < 2; i++) assert.is(udp.read()?.byteLength, 800, "what fits is there, the rest is lost");
  assert.is(udp.read(), undefined);
});

test("more small datagrams than are counted at once: the rest is told at the next look", () => {
  const bench = new EthernetBench();
  const told: number[] = [];
  const io = udpClassOn(bench.station());
  const udp = new io({ port: 500, onReadable: (count) => told.push(count), onError: () => {} });
  bench.model.mute = true;
  for (let i = 0; i < MAX_WAITING + 4; i++) {
    bench.lan.send({ from: "10.0.0.3", fromPort: 7, to: "10.0.0.9", toPort: 500, bytes: pattern(10) });
  }
  bench.runMs(LOOK_MS);
  assert.equal(told, [MAX_WAITING]);
  for (let i = 0; i < MAX_WAITING; i++) udp.read();
  bench.runMs(LOOK_MS);
  assert.equal(told, [MAX_WAITING, 4]);
});

test("a datagram to nobody is lost, and the next one goes", () => {
  const bench = new EthernetBench();
  const io = udpClassOn(bench.station());
  const heard: Datagram[] = [];
  bench.lan.serveDatagrams(SERVER, 123, (datagram) => heard.push(datagram));
  const udp = new io({ onReadable: () => {}, onError: () => {} });
  udp.write(pattern(48), "10.0.0.200", 123);
  bench.runMs(1_000);
  udp.write(pattern(48), SERVER, 123);
  bench.runMs(20);
  assert.is(heard.length, 1);
  assert.ok((heard[0]?.fromPort ?? 0) >= 49_152, "a port of its own");
});

test("bad options of UDP, use after close, a lost chip", () => {
  const bench = new EthernetBench();
  const driver = bench.station();
  const io = udpClassOn(driver);
  for (const port of [-1, 65_536, 1.5]) {
    assert.throws(() => new io({ port, onReadable: () => {}, onError: () => {} }), /invalid port/);
  }
  const told: string[] = [];
  const udp = new io({ onReadable: () => {}, onError: () => told.push("error") });
  assert.throws(() => udp.write(pattern(1), "nobody", 1), /invalid address/);
  assert.throws(() => udp.write(pattern(1), SERVER, 0), /invalid port/);
  assert.throws(() => udp.write(pattern(0), SERVER, 1), /invalid length/);
  assert.throws(() => udp.write(pattern(MAX_DATAGRAM_BYTES + 1), SERVER, 1), /invalid length/);
  udp.close();
  udp.close();
  assert.throws(() => udp.read(), /closed/);
  assert.throws(() => udp.write(pattern(1), SERVER, 1), /closed/);
  const lost = new io({ onReadable: () => {}, onError: () => told.push("error") });
  bench.model.hangs = true;
  bench.runMs(LOOK_MS);
  assert.equal(told, ["error"]);
  assert.throws(() => lost.read(), /closed/);
  assert.throws(() => new io({ onReadable: () => {}, onError: () => {} }), /not there/);
});

test("addresses and masks that are none", () => {
  assert.equal(addressBytes("192.168.0.255"), Uint8Array.of(192, 168, 0, 255));
  for (const text of ["", "1.2.3", "1.2.3.4.5", "1.2.3.x", "1.2.3.-4", "1.2.3.+4", "1.2.3. 4", "1e1.2.3.4"]) {
    assert.is(addressBytes(text), undefined, text);
  }
  for (const bytes of [
    [0, 0, 0, 1],
    [127, 0, 0, 1],
    [224, 0, 0, 1],
    [255, 255, 255, 255],
  ]) {
    assert.not.ok(isStation(Uint8Array.from(bytes)));
  }
  assert.ok(isMask(Uint8Array.of(255, 255, 254, 0)) && isMask(Uint8Array.of(255, 0, 0, 0)));
  for (const bytes of [
    [255, 255, 255, 255],
    [0, 0, 0, 0],
    [254, 0, 0, 0],
    [255, 0, 255, 0],
    [255, 255, 255],
  ]) {
    assert.not.ok(isMask(Uint8Array.from(bytes)));
  }
});

test.run();
