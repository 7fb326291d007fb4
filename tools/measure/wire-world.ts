/**
 * The device's own network side (Network, worker, MQTT client) in the time of a simulated world, and a broker at the
 * other end of its sockets: every write of either side is seen, with its time.
 */
import { generate, type Packet, parser } from "mqtt-packet";
import type { NetConfig } from "../../firmware/io/net/config.js";
import { NetWorker } from "../../firmware/io/net/net-worker.js";
import { Network } from "../../firmware/io/net/network.js";
import type { Clockwork, Resolve, SocketClass, SocketOptions } from "../../firmware/io/net/sockets.js";
import { InterfaceWay } from "../../firmware/io/net/ways.js";
import type { Announcement } from "../../firmware/ports/hardware.js";
import type { WorldInput } from "../../firmware/ports/inputs.js";
import { parseTopic } from "../../shared/wire/topics.js";
import type { BoardNetwork } from "../bench/board.js";
import { SimInterfaces } from "../bench/net-interface.js";
import { SimWorker } from "../bench/net-worker.js";
import type { FleetEnd } from "../bench/network.js";
import { SimDatagramSockets, SimSocket } from "../bench/sockets.js";
import { type Timer, World } from "../bench/world.js";

/** From one end to the other. */
const WAY_US = 40_000;

/** What a write carries: its first packet. Whatever makes a connection is `connect`, the birth included. */
export type Cause = "telemetry" | "events" | "acks" | "puback" | "connect" | "ping" | "other";

export interface Seen {
  readonly from: "machine" | "fleet";
  readonly cause: Cause;
  readonly bytes: number;
  readonly atUs: number;
}

class WorldClockwork implements Clockwork {
  readonly #world: World;
  #timer: Timer | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  nowMs(): number {
    return Math.floor(this.#world.nowUs / 1_000);
  }

  alarm(afterMs: number | undefined, ring: () => void): void {
    this.#world.cancel(this.#timer);
    this.#timer = afterMs === undefined ? undefined : this.#world.after(afterMs * 1_000, ring);
  }
}

/** One machine's connection to a broker that keeps to MQTT 3.1.1. */
export class WireNetwork implements BoardNetwork {
  readonly seen: Seen[] = [];
  connections = 0;
  #world: World = new World();
  #fleet: FleetEnd | undefined;
  readonly #machineId: string;
  readonly #deliver: (input: WorldInput) => void;
  #network: Network | undefined;
  #worker: SimWorker | undefined;
  #socket: SimSocket | undefined;
  #nextId = 1;

  constructor(machineId: string, deliver: (input: WorldInput) => void) {
    this.#machineId = machineId;
    this.#deliver = deliver;
  }

  /** Before power comes on: the board is made with its network, its world is known after that. */
  attach(world: World, fleet: FleetEnd): void {
    this.#world = world;
    this.#fleet = fleet;
  }

  setPower(on: boolean): void {
    this.#network?.close();
    this.#network = on ? this.#open() : undefined;
  }

  publish(topic: string, payload: Uint8Array, qos: 0 | 1): boolean {
    const taken = this.#network?.publish(topic, payload, qos) ?? false;
    this.#soon();
    return taken;
  }

  announce(announcement: Announcement): void {
    this.#network?.announce(announcement);
    this.#soon();
  }

  /** The connection ends without anybody's doing. */
  cut(): void {
    this.#fleet?.disconnected(this.#machineId);
    this.#socket?.break();
    this.#soon();
  }

