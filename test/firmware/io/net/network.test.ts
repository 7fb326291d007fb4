/** Both sides of the network and the frames between them: birth to ack, full queues, a worker that dies. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { TrustedTime } from "../../../../firmware/io/net/chain.js";
import { decodeConfig, encodeConfig, type NetConfig } from "../../../../firmware/io/net/config.js";
import {
  decodeFromWorker,
  decodeToWorker,
  encodeFromWorker,
  encodeToWorker,
  type FromWorker,
  MAX_GIVEN,
  QUEUE_LENGTH,
  type ToWorker,
} from "../../../../firmware/io/net/frames.js";
import { encodePublish } from "../../../../firmware/io/net/mqtt-codec.js";
import { MAX_FROM_WORKER, NetWorker } from "../../../../firmware/io/net/net-worker.js";
import { ALIVE_MS, Network, SILENT_MS } from "../../../../firmware/io/net/network.js";
import type { Resolve } from "../../../../firmware/io/net/sockets.js";
import { UPDATE_FAULTS } from "../../../../firmware/io/net/update.js";
import { InterfaceWay } from "../../../../firmware/io/net/ways.js";
import type { WorldInput } from "../../../../firmware/ports/inputs.js";
import { concatBytes } from "../../../../shared/bytes.js";
import type { ClaimState } from "../../../../shared/claim-states.js";
import { SimInterfaces } from "../../../../tools/bench/net-interface.js";
import { SimWorker } from "../../../../tools/bench/net-worker.js";
import { SimClockwork, SimDatagramSockets, type SimSocket, SimSockets } from "../../../../tools/bench/sockets.js";
import { SimImageSlots } from "../../../support/io/image-slots.js";
import { SimKeyValueStorage } from "../../../support/io/storage.js";
import { KEY, problem } from "./claim-board.js";
import { CONNACK, puback, readAll, suback } from "./line.js";

const test = suite("network");

const CONFIG: NetConfig = {
  machineId: "M-1",
  ssid: "cellar",
  password: "12345678",
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

/** A machine with its network, and what the platform and the world do to them. */
class Machine {
  readonly clock = new SimClockwork();
  readonly clocks: SimClockwork[] = [];
  readonly sockets = new SimSockets();
  readonly datagrams = new SimDatagramSockets();
  readonly interfaces = new SimInterfaces();
  readonly inputs: WorldInput[] = [];
  readonly workers: SimWorker[] = [];
  tlsNow: () => TrustedTime = () => ({ wallS: 0, synced: false });
  /** No memory for a worker. */
  noMemory = false;
  noInterface = false;
  readonly images = new SimImageSlots();
  readonly keyValue = new SimKeyValueStorage();
  readonly updates: string[] = [];
  readonly claims: ClaimState[] = [];
  readonly network: Network;

  constructor(config: NetConfig = CONFIG) {
    this.network = new Network({
      config,
      onClaim: (state) => this.claims.push(state),
      onUpdate: (news, detail) => this.updates.push(`${news} ${detail}`),
      clockwork: this.clock,
      deliver: (input) => this.inputs.push(input),
      startWorker: (heard) => {
        if (this.noMemory) throw new Error("unable to instantiate worker");
        const worker = new SimWorker((post) => this.program(post), heard);
        this.workers.push(worker);
        return worker;
      },
    });
    this.network.announce({
      birth: (connection) => new Uint8Array([1, connection]),
      will: (connection) => new Uint8Array([0, connection]),
    });
  }

  program(post: (frame: ArrayBuffer) => void): NetWorker {
    return new NetWorker({
      post,
      waysFor: ({ ssid, password }) => {
        if (this.noInterface) throw new Error("this board has no ethernet");
        const resolve: Resolve = (_host, answer) => answer("10.0.0.1");
        const way = { name: "wifi", tcp: this.sockets.io, datagrams: this.datagrams.io, resolve } as const;
        const { io } = this.interfaces;
        const clockwork = new SimClockwork();
        this.clocks.push(clockwork);
        return [new InterfaceWay(way, { io, ssid, password, clockwork, random: (bound) => bound - 1 })];
      },
      tls: (_config, now, tcp) => {
        this.tlsNow = now;
        return tcp;
      },
      makeClockwork: () => {
        const clock = new SimClockwork();
        this.clocks.push(clock);
        return clock;
      },
      random: (bound) => bound - 1,
      images: {
        openSlot: this.images.openSlot,
        storage: this.keyValue,
        sha256: () => ({ write: () => {}, close: () => new ArrayBuffer(32) }),
      },
      renewal: { storage: this.keyValue, sign: () => new ArrayBuffer(256) },
    });
  }

