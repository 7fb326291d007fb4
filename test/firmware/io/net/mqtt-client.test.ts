/** The MQTT session on simulated sockets: every order of coming, splitting, breaking. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BACK_OFF_FIRST_MS, MAX_HANDED } from "../../../../firmware/io/net/mqtt-state.js";
import { concatBytes } from "../../../../shared/bytes.js";

import { BIRTH, CONNACK, CONNACK_KEPT, Line, message, PLAN, puback, suback, WILL } from "./line.js";

const test = suite("MQTT client");

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

test.run();
