/** The device's MQTT client against a real broker (aedes, in the process) over Node's sockets. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket as NodeSocket } from "node:net";
import { Aedes, type AedesPublishPacket } from "aedes";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MqttClient } from "../../../../firmware/io/net/mqtt-client.js";
import { topicOf } from "../../../../shared/wire/topics.js";
import { NodeClockwork, nodeTcp } from "../../../support/node-sockets.js";

const test = suite("MQTT client and a real broker");

/** Something that happens some time: waiting for it is no sleep. */
class Signal<T> {
  readonly #values: T[] = [];
  readonly #waiting: ((value: T) => void)[] = [];

  give(value: T): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#values.push(value);
    else waiting(value);
  }

  next(): Promise<T> {
    const value = this.#values.shift();
    if (value !== undefined) return Promise.resolve(value);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** A broker, and a client that is about to connect to it. */
async function world() {
  const broker = await Aedes.createBroker();
  const server = createServer(broker.handle);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const published = new Signal<AedesPublishPacket>();
  broker.on("publish", (packet, client) => {
    if (client !== null || packet.topic.endsWith("/status")) published.give(packet);
  });
  const ups = new Signal<boolean>();
  const messages = new Signal<{ topic: string; payload: Uint8Array }>();
  const done = new Signal<number>();
  let socket: NodeSocket | undefined;
  const client: MqttClient = new MqttClient({
    plan: {
      clientId: "M-1",
      statusTopic: topicOf("M-1", "status"),
      filters: [
        { topic: topicOf("M-1", "acks"), qos: 0 },
        { topic: topicOf("M-1", "commands"), qos: 1 },
      ],
      keepAliveS: 360,
    },
    socket: {
      io: nodeTcp((made) => {
        socket = made;
      }),
      host: "localhost",
      port,
    },
    resolve: (_host, answer) => answer("127.0.0.1"),
    clockwork: new NodeClockwork(),
    random: () => 0,
    onAsk: (connection) =>
      client.announcement(connection, new Uint8Array([1, connection]), new Uint8Array([0, connection])),
    onUp: (up) => ups.give(up),
    onMessage: (topic, payload) => {
      messages.give({ topic, payload });
      client.taken();
    },
    onDone: (count) => done.give(count),
  });
  const cut = (): void => {
    socket?.destroy();
  };
  const close = (): void => {
    client.close();
    broker.close();
    server.close();
  };
  return { broker, client, published, ups, messages, done, cut, close };
}

test("birth, batch, order and will, over a connection that is cut in between", async () => {
  const { broker, client, published, ups, messages, done, cut, close } = await world();
  client.link(true);
  assert.is(await ups.next(), true);
  const birth = await published.next();
  assert.is(birth.topic, "fleet/M-1/status");
  assert.equal([birth.retain, birth.qos, [...Buffer.from(birth.payload)]], [true, 1, [1, 1]]);

  client.publish(topicOf("M-1", "events"), new Uint8Array(8_192).fill(7), 1);
  const batch = await published.next();
  assert.equal(new Uint8Array(Buffer.from(batch.payload)), new Uint8Array(8_192).fill(7));
  assert.is(await done.next(), 1);

  for (const [channel, qos] of [
    ["acks", 0],
    ["commands", 1],
  ] as const) {
    const packet = { cmd: "publish", topic: topicOf("M-1", channel), payload: Buffer.from([5]), qos } as const;
    broker.publish({ ...packet, dup: false, retain: false }, () => {});
    const message = await messages.next();
    assert.is(message.topic, packet.topic);
    assert.equal(message.payload, new Uint8Array([5]));
  }

  cut();
  assert.is(await ups.next(), false);
  const will = await published.next();
  assert.equal([will.topic, will.retain, [...Buffer.from(will.payload)]], ["fleet/M-1/status", true, [0, 1]]);
  // published while there is no connection: kept, and sent over the next one
  client.publish(topicOf("M-1", "telemetry"), new Uint8Array([9]), 1);
  assert.is(await ups.next(), true);
  const second = await published.next();
  assert.equal([...Buffer.from(second.payload)], [1, 2]);
  const telemetry = await published.next();
  assert.equal([...Buffer.from(telemetry.payload)], [9]);
  assert.is(await done.next(), 1);

  close();
});

test.run();
