/** The MQTT session on simulated sockets: every order of coming, splitting, stalling, breaking; every limit. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MqttClient, type MqttClientOptions, WRITE_BYTES } from "../../../../firmware/io/net/mqtt-client.js";
import { encodePublish } from "../../../../firmware/io/net/mqtt-codec.js";
import { nextPacketId } from "../../../../firmware/io/net/mqtt-session.js";
import {
  ANSWER_MS,
  BACK_OFF_FIRST_MS,
  BACK_OFF_MAX_MS,
  MAX_HANDED,
  MAX_HELD_BYTES,
  MAX_IN_FLIGHT,
  MAX_WAITING,
  OPEN_MS,
  STEADY_MS,
} from "../../../../firmware/io/net/mqtt-state.js";
import { concatBytes } from "../../../../shared/bytes.js";
import { SimClockwork, type SimSocket, SimSockets } from "../../../../tools/bench/sockets.js";

const test = suite("MQTT client");

const PLAN = {
  clientId: "M-1",
  statusTopic: "fleet/M-1/status",
  filters: [
    { topic: "fleet/M-1/acks", qos: 0 as const },
    { topic: "fleet/M-1/commands", qos: 1 as const },
  ],
  keepAliveS: 360,
};
const CONNACK = new Uint8Array([0x20, 2, 0, 0]);
const CONNACK_KEPT = new Uint8Array([0x20, 2, 1, 0]);
const BIRTH = new Uint8Array([1, 1]);
const WILL = new Uint8Array([2, 2]);

/** One packet of ours, read far enough to be told apart. */
interface Sent {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly topic: string;
  readonly payload: Uint8Array;
}

/** A machine's network side, and the broker played by hand. */
class Line {
  readonly clock = new SimClockwork();
  readonly sockets = new SimSockets();
  readonly asked: number[] = [];
  readonly ups: boolean[] = [];
  readonly messages: { readonly topic: string; readonly payload: Uint8Array }[] = [];
  done = 0;
  address: string | undefined = "10.0.0.1";
  readonly client: MqttClient;

  constructor(change: Partial<MqttClientOptions> = {}) {
    this.client = new MqttClient({
      plan: PLAN,
      socket: { io: this.sockets.io, host: "broker.example", port: 8883 },
      resolve: (_host, answer) => answer(this.address),
      clockwork: this.clock,
      random: (bound) => bound - 1,
      onAsk: (connection) => this.asked.push(connection),
      onUp: (up) => this.ups.push(up),
      onMessage: (topic, payload) => this.messages.push({ topic, payload }),
      onDone: (count) => {
        this.done += count;
      },
      ...change,
    });
  }

  get socket(): SimSocket {
    return this.sockets.last;
  }

  /** What the machine has sent over the newest connection. */
  sent(): Sent[] {
    return readAll(this.socket.written);
  }

  announce(): void {
    this.client.announcement(this.client.state.connection, BIRTH, WILL);
  }

  /** Everything as it should go; returns the id of the birth. */
  connect(connack = CONNACK): number {
    this.client.link(true);
    this.socket.offer();
    this.announce();
    this.socket.arrive(connack);
    const subscribe = this.sent().find(({ type }) => type === 8);
    const birth = this.sent().find(({ type, topic }) => type === 3 && topic === PLAN.statusTopic);
    if (subscribe === undefined || birth === undefined) throw new Error("no SUBSCRIBE or no birth");
    this.socket.arrive(suback(subscribe.id));
    this.socket.arrive(puback(birth.id));
    assert.is(this.client.state.phase, "up");
    return birth.id;
  }

  /** After a break: waits for the next try and goes up again. */
  reconnect(connack = CONNACK): void {
    this.nextTry();
    this.connect(connack);
  }

  /** Lets just so much time pass that it tries again. */
  nextTry(): void {
    const opened = this.sockets.opened.length;
    assert.is(this.client.state.phase, "idle");
    this.clock.pass(this.clock.ringAtMs - this.clock.nowMs());
    assert.is(this.sockets.opened.length, opened + 1, "it tries again");
  }

  publish(tag: number, qos: 0 | 1 = 1, length = 1): void {
    this.client.publish("fleet/M-1/events", new Uint8Array(length).fill(tag), qos);
  }
}

