/**
 * One GET with a range (RFC 9110 §14, HTTP/1.1) over a TLS socket class handed in: the body comes in pieces of a sector
 * of flash. Believed is only what was asked for: 206 from the byte wanted on, with its whole length, not chunked, not
 * encoded. Everything else is an end without pieces; whoever asked tries again later.
 */
import { concatBytes, utf8Encode } from "../../../shared/bytes.js";
import type { ImageManifest } from "./image-manifest.js";
import { READ_BYTES } from "./mqtt-client.js";
import type { Clockwork, Resolve, Socket, SocketClass } from "./sockets.js";
import { PIECE_BYTES } from "./update.js";

export const MAX_HEADER_BYTES = 4_096;
/** Without a byte for so long the server is gone; a TLS handshake on a board fits into it. */
export const SILENCE_MS = 60_000;

export interface RangeFetchOptions {
  readonly io: SocketClass;
  readonly resolve: Resolve;
  readonly clockwork: Clockwork;
  readonly image: Pick<ImageManifest, "host" | "port" | "path">;
  /** First byte wanted. */
  readonly from: number;
  /** Length of the whole image, as the server says. */
  readonly onLength: (bytes: number) => void;
  readonly onPiece: (bytes: Uint8Array) => void;
  /** Once, in the end; not after `close`. */
  readonly onEnd: () => void;
}

export class RangeFetch {
  readonly #options: RangeFetchOptions;
  #socket: Socket | undefined;
  #closed = false;
  #asked = false;
  /** Header, until it is whole; then the piece under way. */
  #inbox: Uint8Array = new Uint8Array(0);
  /** Body bytes that are still to come; undefined = the header is not whole yet. */
  #missing: number | undefined;

  constructor(options: RangeFetchOptions) {
    if (!Number.isInteger(options.from) || options.from < 0) throw new RangeError("from");
    this.#options = options;
    const { io, resolve, image } = options;
    this.#watch();
    resolve(image.host, (address) => {
      if (this.#closed) return;
      if (address === undefined) return this.#end();
      try {
        this.#socket = new io({
          address,
          host: image.host,
          port: image.port,
          onReadable: (byteLength) => this.#read(byteLength),
          onWritable: () => this.#ask(),
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

  #ask(): void {
    if (this.#asked || this.#closed) return;
    this.#asked = true;
    const { image, from } = this.#options;
    const lines = [
      `GET ${image.path} HTTP/1.1`,
      `Host: ${image.host}`,
      `Range: bytes=${from}-`,
      "Accept-Encoding: identity",
      "Connection: close",
    ];
    try {
      this.#socket?.write(utf8Encode(`${lines.join("\r\n")}\r\n\r\n`));
    } catch {
      this.#end();
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
    this.#inbox = concatBytes(this.#inbox, bytes);
    if (this.#missing === undefined && !this.#header()) return;
    while (!this.#closed && this.#missing !== undefined) {
      const wanted = Math.min(PIECE_BYTES, this.#missing);
      if (wanted === 0) return this.#end();
      if (this.#inbox.length < wanted) return;
      const piece = this.#inbox.slice(0, wanted);
      this.#inbox = this.#inbox.slice(wanted);
      this.#missing -= wanted;
      this.#options.onPiece(piece);
    }
  }

  /** True once the header is whole and says what was asked for. */
  #header(): boolean {
    const end = endOfHeader(this.#inbox);
    if (end === undefined) {
      if (this.#inbox.length > MAX_HEADER_BYTES) this.#end();
      return false;
    }
    const whole = wholeLength(this.#inbox.subarray(0, end), this.#options.from);
    if (whole === undefined) {
      this.#end();
      return false;
    }
    this.#inbox = this.#inbox.slice(end);
    this.#missing = whole - this.#options.from;
    this.#options.onLength(whole);
    return !this.#closed;
  }

  #end(): void {
    if (this.#closed) return;
    this.close();
    this.#options.onEnd();
  }
}

/** Index behind the empty line. */
function endOfHeader(bytes: Uint8Array): number | undefined {
  for (let at = 3; at < bytes.length; at++) {
    if (bytes[at - 3] === 13 && bytes[at - 2] === 10 && bytes[at - 1] === 13 && bytes[at] === 10) return at + 1;
  }
  return undefined;
}

/** Length of the whole image in an answer that gives it from `from` to its end; undefined for any other. */
function wholeLength(header: Uint8Array, from: number): number | undefined {
  let text = "";
  for (const byte of header) text += String.fromCharCode(byte);
  const [status = "", ...fields] = text.split("\r\n");
  if (!/^HTTP\/1\.1 206(?: |$)/.test(status)) return undefined;
  let whole: number | undefined;
  for (const field of fields) {
    const colon = field.indexOf(":");
    const name = field.slice(0, colon).toLowerCase();
    const value = field.slice(colon + 1).trim();
    if (name === "transfer-encoding" || (name === "content-encoding" && value !== "identity")) return undefined;
    if (name !== "content-range") continue;
    const [, first, last, length] = /^bytes (\d{1,9})-(\d{1,9})\/(\d{1,9})$/.exec(value) ?? [];
    if (first === undefined || last === undefined || length === undefined) return undefined;
    if (Number(first) !== from || Number(last) + 1 !== Number(length)) return undefined;
    whole = Number(length);
  }
  return whole;
}
