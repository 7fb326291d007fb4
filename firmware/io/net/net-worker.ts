/**
 * The network's side of the worker: interface, time server, broker, update, and the frames to and from the bus's
 * machine. All classes are handed in; `worker.ts` gives it those of the chip. It may take seconds for a handshake: only
 * the network waits for it.
 */
import { deepFreeze } from "../../../shared/freeze.js";
import { topicOf } from "../../../shared/wire/topics.js";
import type { TrustedTime } from "./chain.js";
import { decodeConfig, type NetConfig } from "./config.js";
import { decodeToWorker, encodeFromWorker, type FromWorker } from "./frames.js";
import { type InterfaceClass, NetInterface } from "./interface.js";
import { MqttClient } from "./mqtt-client.js";
import { ALIVE_MS } from "./network.js";
import type { Clockwork, DatagramClass, Resolve, SocketClass } from "./sockets.js";
import { TimeClient } from "./time-client.js";
import { UPDATE_FAULTS } from "./update.js";
import { type ImageParts, Updater } from "./updater.js";

/** Above the telemetry period of 300 s: telemetry is the sign of life, PINGREQ only where it has ceased. */
export const KEEP_ALIVE_S = 400;

export interface NetWorkerOptions {
  readonly post: (frame: ArrayBuffer) => void;
  /** Wi-Fi, or Ethernet where the configuration names no network. Throws where the board has none. */
  readonly interfaceFor: (config: NetConfig) => InterfaceClass;
  /** The TLS socket class for this configuration: certificates, key, and the time they are checked against. */
  readonly tls: (config: NetConfig, now: () => TrustedTime) => SocketClass;
  readonly datagrams: DatagramClass;
  readonly resolve: Resolve;
  readonly makeClockwork: () => Clockwork;
  readonly random: (bound: number) => number;
  /** Absent where there are no image slots: an update is not begun there. */
  readonly images?: ImageParts | undefined;
}

/**
 * Frames the worker may have under way to the machine: 4 handed, 6 done, one each of ask, up, wall and alive, two that
 * say what was heard, three of an update (how far it is, that it is verified, that it is over).
 */
export const MAX_FROM_WORKER = 19;

export class NetWorker {
  readonly #options: NetWorkerOptions;
  readonly #clockwork: Clockwork;
  #parts: { readonly link: NetInterface | undefined; readonly time: TimeClient; readonly mqtt: MqttClient } | undefined;
  #updater: Updater | undefined;
  #idle = false;
  /** The time TLS is checked against: never below the floor, and from the time server once it has answered. */
  #base: TrustedTime = { wallS: 0, synced: false };
  #baseMs = 0;

  constructor(options: NetWorkerOptions) {
    this.#options = options;
    this.#clockwork = options.makeClockwork();
    this.#alive();
  }

  /** A message of the bus's machine. */
  heard(message: unknown): void {
    const frame = decodeToWorker(message);
    if (frame === undefined) return;
    const mqtt = this.#parts?.mqtt;
    switch (frame.frame) {
      case "config": {
        const config = decodeConfig(frame.config);
        if (config.ok && this.#parts === undefined) this.#start(config.message);
        return;
      }
      case "announcement":
        return mqtt?.announcement(frame.connection, frame.birth, frame.will);
      case "publish":
        return mqtt?.publish(frame.topic, frame.payload, frame.qos);
      case "taken":
        return mqtt?.taken();
      case "update":
        // first, so that the machine knows whose news follow
        this.#post({ frame: "heard", what: "update" });
        if (this.#updater !== undefined) return this.#updater.order(frame.manifest);
        // else whoever ordered it would wait for ever
        return this.#post({ frame: "updateNews", news: "refused", detail: UPDATE_FAULTS.indexOf("unsupported") });
      case "idle":
        this.#idle = frame.idle;
        this.#updater?.idle(frame.idle);
        return this.#post({ frame: "heard", what: "idle" });
    }
  }

  close(): void {
    this.#clockwork.alarm(undefined, () => {});
    this.#parts?.link?.close();
    this.#parts?.time.close();
    this.#parts?.mqtt.close();
    this.#updater?.close();
    this.#parts = undefined;
    this.#updater = undefined;
  }

  #start(config: NetConfig): void {
    const { resolve, random, datagrams, makeClockwork, tls } = this.#options;
    this.#setTime(config.floorS, false);
    const mqtt = new MqttClient({
      plan: planOf(config.machineId),
      socket: { io: tls(config, () => this.#now()), host: config.brokerHost, port: config.brokerPort },
      resolve,
      random,
      clockwork: makeClockwork(),
      onAsk: (connection) => this.#post({ frame: "ask", connection }),
      onUp: (up) => this.#post({ frame: "up", up }),
      onMessage: (topic, payload) => this.#post({ frame: "message", topic, payload }),
      onDone: (count) => this.#post({ frame: "done", count }),
    });
    const time = new TimeClient({
      io: datagrams,
      host: config.timeHost,
      floorS: config.floorS,
      resolve,
      random,
      clockwork: makeClockwork(),
      onTime: (wallS) => {
        this.#setTime(wallS, true);
        this.#post({ frame: "wall", wallS });
      },
    });
    const updater = this.#openUpdater(config);
    this.#updater = updater;
    const link = this.#openInterface(config, (up) => {
      time.link(up);
      mqtt.link(up);
      updater?.link(up);
    });
    this.#parts = { link, time, mqtt };
  }

  /** Undefined where this board has no such interface, or its configuration is none: nothing is ever connected then. */
  #openInterface(config: NetConfig, onUp: (up: boolean) => void): NetInterface | undefined {
    const { interfaceFor, random, makeClockwork } = this.#options;
    const { ssid, password } = config;
    try {
      return new NetInterface({ io: interfaceFor(config), ssid, password, random, clockwork: makeClockwork(), onUp });
    } catch {
      return undefined;
    }
  }

  #openUpdater(config: NetConfig): Updater | undefined {
    const { images, resolve, random, makeClockwork, tls } = this.#options;
    if (images === undefined) return undefined;
    try {
      const updater = new Updater({
        ...images,
        board: config.board,
        imageKey: config.imageKey,
        io: tls(config, () => this.#now()),
        resolve,
        random,
        makeClockwork,
        onNews: (news) => this.#post(news),
      });
      updater.idle(this.#idle);
      return updater;
    } catch {
      // no storage for its notes: everything but updates goes on
      return undefined;
    }
  }

  #alive(): void {
    this.#clockwork.alarm(ALIVE_MS, () => {
      this.#post({ frame: "alive" });
      this.#alive();
    });
  }

  #setTime(wallS: number, synced: boolean): void {
    this.#base = { wallS, synced };
    this.#baseMs = this.#clockwork.nowMs();
  }

  #now(): TrustedTime {
    const { wallS, synced } = this.#base;
    return { wallS: wallS + Math.floor((this.#clockwork.nowMs() - this.#baseMs) / 1_000), synced };
  }

  #post(frame: FromWorker): void {
    this.#options.post(encodeFromWorker(frame));
  }
}

/** Who speaks to whom: the acks travel with QoS 0, a lost one costs a resend; orders with QoS 1. */
export function planOf(machineId: string) {
  return deepFreeze({
    clientId: machineId,
    statusTopic: topicOf(machineId, "status"),
    filters: [
      { topic: topicOf(machineId, "acks"), qos: 0 as const },
      { topic: topicOf(machineId, "commands"), qos: 1 as const },
    ],
    keepAliveS: KEEP_ALIVE_S,
  });
}