function readAll(written: Uint8Array): Sent[] {
  const sent: Sent[] = [];
  for (let at = 0; at < written.length; ) {
    const first = written[at] ?? 0;
    let length = 0;
    let start = at + 1;
    for (let shift = 0; ; shift += 7) {
      const digit = written[start++] ?? 0;
      length |= (digit & 0x7f) << shift;
      if (digit < 0x80) break;
    }
    const body = written.subarray(start, start + length);
    const type = first >> 4;
    const topicLength = type === 3 ? 256 * (body[0] ?? 0) + (body[1] ?? 0) : 0;
    const idAt = type === 3 ? 2 + topicLength : 0;
    const hasId = type === 8 || type === 4 || (type === 3 && (first & 6) !== 0);
    sent.push({
      type,
      flags: first & 15,
      id: hasId ? 256 * (body[idAt] ?? 0) + (body[idAt + 1] ?? 0) : 0,
      topic: String.fromCharCode(...body.subarray(2, 2 + topicLength)),
      payload: body.slice(hasId ? idAt + 2 : idAt),
    });
    at = start + length;
  }
  return sent;
}

const puback = (id: number): Uint8Array => new Uint8Array([0x40, 2, id >> 8, id & 255]);
const suback = (id: number, granted = [0, 1]): Uint8Array =>
  new Uint8Array([0x90, 2 + granted.length, id >> 8, id & 255, ...granted]);
const message = (tag: number, qos: 0 | 1, id: number): Uint8Array =>
  encodePublish({
    topic: "fleet/M-1/commands",
    payload: new Uint8Array([tag]),
    qos,
    retain: false,
    dup: false,
    id,
  });

test("connects with will, subscribes, then says its birth; only SUBACK is up", () => {
  const line = new Line();
  assert.is(line.sockets.opened.length, 0, "nothing before there is a link");
  line.client.link(true);
  assert.equal(
    [line.socket.options.host, line.socket.options.address, line.socket.options.port],
    ["broker.example", "10.0.0.1", 8883],
  );
  line.socket.offer();
  assert.equal(line.asked, [1]);
  assert.is(line.socket.written.length, 0, "no CONNECT before birth and will are known");
  line.client.announcement(7, BIRTH, WILL);
  assert.is(line.socket.written.length, 0, "another connection's announcement is none");
  line.announce();
  assert.equal(
    line.sent().map(({ type }) => type),
    [1],
  );
  line.socket.arrive(CONNACK);
  const [, subscribe, birth] = line.sent();
  assert.is(subscribe?.type, 8);
  assert.is(birth?.topic, PLAN.statusTopic);
  assert.is(birth?.flags, 0b0011, "QoS 1, retained");
  assert.equal(birth?.payload, BIRTH);
  assert.equal(line.ups, []);
  line.socket.arrive(suback(subscribe?.id ?? 0));
  assert.equal(line.ups, [true]);
});

test("the broker's bytes may be split anywhere", () => {
  const stream = (subscribeId: number): Uint8Array =>
    concatBytes(suback(subscribeId), message(1, 1, 258), message(2, 0, 0), new Uint8Array([0xd0, 0]), message(3, 1, 9));
  const length = stream(1).length;
  for (let pieceBytes = 1; pieceBytes <= length; pieceBytes++) {
    const line = new Line();
    line.client.link(true);
    line.socket.offer();
    line.announce();
    line.socket.arrive(CONNACK, Math.min(pieceBytes, CONNACK.length));
    line.socket.arrive(stream(line.sent()[1]?.id ?? 0), pieceBytes);
    assert.equal(
      line.messages.map(({ payload }) => payload[0]),
      [1, 2, 3],
      `pieces of ${pieceBytes}`,
    );
    assert.is(line.client.state.phase, "up");
  }
});

test("a broken connection at any byte of the broker's answer leaves a session that comes back", () => {
  const line = new Line();
  const answer = CONNACK.length + suback(1).length;
  for (let bytes = 0; bytes < answer; bytes++) {
    if (bytes === 0) line.client.link(true);
    else line.nextTry();
    const { socket } = line;
    socket.offer();
    line.announce();
    socket.arrive(CONNACK.subarray(0, bytes));
    if (bytes >= CONNACK.length) socket.arrive(suback(line.sent()[1]?.id ?? 0).subarray(0, bytes - CONNACK.length));
    socket.break();
    assert.is(line.client.state.phase, "idle");
    assert.ok(socket.closed);
  }
  line.reconnect();
  assert.equal(line.ups, [true]);
});