  get worker(): SimWorker {
    const worker = this.workers.at(-1);
    if (worker === undefined) throw new Error("no worker");
    return worker;
  }

  get socket(): SimSocket {
    return this.sockets.last;
  }

  pass(ms: number): void {
    for (const clock of [...this.clocks, this.clock]) clock.pass(ms);
    this.worker.run();
  }

  /** The time server answers. */
  tellTime(wallS: number): void {
    const [question] = this.datagrams.opened[0]?.sent ?? [];
    const answer = new Uint8Array(48);
    answer.set([0x24, 1]);
    answer.set(question?.bytes.subarray(40) ?? [], 24);
    new DataView(answer.buffer).setUint32(40, wallS + 2_208_988_800);
    this.datagrams.opened[0]?.arrive(answer);
    this.worker.run();
  }

  connect(): void {
    this.worker.run();
    this.interfaces.last.becomes(500);
    this.socket.offer();
    this.worker.run();
    this.socket.arrive(CONNACK);
    const [, subscribe, birth] = readAll(this.socket.written);
    this.socket.arrive(concatBytes(suback(subscribe?.id ?? 0), puback(birth?.id ?? 0)));
    this.worker.run();
    assert.ok(this.network.up);
  }
}

test("from power-up to a batch that the broker has, an ack that the machine has, and the time", () => {
  const machine = new Machine();
  assert.is(machine.network.publish("t", new Uint8Array(1), 1), false, "not connected: nothing is taken");
  machine.connect();
  assert.equal(machine.inputs, [{ on: "network", up: true }]);
  assert.ok(machine.network.publish("fleet/M-1/events", new Uint8Array(8_192).fill(3), 1));
  machine.worker.run();
  const batch = readAll(machine.socket.written).at(-1);
  assert.equal(batch?.payload, new Uint8Array(8_192).fill(3));
  machine.socket.arrive(puback(batch?.id ?? 0));
  machine.socket.arrive(
    encodePublish({
      topic: "fleet/M-1/commands",
      payload: new Uint8Array([9]),
      qos: 1,
      retain: false,
      dup: false,
      id: 5,
    }),
  );
  const before = machine.socket.written.length;
  machine.worker.runMachine();
  assert.equal(machine.inputs.at(-1), { on: "message", topic: "fleet/M-1/commands", payload: new Uint8Array([9]) });
  assert.is(machine.socket.written.length, before, "no PUBACK before the machine has taken it");
  machine.worker.run();
  assert.equal(machine.socket.written.slice(before), puback(5));
  assert.equal(machine.tlsNow(), { wallS: CONFIG.floorS, synced: false });
  machine.tellTime(CONFIG.floorS + 77);
  assert.equal(machine.inputs.at(-1), { on: "wall", wallS: CONFIG.floorS + 77, quality: "synced" });
  assert.equal(machine.tlsNow(), { wallS: CONFIG.floorS + 77, synced: true });
});

test("at most so many messages are with the worker, and no queue of the platform is ever full", () => {
  const machine = new Machine();
  machine.connect();
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < MAX_GIVEN; i++) assert.ok(machine.network.publish("t", new Uint8Array(10), 1));
    assert.is(machine.network.publish("t", new Uint8Array(10), 1), false);
    // meanwhile the broker sends whatever it has, the time comes, the link flaps, and the machine stands still
    for (let id = 1; id <= 30; id++) {
      machine.socket.arrive(
        encodePublish({ topic: "c", payload: new Uint8Array(3), qos: 1, retain: false, dup: false, id }),
      );
    }
    machine.worker.runWorker();
    for (const { id, topic } of readAll(machine.socket.written)) {
      if (topic === "t") machine.socket.arrive(puback(id));
    }
    machine.network.idle(round % 2 === 0);
    machine.worker.run();
    for (const { id, topic } of readAll(machine.socket.written)) {
      if (topic === "t") machine.socket.arrive(puback(id));
    }
    machine.worker.run();
  }
  assert.ok(machine.worker.deepest < QUEUE_LENGTH, `${machine.worker.deepest}`);
});

