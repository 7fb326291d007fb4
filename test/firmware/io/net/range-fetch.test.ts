/** An image fetched by range: split anywhere, cut anywhere, and servers that answer something else. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MAX_HEADER_BYTES, SILENCE_MS } from "../../../../firmware/io/net/http-exchange.js";
import { RangeFetch } from "../../../../firmware/io/net/range-fetch.js";
import { PIECE_BYTES } from "../../../../firmware/io/net/update.js";
import { concatBytes, utf8Encode } from "../../../../shared/bytes.js";
import { SimClockwork, SimSockets } from "../../../../tools/bench/sockets.js";

const test = suite("range fetch");

const IMAGE = new Uint8Array(2 * PIECE_BYTES + 100).map((_, index) => index >> 3);

class Fetching {
  readonly clock = new SimClockwork();
  readonly sockets = new SimSockets();
  readonly pieces: Uint8Array[] = [];
  readonly lengths: number[] = [];
  ends = 0;
  readonly fetch: RangeFetch;

  constructor(from = 0, address: string | null = "10.0.0.1") {
    this.fetch = new RangeFetch({
      io: this.sockets.io,
      resolve: (_host, answer) => answer(address ?? undefined),
      clockwork: this.clock,
      image: { host: "images.example", port: 443, path: "/a.bin" },
      from,
      onLength: (bytes) => this.lengths.push(bytes),
      onPiece: (bytes) => this.pieces.push(bytes),
      onEnd: () => {
        this.ends += 1;
      },
    });
  }

  request(): string {
    this.sockets.last.offer();
    return String.fromCharCode(...this.sockets.last.written);
  }
}

function answer(from: number, change: (text: string) => string = (text) => text): Uint8Array {
  const range = `bytes ${from}-${IMAGE.length - 1}/${IMAGE.length}`;
  const header = `HTTP/1.1 206 Partial Content\r\nContent-Range: ${range}\r\n\r\n`;
  return concatBytes(utf8Encode(change(header)), IMAGE.subarray(from));
}

test("asks for the rest and gives it in pieces, however it is split", () => {
  for (const pieceBytes of [1, 7, 100, 5_000, 20_000]) {
    const fetching = new Fetching(PIECE_BYTES);
    assert.match(fetching.request(), /^GET \/a\.bin HTTP\/1\.1\r\nHost: images\.example\r\nRange: bytes=4096-\r\n/);
    fetching.sockets.last.arrive(answer(PIECE_BYTES), pieceBytes);
    assert.equal(concatBytes(...fetching.pieces), IMAGE.slice(PIECE_BYTES));
    assert.equal(
      fetching.pieces.map(({ length }) => length),
      [PIECE_BYTES, 100],
    );
    assert.equal([fetching.lengths, fetching.ends], [[IMAGE.length], 1]);
    assert.ok(fetching.sockets.last.closed);
  }
});

test("a break, a silence, no address and no socket are an end", () => {
  const broken = new Fetching();
  broken.request();
  broken.sockets.last.arrive(answer(0).subarray(0, PIECE_BYTES + 200));
  broken.sockets.last.break();
  assert.equal([broken.pieces.length, broken.ends], [1, 1]);
  const silent = new Fetching();
  silent.request();
  silent.clock.pass(SILENCE_MS);
  assert.is(silent.ends, 1);
  assert.is(new Fetching(0, null).ends, 1);
});

test("anything but what was asked for is an end without pieces", () => {
  const changes: readonly ((text: string) => string)[] = [
    (text) => text.replace("206 Partial Content", "200 OK"),
    (text) => text.replace("206 Partial Content", "404 Not Found"),
    (text) => text.replace("bytes 0-", "bytes 1-"),
    (text) => text.replace(/-\d+\//, "-99/"),
    (text) => text.replace(/\/\d+/, "/*"),
    (text) => text.replace("Content-Range", "X"),
    (text) => text.replace("\r\n\r\n", "\r\nTransfer-Encoding: chunked\r\n\r\n"),
    (text) => text.replace("\r\n\r\n", "\r\nContent-Encoding: gzip\r\n\r\n"),
    () => "x".repeat(MAX_HEADER_BYTES + 1),
  ];
  for (const change of changes) {
    const fetching = new Fetching();
    fetching.request();
    fetching.sockets.last.arrive(answer(0, change));
    assert.equal([fetching.pieces.length, fetching.ends], [0, 1], change("HTTP"));
  }
});

test("refuses a bad start; after close nothing comes any more", () => {
  assert.throws(() => new Fetching(-1), RangeError);
  assert.throws(() => new Fetching(0.5), RangeError);
  const fetching = new Fetching();
  fetching.request();
  fetching.fetch.close();
  fetching.fetch.close();
  fetching.sockets.last.break();
  fetching.clock.pass(SILENCE_MS);
  assert.is(fetching.ends, 0);
});

test.run();
