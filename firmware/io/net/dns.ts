/**
 * Names to addresses over a datagram class handed in (RFC 1035, A records). The SDK's resolver that takes such a class
 * (examples/io/udp/dns) believes any sender and draws its ids from `Math.random`; here an answer counts only from the
 * server asked, with the id and the question asked. Nothing is kept: a name is asked for at each connection. Whom the
 * address belongs to is TLS's to prove.
 */

import { addressBytes, addressText, isStation } from "./addresses.js";
import type { Clockwork, DatagramClass, Datagrams } from "./sockets.js";

export const DNS_PORT = 53;
/** Waiting for an answer the first time; doubles. */
export const ANSWER_MS = 1_500;
/** Of each server. */
export const MAX_TRIES = 3;
/** Names waited for at once: broker, time, update, and one more. */
export const MAX_NAMES = 4;
/** Aliases followed in one answer. */
export const MAX_ALIASES = 8;
const MAX_NAME_BYTES = 253;
const MAX_LABEL_BYTES = 63;
/** Records read of one answer. */
export const MAX_RECORDS = 32;
const HEADER_BYTES = 12;
const TYPE_A = 1;
const TYPE_CNAME = 5;
const CLASS_IN = 1;

export interface DnsOptions {
  readonly io: DatagramClass;
  /** Dotted addresses, as they are now. */
  readonly servers: () => readonly string[];
  readonly clockwork: Clockwork;
  readonly random: (bound: number) => number;
}

interface Asked {
  readonly host: string;
  readonly answer: (address: string | undefined) => void;
}

/** One question at a time; the others wait. */
export class DnsResolver {
  readonly #options: DnsOptions;
  readonly #waiting: Asked[] = [];
  #socket: Datagrams | undefined;
  #server = "";
  #id = 0;
  #tries = 0;
  #closed = false;

  constructor(options: DnsOptions) {
    this.#options = options;
  }