test("messages up are acknowledged when they have been taken, in their order; too many stop the reading", () => {
  const line = new Line();
  line.connect();
  const already = line.sent().length;
  for (let id = 1; id <= MAX_HANDED + 2; id++) line.socket.arrive(message(id, 1, id));
  assert.is(line.messages.length, MAX_HANDED);
  assert.ok(line.socket.unreadBytes > 0, "the rest stays in the socket");
  assert.is(line.sent().length, already, "none is acknowledged before it is taken");
  for (let id = 1; id <= MAX_HANDED + 2; id++) line.client.taken();
  assert.equal(
    line.messages.map(({ payload }) => payload[0]),
    [1, 2, 3, 4, 5, 6],
  );
  assert.equal(
    line
      .sent()
      .slice(already)
      .map(({ type, id }) => [type, id]),
    [
      [4, 1],
      [4, 2],
      [4, 3],
      [4, 4],
      [4, 5],
      [4, 6],
    ],
  );
  line.client.taken();
  assert.is(line.sent().length, already + 6, "taking nothing acknowledges nothing");
});

test("a message taken after the break is not acknowledged over the next connection", () => {
  const line = new Line();
  line.connect();
  line.socket.arrive(message(1, 1, 77));
  line.socket.break();
  line.reconnect();
  line.client.taken();
  assert.not(line.sent().some(({ type }) => type === 4));
});

test("at most so many are under way, the others wait and go in their order", () => {
  const line = new Line();
  line.connect();
  const already = line.sent().length;
  for (let tag = 1; tag <= MAX_IN_FLIGHT + 3; tag++) line.publish(tag);
  line.publish(99, 0);
  const first = line.sent().slice(already);
  assert.equal(
    first.map(({ payload }) => payload[0]),
    [1, 2, 3, 4],
  );
  for (const { id } of first) line.socket.arrive(puback(id));
  const rest = line.sent().slice(already + MAX_IN_FLIGHT);
  assert.equal(
    rest.map(({ payload }) => payload[0]),
    [5, 6, 7, 99],
  );
  assert.is(line.done, MAX_IN_FLIGHT + 1, "QoS 0 is done when it is sent");
});

test("what finds no room is dropped, counted and done", () => {
  const line = new Line();
  line.connect();
  for (let tag = 1; tag <= MAX_IN_FLIGHT + MAX_WAITING; tag++) line.publish(tag);
  assert.is(line.client.state.counts.dropped, 0);
  line.publish(50);
  assert.is(line.client.state.counts.dropped, 1);
  assert.is(line.done, 1);
  const large = new Line();
  large.connect();
  for (let tag = 1; tag <= 3; tag++) large.publish(tag, 1, MAX_HELD_BYTES / 3);
  assert.is(large.client.state.counts.dropped, 0);
  large.publish(4);
  assert.is(large.client.state.counts.dropped, 1);
});

test("unacknowledged messages go again with DUP where the broker kept the session, without where it did not", () => {
  for (const kept of [true, false]) {
    const line = new Line();
    const birthId = line.connect();
    for (let tag = 1; tag <= 3; tag++) line.publish(tag);
    const ids = line
      .sent()
      .slice(-3)
      .map(({ id }) => id);
    line.socket.arrive(puback(ids[1] ?? 0));
    line.socket.break();
    line.publish(4);
    line.reconnect(kept ? CONNACK_KEPT : CONNACK);
    const publishes = line.sent().filter(({ type, topic }) => type === 3 && topic !== PLAN.statusTopic);
    assert.equal(publishes.map(({ payload, id }) => [payload[0], id]).slice(0, 2), [
      [1, ids[0]],
      [3, ids[2]],
    ]);
    assert.equal(
      publishes.map(({ flags }) => flags & 8),
      kept ? [8, 8, 0] : [0, 0, 0],
    );
    assert.is(publishes.at(-1)?.payload[0], 4, "what came meanwhile goes after them");
    assert.not(publishes.some(({ id }) => id === birthId && id === 0));
    assert.is(line.client.state.counts.resent, 2);
  }
});

test("a birth belongs to its connection: an unacknowledged one is never sent again", () => {
  const line = new Line();
  line.client.link(true);
  line.socket.offer();
  line.announce();
  line.socket.arrive(CONNACK);
  line.socket.break();
  line.nextTry();
  line.socket.offer();
  line.client.announcement(2, new Uint8Array([9]), WILL);
  line.socket.arrive(CONNACK_KEPT);
  const births = line.sent().filter(({ topic }) => topic === PLAN.statusTopic);
  assert.equal(
    births.map(({ payload }) => payload[0]),
    [9],
  );
});

