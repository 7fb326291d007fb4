/** A board with a W5500 and a radio: its network side, a router, a broker on the cable and one behind the Wi-Fi. */
import { encodeConfig, type NetConfig } from "../../../firmware/io/net/config.js";
import { decodeFromWorker, encodeToWorker, type FromWorker } from "../../../firmware/io/net/frames.js";
import { NetWorker } from "../../../firmware/io/net/net-worker.js";
import { InterfaceWay, type Way } from "../../../firmware/io/net/ways.js";
import { SimInterfaces } from "../../../tools/bench/net-interface.js";
import { SimDatagramSockets, SimSockets } from "../../../tools/bench/sockets.js";
import { CONNACK, puback, readAll, suback } from "../../firmware/io/net/line.js";
import { EthernetBench } from "./ethernet.js";
import { WorldClockwork } from "./lan.js";
import { LanBroker } from "./lan-broker.js";

const BROKER = "10.0.0.5";

const CONFIG: NetConfig = {
  machineId: "M-1",
  ssid: "cellar",
  brokerHost: "broker.example",
  brokerPort: 8883,
  brokerCa: new Uint8Array([1]),
  certificate: new Uint8Array([2]),
  key: new Uint8Array([3]),
  timeHost: "time.example",
  floorS: 1_750_000_000,
  board: "devkit",
  imageKey: new Uint8Array([4]),
};

/** A worker whose board has a W5500 and a radio. */
export class TwoWayBoard {
  readonly bench = new EthernetBench();
  readonly router = this.bench.router();
  readonly broker = new LanBroker(this.bench.lan, BROKER, 8883);
  readonly wifi = new SimInterfaces();
  readonly wifiSockets = new SimSockets();
  readonly told: FromWorker[] = [];
  readonly worker: NetWorker;

  constructor({ wifi = true } = {}) {
    const { bench } = this;
    for (const [name, address] of [
      ["broker.example", BROKER],
      ["time.example", "10.0.0.6"],
    ] as const) {
      this.router.names.names.set(name, [{ name, address }]);
    }
    this.worker = new NetWorker({
      post: (frame) => this.#hear(frame),
      waysFor: (config) => [bench.ethernet({ hostName: config.machineId }), ...(wifi ? [this.#wifiWay()] : [])],
      tls: (_config, _now, tcp) => tcp,
      makeClockwork: () => new WorldClockwork(bench.world),
      random: bench.random,
    });
    this.worker.heard(encodeToWorker({ frame: "config", config: encodeConfig(CONFIG) }));
  }

  #wifiWay(): Way {
    const { io: tcp } = this.wifiSockets;
    const { io: datagrams } = new SimDatagramSockets();
    return new InterfaceWay(
      { name: "wifi", tcp, datagrams, resolve: (_host, answer) => answer("192.0.2.1") },
      { io: this.wifi.io, ssid: "cellar", clockwork: new WorldClockwork(this.bench.world), random: () => 0 },
    );
  }

  #hear(frame: ArrayBuffer): void {
    const told = decodeFromWorker(frame);
    if (told === undefined) throw new Error("no frame");
    this.told.push(told);
    if (told.frame !== "ask") return;
    const birth = Uint8Array.of(1, told.connection);
    const will = Uint8Array.of(0, told.connection);
    const { connection } = told;
    this.bench.world.after(0, () => {
      this.worker.heard(encodeToWorker({ frame: "announcement", connection, birth, will }));
    });
  }

  publish(tag: number): void {
    const payload = Uint8Array.of(tag);
    this.worker.heard(encodeToWorker({ frame: "publish", topic: "fleet/M-1/events", payload, qos: 1 }));
  }

  get ups(): readonly boolean[] {
    return this.told.flatMap((told) => (told.frame === "up" ? [told.up] : []));
  }

  get done(): number {
    return this.told.reduce((sum, told) => sum + (told.frame === "done" ? told.count : 0), 0);
  }

  get tags(): readonly (number | undefined)[] {
    const events = this.broker.published.filter(({ topic }) => topic === "fleet/M-1/events");
    return events.map(({ payload }) => payload[0]);
  }

  /** The broker behind the Wi-Fi, played by hand. */
  connectByWifi(): void {
    const { last } = this.wifiSockets;
    last.offer();
    this.bench.runMs(1);
    last.arrive(CONNACK);
    const subscribe = readAll(last.written).find(({ type }) => type === 8);
    last.arrive(suback(subscribe?.id ?? 0));
    for (const { type, id, flags } of readAll(last.written)) if (type === 3 && flags !== 0) last.arrive(puback(id));
  }
}
