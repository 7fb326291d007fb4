/** The MQTT session's limits and times, each reached; bad options, and use after close. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type MqttClientOptions, WRITE_BYTES } from "../../../../firmware/io/net/mqtt-client.js";
import { nextPacketId } from "../../../../firmware/io/net/mqtt-session.js";
import {
  ANSWER_MS,
  BACK_OFF_FIRST_MS,
  BACK_OFF_MAX_MS,
  MAX_HELD_BYTES,
  MAX_IN_FLIGHT,
  MAX_WAITING,
  OPEN_MS,
  STEADY_MS,
} from "../../../../firmware/io/net/mqtt-state.js";
import { SimSockets } from "../../../../tools/bench/sockets.js";

import { CONNACK, CONNACK_KEPT, Line, PLAN, puback } from "./line.js";

const test = suite("MQTT client: limits and times");

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

test("back-off doubles to its limit, a connection that lasts resets it, a link that comes back is tried", () => {
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
