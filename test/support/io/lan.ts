/**
 * A local network in simulated time for the chips on it: hosts with services for datagrams and connections, and the
 * time that everything takes. What is behind the gateway counts as a host here, too.
 */
import type { Clockwork } from "../../../firmware/io/net/sockets.js";
import { Timer, type World } from "../../../tools/bench/world.js";

export const LATENCY_US = 2_000;
export const EVERYBODY = "255.255.255.255";

export interface Datagram {
  readonly from: string;
  readonly fromPort: number;
  readonly to: string;
  readonly toPort: number;
  readonly bytes: Uint8Array;
}

/** A station that is no server: a chip. */
export interface LanStation {
  /** Whether it took it. */
  datagram(datagram: Datagram): boolean;
}

/** The service's end of a connection. */
export class Peer {
  /** All that has come from the machine. */
  heard: number[] = [];
  ended = false;
  gone = false;
  onBytes: () => void = () => {};
  onEnd: () => void = () => {};
  /** Set by the chip. */
  say: (bytes: Uint8Array) => void = () => {};
  close: () => void = () => {};
  reset: () => void = () => {};
}

export class SimLan {
  readonly world: World;
  readonly hosts = new Set<string>();
  readonly stations: LanStation[] = [];
  readonly datagrams: Datagram[] = [];
  readonly #udp = new Map<string, (datagram: Datagram, reply: (bytes: Uint8Array) => void) => void>();
  readonly #tcp = new Map<string, (peer: Peer) => void>();

  constructor(world: World) {
    this.world = world;
  }

  serveDatagrams(
    address: string,
    port: number,
    service: (datagram: Datagram, reply: (bytes: Uint8Array) => void) => void,
  ): void {
    this.hosts.add(address);
    this.#udp.set(`${address}:${port}`, service);
  }

  serve(address: string, port: number, service: (peer: Peer) => void): void {
    this.hosts.add(address);
    this.#tcp.set(`${address}:${port}`, service);
  }

  /** What a station sends. */
  sent(datagram: Datagram): void {
    this.datagrams.push(datagram);
    for (const [where, service] of this.#udp) {
      const [address = "", port = ""] = where.split(":");
      if (Number(port) !== datagram.toPort || (datagram.to !== address && datagram.to !== EVERYBODY)) continue;
      service(datagram, (bytes) => {
        this.send({
          from: address,
          fromPort: datagram.toPort,
          to: datagram.from === "0.0.0.0" ? EVERYBODY : datagram.from,
          toPort: datagram.fromPort,
          bytes,
        });
      });
    }
  }

  /** To the stations. */
  send(datagram: Datagram): void {
    this.world.after(LATENCY_US, () => {
      for (const station of this.stations) station.datagram(datagram);
    });
  }

  /** Undefined: the host is not there; refused: it is, and listens to nothing. */
  reach(address: string, port: number): ((peer: Peer) => void) | "refused" | undefined {
    if (!this.hosts.has(address)) return undefined;
    return this.#tcp.get(`${address}:${port}`) ?? "refused";
  }
}

/** One alarm in a world's time. */
export class WorldClockwork implements Clockwork {
  readonly #world: World;
  readonly #timer: Timer;
  #ring: () => void = () => {};

  constructor(world: World) {
    this.#world = world;
    this.#timer = new Timer(() => this.#ring());
  }

  nowMs(): number {
    return Math.floor(this.#world.nowUs / 1_000);
  }

  alarm(afterMs: number | undefined, ring: () => void): void {
    this.#ring = ring;
    if (afterMs === undefined) this.#world.cancel(this.#timer);
    else this.#world.arm(this.#timer, this.#world.nowUs + afterMs * 1_000);
  }
}
