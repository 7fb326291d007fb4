/** The whole network side on Ethernet with Wi-Fi behind it: the session sees closed sockets, the machine a message late. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { NetConfig } from "../../../../firmware/io/net/config.js";
import { encodeConfig } from "../../../../firmware/io/net/config.js";
import { decodeFromWorker, encodeToWorker, type FromWorker } from "../../../../firmware/io/net/frames.js";
import { encodePublish } from "../../../../firmware/io/net/mqtt-codec.js";
import { NetWorker } from "../../../../firmware/io/net/net-worker.js";
import { InterfaceWay, QUIET_FIRST_MS, type Way } from "../../../../firmware/io/net/ways.js";
import { SimInterfaces } from "../../../../tools/bench/net-interface.js";
import { SimDatagramSockets, SimSockets } from "../../../../tools/bench/sockets.js";
import { EthernetBench } from "../../../support/io/ethernet.js";
import { WorldClockwork } from "../../../support/io/lan.js";
import { LanBroker } from "../../../support/io/lan-broker.js";
import { CONNACK, puback, readAll, suback } from "./line.js";

const test = suite("fall-over between Ethernet and Wi-Fi");
const BROKER = "10.0.0.5";

const CONFIG: NetConfig = {
  machineId: "M-1",
  ssid: "cellar",
  brokerHost: "broker.example",
  brokerPort: 8883,
  brokerCa: new Uint8Array([1]),
  certificate: new Uint8Array([2]),
  key: new Uint8Array([3]),
  timeHost: "time.example",
  floorS: 1_750_000_000,
  board: "devkit",
  imageKey: new Uint8Array([4]),
};

/** A worker whose board has a W5500 and a radio. */
class Board {
  readonly bench = new EthernetBench();
  readonly router = this.bench.router();
  readonly broker = new LanBroker(this.bench.lan, BROKER, 8883);
  readonly wifi = new SimInterfaces();
  readonly wifiSockets = new SimSockets();
  readonly told: FromWorker[] = [];
  readonly worker: NetWorker;

