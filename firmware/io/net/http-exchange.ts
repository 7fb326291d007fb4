/**
 * One request and its answer (RFC 9112, HTTP/1.1) over a TLS socket class handed in, one connection each. Whoever asks
 * says from the answer's header how many bytes of it are wanted: what is chunked or encoded, endless or too long is an
 * end. Nothing that a socket throws or a server sends leaves this module as an exception.
 */
import { concatBytes, utf8Encode } from "../../../shared/bytes.js";
import { READ_BYTES, WRITE_BYTES } from "./mqtt-client.js";
import type { Clockwork, Resolve, Socket, SocketClass } from "./sockets.js";

export const MAX_HEADER_BYTES = 4_096;
/** Without a byte for so long the server is gone; a TLS handshake on a board fits into it. */
export const SILENCE_MS = 60_000;
const HTTPS_PORT = 443;

export interface HttpRequest {
  readonly host: string;
  readonly port: number;
  readonly method: "GET" | "POST";
  /** Path and query. */
  readonly target: string;
  /** Header fields beside Host, Accept-Encoding and Connection. */
  readonly fields: readonly string[];
  readonly body?: Uint8Array;
}

export interface HttpHeader {
  readonly status: number;
  /** Of the field with this name in lower case; undefined: there is none. */
  field(name: string): string | undefined;
}

export interface HttpExchangeOptions {
  readonly io: SocketClass;
  readonly resolve: Resolve;
  readonly clockwork: Clockwork;
  readonly request: HttpRequest;
  /** How many bytes of the body are wanted; undefined: this answer is of no use. */
  readonly onHeader: (header: HttpHeader) => number | undefined;
  readonly onBody: (bytes: Uint8Array) => void;
  /** Once, in the end: all that was wanted is there, or nothing more comes. Not after `close`. */
  readonly onEnd: () => void;
}

export class HttpExchange {
  readonly #options: HttpExchangeOptions;
  #socket: Socket | undefined;
  #closed = false;
  #outbox: Uint8Array;
  /** The header, until it is whole. */
  #inbox: Uint8Array = new Uint8Array(0);
  /** Body bytes that are still to come; undefined = the header is not whole yet. */
  #missing: number | undefined;

  constructor(options: HttpExchangeOptions) {
    this.#options = options;
    const { io, resolve, request } = options;
    const { host, port } = request;
    this.#outbox = bytesOf(request);
    this.#watch();
    resolve(host, (address) => {
      if (this.#closed) return;
      if (address === undefined) return this.#end();
      try {
        this.#socket = new io({
          address,
          host,
          port,
          onReadable: (byteLength) => this.#read(byteLength),
          onWritable: (room) => this.#write(room),
          onError: () => this.#end(),
        });
      } catch {
        this.#end();
      }
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.clockwork.alarm(undefined, () => {});
    const socket = this.#socket;
    this.#socket = undefined;
    try {
      socket?.close();
    } catch {
      // it is gone, which is what was wanted
    }
  }

  #watch(): void {
    this.#options.clockwork.alarm(SILENCE_MS, () => this.#end());
  }

  #write(offered: number): void {
    for (let room = offered; room > 0 && this.#outbox.length > 0 && !this.#closed; ) {
      const count = Math.min(room, this.#outbox.length, WRITE_BYTES);
      const bytes = this.#outbox.slice(0, count);
      this.#outbox = this.#outbox.slice(count);
      try {
        room = this.#socket?.write(bytes) ?? 0;
      } catch {
        return this.#end();
      }
    }
  }

  #read(byteLength: number): void {
    for (let left = byteLength; left > 0 && !this.#closed; ) {
      const count = Math.min(left, READ_BYTES);
      left -= count;
      let bytes: ArrayBuffer | number | undefined;
      try {
        bytes = this.#socket?.read(count);
      } catch {
        return this.#end();
      }
      if (!(bytes instanceof ArrayBuffer)) return;
      this.#watch();
      this.#take(new Uint8Array(bytes));
    }
  }

  #take(bytes: Uint8Array): void {
    if (this.#missing !== undefined) return this.#body(bytes);
    this.#inbox = concatBytes(this.#inbox, bytes);
    const end = endOfHeader(this.#inbox);
    if (end === undefined) {
      if (this.#inbox.length > MAX_HEADER_BYTES) this.#end();
      return;
    }
    const header = headerOf(this.#inbox.subarray(0, end));
    const wanted = header === undefined ? undefined : this.#options.onHeader(header);
    if (wanted === undefined) return this.#end();
    this.#missing = wanted;
    const first = this.#inbox.slice(end);
    this.#inbox = new Uint8Array(0);
    if (!this.#closed) this.#body(first);
  }

  #body(bytes: Uint8Array): void {
    const taken = bytes.slice(0, this.#missing ?? 0);
    this.#missing = (this.#missing ?? 0) - taken.length;
    if (taken.length > 0) this.#options.onBody(taken);
    if (this.#missing === 0) this.#end();
  }

  #end(): void {
    if (this.#closed) return;
    this.close();
    this.#options.onEnd();
  }
}

function bytesOf({ host, port, method, target, fields, body }: HttpRequest): Uint8Array {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    `Host: ${port === HTTPS_PORT ? host : `${host}:${port}`}`,
    ...fields,
    "Accept-Encoding: identity",
    "Connection: close",
    ...(body === undefined ? [] : [`Content-Length: ${body.length}`]),
  ];
  return concatBytes(utf8Encode(`${lines.join("\r\n")}\r\n\r\n`), body ?? new Uint8Array(0));
}

/** Index behind the empty line. */
function endOfHeader(bytes: Uint8Array): number | undefined {
  for (let at = 3; at < bytes.length; at++) {
    if (bytes[at - 3] === 13 && bytes[at - 2] === 10 && bytes[at - 1] === 13 && bytes[at] === 10) return at + 1;
  }
  return undefined;
}

/** Undefined for what is no header of HTTP/1.1, or of a body that is chunked or encoded. */
function headerOf(bytes: Uint8Array): HttpHeader | undefined {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  const [first = "", ...lines] = text.split("\r\n");
  const [, status] = /^HTTP\/1\.1 (\d{3})(?: |$)/.exec(first) ?? [];
  if (status === undefined) return undefined;
  const fields = lines.map((line) => {
    const colon = line.indexOf(":");
    return { name: line.slice(0, colon).toLowerCase(), value: line.slice(colon + 1).trim() };
  });
  const field = (wanted: string): string | undefined => fields.find(({ name }) => name === wanted)?.value;
  if (field("transfer-encoding") !== undefined || (field("content-encoding") ?? "identity") !== "identity") {
    return undefined;
  }
  return { status: Number(status), field };
}
