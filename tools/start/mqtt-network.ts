/**
 * NetworkPort over a TCP socket and MQTT 3.1.1 (mqtt-packet), as a board's platform does it: birth and will at every
 * CONNECT, QoS 1, reconnecting with back-off. A PUBACK means nothing to the machine: only the fleet's own ack does.
 */
import { connect, type Socket } from "node:net";
import { generate, type Packet, parser } from "mqtt-packet";
import type { Announcement, NetworkPort } from "../../firmware/ports/hardware.js";
import type { WorldInput } from "../../firmware/ports/inputs.js";
import { topicOf } from "../../shared/wire/topics.js";

export interface MqttNetworkOptions {
  readonly host: string;
  readonly port: number;
  readonly machineId: string;
  readonly password: string;
  /** Where news goes: link up or down, messages. */
  readonly deliver: (input: WorldInput) => void;
  /** Called before anything of the machine goes out. */
  readonly beforePublish: () => void;
}

const KEEPALIVE_S = 30;
const RECONNECT_FIRST_MS = 250;
const RECONNECT_MAX_MS = 15_000;
/** Packets written and not yet taken by the socket; beyond it `publish` refuses. */
const MAX_BUFFERED_BYTES = 256 * 1024;
const MAX_PACKET_ID = 65_535;
/** SUBACK's return code for a subscription that was not granted (MQTT 3.1.1 §3.9.3). */
const REFUSED = 0x80;

export class MqttNetwork implements NetworkPort {
  private readonly options: MqttNetworkOptions;
  private announcement: Announcement | undefined;
  private socket: Socket | undefined;
  private ready = false;
  private connection = 0;
  private packetId = 0;
  private backOffMs = RECONNECT_FIRST_MS;
  private retry: NodeJS.Timeout | undefined;
  private ping: NodeJS.Timeout | undefined;
  private wanted = false;
  private cable = true;

  constructor(options: MqttNetworkOptions) {
    this.options = options;
  }

  announce(announcement: Announcement): void {
    this.announcement = announcement;
    this.wanted = true;
    this.open();
  }

  publish(topic: string, payload: Uint8Array, qos: 0 | 1): boolean {
    const { socket } = this;
    if (!this.ready || socket === undefined || socket.writableLength > MAX_BUFFERED_BYTES) return false;
    this.options.beforePublish();
    this.write({
      cmd: "publish",
      topic,
      payload: Buffer.from(payload),
      qos,
      retain: false,
      dup: false,
      ...this.id(qos),
    });
    return true;
  }

  /** Pulls or plugs the network cable. Pulled, the broker sees the connection break and publishes the will. */
  setCable(plugged: boolean): void {
    this.cable = plugged;
    if (!plugged) this.down();
    else this.open();
  }

  /** With the board's power; switched on, it waits for the machine's announcement. */
  setPower(on: boolean): void {
    if (!on) this.stop();
  }

  get connected(): boolean {
    return this.ready;
  }

  /** The board lost power: no DISCONNECT, the last will goes out. */
  stop(): void {
    this.wanted = false;
    this.down();
  }

  private open(): void {
    if (!this.wanted || !this.cable || this.socket !== undefined) return;
    clearTimeout(this.retry);
    const socket = connect(this.options.port, this.options.host);
    this.socket = socket;
    const incoming = parser({ protocolVersion: 4 });
    incoming.on("packet", (packet) => this.take(packet));
    incoming.on("error", () => socket.destroy());
    socket.on("data", (chunk) => incoming.parse(chunk));
    socket.on("connect", () => this.sendConnect());
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      if (this.socket === socket) this.lost();
    });
  }

  private sendConnect(): void {
    const { machineId, password } = this.options;
    const { announcement } = this;
    if (announcement === undefined) return;
    this.connection++;
    this.write({
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: 4,
      clientId: machineId,
      clean: true,
      keepalive: KEEPALIVE_S,
      username: machineId,
      password: Buffer.from(password),
      will: {
        topic: topicOf(machineId, "status"),
        payload: Buffer.from(announcement.will(this.connection)),
        qos: 1,
        retain: true,
      },
    });
  }

  private take(packet: Packet): void {
    const { machineId, deliver } = this.options;
    switch (packet.cmd) {
      case "connack": {
        if (packet.returnCode !== 0) {
          this.socket?.destroy();
          return;
        }
        const subscriptions = [
          { topic: topicOf(machineId, "acks"), qos: 1 as const },
          { topic: topicOf(machineId, "commands"), qos: 1 as const },
        ];
        this.write({ cmd: "subscribe", subscriptions, ...this.id(1) });
        return;
      }
      case "suback": {
        const birth = this.announcement?.birth(this.connection);
        if (birth === undefined || packet.granted.includes(REFUSED)) {
          this.socket?.destroy();
          return;
        }
        this.options.beforePublish();
        const topic = topicOf(machineId, "status");
        const payload = Buffer.from(birth);
        this.write({ cmd: "publish", topic, payload, qos: 1, retain: true, dup: false, ...this.id(1) });
        this.ready = true;
        this.backOffMs = RECONNECT_FIRST_MS;
        this.ping = setInterval(() => this.write({ cmd: "pingreq" }), (KEEPALIVE_S * 1000) / 2);
        deliver({ on: "network", up: true });
        return;
      }
      case "publish":
        deliver({ on: "message", topic: packet.topic, payload: Uint8Array.from(Buffer.from(packet.payload)) });
        if (packet.qos === 1 && packet.messageId !== undefined) {
          this.write({ cmd: "puback", messageId: packet.messageId });
        }
        return;
      default:
        return;
    }
  }

  private lost(): void {
    const wasReady = this.ready;
    this.forget();
    if (wasReady) this.options.deliver({ on: "network", up: false });
    if (!this.wanted || !this.cable) return;
    this.retry = setTimeout(() => this.open(), this.backOffMs);
    this.backOffMs = Math.min(RECONNECT_MAX_MS, this.backOffMs * 2);
  }

  private down(): void {
    clearTimeout(this.retry);
    const { socket } = this;
    const wasReady = this.ready;
    this.forget();
    socket?.destroy();
    if (wasReady && this.wanted) this.options.deliver({ on: "network", up: false });
  }

  private forget(): void {
    clearInterval(this.ping);
    this.ready = false;
    this.socket = undefined;
  }

  private write(packet: Packet): void {
    if (this.socket !== undefined && !this.socket.destroyed) this.socket.write(generate(packet));
  }

  /** Packet identifiers run 1 … 65,535; 0 is not allowed (MQTT 3.1.1 §2.3.1). */
  private id(qos: 0 | 1): { readonly messageId?: number } {
    if (qos === 0) return {};
    this.packetId = (this.packetId % MAX_PACKET_ID) + 1;
    return { messageId: this.packetId };
  }
}