test("packet ids go round without 0 and without one that is in use", () => {
  assert.is(nextPacketId(0, []), 1);
  assert.is(nextPacketId(65_534, []), 65_535);
  assert.is(nextPacketId(65_535, []), 1);
  assert.is(nextPacketId(65_534, [65_535, 1, 2]), 3);
  const line = new Line();
  line.connect();
  line.publish(1);
  const held = line.sent().at(-1)?.id ?? 0;
  const seen = new Set<number>([held]);
  for (let i = 0; i < 300; i++) {
    line.socket.written = new Uint8Array(0);
    line.publish(2);
    const id = line.sent()[0]?.id ?? 0;
    assert.not(seen.has(id));
    seen.add(id);
    line.socket.arrive(puback(id));
  }
});

test("a sign of life before the broker loses patience, and none where telemetry is one", () => {
  const line = new Line();
  line.connect();
  line.clock.pass(323_000);
  assert.not(line.sent().some(({ type }) => type === 12));
  line.clock.pass(2_000);
  assert.is(line.sent().at(-1)?.type, 12);
  line.socket.arrive(new Uint8Array([0xd0, 0]));
  for (let i = 0; i < 10; i++) {
    line.clock.pass(300_000);
    line.publish(1);
    line.socket.arrive(puback(line.sent().at(-1)?.id ?? 0));
  }
  assert.is(line.sent().filter(({ type }) => type === 12).length, 1);
  line.clock.pass(324_000);
  assert.is(line.sent().at(-1)?.type, 12);
  assert.is(line.client.state.phase, "up");
  line.clock.pass(ANSWER_MS);
  assert.is(line.client.state.phase, "idle", "no answer: the connection is dead");
  assert.ok(line.sockets.opened.at(-1)?.closed);
});

test("each silence of the broker ends in its time", () => {
  const line = new Line();
  line.client.link(true);
  line.clock.pass(OPEN_MS - 1);
  assert.is(line.client.state.phase, "opening");
  line.clock.pass(1);
  assert.is(line.client.state.phase, "idle");
  line.clock.pass(BACK_OFF_FIRST_MS);
  line.socket.offer();
  line.clock.pass(ANSWER_MS);
  assert.is(line.client.state.counts.timeouts, 2, "the machine never said its birth");
  line.clock.pass(2 * BACK_OFF_FIRST_MS);
  line.socket.offer();
  line.announce();
  line.clock.pass(ANSWER_MS);
  assert.is(line.client.state.counts.timeouts, 3, "no CONNACK");
  line.clock.pass(4 * BACK_OFF_FIRST_MS);
  line.socket.offer();
  line.announce();
  line.socket.arrive(CONNACK);
  line.clock.pass(ANSWER_MS);
  assert.is(line.client.state.counts.timeouts, 4, "no SUBACK");
  line.reconnect();
  line.publish(1);
  line.clock.pass(ANSWER_MS);
  assert.is(line.client.state.counts.timeouts, 5, "no PUBACK");
});

test("a stalled socket takes nothing, and what was accepted goes over the next one", () => {
  const line = new Line();
  line.connect();
  line.socket.roomBytes = 0;
  line.publish(1, 1, 10);
  line.publish(2, 1, 4_000);
  const stalled = line.socket;
  line.clock.pass(ANSWER_MS);
  assert.ok(stalled.closed);
  line.reconnect(CONNACK_KEPT);
  assert.equal(
    line
      .sent()
      .filter(({ topic }) => topic.endsWith("events"))
      .map(({ payload }) => [payload[0], payload.length]),
    [
      [1, 10],
      [2, 4_000],
    ],
  );
});

test("writes what is offered and no more, at most one segment at a time", () => {
  const line = new Line();
  line.connect();
  line.socket.roomBytes = 7;
  line.socket.offer();
  line.socket.written = new Uint8Array(0);
  line.publish(5, 1, 100);
  assert.equal(line.sent()[0]?.payload.length, 100);
  line.socket.roomBytes = 8_192;
  line.socket.offer();
  line.publish(6, 1, 3 * WRITE_BYTES);
  assert.is(line.sent()[1]?.payload.length, 3 * WRITE_BYTES);
});