test("idle and busy, as often as they change, and any number of orders leave room in the queue", () => {
  const machine = new Machine();
  machine.connect();
  for (let i = 0; i < 2 * QUEUE_LENGTH; i++) {
    machine.network.idle(i % 2 === 0);
    machine.network.update(new Uint8Array([i]));
  }
  machine.network.idle(true);
  machine.worker.run();
  assert.ok(machine.worker.deepest < QUEUE_LENGTH, `${machine.worker.deepest}`);
  assert.equal(machine.updates, ["refused 0", "refused 0"], "the first and the newest order; neither is signed");
  machine.network.idle(false);
  machine.worker.run();
  machine.network.idle(true);
  machine.worker.run();
  assert.is(machine.images.writers, 0);
});

test("a board without the interface it is provisioned for stays without network, and its worker alive", () => {
  const machine = new Machine();
  machine.noInterface = true;
  machine.worker.run();
  for (let i = 0; i < 5; i++) machine.pass(ALIVE_MS);
  assert.is(machine.network.publish("t", new Uint8Array(1), 1), false);
  assert.equal([machine.workers.length, machine.network.restarts, machine.sockets.opened.length], [1, 0, 0]);
});

test("a platform without image slots refuses an order: whoever gave it must not wait for ever", () => {
  const machine = new Machine();
  machine.keyValue.refuses = true;
  machine.connect();
  machine.network.update(new Uint8Array([1]));
  machine.worker.run();
  assert.equal(machine.updates, [`refused ${UPDATE_FAULTS.indexOf("unsupported")}`]);
});

const TO_CLAIM: NetConfig = {
  ...CONFIG,
  brokerHost: "",
  brokerPort: 0,
  certificate: new Uint8Array(0),
  key: KEY,
  doorHost: "door.example",
  doorPort: 8_443,
  claimCode: "",
};

test("a board that is to claim itself asks no broker; its states come one at a time, the newest last", () => {
  const machine = new Machine(TO_CLAIM);
  machine.worker.run();
  machine.interfaces.last.becomes(500);
  machine.network.claim("SECRET-CODE");
  for (let i = 0; i < 2 * QUEUE_LENGTH; i++) machine.network.claim("");
  machine.worker.run();
  assert.equal([machine.claims.at(-1), machine.sockets.opened.length], ["clockUnknown", 0]);
  machine.tellTime(CONFIG.floorS + 77);
  assert.is(machine.claims.at(-1), "asking");
  for (let more = 0; more < 10; more++) machine.socket.offer();
  const sent = String.fromCharCode(...machine.socket.written);
  assert.match(sent, /^POST \/machine\/v1\/claims/);
  assert.match(sent, '"code":"SECRET-CODE"');
  assert.equal([machine.sockets.opened.length, machine.socket.options.port], [1, 8_443], "and nobody else");
  machine.socket.arrive(problem("403 Forbidden", "claim-refused", "used"));
  // the states between are nobody's any more
  for (let i = 0; i < QUEUE_LENGTH; i++) machine.interfaces.last.becomes(i % 2 === 0 ? 200 : 500);
  machine.worker.run();
  assert.is(machine.claims.at(-1), "used");
  assert.ok(machine.worker.deepest < QUEUE_LENGTH, `${machine.worker.deepest}`);
  assert.is(machine.network.publish("t", new Uint8Array(1), 1), false);
});

test("a code that a dying worker had not heard is told to the next one; what is on flash it finds by itself", () => {
  const machine = new Machine(TO_CLAIM);
  machine.worker.run();
  machine.network.claim("SECRET-CODE");
  machine.clock.pass(SILENT_MS);
  machine.worker.run();
  assert.is(machine.claims.at(-1), "noNetwork", "it has a code");
  machine.clock.pass(SILENT_MS);
  machine.worker.run();
  assert.equal([machine.workers.length, machine.claims.at(-1)], [3, "noNetwork"]);
});

test("without storage a board does not use its claim up for nothing", () => {
  const machine = new Machine({ ...TO_CLAIM, claimCode: "SECRET-CODE" });
  machine.keyValue.refuses = true;
  machine.worker.run();
  machine.interfaces.last.becomes(500);
  machine.worker.run();
  machine.tellTime(CONFIG.floorS + 77);
  assert.equal([machine.claims, machine.sockets.opened.length], [["flash"], 0]);
});

