/** The network's worker of a board, with the fleet behind it: no sockets, the frames of the real one. */
import { decodeToWorker, encodeFromWorker, type FromWorker, type ToWorker } from "../../../firmware/io/net/frames.js";
import type { StartWorker } from "../../../firmware/io/net/network.js";
import { decodeStatus } from "../../../shared/wire/messages.js";
import { FleetSink } from "../../../tools/bench/fleet-sink.js";
import { SimWorker } from "../../../tools/bench/net-worker.js";
import type { World } from "../../../tools/bench/world.js";

export class FleetWorker {
  readonly fleet: FleetSink;
  readonly heard: ToWorker[] = [];
  readonly #world: World;
  readonly #machineId: string;
  #worker: SimWorker | undefined;
  #post: (frame: ArrayBuffer) => void = () => {};

  constructor(world: World, machineId: string) {
    this.#world = world;
    this.#machineId = machineId;
    this.fleet = new FleetSink(world);
  }

  readonly start: StartWorker = (heard) => {
    const worker = new SimWorker((post) => {
      this.#post = post;
      return { heard: (message) => this.#take(message), close: () => {} };
    }, heard);
    this.#worker = worker;
    return {
      post: (frame) => {
        worker.post(frame);
        this.#soon();
      },
      terminate: () => worker.terminate(),
    };
  };

  /** Of the newest birth. */
  get nonce(): number {
    const said = this.heard.find((frame) => frame.frame === "announcement");
    const birth = said?.frame === "announcement" ? decodeStatus(said.birth) : undefined;
    return birth?.ok === true ? birth.message.nonce : 0;
  }

  say(frame: FromWorker): void {
    this.#post(encodeFromWorker(frame));
    this.#soon();
  }

  #soon(): void {
    this.#world.after(0, () => this.#worker?.run());
  }

  #take(message: unknown): void {
    const frame = decodeToWorker(message);
    if (frame === undefined) return;
    this.heard.push(frame);
    switch (frame.frame) {
      case "config":
        return this.say({ frame: "ask", connection: 1 });
      case "announcement":
        this.fleet.connected(this.#machineId, (topic, payload) => this.say({ frame: "message", topic, payload }));
        return this.say({ frame: "up", up: true, way: "ethernet", address: "10.0.0.77" });
      case "publish":
        this.fleet.published(this.#machineId, { ...frame, retain: false });
        return this.say({ frame: "done", count: 1 });
      case "idle":
      case "update":
        return this.say({ frame: "heard", what: frame.frame });
      case "taken":
        return;
    }
  }
}
