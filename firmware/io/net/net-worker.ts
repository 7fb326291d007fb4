/**
 * The network's side of the worker: ways, time server, broker, update, and the frames to and from the bus's machine; on
 * a board that is to claim itself the claim in the broker's place. All classes are handed in; `worker.ts` gives it
 * those of the chip. It may take seconds for a handshake: only the network waits for it.
 */
import type { ClaimState } from "../../../shared/claim-states.js";
import { deepFreeze } from "../../../shared/freeze.js";
import { topicOf } from "../../../shared/wire/topics.js";
import type { TrustedTime } from "./chain.js";
import { Claimer } from "./claimer.js";
import { decodeConfig, type NetConfig } from "./config.js";
import { type Credentials, heldOf } from "./credentials.js";
import { decodeToWorker, encodeFromWorker, type FromWorker } from "./frames.js";
import { MqttClient } from "./mqtt-client.js";
import { ALIVE_MS } from "./network.js";
import { type RenewalParts, Renewer } from "./renewer.js";
import type { Clockwork, SocketClass } from "./sockets.js";
import { TimeClient } from "./time-client.js";
import { UPDATE_FAULTS } from "./update.js";
import { type ImageParts, Updater } from "./updater.js";
import { type Way, WayChoice } from "./ways.js";

/** Above the telemetry period of 300 s: telemetry is the sign of life, PINGREQ only where it has ceased. */
export const KEEP_ALIVE_S = 400;

export interface NetWorkerOptions {
  readonly post: (frame: ArrayBuffer) => void;
  /** The ways this board has to the network under this configuration, the best first; none where it has none. */
  readonly waysFor: (config: NetConfig) => readonly Way[];
  /** TLS over `tcp` with the key of this configuration, the time certificates are checked against, and those. */
  readonly tls: (
    config: NetConfig,
    now: () => TrustedTime,
    tcp: SocketClass,
    credentials: () => Credentials,
  ) => SocketClass;
  readonly makeClockwork: () => Clockwork;
  readonly random: (bound: number) => number;
  /** Absent where there are no image slots: an update is not begun there. */
  readonly images?: ImageParts | undefined;
  /** Absent: the certificate stays the provisioned one, and no board claims itself. */
  readonly renewal?: RenewalParts | undefined;
}

/**
 * Frames the worker may have under way to the machine: 4 handed, 6 done, one each of ask, up, wall and alive, two that
 * say what was heard, three of an update (how far it is, that it is verified, that it is over). While a board claims
 * itself there is no broker, so none of the first eleven, but one state of the claim and one more that was heard.
 */
export const MAX_FROM_WORKER = 19;

