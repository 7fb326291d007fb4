/**
 * DHCP packets (RFC 2131 §2, options RFC 2132): what a client says, and what it may believe of an answer. Anything that
 * is not a well-formed answer to this station is undefined.
 */
import { utf8Encode } from "../../../../shared/bytes.js";
import { deepFreeze } from "../../../../shared/freeze.js";
import { isMask, isStation } from "../addresses.js";

export const SERVER_PORT = 67;
export const CLIENT_PORT = 68;
/** Some relays drop less (RFC 1542 §2.1). */
export const LEAST_PACKET_BYTES = 300;
export const MAX_HOST_NAME_BYTES = 32;
/** Of name servers as many are kept. */
export const MAX_NAME_SERVERS = 2;
/** What we take in one piece; every host takes as much (§2). */
const MAX_MESSAGE_BYTES = 576;
export const FOR_EVER_S = 0xffff_ffff;

const COOKIE = 0x6382_5363;
const COOKIE_AT = 236;
const OPTIONS_AT = 240;
const FILE_AT = 108;
const NAME_AT = 44;
const BROADCAST = 0x8000;

/** Numbers of DHCP message types (RFC 2132 §9.6). */
export const KIND = deepFreeze({ discover: 1, offer: 2, request: 3, decline: 4, ack: 5, nak: 6, release: 7 });

const OPTION = deepFreeze({
  pad: 0,
  mask: 1,
  router: 3,
  nameServer: 6,
  hostName: 12,
  wanted: 50,
  lease: 51,
  overload: 52,
  kind: 53,
  server: 54,
  asked: 55,
  maxMessage: 57,
  renew: 58,
  rebind: 59,
  client: 61,
  end: 255,
});

export interface DhcpRequest {
  readonly kind: "discover" | "request" | "decline";
  readonly xid: number;
  readonly secs: number;
  /** Our address, where we have one that is still ours. */
  readonly ours: Uint8Array | undefined;
  readonly wanted: Uint8Array | undefined;
  readonly server: Uint8Array | undefined;
}

export interface DhcpAnswer {
  readonly kind: "offer" | "ack" | "nak";
  readonly xid: number;
  readonly address: Uint8Array;
  readonly server: Uint8Array | undefined;
  readonly mask: Uint8Array;
  readonly router: Uint8Array | undefined;
  readonly nameServers: readonly Uint8Array[];
  /** Undefined where it says none: no lease then. */
  readonly leaseS: number | undefined;
  readonly renewS: number | undefined;
  readonly rebindS: number | undefined;
}

export interface DhcpStation {
  readonly hardwareAddress: Uint8Array;
  /** What the network's owner sees in his router's list. */
  readonly hostName: string;
}

export function encodeDhcp(request: DhcpRequest, station: DhcpStation): Uint8Array {
  const { kind, xid, secs, ours, wanted, server } = request;
  const { hardwareAddress } = station;
  const options: number[] = [OPTION.kind, 1, KIND[kind], OPTION.client, 7, 1, ...hardwareAddress];
  if (wanted !== undefined) options.push(OPTION.wanted, 4, ...wanted);
  if (server !== undefined) options.push(OPTION.server, 4, ...server);
  if (kind !== "decline") {
    const name = utf8Encode(station.hostName).subarray(0, MAX_HOST_NAME_BYTES);
    if (name.length > 0) options.push(OPTION.hostName, name.length, ...name);
    options.push(OPTION.maxMessage, 2, MAX_MESSAGE_BYTES >> 8, MAX_MESSAGE_BYTES & 0xff);
    const asked = [OPTION.mask, OPTION.router, OPTION.nameServer, OPTION.lease, OPTION.renew, OPTION.rebind];
    options.push(OPTION.asked, asked.length, ...asked);
  }
  options.push(OPTION.end);
  const bytes = new Uint8Array(Math.max(LEAST_PACKET_BYTES, OPTIONS_AT + options.length));
  const view = new DataView(bytes.buffer);
  bytes.set([1, 1, 6, 0]);
  view.setUint32(4, xid);
  view.setUint16(8, Math.min(0xffff, secs));
  // a W5500 without an address hears broadcasts only, so the server has to answer by one (RFC 2131 §4.1)
  if (ours === undefined) view.setUint16(10, BROADCAST);
  else bytes.set(ours, 12);
  bytes.set(hardwareAddress, 28);
  view.setUint32(COOKIE_AT, COOKIE);
  bytes.set(options, OPTIONS_AT);
  return bytes;
}

export function decodeDhcp(bytes: Uint8Array, hardwareAddress: Uint8Array): DhcpAnswer | undefined {
  if (bytes.length < OPTIONS_AT + 3) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes[0] !== 2 || bytes[1] !== 1 || bytes[2] !== 6 || view.getUint32(COOKIE_AT) !== COOKIE) return undefined;
  for (let i = 0; i < 6; i++) if (bytes[28 + i] !== hardwareAddress[i]) return undefined;
  const options = readOptions(bytes);
  if (options === undefined) return undefined;
  const [number = 0] = options.get(OPTION.kind) ?? [];
  const kind = number === KIND.offer ? "offer" : number === KIND.ack ? "ack" : number === KIND.nak ? "nak" : undefined;
  if (kind === undefined) return undefined;
  const address = bytes.slice(16, 20);
  const mask = options.get(OPTION.mask) ?? Uint8Array.of(255, 255, 255, 0);
  if (kind !== "nak" && (!isStation(address) || !isMask(mask))) return undefined;
  return {
    kind,
    xid: view.getUint32(4),
    address,
    server: stationsIn(options.get(OPTION.server))[0],
    mask: mask.slice(),
    router: stationsIn(options.get(OPTION.router))[0],
    nameServers: stationsIn(options.get(OPTION.nameServer)).slice(0, MAX_NAME_SERVERS),
    leaseS: secondsIn(options.get(OPTION.lease)),
    renewS: secondsIn(options.get(OPTION.renew)),
    rebindS: secondsIn(options.get(OPTION.rebind)),
  };
}

/** By number; the first of each counts. Undefined: one reaches beyond its field. */
function readOptions(bytes: Uint8Array): Map<number, Uint8Array> | undefined {
  const options = new Map<number, Uint8Array>();
  if (!readField(bytes.subarray(OPTIONS_AT), options)) return undefined;
  const [overload = 0] = options.get(OPTION.overload) ?? [];
  const file = (overload & 1) === 0 || readField(bytes.subarray(FILE_AT, COOKIE_AT), options);
  const name = (overload & 2) === 0 || readField(bytes.subarray(NAME_AT, FILE_AT), options);
  return file && name ? options : undefined;
}

function readField(field: Uint8Array, options: Map<number, Uint8Array>): boolean {
  for (let at = 0; at < field.length; ) {
    const code = field[at++] ?? OPTION.end;
    if (code === OPTION.end) return true;
    if (code === OPTION.pad) continue;
    const length = field[at++];
    if (length === undefined || at + length > field.length) return false;
    if (!options.has(code)) options.set(code, field.subarray(at, at + length));
    at += length;
  }
  return true;
}

function stationsIn(value: Uint8Array | undefined): Uint8Array[] {
  const stations: Uint8Array[] = [];
  for (let at = 0; value !== undefined && at + 4 <= value.length; at += 4) {
    const station = value.slice(at, at + 4);
    if (isStation(station)) stations.push(station);
  }
  return stations;
}

function secondsIn(value: Uint8Array | undefined): number | undefined {
  if (value?.length !== 4) return undefined;
  return new DataView(value.buffer, value.byteOffset, 4).getUint32(0);
}
