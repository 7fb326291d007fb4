/**
 * One GET with a range (RFC 9110 §14): the body comes in pieces of a sector of flash. Believed is only what was asked
 * for: 206 from the byte wanted on, with its whole length. Everything else is an end without pieces; whoever asked
 * tries again later.
 */
import { concatBytes } from "../../../shared/bytes.js";
import type { ImageManifest } from "../../../shared/wire/image-manifest.js";
import { HttpExchange, type HttpHeader } from "./http-exchange.js";
import type { Clockwork, Resolve, SocketClass } from "./sockets.js";
import { PIECE_BYTES } from "./update.js";

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
  readonly #exchange: HttpExchange;
  #closed = false;
  /** The piece under way. */
  #inbox: Uint8Array = new Uint8Array(0);
  #missing = 0;

  constructor(options: RangeFetchOptions) {
    if (!Number.isInteger(options.from) || options.from < 0) throw new RangeError("from");
    this.#options = options;
    const { io, resolve, clockwork, image, from, onEnd } = options;
    const { host, port, path } = image;
    this.#exchange = new HttpExchange({
      io,
      resolve,
      clockwork,
      request: { host, port, method: "GET", target: path, fields: [`Range: bytes=${from}-`] },
      onHeader: (header) => this.#header(header),
      onBody: (bytes) => this.#take(bytes),
      onEnd,
    });
  }

  close(): void {
    this.#closed = true;
    this.#exchange.close();
  }

  #header(header: HttpHeader): number | undefined {
    const { from, onLength } = this.#options;
    const whole = wholeLength(header, from);
    if (whole === undefined) return undefined;
    this.#missing = whole - from;
    onLength(whole);
    return this.#missing;
  }

  #take(bytes: Uint8Array): void {
    this.#inbox = concatBytes(this.#inbox, bytes);
    while (!this.#closed && this.#missing > 0) {
      const wanted = Math.min(PIECE_BYTES, this.#missing);
      if (this.#inbox.length < wanted) return;
      const piece = this.#inbox.slice(0, wanted);
      this.#inbox = this.#inbox.slice(wanted);
      this.#missing -= wanted;
      this.#options.onPiece(piece);
    }
  }
}

/** Length of the whole image in an answer that gives it from `from` to its end; undefined for any other. */
function wholeLength({ status, field }: HttpHeader, from: number): number | undefined {
  if (status !== 206) return undefined;
  const [, first, last, length] = /^bytes (\d{1,9})-(\d{1,9})\/(\d{1,9})$/.exec(field("content-range") ?? "") ?? [];
  if (first === undefined || last === undefined || length === undefined) return undefined;
  if (Number(first) !== from || Number(last) + 1 !== Number(length)) return undefined;
  return Number(length);
}