  constructor({ wifi = true } = {}) {
    const { bench } = this;
    for (const [name, address] of [
      ["broker.example", BROKER],
      ["time.example", "10.0.0.6"],
    ] as const) {
      this.router.names.names.set(name, [{ name, address }]);
    }
    this.worker = new NetWorker({
      post: (frame) => this.#hear(frame),
      waysFor: (config) => [bench.ethernet({ hostName: config.machineId }), ...(wifi ? [this.#wifiWay()] : [])],
      tls: (_config, _now, tcp) => tcp,
      makeClockwork: () => new WorldClockwork(bench.world),
      random: bench.random,
    });
    this.worker.heard(encodeToWorker({ frame: "config", config: encodeConfig(CONFIG) }));
  }

  #wifiWay(): Way {
    const { io: tcp } = this.wifiSockets;
    const { io: datagrams } = new SimDatagramSockets();
    return new InterfaceWay(
      { name: "wifi", tcp, datagrams, resolve: (_host, answer) => answer("192.0.2.1") },
      { io: this.wifi.io, ssid: "cellar", clockwork: new WorldClockwork(this.bench.world), random: () => 0 },
    );
  }

  #hear(frame: ArrayBuffer): void {
    const told = decodeFromWorker(frame);
    if (told === undefined) throw new Error("no frame");
    this.told.push(told);
    if (told.frame !== "ask") return;
    const birth = Uint8Array.of(1, told.connection);
    const will = Uint8Array.of(0, told.connection);
    const { connection } = told;
    this.bench.world.after(0, () => {
      this.worker.heard(encodeToWorker({ frame: "announcement", connection, birth, will }));
    });
  }

  publish(tag: number): void {
    const payload = Uint8Array.of(tag);
    this.worker.heard(encodeToWorker({ frame: "publish", topic: "fleet/M-1/events", payload, qos: 1 }));
  }

  get ups(): readonly boolean[] {
    return this.told.flatMap((told) => (told.frame === "up" ? [told.up] : []));
  }

  get done(): number {
    return this.told.reduce((sum, told) => sum + (told.frame === "done" ? told.count : 0), 0);
  }

  get tags(): readonly (number | undefined)[] {
    const events = this.broker.published.filter(({ topic }) => topic === "fleet/M-1/events");
    return events.map(({ payload }) => payload[0]);
  }

  /** The broker behind the Wi-Fi, played by hand. */
  connectByWifi(): void {
    const { last } = this.wifiSockets;
    last.offer();
    this.bench.runMs(1);
    last.arrive(CONNACK);
    const subscribe = readAll(last.written).find(({ type }) => type === 8);
    last.arrive(suback(subscribe?.id ?? 0));
    for (const { type, id, flags } of readAll(last.written)) if (type === 3 && flags !== 0) last.arrive(puback(id));
  }
}

test("a whole session over the W5500: birth, a batch and its acknowledgement, an order, the time, two hours of it", () => {
  const board = new Board({ wifi: false });
  const { bench, broker } = board;
  bench.lan.serveDatagrams("10.0.0.6", 123, ({ bytes }, reply) => {
    const answer = new Uint8Array(48);
    answer[0] = (4 << 3) | 4;
    answer[1] = 2;
    answer.set(bytes.subarray(40, 48), 24);
    new DataView(answer.buffer).setUint32(40, 1_790_000_000 + 2_208_988_800);
    reply(answer);
  });
  bench.runMs(5_000);
  assert.equal(board.ups, [true]);
  assert.equal(
    broker.published.map(({ topic, payload }) => [topic, ...payload]),
    [["fleet/M-1/status", 1, 1]],
  );
  assert.ok(board.told.some((told) => told.frame === "wall" && told.wallS === 1_790_000_000));
  board.publish(7);
  bench.runMs(100);
  assert.equal(board.tags, [7]);
  assert.is(board.done, 1);
  const order = { topic: "fleet/M-1/commands", payload: Uint8Array.of(5), qos: 1, retain: false, dup: false } as const;
  broker.peer.say(encodePublish({ ...order, id: 99 }));
  bench.runMs(100);
  assert.ok(board.told.some((told) => told.frame === "message" && told.payload[0] === 5));
  const puback99 = (): boolean => readAll(Uint8Array.from(broker.peer.heard)).some((p) => p.type === 4 && p.id === 99);
  assert.not.ok(puback99(), "not before the machine has taken it");
  board.worker.heard(encodeToWorker({ frame: "taken" }));
  bench.runMs(100);
  assert.ok(puback99());
  for (let i = 0; i < 24; i++) {
    board.publish(i);
    bench.runMs(300_000);
  }
  assert.is(board.done, 25);
  assert.equal(board.ups, [true], "through the renewals of its address");
  assert.is(broker.peers.length, 1);
  assert.ok(board.router.dhcp.heard.length >= 5);
  board.worker.close();
});

test("the cable is pulled: Wi-Fi takes over, and what was not acknowledged goes over it; plugged, it comes back", () => {
  const board = new Board();
  const { bench } = board;
  bench.runMs(5_000);
  board.wifi.last.becomes(500);
  assert.equal(board.ups, [true], "Ethernet is in use");
  assert.is(board.wifiSockets.opened.length, 0);
  bench.model.plug(false);
  board.publish(1);
  bench.runMs(30_000);
  assert.equal(board.ups, [true, false]);
  assert.is(board.wifiSockets.opened.length, 1);
  board.connectByWifi();
  assert.equal(board.ups, [true, false, true]);
  const events = readAll(board.wifiSockets.last.written).filter(({ topic }) => topic === "fleet/M-1/events");
  assert.equal(
    events.map(({ payload }) => payload[0]),
    [1],
  );
  assert.is(board.done, 1);
  bench.model.plug(true);
  bench.runMs(5_000);
  assert.is(board.broker.peers.length, 1, "not before its quiet time");
  bench.runMs(2 * QUIET_FIRST_MS + 30_000);
  assert.ok(board.wifiSockets.last.closed);
  assert.is(board.broker.peers.length, 2);
  assert.equal(board.ups, [true, false, true, false, true]);
  board.publish(2);
  bench.runMs(100);
  assert.equal(board.tags, [2]);
});

test("a chip that dies and comes back, a broker that restarts: nothing given is lost, over whichever way", () => {
  const board = new Board({ wifi: false });
  const { bench, broker } = board;
  bench.runMs(5_000);
  for (let tag = 1; tag <= 12; tag++) {
    board.publish(tag);
    if (tag % 3 === 0) bench.model.dipsAfterBytes = 1 + tag * 41;
    if (tag % 4 === 0) broker.peer.reset();
    bench.runMs(90_000);
  }
  bench.runMs(300_000);
  assert.is(board.done, 12);
  assert.equal(
    [...new Set(board.tags)],
    Array.from({ length: 12 }, (_, i) => i + 1),
  );
  assert.ok(bench.model.resets > 5);
});

test("a board whose Wi-Fi is configured and whose cable was never plugged uses Wi-Fi", () => {
  const board = new Board();
  board.bench.model.plug(false);
  board.wifi.last.becomes(500);
  board.connectByWifi();
  assert.equal(board.ups, [true]);
  board.bench.runMs(100_000);
  assert.is(board.wifiSockets.opened.length, 1);
});

test.run();
