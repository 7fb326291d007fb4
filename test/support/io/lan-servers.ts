/**
 * What a shop's router gives: addresses (RFC 2131) and names (RFC 1035). Written from the standards, with no code of
 * the machine's, so that both could not be wrong alike.
 */
import type { Datagram, SimLan } from "./lan.js";

const COOKIE = [0x63, 0x82, 0x53, 0x63];

/** What one DHCP packet of a client says. */
export interface Heard {
  readonly kind: number;
  readonly xid: number;
  readonly broadcast: boolean;
  readonly ours: string;
  readonly to: string;
  readonly options: ReadonlyMap<number, readonly number[]>;
  readonly atMs: number;
}

export class SimDhcpServer {
  readonly heard: Heard[] = [];
  readonly address: string;
  leaseS = 3_600;
  /** What it gives; the first octets are its own. */
  offers = "10.0.0.77";
  nameServers = ["10.0.0.53"];
  silent = false;
  refuses = false;
  readonly #lan: SimLan;

  constructor(lan: SimLan, address = "10.0.0.1") {
    this.#lan = lan;
    this.address = address;
    lan.serveDatagrams(address, 67, (datagram, reply) => this.#take(datagram, reply));
  }

  kinds(): readonly number[] {
    return this.heard.map(({ kind }) => kind);
  }

  #take({ bytes, to }: Datagram, reply: (bytes: Uint8Array) => void): void {
    const options = new Map<number, number[]>();
    for (let at = 240; at < bytes.length && bytes[at] !== 255; at += 2 + (bytes[at + 1] ?? 0)) {
      options.set(bytes[at] ?? 0, [...bytes.subarray(at + 2, at + 2 + (bytes[at + 1] ?? 0))]);
    }
    const [kind = 0] = options.get(53) ?? [];
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const broadcast = (view.getUint16(10) & 0x8000) !== 0;
    const ours = [...bytes.subarray(12, 16)].join(".");
    const atMs = Math.floor(this.#lan.world.nowUs / 1_000);
    this.heard.push({ kind, xid: view.getUint32(4), broadcast, ours, to, options, atMs });
    if (this.silent) return;
    const named = options.get(54)?.join(".");
    if (kind === 3 && named !== undefined && named !== this.address) return;
    if (kind === 1) reply(this.answer(bytes, 2));
    else if (kind === 3) reply(this.answer(bytes, this.refuses ? 6 : 5));
  }

  answer(request: Uint8Array, kind: number): Uint8Array {
    const bytes = new Uint8Array(300);
    bytes.set(request.subarray(0, 44));
    bytes[0] = 2;
    if (kind !== 6) bytes.set(octets(this.offers), 16);
    bytes.set(COOKIE, 236);
    const { leaseS } = this;
    const lease = [leaseS >>> 24, (leaseS >> 16) & 255, (leaseS >> 8) & 255, leaseS & 255];
    const options = [53, 1, kind, 54, 4, ...octets(this.address)];
    if (kind !== 6) {
      options.push(1, 4, 255, 255, 255, 0, 3, 4, ...octets(this.address), 51, 4, ...lease);
      options.push(6, 4 * this.nameServers.length, ...this.nameServers.flatMap(octets));
    }
    bytes.set([...options, 255], 240);
    return bytes;
  }
}

export function octets(address: string): number[] {
  return address.split(".").map(Number);
}

/** One record of an answer: an address, or another name. */
export interface NameRecord {
  readonly name: string;
  readonly address?: string;
  readonly alias?: string;
}

export class SimNameServer {
  readonly asked: string[] = [];
  readonly ports: number[] = [];
  readonly names = new Map<string, readonly NameRecord[]>();
  silent = false;
  /** Result code of every answer. */
  result = 0;
  /** Changes an answer on its way. */
  spoil: (answer: Uint8Array) => Uint8Array = (answer) => answer;

  constructor(lan: SimLan, address = "10.0.0.53") {
    lan.serveDatagrams(address, 53, ({ bytes, fromPort }, reply) => {
      const { name, end } = nameAt(bytes, 12);
      this.asked.push(name);
      this.ports.push(fromPort);
      if (!this.silent) reply(this.spoil(this.answer(bytes.subarray(0, end + 4), name)));
    });
  }

  answer(question: Uint8Array, name: string): Uint8Array {
    const records = this.names.get(name);
    const out = [...question];
    out[2] = 0x81;
    out[3] = 0x80 | (records === undefined && this.result === 0 ? 3 : this.result);
    out[7] = this.result === 0 ? (records?.length ?? 0) : 0;
    for (const record of this.result === 0 ? (records ?? []) : []) {
      // the question's own name by a pointer, as every server does
      out.push(...(record.name === name ? [0xc0, 12] : encoded(record.name)));
      const data = record.alias === undefined ? octets(record.address ?? "0.0.0.0") : encoded(record.alias);
      out.push(0, record.alias === undefined ? 1 : 5, 0, 1, 0, 0, 0, 60, data.length >> 8, data.length & 255, ...data);
    }
    return Uint8Array.from(out);
  }
}

function encoded(name: string): number[] {
  return [...name.split(".").flatMap((label) => [label.length, ...[...label].map((c) => c.charCodeAt(0))]), 0];
}

function nameAt(bytes: Uint8Array, from: number): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = from;
  for (let length = bytes[at] ?? 0; length > 0; length = bytes[at] ?? 0) {
    labels.push(String.fromCharCode(...bytes.subarray(at + 1, at + 1 + length)));
    at += 1 + length;
  }
  return { name: labels.join("."), end: at + 1 };
}