  /** Answers once. */
  resolve(host: string, answer: (address: string | undefined) => void): void {
    if (this.#closed) throw new Error("closed");
    if (addressBytes(host) !== undefined) return answer(host);
    if (!isName(host) || this.#waiting.length >= MAX_NAMES) return answer(undefined);
    this.#waiting.push({ host: host.toLowerCase(), answer });
    if (this.#waiting.length === 1) this.#begin();
  }

  /** Who still waits is answered that there is none: the way has changed. */
  drop(): void {
    this.#rest();
    for (const { answer } of this.#waiting.splice(0)) answer(undefined);
  }

  close(): void {
    if (this.#closed) return;
    this.drop();
    this.#closed = true;
  }

  #begin(): void {
    this.#tries = 0;
    this.#ask();
  }

  #ask(): void {
    const { io, servers, clockwork, random } = this.#options;
    const [asked] = this.#waiting;
    this.#rest();
    const all = servers();
    const server = all[this.#tries % Math.max(1, all.length)];
    if (asked === undefined) return;
    if (server === undefined || this.#tries >= MAX_TRIES * all.length) return this.#done(undefined);
    const round = Math.floor(this.#tries / all.length);
    this.#tries += 1;
    this.#server = server;
    this.#id = random(0x1_0000);
    // no answer, no socket, no cable: then it tries again
    clockwork.alarm(ANSWER_MS * 2 ** round, () => this.#ask());
    try {
      // a port of its own for each try: nobody can guess port and id together
      this.#socket = new io({ onReadable: () => this.#read(), onError: () => this.#closeSocket() });
      this.#socket.write(question(this.#id, asked.host), server, DNS_PORT);
    } catch {
      this.#closeSocket();
    }
  }

  #read(): void {
    for (let datagram = this.#next(); datagram !== undefined; datagram = this.#next()) {
      const [asked] = this.#waiting;
      if (asked === undefined || senderOf(datagram) !== this.#server) continue;
      const answer = readAnswer(new Uint8Array(datagram), this.#id, asked.host);
      if (answer === "foreign") continue;
      if (answer === "failed") return this.#ask();
      return this.#done(answer);
    }
  }

  #next(): ArrayBuffer | undefined {
    try {
      return this.#socket?.read();
    } catch {
      return undefined;
    }
  }

  #done(address: string | undefined): void {
    this.#rest();
    const asked = this.#waiting.shift();
    if (this.#waiting.length > 0) this.#begin();
    asked?.answer(address);
  }

  #rest(): void {
    this.#options.clockwork.alarm(undefined, () => {});
    this.#closeSocket();
  }

  #closeSocket(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    try {
      socket?.close();
    } catch {
      // it is gone, which is what was wanted
    }
  }
}

/** Undefined where the platform does not say: then nobody is believed. */
function senderOf(datagram: ArrayBuffer): string | undefined {
  if (!("address" in datagram) || !("port" in datagram) || datagram.port !== DNS_PORT) return undefined;
  return typeof datagram.address === "string" ? datagram.address : undefined;
}

function isName(host: string): boolean {
  if (host.length < 1 || host.length > MAX_NAME_BYTES) return false;
  for (let i = 0; i < host.length; i++) {
    const code = host.charCodeAt(i);
    if (code <= 0x20 || code >= 0x7f) return false;
  }
  return host.split(".").every((label) => label.length >= 1 && label.length <= MAX_LABEL_BYTES);
}

function question(id: number, host: string): Uint8Array {
  const bytes = [id >> 8, id & 0xff, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
  for (const label of host.split(".")) {
    bytes.push(label.length);
    for (let i = 0; i < label.length; i++) bytes.push(label.charCodeAt(i));
  }
  bytes.push(0, 0, TYPE_A, 0, CLASS_IN);
  return Uint8Array.from(bytes);
}

/** An address; undefined: there is none; foreign: no answer to this question; failed: the server cannot say. */
function readAnswer(bytes: Uint8Array, id: number, host: string): string | undefined | "foreign" | "failed" {
  if (bytes.length < HEADER_BYTES) return "foreign";
  const view = new DataView(bytes.buffer);
  const flags = view.getUint16(2);
  if (view.getUint16(0) !== id || (flags & 0x8000) === 0 || view.getUint16(4) !== 1) return "foreign";
  const asked = readName(bytes, HEADER_BYTES);
  if (asked === undefined || asked.name !== host || asked.end + 4 > bytes.length) return "foreign";
  if (view.getUint16(asked.end) !== TYPE_A || view.getUint16(asked.end + 2) !== CLASS_IN) return "foreign";
  const result = flags & 0x0f;
  if (result === 3) return undefined;
  if (result !== 0) return "failed";
  const records = readRecords(bytes, asked.end + 4, Math.min(view.getUint16(6), MAX_RECORDS));
  let wanted = host;
  for (let aliases = 0; aliases <= MAX_ALIASES; aliases++) {
    const name = wanted;
    const found = records.find((record) => record.name === name && record.type === TYPE_A);
    if (found !== undefined) return found.value;
    const alias = records.find((record) => record.name === name && record.type === TYPE_CNAME);
    if (alias === undefined) return undefined;
    wanted = alias.value;
  }
  return undefined;
}

interface NameRecord {
  readonly name: string;
  readonly type: number;
  /** Address or name. */
  readonly value: string;
}

/** Addresses and aliases; reading ends where the packet makes no sense. */
function readRecords(bytes: Uint8Array, from: number, count: number): NameRecord[] {
  const view = new DataView(bytes.buffer);
  const records: NameRecord[] = [];
  let at = from;
  for (let i = 0; i < count; i++) {
    const owner = readName(bytes, at);
    if (owner === undefined || owner.end + 10 > bytes.length) break;
    const type = view.getUint16(owner.end);
    const dataAt = owner.end + 10;
    const length = view.getUint16(owner.end + 8);
    at = dataAt + length;
    if (at > bytes.length) break;
    if (view.getUint16(owner.end + 2) !== CLASS_IN) continue;
    const data = bytes.subarray(dataAt, at);
    if (type === TYPE_A && isStation(data)) records.push({ name: owner.name, type, value: addressText(data) });
    const alias = type === TYPE_CNAME ? readName(bytes, dataAt) : undefined;
    if (alias !== undefined) records.push({ name: owner.name, type, value: alias.name });
  }
  return records;
}

/** In small letters, and where what follows it begins; pointers lead back only (§4.1.4). */
function readName(bytes: Uint8Array, from: number): { readonly name: string; readonly end: number } | undefined {
  let name = "";
  let at = from;
  let end: number | undefined;
  while (name.length <= MAX_NAME_BYTES) {
    const length = bytes[at];
    if (length === undefined) return undefined;
    if (length === 0) return { name: name.toLowerCase(), end: end ?? at + 1 };
    if (length >= 0xc0) {
      const target = ((length & 0x3f) << 8) | (bytes[at + 1] ?? 0);
      if (target >= at) return undefined;
      end ??= at + 2;
      at = target;
      continue;
    }
    if (length > MAX_LABEL_BYTES || at + length >= bytes.length) return undefined;
    if (name !== "") name += ".";
    for (let i = 1; i <= length; i++) name += String.fromCharCode(bytes[at + i] ?? 0);
    at += 1 + length;
  }
  return undefined;
}