test("back-off doubles to its limit, is reset only by a connection that lasts, and a link that comes back is tried", () => {
  const line = new Line();
  line.client.link(true);
  const waits: number[] = [];
  for (let i = 0; i < 12; i++) {
    line.socket.break();
    waits.push(line.clock.ringAtMs - line.clock.nowMs());
    line.clock.pass(line.clock.ringAtMs - line.clock.nowMs());
  }
  assert.equal(waits.slice(0, 3), [1_000, 2_000, 4_000]);
  assert.is(Math.max(...waits), BACK_OFF_MAX_MS);
  line.connect();
  line.clock.pass(STEADY_MS - 1_000);
  line.socket.break();
  assert.is(line.clock.ringAtMs - line.clock.nowMs(), BACK_OFF_MAX_MS, "kicked soon: no new beginning");
  line.reconnect();
  line.clock.pass(STEADY_MS);
  line.publish(1);
  line.socket.break();
  assert.is(line.clock.ringAtMs - line.clock.nowMs(), BACK_OFF_FIRST_MS);
  line.client.link(false);
  assert.is(line.clock.ringAtMs, Infinity, "without a link nothing is tried");
  const opened = line.sockets.opened.length;
  line.client.link(true);
  assert.is(line.sockets.opened.length, opened + 1);
});

test("a lasting refusal waits long, a passing one does not", () => {
  for (const [code, waitMs] of [
    [5, BACK_OFF_MAX_MS],
    [4, BACK_OFF_MAX_MS],
    [3, BACK_OFF_FIRST_MS],
  ] as const) {
    const line = new Line();
    line.client.link(true);
    line.socket.offer();
    line.announce();
    line.socket.arrive(new Uint8Array([0x20, 2, 0, code]));
    assert.is(line.client.state.counts.refusal, code);
    assert.is(line.clock.ringAtMs - line.clock.nowMs(), waitMs);
  }
});

test("a refused subscription is as good as no connection", () => {
  const line = new Line();
  line.client.link(true);
  line.socket.offer();
  line.announce();
  line.socket.arrive(CONNACK);
  line.socket.arrive(suback(line.sent()[1]?.id ?? 0, [0, 0x80]));
  assert.is(line.client.state.phase, "idle");
  assert.equal(line.ups, []);
});

test("no address, no socket, garbage and packets out of turn end the try, never the client", () => {
  const line = new Line();
  line.address = undefined;
  line.client.link(true);
  assert.is(line.client.state.phase, "idle");
  line.address = "10.0.0.1";
  line.sockets.refuses = true;
  line.clock.pass(BACK_OFF_FIRST_MS);
  assert.is(line.sockets.opened.length, 0);
  line.sockets.refuses = false;
  line.nextTry();
  line.socket.offer();
  line.socket.arrive(new Uint8Array([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]));
  assert.is(line.client.state.phase, "idle");
  line.nextTry();
  line.socket.offer();
  line.socket.arrive(message(1, 1, 1));
  assert.is(line.client.state.counts.malformed, 2);
  assert.equal(line.messages, []);
  let seed = 12_345;
  for (let round = 0; round < 200; round++) {
    line.nextTry();
    line.socket.offer();
    if (round % 2 === 0) {
      line.announce();
      line.socket.arrive(CONNACK);
      line.socket.arrive(suback(line.sent()[1]?.id ?? 0));
    }
    const noise = new Uint8Array(40);
    for (let i = 0; i < noise.length; i++) {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      noise[i] = seed >>> 24;
    }
    line.socket.arrive(noise, 1 + (round % 7));
    while (line.client.state.handed.length > 0) line.client.taken();
    line.socket.break();
  }
  line.reconnect();
});

test("refuses bad options, and any use after close but closing", () => {
  const sockets = new SimSockets();
  const bad: readonly Partial<MqttClientOptions>[] = [
    { socket: { io: sockets.io, host: "", port: 8883 } },
    { socket: { io: sockets.io, host: "h", port: 0 } },
    { socket: { io: sockets.io, host: "h", port: 65_536 } },
    { plan: { ...PLAN, clientId: "" } },
    { plan: { ...PLAN, filters: [] } },
    { plan: { ...PLAN, keepAliveS: -1 } },
    { plan: { ...PLAN, keepAliveS: 65_536 } },
  ];
  for (const change of bad) assert.throws(() => new Line(change), RangeError);
  const line = new Line();
  line.connect();
  line.client.close();
  line.client.close();
  assert.ok(line.socket.closed);
  assert.is(line.clock.ringAtMs, Infinity);
  assert.throws(() => line.publish(1), "closed");
  assert.throws(() => line.client.link(true), "closed");
  assert.throws(() => line.client.taken(), "closed");
  line.socket.offer();
  line.socket.break();
});

test.run();
