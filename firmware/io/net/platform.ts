/**
 * The platform's classes for `net-worker.ts`: sockets, names, timers, chance. `runWorker` is what a worker's entry
 * does; which interface there is, is the entry's to say. All else begins with the first frame.
 */
/// <reference path="./sdk.d.ts" />
import TCP from "embedded:io/socket/tcp";
import UDP from "embedded:io/socket/udp";
// biome-ignore lint/style/useNodejsImportProtocol: a module of the SDK
import Net from "net";
import PKCS1_5 from "pkcs1_5";
import PKCS8 from "pkcs8";
import RNG from "rng";
import Time from "time";
import Timer from "timer";
import type { Self } from "worker";
import { isAddress } from "./chain.js";
import type { NetConfig } from "./config.js";
import { DnsResolver } from "./dns.js";
import { type FixedAddress, fixedAddressText } from "./fixed-address.js";
import type { InterfaceClass } from "./interface.js";
import { NetWorker, type NetWorkerOptions } from "./net-worker.js";
import type { Clockwork, DatagramOptions, Datagrams, Resolve, Socket, SocketOptions } from "./sockets.js";
import { tlsSocketClass } from "./tls-socket.js";
import { InterfaceWay, type Way } from "./ways.js";

/** 2.16.840.1.101.3.4.2.1 (RFC 8017 A.2.4). */
const SHA256_OID: readonly number[] = Object.freeze([2, 16, 840, 1, 101, 3, 4, 2, 1]);

class ChipTcp implements Socket {
  readonly #tcp: TCP;

  constructor({ address, port, onReadable, onWritable, onError }: SocketOptions) {
    this.#tcp = new TCP({ address, port, nodelay: true, onReadable, onWritable, onError });
  }

  read(byteLength: number): ArrayBuffer | number | undefined {
    return this.#tcp.read(byteLength);
  }

  write(bytes: Uint8Array): number | undefined {
    const room: unknown = this.#tcp.write(bytes);
    return typeof room === "number" ? room : undefined;
  }

  close(): void {
    this.#tcp.close();
  }
}

class ChipUdp implements Datagrams {
  #udp: UDP | undefined;

  constructor({ onReadable, port }: DatagramOptions) {
    this.#udp = new UDP(port === undefined ? { onReadable } : { onReadable, port });
  }

  read(): ArrayBuffer | undefined {
    return this.#open().read();
  }

  write(bytes: Uint8Array, address: string, port: number): void {
    this.#open().write(bytes, address, port);
  }

  close(): void {
    const udp = this.#udp;
    this.#udp = undefined;
    // the SDK's declarations have forgotten it
    if (udp !== undefined && "close" in udp && typeof udp.close === "function") udp.close();
  }

  #open(): UDP {
    if (this.#udp === undefined) throw new Error("udp is closed");
    return this.#udp;
  }
}

/** Monotonic; as `openClock`, of which the worker needs one for each of its parts. */
export class ChipClockwork implements Clockwork {
  #timer: Timer | undefined;
  #ticks = Time.ticks;
  #nowMs = 0;

  nowMs(): number {
    const ticks = Time.ticks;
    this.#nowMs += Math.max(0, Time.delta(this.#ticks, ticks));
    this.#ticks = ticks;
    return this.#nowMs;
  }

  alarm(afterMs: number | undefined, ring: () => void): void {
    Timer.clear(this.#timer);
    this.#timer =
      afterMs === undefined
        ? undefined
        : Timer.set(() => {
            this.#timer = undefined;
            ring();
          }, afterMs);
  }
}

/** Uniform in 0 … bound − 1, of the chip's noise. */
export function random(bound: number): number {
  const value = new DataView(RNG.get(4)).getUint32(0);
  return Math.floor((value / 2 ** 32) * bound);
}

/**
 * A way over an interface of the platform and its own TCP/IP. ssid, password: of Wi-Fi. Its name servers come by DHCP;
 * with an address by hand they are asked here.
 */
export function platformWay(
  name: Way["name"],
  io: InterfaceClass,
  { ssid, password }: Pick<NetConfig, "ssid" | "password">,
  fixed: FixedAddress | undefined,
): Way {
  const resolve = fixed === undefined ? resolveByPlatform : resolverOf(fixed);
  const sockets = { name, tcp: ChipTcp, datagrams: ChipUdp, resolve };
  return new InterfaceWay(sockets, { io, ssid, password, fixed, clockwork: new ChipClockwork(), random });
}

const resolveByPlatform: Resolve = (host, answer) => {
  if (isAddress(host)) answer(host);
  else Net.resolve(host, (_name, address) => answer(address));
};

function resolverOf(fixed: FixedAddress): Resolve {
  const servers = fixedAddressText(fixed).dns;
  const names = new DnsResolver({ io: ChipUdp, servers: () => servers, clockwork: new ChipClockwork(), random });
  return (host, answer) => names.resolve(host, answer);
}

/** RSASSA-PKCS1-v1_5 over a SHA-256 digest, as the SDK's TLS makes it. */
export function signWith(key: Uint8Array, digest: Uint8Array): ArrayBuffer {
  return new PKCS1_5(PKCS8.parse(key), true, SHA256_OID).sign(digest.slice().buffer);
}

/** Puts the network together in this worker and listens. parts: what the platform has beside sockets. */
export function runWorker(
  waysFor: (config: NetConfig) => readonly Way[],
  parts: Pick<NetWorkerOptions, "images" | "renewal"> = {},
): void {
  const machine: Self = self;
  const worker = new NetWorker({
    post: (frame) => machine.postMessage(frame),
    waysFor,
    tls: ({ key }, now, tcp, credentials) =>
      tlsSocketClass({
        io: tcp,
        credentials,
        key,
        now,
        onFault: (why) => trace(`tls: ${why}\n`),
      }),
    makeClockwork: () => new ChipClockwork(),
    random,
    ...parts,
  });
  machine.onmessage = (message: unknown) => worker.heard(message);
}
