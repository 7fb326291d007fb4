/** A machine's MQTT client on simulated sockets, and the broker played by hand. */
import * as assert from "uvu/assert";
import { MqttClient, type MqttClientOptions } from "../../../../firmware/io/net/mqtt-client.js";
import { encodePublish } from "../../../../firmware/io/net/mqtt-codec.js";
import { SimClockwork, type SimSocket, SimSockets } from "../../../../tools/bench/sockets.js";

export const PLAN = {
  clientId: "M-1",
  statusTopic: "fleet/M-1/status",
  filters: [
    { topic: "fleet/M-1/acks", qos: 0 as const },
    { topic: "fleet/M-1/commands", qos: 1 as const },
  ],
  keepAliveS: 360,
};
export const CONNACK = new Uint8Array([0x20, 2, 0, 0]);
export const CONNACK_KEPT = new Uint8Array([0x20, 2, 1, 0]);
export const BIRTH = new Uint8Array([1, 1]);
export const WILL = new Uint8Array([2, 2]);

/** One packet of ours, read far enough to be told apart. */
export interface Sent {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly topic: string;
  readonly payload: Uint8Array;
}

/** A machine's network side, and the broker played by hand. */
export class Line {
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

export function readAll(written: Uint8Array): Sent[] {
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

export const puback = (id: number): Uint8Array => new Uint8Array([0x40, 2, id >> 8, id & 255]);
export const suback = (id: number, granted = [0, 1]): Uint8Array =>
  new Uint8Array([0x90, 2 + granted.length, id >> 8, id & 255, ...granted]);
export const message = (tag: number, qos: 0 | 1, id: number): Uint8Array =>
  encodePublish({
    topic: "fleet/M-1/commands",
    payload: new Uint8Array([tag]),
    qos,
    retain: false,
    dup: false,
    id,
  });
