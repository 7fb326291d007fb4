/** Every limit of the embedded broker and of the fleet's own connection, reached. */
import { connect, createServer, type Server, type Socket } from "node:net";
import fc from "fast-check";
import { generate, type IConnectPacket, type Packet, parser, writeToStream } from "mqtt-packet";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LINK_LIMITS, openFleetConnection, retryPauseMs } from "../../fleet/broker/connection.js";
import { type EmbeddedBroker, KEEPALIVE_LIMIT_S, MAX_PACKET_BYTES, startBroker } from "../../fleet/broker/embedded.js";
import { packetGauge } from "../../fleet/broker/packet-gauge.js";
import { FLEET_SUBSCRIPTIONS } from "../../fleet/broker/permissions.js";
import { sortArrival } from "../../fleet/ingest/arrivals.js";
import { IngestQueue } from "../../fleet/ingest/queue.js";
import { TelemetryBases } from "../../fleet/ingest/telemetry-bases.js";
import type { BatchMessage } from "../../shared/wire/messages.js";
import { MAX_MESSAGE_BYTES } from "../../shared/wire/messages.js";
import { until, within } from "./support.js";

const gauge = suite("fleet/broker packet gauge");

/** Fixed header of a PUBLISH of `length` bytes, and the bytes. */
function packetOf(length: number, shown = length): Uint8Array {
  const header = [0x30];
  for (let rest = length; ; rest = Math.floor(rest / 128)) {
    header.push(rest >= 128 ? (rest % 128) | 0x80 : rest);
    if (rest < 128) break;
  }
  return new Uint8Array([...header, ...new Uint8Array(shown)]);
}

gauge("packets up to the limit pass, a longer one does not, however the stream is cut", () => {
  const lengths = fc.array(fc.oneof(fc.nat(300), fc.constantFrom(0, 127, 128, 16_383, 16_384)), { maxLength: 6 });
  fc.assert(
    fc.property(lengths, fc.constantFrom(200, 16_383), fc.integer({ min: 1, max: 700 }), (sizes, maxBytes, cut) => {
      const fits = packetGauge(maxBytes);
      const stream = Buffer.concat(sizes.map((size) => packetOf(size)));
      let passed = true;
      for (let at = 0; passed && at < stream.length; at += cut) passed = fits(stream.subarray(at, at + cut));
      assert.is(
        passed,
        sizes.every((size) => size <= maxBytes),
      );
    }),
  );
});

gauge("a length is refused as soon as it is too long, and one of five bytes is none", () => {
  assert.is(packetGauge(MAX_PACKET_BYTES)(packetOf(MAX_PACKET_BYTES, 0)), true);
  assert.is(packetGauge(MAX_PACKET_BYTES)(packetOf(MAX_PACKET_BYTES + 1, 0)), false);
  assert.is(packetGauge(2 ** 28)(new Uint8Array([0x30, 0x80, 0x80, 0x80, 0x80])), false);
  assert.is(packetGauge(2 ** 28)(new Uint8Array([0x30, 0x80, 0x80, 0x80, 0x01])), true);
});
gauge.run();

const broker = suite<{ broker: EmbeddedBroker }>("fleet/broker limits");

function start(more: { readonly maxConnections?: number } = {}): Promise<EmbeddedBroker> {
  const checkMachine = async () => "unknown" as const;
  return startBroker({ host: "127.0.0.1", port: 0, fleetPassword: "fleet", checkMachine, ...more });
}

broker.before(async (context) => {
  context.broker = await start();
});
broker.after(async (context) => context.broker.close());

async function dial(port: number): Promise<{ readonly socket: Socket; readonly closed: Promise<void> }> {
  const socket = connect({ host: "127.0.0.1", port });
  socket.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.resume();
  await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
  return { socket, closed };
}

/** CONNACK's code for this CONNECT; undefined if the connection ends without one. */
async function answerTo(port: number, packet: Buffer): Promise<number | undefined> {
  const { socket, closed } = await dial(port);
  const packets = parser({ protocolVersion: 4 });
  let code: number | undefined;
  packets.on("packet", (answer: Packet) => {
    if (answer.cmd === "connack") code = answer.returnCode;
    socket.destroy();
  });
  socket.on("data", (chunk: Buffer) => packets.parse(chunk));
  socket.write(packet);
  await within(closed, "the broker neither answered nor ended the connection");
  return code;
}

function greeting(keepalive: number, will?: Uint8Array): Buffer {
  const packet: IConnectPacket = {
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 4,
    clientId: "LIM-1",
    username: "LIM-1",
    password: Buffer.from("x"),
    clean: true,
    keepalive,
  };
  if (will !== undefined) packet.will = { topic: "t", payload: Buffer.from(will), qos: 0, retain: false };
  return generate(packet);
}

