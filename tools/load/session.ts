/**
 * One machine's MQTT 3.1.1 session over TCP or TLS, packet by packet: birth and last will, its own two topics
 * subscribed,
 * QoS 1. Small on purpose: there are 20,000 of them in a process.
 */
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type SecureContext } from "node:tls";
import { generate, type Packet, parser } from "mqtt-packet";
import { type MACHINE_CHANNELS, topicOf } from "../../shared/wire/topics.js";

/** Longer than a telemetry period: a machine that reports is never asked for a ping. */
const KEEPALIVE_S = 900;
const MAX_PACKET_ID = 65_535;
/** SUBACK's return code for a subscription that was not granted (MQTT 3.1.1 §3.9.3). */
const REFUSED = 0x80;

export interface SessionOptions {
  readonly host: string;
  readonly port: number;
  readonly serial: string;
  readonly password: string;
  /** TLS with this certificate of the machine; absent: TCP and the password. */
  readonly secure?: SecureContext | undefined;
  readonly birth: Uint8Array;
  readonly will: Uint8Array;
  readonly onUp: () => void;
  readonly onMessage: (topic: string, payload: Uint8Array) => void;
  /** The broker has a QoS 1 message. */
  readonly onPuback?: () => void;
  /** Once, whether it was up or never came up. */
  readonly onDown: (why: string) => void;
}

export class Session {
  readonly #socket: Socket;
  readonly #options: SessionOptions;
  #packetId = 0;
  #why = "closed by the broker";

  constructor(options: SessionOptions) {
    this.#options = options;
    const { host, port, secure } = options;
    this.#socket =
      secure === undefined
        ? connectTcp({ host, port, noDelay: true })
        : connectTls({ host, port, secureContext: secure, servername: "localhost" });
    const incoming = parser({ protocolVersion: 4 });
    incoming.on("packet", (packet) => this.#take(packet));
    incoming.on("error", (error) => this.#fail(error.message));
    this.#socket.on("data", (chunk) => {
      incoming.parse(chunk);
    });
    this.#socket.once(secure === undefined ? "connect" : "secureConnect", () => this.#greet());
    this.#socket.on("error", (error) => {
      this.#why = error.message;
    });
    this.#socket.once("close", () => options.onDown(this.#why));
  }

  /** Publishes to one of the machine's own channels; `dup`: said before, as after a lost PUBACK. */
  publish(channel: (typeof MACHINE_CHANNELS)[number], payload: Uint8Array, dup = false, retain = false): void {
    const topic = topicOf(this.#options.serial, channel);
    const messageId = this.#nextId();
    this.#write({ cmd: "publish", topic, payload: Buffer.from(payload), qos: 1, messageId, dup, retain });
  }

  /** Breaks the line without a word: the broker publishes the will. */
  cut(): void {
    this.#fail("cut");
  }

  /** Ends in order: no will. */
  end(): void {
    this.#why = "ended";
    this.#write({ cmd: "disconnect" });
    this.#socket.end();
  }

  #greet(): void {
    const { serial, password, secure, will } = this.#options;
    const login = secure === undefined ? { username: serial, password: Buffer.from(password) } : {};
    this.#write({
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: 4,
      clientId: serial,
      clean: true,
      keepalive: KEEPALIVE_S,
      ...login,
      will: { topic: topicOf(serial, "status"), payload: Buffer.from(will), qos: 1, retain: true },
    });
  }

  #take(packet: Packet): void {
    const { serial, birth, onUp, onMessage, onPuback } = this.#options;
    switch (packet.cmd) {
      case "connack": {
        if (packet.returnCode !== 0) return this.#fail(`refused with code ${packet.returnCode}`);
        const subscriptions = [
          { topic: topicOf(serial, "acks"), qos: 1 as const },
          { topic: topicOf(serial, "commands"), qos: 1 as const },
        ];
        return this.#write({ cmd: "subscribe", messageId: this.#nextId(), subscriptions });
      }
      case "suback":
        if (packet.granted.includes(REFUSED)) return this.#fail("a subscription was refused");
        this.publish("status", birth, false, true);
        return onUp();
      case "publish":
        if (packet.qos === 1 && packet.messageId !== undefined) {
          this.#write({ cmd: "puback", messageId: packet.messageId });
        }
        return onMessage(
          packet.topic,
          typeof packet.payload === "string" ? Buffer.from(packet.payload) : packet.payload,
        );
      case "puback":
        return onPuback?.();
      default:
        return;
    }
  }

  #fail(why: string): void {
    this.#why = why;
    this.#socket.destroy();
  }

  #write(packet: Packet): void {
    if (!this.#socket.destroyed) this.#socket.write(generate(packet));
  }

  #nextId(): number {
    this.#packetId = (this.#packetId % MAX_PACKET_ID) + 1;
    return this.#packetId;
  }
}
