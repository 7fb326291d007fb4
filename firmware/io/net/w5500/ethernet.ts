/**
 * Ethernet as a way to the network: the W5500, its cable, the address it has by DHCP or by hand, and sockets and names
 * over it. Kept up for ever: chip and cable are looked for, an address is asked for as soon as there is a link. A cable
 * that comes back within `LINK_GRACE_MS` costs nothing.
 */

import { addressText } from "../addresses.js";
import { DnsResolver } from "../dns.js";
import type { FixedAddress } from "../fixed-address.js";
import type { Clockwork, DatagramClass, Datagrams, Resolve, SocketClass } from "../sockets.js";
import type { OpenWay, Way } from "../ways.js";
import { W5500, type W5500Options } from "./chip.js";
import { DHCP_OFF, type DhcpInput, type DhcpState, type Lease, stepDhcp } from "./dhcp.js";
import { CLIENT_PORT, type DhcpRequest, decodeDhcp, encodeDhcp, SERVER_PORT } from "./dhcp-codec.js";
import { tcpClassOn } from "./tcp.js";
import { udpClassOn } from "./udp.js";

export const LINK_GRACE_MS = 2_000;
const EVERYBODY = "255.255.255.255";

export interface EthernetOptions extends Omit<W5500Options, "clockwork" | "onChanged" | "onConflict"> {
  readonly makeClockwork: () => Clockwork;
  readonly hostName: string;
  /** By hand: nobody is asked for another. */
  readonly fixed?: FixedAddress | undefined;
}

/** What an address by DHCP and one by hand have in common. */
type Station = Pick<Lease, "address" | "mask" | "router" | "nameServers">;

export class Ethernet implements Way, OpenWay {
  readonly name = "ethernet";
  readonly tcp: SocketClass;
  readonly datagrams: DatagramClass;
  readonly #options: EthernetOptions;
  readonly #chip: W5500;
  readonly #dhcpClock: Clockwork;
  readonly #graceClock: Clockwork;
  readonly #names: DnsResolver;
  readonly #ring = (): void => this.#input({ on: "tick" });
  #dhcp: DhcpState = DHCP_OFF;
  #udp: Datagrams | undefined;
  #linked = false;
  #station: Station | undefined;
  #onUp: ((up: boolean) => void) | undefined;
  #closed = false;

  /** Throws where a pin is in use or an option is bad. */
  constructor(options: EthernetOptions) {
    const { makeClockwork, random } = options;
    this.#options = options;
    this.#dhcpClock = makeClockwork();
    this.#graceClock = makeClockwork();
    this.#chip = new W5500({
      ...options,
      clockwork: makeClockwork(),
      onChanged: () => this.#changed(),
      onConflict: () => this.#input({ on: "conflict" }),
    });
    this.tcp = tcpClassOn(this.#chip);
    this.datagrams = udpClassOn(this.#chip);
    this.#names = new DnsResolver({
      io: this.datagrams,
      servers: () => (this.#station?.nameServers ?? []).map(addressText),
      clockwork: makeClockwork(),
      random,
    });
  }

  readonly resolve: Resolve = (host, answer) => this.#names.resolve(host, answer);

  open(onUp: (up: boolean) => void): OpenWay {
    this.#onUp = onUp;
    if (this.#station !== undefined) onUp(true);
    return this;
  }

  /** How far it has come. */
  get state(): "noChip" | "noCable" | "noAddress" | "up" {
    if (!this.#chip.ready) return "noChip";
    if (!this.#chip.linked) return "noCable";
    return this.#station === undefined ? "noAddress" : "up";
  }

  /** Dotted; undefined: none. */
  get address(): string | undefined {
    return this.#station === undefined ? undefined : addressText(this.#station.address);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onUp = undefined;
    this.#dhcpClock.alarm(undefined, this.#ring);
    this.#graceClock.alarm(undefined, this.#ring);
    this.#names.close();
    this.#chip.close();
  }

  #changed(): void {
    if (this.#closed) return;
    const { ready, linked } = this.#chip;
    if (linked) {
      this.#graceClock.alarm(undefined, this.#ring);
      this.#link(true);
    } else if (ready && this.#linked) {
      this.#graceClock.alarm(LINK_GRACE_MS, () => this.#link(false));
    } else {
      this.#graceClock.alarm(undefined, this.#ring);
      this.#link(false);
    }
  }

  #link(up: boolean): void {
    this.#linked = up;
    const { fixed } = this.#options;
    if (fixed === undefined) this.#input({ on: "link", up });
    else this.#use(up ? fixed : undefined);
  }

  #input(input: DhcpInput): void {
    if (this.#closed) return;
    const nowMs = this.#dhcpClock.nowMs();
    const { state, effects } = stepDhcp(this.#dhcp, input, this.#options.random, nowMs);
    this.#dhcp = state;
    const { phase, dueMs } = state;
    this.#dhcpClock.alarm(dueMs === Infinity ? undefined : Math.max(0, dueMs - nowMs), this.#ring);
    if (phase === "bound" || phase === "off" || phase === "resting") this.#hangUp();
    for (const effect of effects) {
      if (effect.do === "send") this.#send(effect.request, effect.to);
      else this.#use(effect.lease);
    }
  }

  #send(request: DhcpRequest, to: Uint8Array | undefined): void {
    const { hardwareAddress, hostName } = this.#options;
    try {
      this.#udp ??= new this.datagrams({
        port: CLIENT_PORT,
        onReadable: () => this.#heard(),
        onError: () => {
          this.#udp = undefined;
        },
      });
      const bytes = encodeDhcp(request, { hardwareAddress, hostName });
      this.#udp.write(bytes, to === undefined ? EVERYBODY : addressText(to), SERVER_PORT);
    } catch {
      // no socket, or the last one is still on its way: the next try is due anyway
      this.#hangUp();
    }
  }

  #heard(): void {
    for (let datagram = this.#udp?.read(); datagram !== undefined; datagram = this.#udp?.read()) {
      const answer = decodeDhcp(new Uint8Array(datagram), this.#options.hardwareAddress);
      if (answer !== undefined) this.#input({ on: "answer", answer });
    }
  }

  #hangUp(): void {
    this.#udp?.close();
    this.#udp = undefined;
  }

  #use(station: Station | undefined): void {
    const was = this.#station;
    this.#station = station;
    if (was !== undefined && station !== undefined && isSameStation(was, station)) return;
    if (was !== undefined) {
      this.#chip.setStation(undefined);
      this.#names.drop();
      this.#onUp?.(false);
    }
    if (station === undefined || this.#station !== station) return;
    const { address, mask, router } = station;
    this.#chip.setStation({ address, mask, gateway: router ?? new Uint8Array(4) });
    this.#onUp?.(true);
  }
}

function isSameStation(one: Station, other: Station): boolean {
  const isSame = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
    a === b || (a !== undefined && b?.every((byte, i) => byte === a[i]) === true);
  return isSame(one.address, other.address) && isSame(one.mask, other.mask) && isSame(one.router, other.router);
}