broker("a machine must be missed within the limit: no keepalive, or too long a one, is refused", async (context) => {
  const { port } = context.broker;
  const [badPassword, keepaliveRefused] = [4, 6];
  assert.is(await answerTo(port, greeting(KEEPALIVE_LIMIT_S)), badPassword);
  assert.is(await answerTo(port, greeting(KEEPALIVE_LIMIT_S + 1)), keepaliveRefused);
  assert.is(await answerTo(port, greeting(0)), keepaliveRefused);
});

broker("who has not signed in cannot make the broker collect a long packet", async (context) => {
  const { port } = context.broker;
  assert.is(await answerTo(port, greeting(60, new Uint8Array(MAX_MESSAGE_BYTES))), 4);
  assert.is(await answerTo(port, greeting(60, new Uint8Array(MAX_PACKET_BYTES))), undefined);
  const { socket, closed } = await dial(port);
  // Only the announcement: 256 MiB.
  socket.write(new Uint8Array([0x10, 0xff, 0xff, 0xff, 0x7f]));
  await within(closed, "the broker waits for 256 MiB");
});

broker("one connection too many is ended, and another's end makes room", async () => {
  const small = await start({ maxConnections: 3 });
  const open = [await dial(small.port), await dial(small.port), await dial(small.port)];
  assert.is(await answerTo(small.port, greeting(60)), undefined);
  open[0]?.socket.destroy();
  // The broker learns of the end a moment after us.
  await until(async () => (await answerTo(small.port, greeting(60))) !== undefined, "no room was made");
  for (const { socket } of open) socket.destroy();
  await small.close();
});
broker.run();

const link = suite("fleet/broker link limits");

async function listen(onSocket: (socket: Socket) => void): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return { server, url: `mqtt://127.0.0.1:${address !== null && typeof address !== "string" ? address.port : 0}` };
}

/** Why the first connection to `url` ended. */
async function endOf(url: string): Promise<string> {
  const box: { close?: () => Promise<void> } = {};
  const why = new Promise<string>((resolve) => {
    const connection = openFleetConnection({
      url,
      clientId: "fleet-1",
      subscriptions: FLEET_SUBSCRIPTIONS,
      onArrival: () => undefined,
      onState: (connected, reason) => {
        if (!connected) resolve(reason);
      },
      limits: { connectWithinMs: 60, deadAfterMs: 120 },
    });
    box.close = connection.close;
  });
  try {
    return await within(why, "the connection was held on to");
  } finally {
    await box.close?.();
  }
}

link("a broker that takes the connection and says nothing is given up", async () => {
  const { server, url } = await listen((socket) => socket.resume());
  assert.is(await endOf(url), "no answer to CONNECT");
  server.close();
});

link("a broker that falls silent is given up", async () => {
  const { server, url } = await listen((socket) => {
    const packets = parser({ protocolVersion: 4 });
    packets.on("packet", (packet: Packet) => {
      if (packet.cmd === "connect") writeToStream({ cmd: "connack", returnCode: 0, sessionPresent: false }, socket);
      if (packet.cmd === "subscribe") {
        writeToStream({ cmd: "suback", messageId: packet.messageId ?? 0, granted: [1, 1, 0] }, socket);
      }
    });
    socket.on("data", (chunk: Buffer) => packets.parse(chunk));
  });
  assert.is(await endOf(url), "no sign of life");
  server.close();
});

link("limits in the field, and pauses that grow to fifteen seconds", () => {
  assert.equal(LINK_LIMITS, { connectWithinMs: 10_000, deadAfterMs: 60_000 });
  assert.equal([retryPauseMs(0, 0), retryPauseMs(0, 1), retryPauseMs(3, 1)], [125, 250, 2_000]);
  assert.equal([retryPauseMs(6, 1), retryPauseMs(5_000, 1), retryPauseMs(5_000, 0)], [15_000, 15_000, 7_500]);
});

link("a message of another's broker that is too long is dropped before it is looked at", () => {
  const queue = new IngestQueue<BatchMessage>();
  const box = { acked: 0 };
  const arrival = (bytes: number) => ({
    topic: "fleet/LIM-1/events",
    payload: new Uint8Array(bytes),
    retained: false,
    ack: () => void box.acked++,
    reply: () => true,
  });
  assert.match(
    sortArrival(arrival(MAX_MESSAGE_BYTES + 1), queue, new TelemetryBases(), 0).refused ?? "",
    `LIM-1: ${MAX_MESSAGE_BYTES + 1}`,
  );
  assert.is(box.acked, 1);
  assert.ok(sortArrival(arrival(MAX_MESSAGE_BYTES), queue, new TelemetryBases(), 0).undecodable);
});
link.run();