  #open(): Network {
    const interfaces = new SimInterfaces();
    interfaces.connection = 500;
    const world = this.#world;
    const none = new Uint8Array(0);
    const config: NetConfig = {
      machineId: this.#machineId,
      brokerHost: "broker.example",
      brokerPort: 8883,
      brokerCa: none,
      certificate: none,
      key: none,
      timeHost: "time.example",
      floorS: 0,
      board: "bench",
      imageKey: none,
    };
    return new Network({
      config,
      clockwork: new WorldClockwork(world),
      deliver: this.#deliver,
      startWorker: (heard) => {
        this.#worker = new SimWorker(
          (post) =>
            new NetWorker({
              post: (frame) => {
                post(frame);
                this.#soon();
              },
              waysFor: () => {
                // the bench tells the time itself; what asking for it costs is added by the bench
                const resolve: Resolve = (host, answer) => answer(host === config.brokerHost ? "10.0.0.1" : undefined);
                const tcp = this.#socketClass();
                const way = { name: "host", tcp, datagrams: new SimDatagramSockets().io, resolve } as const;
                const clockwork = new WorldClockwork(world);
                return [new InterfaceWay(way, { io: interfaces.io, clockwork, random: (bound) => bound >> 1 })];
              },
              tls: (_config, _now, tcp) => tcp,
              makeClockwork: () => new WorldClockwork(world),
              random: (bound) => Math.floor(bound / 2),
            }),
          heard,
        );
        return this.#worker;
      },
    });
  }

  /** Messages between the two machines take no time to speak of. */
  #soon(): void {
    this.#world.after(0, () => this.#worker?.run());
  }

  #socketClass(): SocketClass {
    const network = this;
    return class extends SimSocket {
      constructor(options: SocketOptions) {
        super(options);
        network.#accept(this);
      }
    };
  }

  #accept(socket: SimSocket): void {
    this.connections += 1;
    this.#socket = socket;
    const reader = parser({ protocolVersion: 4 });
    reader.on("packet", (packet: Packet) => this.#answer(socket, packet));
    const write = socket.write.bind(socket);
    socket.write = (bytes) => {
      const copy = Buffer.from(bytes);
      this.seen.push({ from: "machine", cause: causeOf(copy), bytes: bytes.length, atUs: this.#world.nowUs });
      this.#world.after(WAY_US, () => reader.parse(copy));
      socket.written = new Uint8Array(0);
      return write(bytes);
    };
    this.#world.after(2 * WAY_US, () => socket.offer());
  }

  #answer(socket: SimSocket, packet: Packet): void {
    switch (packet.cmd) {
      case "connect":
        this.#say(socket, { cmd: "connack", returnCode: 0, sessionPresent: this.connections > 1 });
        return this.#fleet?.connected(this.#machineId, (topic, payload) => {
          const bytes = Buffer.from(payload);
          const qos = topic.endsWith("/commands") ? 1 : 0;
          const id = qos === 1 ? { messageId: this.#nextId++ } : {};
          this.#say(socket, { cmd: "publish", topic, payload: bytes, qos, dup: false, retain: false, ...id });
        });
      case "subscribe":
        return this.#say(socket, {
          cmd: "suback",
          messageId: packet.messageId ?? 0,
          granted: packet.subscriptions.map(({ qos }) => qos),
        });
      case "publish": {
        const payload = new Uint8Array(Buffer.from(packet.payload));
        const { topic, retain } = packet;
        if (packet.qos === 1) this.#say(socket, { cmd: "puback", messageId: packet.messageId ?? 0 });
        this.#fleet?.published(this.#machineId, { topic, payload, qos: packet.qos === 1 ? 1 : 0, retain });
        return;
      }
      case "pingreq":
        return this.#say(socket, { cmd: "pingresp" });
      default:
    }
  }

  #say(socket: SimSocket, packet: Packet): void {
    const bytes = generate(packet);
    this.seen.push({ from: "fleet", cause: causeOf(bytes), bytes: bytes.length, atUs: this.#world.nowUs });
    this.#world.after(WAY_US, () => socket.arrive(new Uint8Array(bytes)));
  }
}

/** Of the first packet in `bytes` (MQTT 3.1.1 §2.2.1). */
function causeOf(bytes: Buffer): Cause {
  const type = bytes.readUInt8(0) >> 4;
  if (type === 1 || type === 2 || type === 8 || type === 9) return "connect";
  if (type === 4) return "puback";
  if (type === 12 || type === 13) return "ping";
  // the remaining length takes a byte for each seven bits of it
  let at = 1;
  while (bytes.readUInt8(at) >= 0x80) at += 1;
  const topic = bytes.subarray(at + 3, at + 3 + bytes.readUInt16BE(at + 1)).toString();
  const channel = parseTopic(topic)?.channel;
  return channel === "telemetry" || channel === "events" || channel === "acks" ? channel : "other";
}