export class NetWorker {
  readonly #options: NetWorkerOptions;
  readonly #clockwork: Clockwork;
  #parts: { readonly ways: WayChoice; readonly time: TimeClient; readonly mqtt: MqttClient | undefined } | undefined;
  #updater: Updater | undefined;
  #renewer: Renewer | undefined;
  #claimer: Claimer | undefined;
  /** The newest state of the claim, what the machine was told last, and whether it has heard that. */
  #claimState: ClaimState | undefined;
  #toldState: ClaimState | undefined;
  #claimUnderWay = false;
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
        this.#renewer?.idle(frame.idle);
        return this.#post({ frame: "heard", what: "idle" });
      case "claim":
        // on flash first: whoever typed it need not do so again
        this.#claimer?.use(frame.code);
        return this.#post({ frame: "heard", what: "claim" });
      case "claimHeard":
        this.#claimUnderWay = false;
        return this.#tellClaim();
    }
  }

  close(): void {
    this.#clockwork.alarm(undefined, () => {});
    this.#parts?.ways.close();
    this.#parts?.time.close();
    this.#parts?.mqtt?.close();
    this.#updater?.close();
    this.#renewer?.close();
    this.#claimer?.close();
    this.#parts = undefined;
    this.#updater = undefined;
    this.#renewer = undefined;
    this.#claimer = undefined;
  }

  #start(config: NetConfig): void {
    const { random, makeClockwork } = this.#options;
    const isToClaim = config.claimCode !== undefined;
    this.#setTime(config.floorS, false);
    const ways = new WayChoice({
      ways: this.#waysFor(config),
      clockwork: makeClockwork(),
      onUp: (up) => {
        time.link(up);
        mqtt?.link(up);
        this.#updater?.link(up);
        this.#renewer?.link(up);
        this.#claimer?.link(up);
      },
    });
    const { resolve } = ways;
    const provisioned = { certificate: config.certificate, authorities: config.brokerCa };
    const mqtt = isToClaim ? undefined : this.#openMqtt(config, provisioned, ways);
    const time = new TimeClient({
      io: ways.datagrams,
      host: config.timeHost,
      floorS: config.floorS,
      resolve,
      random,
      clockwork: makeClockwork(),
      onTime: (wallS) => {
        this.#setTime(wallS, true);
        this.#post({ frame: "wall", wallS });
        this.#renewer?.timeIsSet();
        this.#claimer?.timeIsSet();
      },
    });
    if (isToClaim) this.#claimer = this.#openClaimer(config, provisioned, ways);
    else {
      this.#renewer = this.#openRenewer(config, provisioned, ways, () => {
        mqtt?.link(false);
        mqtt?.link(true);
      });
      this.#updater = this.#openUpdater(config, provisioned, ways);
    }
    this.#parts = { ways, time, mqtt };
    ways.start();
  }

  #openMqtt(config: NetConfig, provisioned: Credentials, ways: WayChoice): MqttClient {
    const { random, makeClockwork, tls } = this.#options;
    const toConnect = (): Credentials => this.#renewer?.opening() ?? provisioned;
    return new MqttClient({
      plan: planOf(config.machineId),
      socket: {
        io: tls(config, () => this.#now(), ways.tcp, toConnect),
        host: config.brokerHost,
        port: config.brokerPort,
      },
      resolve: ways.resolve,
      random,
      clockwork: makeClockwork(),
      onAsk: (connection) => this.#post({ frame: "ask", connection }),
      onUp: (up) => {
        const way = ways.inUse?.name ?? "host";
        this.#post({ frame: "up", up, way, address: ways.addressInUse ?? "" });
        this.#renewer?.session(up);
      },
      onMessage: (topic, payload) => this.#post({ frame: "message", topic, payload }),
      onDone: (count) => this.#post({ frame: "done", count }),
    });
  }

  /** None where this board has none for its configuration: nothing is ever connected then. */
  #waysFor(config: NetConfig): readonly Way[] {
    try {
      return this.#options.waysFor(config);
    } catch {
      return [];
    }
  }

  /** None where the board cannot renew, is told no door, or has no certificate that is one. */
  #openRenewer(
    config: NetConfig,
    credentials: Credentials,
    { resolve, tcp }: WayChoice,
    onReconnect: () => void,
  ): Renewer | undefined {
    const { renewal, random, makeClockwork, tls } = this.#options;
    const { machineId, key, doorHost: host, doorPort: port } = config;
    const provisioned = heldOf(credentials);
    if (renewal === undefined || host === undefined || port === undefined || provisioned === undefined)
      return undefined;
    const now = (): TrustedTime => this.#now();
    try {
      const renewer = new Renewer({
        ...renewal,
        machineId,
        provisioned,
        key,
        door: { host, port },
        io: (shown) => tls(config, now, tcp, shown),
        resolve,
        makeClockwork,
        now,
        random,
        onReconnect,
      });
      renewer.idle(this.#idle);
      return renewer;
    } catch {
      // no storage for certificates: the provisioned one has to do
      return undefined;
    }
  }

  /** None where the board is told no door, or cannot keep what it would be given. */
  #openClaimer(config: NetConfig, provisioned: Credentials, { resolve, tcp }: WayChoice): Claimer | undefined {
    const { renewal, random, makeClockwork, tls } = this.#options;
    const { machineId, key, claimCode: code, doorHost: host, doorPort: port } = config;
    if (renewal === undefined || host === undefined || port === undefined) return undefined;
    const now = (): TrustedTime => this.#now();
    try {
      return new Claimer({
        ...renewal,
        machineId,
        code: code === "" ? undefined : code,
        key,
        door: { host, port },
        io: tls(config, now, tcp, () => provisioned),
        resolve,
        makeClockwork,
        now,
        random,
        onState: (state) => {
          this.#claimState = state;
          this.#tellClaim();
        },
      });
    } catch {
      this.#claimState = "flash";
      this.#tellClaim();
      return undefined;
    }
  }

  /** The newest, once the machine has heard the one before. */
  #tellClaim(): void {
    const state = this.#claimState;
    if (this.#claimUnderWay || state === undefined || state === this.#toldState) return;
    this.#claimUnderWay = true;
    this.#toldState = state;
    this.#post({ frame: "claimNews", state });
  }

  #openUpdater(config: NetConfig, provisioned: Credentials, { resolve, tcp }: WayChoice): Updater | undefined {
    const { images, random, makeClockwork, tls } = this.#options;
    if (images === undefined) return undefined;
    try {
      const updater = new Updater({
        ...images,
        board: config.board,
        imageKey: config.imageKey,
        io: tls(
          config,
          () => this.#now(),
          tcp,
          () => this.#renewer?.own ?? provisioned,
        ),
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