test("what the worker may have under way fits the queue", () => {
  assert.ok(MAX_FROM_WORKER < QUEUE_LENGTH);
});

test("what would not fit a frame is refused", () => {
  const machine = new Machine();
  machine.connect();
  assert.is(machine.network.publish("t", new Uint8Array(16_384), 1), false);
  assert.is(machine.network.publish("t", new Uint8Array(12_288), 1), true);
});

test("a worker that falls silent, or cannot be started, is started anew", () => {
  const machine = new Machine();
  machine.connect();
  for (let i = 0; i < 5; i++) machine.pass(ALIVE_MS);
  assert.is(machine.workers.length, 1, "signs of life");
  assert.ok(machine.network.publish("t", new Uint8Array(1), 1));
  machine.clock.pass(SILENT_MS);
  assert.ok(machine.workers[0]?.terminated);
  assert.is(machine.workers.length, 2);
  assert.equal(machine.inputs.at(-1), { on: "network", up: false });
  machine.connect();
  for (let i = 0; i < MAX_GIVEN; i++) assert.ok(machine.network.publish("t", new Uint8Array(1), 1), "all room again");
  machine.workers[0]?.run();
  machine.noMemory = true;
  machine.clock.pass(SILENT_MS);
  assert.is(machine.workers.length, 2);
  assert.is(machine.network.publish("t", new Uint8Array(1), 1), false);
  machine.noMemory = false;
  machine.clock.pass(SILENT_MS);
  assert.is(machine.workers.length, 3);
  machine.connect();
  assert.is(machine.network.restarts, 4);
});

test("use after close is refused, closing twice is not", () => {
  const machine = new Machine();
  machine.connect();
  machine.network.close();
  machine.network.close();
  assert.ok(machine.worker.terminated);
  assert.throws(() => machine.network.publish("t", new Uint8Array(1), 1), "closed");
  assert.throws(() => machine.network.idle(true), "closed");
  assert.throws(() => machine.network.update(new Uint8Array(1)), "closed");
  machine.clock.pass(SILENT_MS);
  assert.is(machine.workers.length, 1);
});

test("frames are read as they were written, and what is no frame is none", () => {
  const toWorker: readonly ToWorker[] = [
    { frame: "config", config: encodeConfig(CONFIG) },
    { frame: "announcement", connection: 70_000, birth: new Uint8Array([1, 2]), will: new Uint8Array(0) },
    { frame: "publish", topic: "ü", payload: new Uint8Array([5]), qos: 0 },
    { frame: "taken" },
    { frame: "update", manifest: new Uint8Array([7]) },
    { frame: "idle", idle: true },
    { frame: "claim", code: "123" },
    { frame: "claimHeard" },
  ];
  for (const frame of toWorker) {
    const bytes = encodeToWorker(frame);
    assert.equal(decodeToWorker(bytes), frame);
    for (let length = 0; length < bytes.byteLength; length++) decodeToWorker(bytes.slice(0, length));
  }
  const fromWorker: readonly FromWorker[] = [
    { frame: "ask", connection: 3 },
    { frame: "up", up: false, way: "wifi", address: "" },
    { frame: "up", up: true, way: "ethernet", address: "192.168.100.200" },
    { frame: "message", topic: "t", payload: new Uint8Array(0) },
    { frame: "done", count: 6 },
    { frame: "wall", wallS: 2 ** 32 + 5 },
    { frame: "alive" },
    { frame: "heard", what: "idle" },
    { frame: "heard", what: "update" },
    { frame: "updateNews", news: "downloading", detail: 1_500_000 },
    { frame: "heard", what: "claim" },
    { frame: "claimNews", state: "otherMachine" },
  ];
  for (const frame of fromWorker) {
    const bytes = encodeFromWorker(frame);
    assert.equal(decodeFromWorker(bytes), frame);
    for (let length = 0; length < bytes.byteLength; length++) decodeFromWorker(bytes.slice(0, length));
  }
  const config = decodeConfig(encodeConfig(CONFIG));
  assert.equal(config.ok && config.message, CONFIG);
  for (const none of [undefined, "text", {}, new ArrayBuffer(0), new Uint8Array([99]).buffer]) {
    assert.is(decodeToWorker(none), undefined);
    assert.is(decodeFromWorker(none), undefined);
  }
});

test.run();
