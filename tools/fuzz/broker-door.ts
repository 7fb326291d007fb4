/**
 * What a stranger, and a machine with its password, may send to the embedded broker: packets that are nearly right.
 * Each input is one connection. Whatever it was, a machine that behaves is served right after.
 */
import { connect } from "node:net";
import { generate } from "mqtt-packet";
import { encodeStatus } from "../../shared/wire/messages.js";
import { topicOf } from "../../shared/wire/topics.js";
import type { Target } from "./target.js";

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
  readonly serial: string;
  readonly password: string;
}

export interface BrokerOptions extends BrokerAddress {
  /** Lifts the suspension of a machine: births that go back speak for two boards of one identity. */
  readonly readmit: (serial: string) => Promise<void>;
}

/** A broker that has not hung up by then, though we have, is left. */
const PATIENCE_MS = 500;
const CHECK_EVERY = 200;
const CHECK_WITHIN_MS = 5_000;

export function brokerDoor({ readmit, ...address }: BrokerOptions): Target {
  const { serial } = address;
  const connack = connectPacket(address);
  const status = encodeStatus({
    online: true,
    epoch: 1,
    boot: 1,
    connection: 1,
    firmware: "1",
    model: "m",
    oldestSeq: 1,
    newestSeq: 1,
    orderCounter: 0,
    nonce: 1,
  });
  const publish = (topic: string, qos: 0 | 1): Buffer =>
    generate({ cmd: "publish", topic, payload: Buffer.from(status), qos, retain: false, dup: false, messageId: 5 });
  const subscribe = generate({
    cmd: "subscribe",
    messageId: 3,
    subscriptions: [{ topic: topicOf(serial, "acks"), qos: 1 }],
  });
  let tried = 0;
  return {
    name: "broker",
    about: "the embedded broker, packet by packet",
    corpus: [
      connack,
      Buffer.concat([connack, subscribe]),
      Buffer.concat([connack, publish(topicOf(serial, "status"), 1), publish(topicOf(serial, "events"), 1)]),
      Buffer.concat([connack, publish("fleet/OTHER/events", 0)]),
      Buffer.concat([connack, generate({ cmd: "pingreq" }), generate({ cmd: "disconnect" })]),
    ],
    maxBytes: 16_384,
    async run(bytes) {
      await throwAt(address, bytes);
      tried += 1;
      if (tried % CHECK_EVERY !== 0) return;
      await readmit(serial);
      await mustServe(address, connack);
    },
  };
}

function connectPacket({ serial, password }: BrokerAddress): Buffer {
  return generate({
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 4,
    clean: true,
    clientId: serial,
    keepalive: 60,
    username: serial,
    password: Buffer.from(password),
  });
}

/** Sends it, hangs up, and waits until the broker has, too. A broker that is gone is a failure. */
function throwAt({ host, port }: BrokerAddress, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host, () => socket.end(bytes));
    socket.setTimeout(PATIENCE_MS, () => socket.destroy());
    socket.resume();
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED") reject(error);
    });
    socket.on("close", () => resolve());
  });
}

/** A machine that says all of it right gets its CONNACK with code 0. */
function mustServe({ host, port }: BrokerAddress, connack: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host, () => socket.write(connack));
    socket.setTimeout(CHECK_WITHIN_MS, () => socket.destroy(new Error("the broker does not answer a machine")));
    socket.once("data", (data) => {
      const isWelcome = data[0] === 0x20 && data[3] === 0;
      socket.end();
      if (isWelcome) resolve();
      else reject(new Error(`the broker answers a machine with ${data.toString("hex")}`));
    });
    socket.on("error", reject);
  });
}
