/** Our MQTT packets against `mqtt-packet`, both ways, cut at every byte, and against garbage. */
import { Buffer } from "node:buffer";
import * as fc from "fast-check";
import { generate, type Packet, parser } from "mqtt-packet";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  encodeConnect,
  encodeDisconnect,
  encodePingreq,
  encodePuback,
  encodePublish,
  encodeSubscribe,
  MAX_INCOMING_BYTES,
  takePacket,
} from "../../../../firmware/io/net/mqtt-codec.js";
import { fromHex } from "../../../../shared/bytes.js";

const test = suite("MQTT packets");

/** What `mqtt-packet` reads in `bytes`: exactly one packet. */
function theirs(bytes: Uint8Array): Packet {
  const packets: Packet[] = [];
  const reader = parser({ protocolVersion: 4 });
  reader.on("packet", (packet: Packet) => packets.push(packet));
  reader.on("error", (error: Error) => {
    throw error;
  });
  assert.is(reader.parse(Buffer.from(bytes)), 0, "nothing is left over");
  assert.is(packets.length, 1);
  const [packet] = packets;
  if (packet === undefined) throw new Error("no packet");
  return packet;
}

/** Each prefix wants more; the whole and what follows it give the packet and its length. */
function ours(packet: Packet): unknown {
  const bytes = new Uint8Array(generate(packet));
  for (let length = 0; length < bytes.length; length++) {
    assert.equal(takePacket(bytes.subarray(0, length)), { kind: "more" }, `${length} of ${bytes.length} bytes`);
  }
  const withMore = new Uint8Array([...bytes, 0xff, 0xff]);
  const taken = takePacket(withMore);
  if (taken.kind !== "packet") throw new Error(JSON.stringify(taken));
  assert.is(taken.usedBytes, bytes.length);
  return taken.packet;
}

const bytesOf = (length: number): Uint8Array => new Uint8Array(length).map((_, index) => index * 7);

test("what we send is what a broker reads", () => {
  const will = { topic: "fleet/A-1/status", payload: bytesOf(40) };
  const connect = theirs(encodeConnect({ clientId: "A-1", cleanSession: false, keepAliveS: 360, will }));
  if (connect.cmd !== "connect") throw new Error(connect.cmd);
  assert.is(connect.protocolId, "MQTT");
  assert.is(connect.protocolVersion, 4);
  assert.is(connect.clean, false);
  assert.is(connect.clientId, "A-1");
  assert.is(connect.keepalive, 360);
  assert.is(connect.will?.topic, will.topic);
  assert.equal(new Uint8Array(Buffer.from(connect.will?.payload ?? "")), will.payload);
  assert.is(connect.will?.qos, 1);
  assert.is(connect.will?.retain, true);
  const bare = theirs(encodeConnect({ clientId: "B", cleanSession: true, keepAliveS: 0, will: undefined }));
  assert.is(bare.cmd === "connect" && bare.clean && bare.will === undefined, true);
  for (const length of [0, 1, 100, 127, 128, 8_192, 16_000]) {
    for (const qos of [0, 1] as const) {
      const sent = { topic: "fleet/Ü/events", payload: bytesOf(length), qos, retain: length === 1, dup: false };
      const read = theirs(encodePublish({ ...sent, id: qos === 1 ? 65_535 : 0 }));
      if (read.cmd !== "publish") throw new Error(read.cmd);
      assert.is(read.topic, sent.topic);
      assert.equal(new Uint8Array(Buffer.from(read.payload)), sent.payload);
      assert.is(read.qos, qos);
      assert.is(read.retain, sent.retain);
      if (qos === 1) assert.is(read.messageId, 65_535);
    }
  }
  const again = theirs(encodePublish({ topic: "t", payload: bytesOf(3), qos: 1, retain: false, dup: true, id: 1 }));
  assert.is(again.cmd === "publish" && again.dup, true);
  const puback = theirs(encodePuback(513));
  assert.is(puback.cmd === "puback" && puback.messageId, 513);
  const subscribe = theirs(
    encodeSubscribe(7, [
      { topic: "a/b", qos: 1 },
      { topic: "c", qos: 0 },
    ]),
  );
  if (subscribe.cmd !== "subscribe") throw new Error(subscribe.cmd);
  assert.is(subscribe.messageId, 7);
  assert.equal(
    subscribe.subscriptions.map(({ topic, qos }) => [topic, qos]),
    [
      ["a/b", 1],
      ["c", 0],
    ],
  );
  assert.is(theirs(encodePingreq()).cmd, "pingreq");
  assert.is(theirs(encodeDisconnect()).cmd, "disconnect");
});

test("what a broker sends is what we read", () => {
  assert.equal(ours({ cmd: "connack", returnCode: 0, sessionPresent: true }), {
    packet: "connack",
    sessionPresent: true,
    code: 0,
  });
  assert.equal(ours({ cmd: "connack", returnCode: 5, sessionPresent: false }), {
    packet: "connack",
    sessionPresent: false,
    code: 5,
  });
  for (const length of [0, 1, 127, 128, 300]) {
    for (const qos of [0, 1] as const) {
      const payload = Buffer.from(bytesOf(length));
      const packet: Packet = { cmd: "publish", topic: "fleet/A/acks", payload, qos, retain: true, dup: qos === 1 };
      assert.equal(ours(qos === 1 ? { ...packet, messageId: 258 } : packet), {
        packet: "publish",
        topic: "fleet/A/acks",
        payload: bytesOf(length),
        qos,
        retain: true,
        dup: qos === 1,
        id: qos === 1 ? 258 : 0,
      });
    }
  }
  assert.equal(ours({ cmd: "puback", messageId: 65_535 }), { packet: "puback", id: 65_535 });
  assert.equal(ours({ cmd: "suback", messageId: 2, granted: [1, 0, 128] }), {
    packet: "suback",
    id: 2,
    granted: [1, 0, 128],
  });
  assert.equal(ours({ cmd: "pingresp" }), { packet: "pingresp" });
});

test("what is malformed has a name", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["20 ff ff ff ff", "tooLong"],
    ["30 80 80 80 80 01", "badLength"],
    ["20 03 00 00 00", "trailingBytes"],
    ["20 01 00", "cutShort"],
    ["20 02 02 00", "badFlags"],
    ["20 02 01 01", "badFlags"],
    ["20 02 00 06", "badCode"],
    ["21 02 00 00", "badFlags"],
    ["40 02 00 00", "badId"],
    ["40 01 01", "cutShort"],
    ["90 02 00 01", "cutShort"],
    ["90 03 00 01 03", "badCode"],
    ["90 03 00 00 01", "badId"],
    ["d0 01 00", "trailingBytes"],
    ["34 05 00 01 61 00 01", "badQos"],
    ["38 03 00 01 61", "badFlags"],
    ["30 01 00", "cutShort"],
    ["30 02 00 01", "cutShort"],
    ["30 02 00 00", "badTopic"],
    ["30 03 00 01 23", "badTopic"],
    ["30 03 00 01 ff", "badTopic"],
    ["32 05 00 01 61 00 00", "badId"],
    ["32 04 00 01 61 00", "cutShort"],
    ["10 00", "notForAClient"],
    ["82 00", "badFlags"],
    ["c0 00", "notForAClient"],
    ["00 00", "notForAClient"],
    ["f0 00", "notForAClient"],
  ];
  for (const [hex, reason] of cases) {
    assert.equal(takePacket(fromHex(hex) ?? new Uint8Array(0)), { kind: "malformed", reason }, hex);
  }
});

test("the longest packet is taken, a longer one refused before it has come", () => {
  const payload = bytesOf(MAX_INCOMING_BYTES - 3);
  const longest = new Uint8Array(
    generate({ cmd: "publish", topic: "t", payload: Buffer.from(payload), qos: 0, dup: false, retain: false }),
  );
  assert.is(takePacket(longest).kind, "packet");
  assert.equal(takePacket(new Uint8Array([0x30, 0x81, 0x80, 0x01])), { kind: "malformed", reason: "tooLong" });
});

test("garbage is refused or waited for, never thrown at", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const taken = takePacket(bytes);
      if (taken.kind === "packet") assert.ok(taken.usedBytes <= bytes.length);
    }),
    { numRuns: 5_000 },
  );
});

test.run();
