/** A firmware update on a simulated chip from a simulated server: cut at every act, resumed, forged, short, too big. */
import { createHash, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { KeyValueStorage } from "../../../../firmware/io/ecma-419.js";
import { ProgressNotes } from "../../../../firmware/io/net/progress-notes.js";
import {
  FETCH_AGAIN_MAX_MS,
  MAX_DOWNLOADS,
  MAX_EMPTY_FETCHES,
  PIECE_BYTES,
  UPDATE_FAULTS,
} from "../../../../firmware/io/net/update.js";
import { HASH_BYTES, IMAGE_SLOT_BYTES, Updater } from "../../../../firmware/io/net/updater.js";
import { concatBytes, utf8Encode } from "../../../../shared/bytes.js";
import { type ImageManifest, manifestBody, signedManifest } from "../../../../shared/wire/image-manifest.js";
import { SimClockwork, type SimSocket, SimSockets } from "../../../../tools/bench/sockets.js";
import { newKey } from "../../../../tools/measure/certificates.js";
import { IMAGE_MAGIC, SimImageSlots } from "../../../support/io/image-slots.js";
import { SimKeyValueStorage } from "../../../support/io/storage.js";

const test = suite("updater");

const KEY = newKey(3_072);
const MODULUS = new Uint8Array(Buffer.from(KEY.export({ format: "jwk" }).n ?? "", "base64url"));
const IMAGE = new Uint8Array(3 * PIECE_BYTES + 100).map((_, index) => (index === 0 ? IMAGE_MAGIC : (index * 31) >> 3));
const STEP_MS = 1_000;
const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(bytes).digest());

const INFO: ImageManifest = {
  board: "devkit",
  version: "0.2.0",
  sizeBytes: IMAGE.length,
  sha256: sha256(IMAGE),
  host: "images.example",
  port: 443,
  path: "/spiral.bin",
};

function manifest(change: Partial<ImageManifest> = {}, key = KEY): Uint8Array {
  const body = manifestBody({ ...INFO, ...change });
  return signedManifest(body, new Uint8Array(sign("sha256", body, key)));
}

/** The chip and the server; the updater is what a power cut takes away. */
class Board {
  readonly chip = new SimImageSlots();
  readonly keyValue = new SimKeyValueStorage();
  readonly news: string[] = [];
  /** What the server has. It breaks the connection behind so many bytes of body. */
  served: Uint8Array = IMAGE;
  breaksAfter = Infinity;
  fetchedBytes = 0;
  address: string | undefined = "10.0.0.1";
  #clocks: SimClockwork[] = [];
  #sockets = new SimSockets();
  #answered = 0;
  updater = this.#open();

  /** Notes lie in the same flash as all else: they are acts, too. */
  get storage(): KeyValueStorage {
    return {
      open: (options) => {
        const store = this.keyValue.open(options);
        const write = (key: string, value: Uint8Array): void => {
          if (this.chip.act() === 1) store.write(key, value);
        };
        return { ...store, write };
      },
    };
  }

  #open(): Updater {
    return new Updater({
      openSlot: this.chip.openSlot,
      storage: this.storage,
      sha256: () => {
        const hash = createHash("sha256");
        return {
          write: (bytes) => hash.update(new Uint8Array(bytes)),
          close: () => new Uint8Array(hash.digest()).buffer,
        };
      },
      board: "devkit",
      imageKey: MODULUS,
      io: this.#sockets.io,
      resolve: (_host, answer) => answer(this.address),
      makeClockwork: () => {
        const clock = new SimClockwork();
        this.#clocks.push(clock);
        return clock;
      },
      random: (bound) => bound - 1,
      onNews: ({ news, detail }) => {
        const why = news === "refused" || news === "failed" ? UPDATE_FAULTS[detail] : detail;
        this.news.push(`${news} ${why}`);
      },
    });
  }

  start(order = manifest()): this {
    this.updater.link(true);
    this.updater.idle(true);
    this.updater.order(order);
    return this;
  }

  restart(): void {
    this.chip.restart();
    this.#clocks = [];
    this.#sockets = new SimSockets();
    this.#answered = 0;
    this.updater = this.#open();
  }

  /** In steps, so that no clock is far ahead of the others; until somebody connects. */
  pass(ms: number): void {
    const { length } = this.#sockets.opened;
    for (let left = ms; left > 0 && this.#sockets.opened.length === length; left -= STEP_MS) {
      for (const clock of [...this.#clocks]) clock.pass(Math.min(left, STEP_MS));
    }
  }

  /** Every connection that has been opened is answered, until the update has come to rest. */
  serve(rounds = 20): void {
    for (let round = 0; round < rounds; round++) {
      const next = this.#sockets.opened[this.#answered];
      if (next !== undefined) this.#answered += 1;
      if (next !== undefined && !next.closed) this.#answer(next);
      this.pass(next === undefined ? FETCH_AGAIN_MAX_MS : 1);
      const { phase } = this.updater;
      if (phase === "switched" || phase === "refused" || this.chip.dead) return;
    }
  }

  #answer(socket: SimSocket): void {
    socket.offer();
    const from = Number(/bytes=(\d+)-/.exec(String.fromCharCode(...socket.written))?.[1]);
    const { length } = this.served;
    const header = `HTTP/1.1 206 Partial Content\r\nContent-Range: bytes ${from}-${length - 1}/${length}\r\n\r\n`;
    const body = this.served.subarray(from, Math.min(length, from + this.breaksAfter));
    this.fetchedBytes += body.length;
    socket.arrive(concatBytes(utf8Encode(header), body), 1_000);
    if (!socket.closed) socket.break();
  }

  get installed(): boolean {
    return this.chip.boots === "new" && sha256(this.chip.slot.subarray(0, IMAGE.length)).join() === INFO.sha256.join();
  }
}

test("fetches, writes, hashes and switches, and says so", () => {
  const board = new Board().start();
  board.serve();
  assert.equal(board.news, ["downloading 0", `verified ${IMAGE.length}`, `switched ${IMAGE.length}`]);
  assert.ok(board.installed);
  assert.is(board.fetchedBytes, IMAGE.length);
});

test("a power cut in any act on flash: afterwards the same order ends with the image whole, or it runs already", () => {
  const whole = new Board().start();
  whole.serve();
  assert.ok(whole.chip.acts >= 9, "four pieces, four notes, the switch");
  for (let cut = 0; cut < whole.chip.acts; cut++) {
    const board = new Board();
    board.chip.powerActs = cut;
    board.start().serve();
    if (board.chip.boots === "new") {
      assert.ok(board.installed, `cut ${cut}`);
      continue;
    }
    board.restart();
    board.start().serve();
    assert.ok(board.installed, `cut ${cut}`);
    // in the cut itself a piece, or a note of one, is lost; the server had sent on meanwhile
    assert.ok(board.fetchedBytes <= 2 * IMAGE.length, `cut ${cut}`);
    assert.is(board.updater.phase, "switched");
  }
});

test("resumes behind what is noted, after server, network and customer came between", () => {
  const board = new Board();
  board.breaksAfter = PIECE_BYTES;
  board.start().serve(1);
  assert.is(new ProgressNotes({ io: board.keyValue }).read()?.bytes, PIECE_BYTES);
  board.updater.link(false);
  board.pass(FETCH_AGAIN_MAX_MS);
  board.serve(1);
  assert.is(board.fetchedBytes, PIECE_BYTES, "network gone: nothing is asked");
  board.updater.link(true);
  board.updater.idle(false);
  board.serve(3);
  assert.is(board.fetchedBytes, PIECE_BYTES, "somebody is served: nothing is asked");
  board.updater.idle(true);
  board.serve();
  assert.ok(board.installed);
  assert.is(board.fetchedBytes, IMAGE.length);
});

test("what is whole in the slot after a restart is hashed again, not fetched", () => {
  const board = new Board();
  board.updater.link(true);
  board.updater.idle(true);
  board.updater.order(manifest());
  board.chip.powerActs = 8;
  board.serve();
  assert.is(board.chip.boots, "old", "cut in the switch");
  board.restart();
  board.start().serve();
  assert.ok(board.installed);
  assert.is(board.fetchedBytes, IMAGE.length);
});

test("no order is believed that is not signed for this board, or whose image has no room", () => {
  const forged = manifest();
  forged[20] = (forged[20] ?? 0) ^ 1;
  const cases: readonly (readonly [Uint8Array, string])[] = [
    [manifest({}, newKey(3_072)), "badSignature"],
    [forged, "badSignature"],
    [manifest({ board: "touch" }), "wrongBoard"],
    [manifest({ sizeBytes: IMAGE_SLOT_BYTES + 1 }), "doesNotFit"],
    [new Uint8Array([1]), "malformed"],
  ];
  for (const [order, why] of cases) {
    const board = new Board().start(order);
    board.serve();
    assert.equal(board.news, [`refused ${why}`]);
    assert.equal([board.chip.writers, board.fetchedBytes, board.chip.boots], [0, 0, "old"]);
  }
});

test("a short, a long and another image are never started", () => {
  for (const served of [IMAGE.slice(0, -1), concatBytes(IMAGE, new Uint8Array(1))]) {
    const board = new Board();
    board.served = served;
    board.start().serve();
    assert.is(board.news.at(-1), "failed wrongLength");
    assert.is(board.chip.boots, "old");
  }
  const other = new Board();
  other.served = IMAGE.map((byte, index) => (index === 5_000 ? byte ^ 1 : byte));
  other.start().serve(100);
  assert.is(other.news.at(-1), "failed wrongHash");
  assert.is(other.fetchedBytes, MAX_DOWNLOADS * IMAGE.length);
  assert.is(other.chip.boots, "old");
});

test("flash that is broken, full of something else, or on trial ends it; the next order is heard", () => {
  const broken = new Board();
  broken.chip.broken = true;
  broken.start().serve();
  assert.is(broken.news.at(-1), "failed flash");
  broken.chip.broken = false;
  broken.updater.order(manifest());
  broken.serve();
  assert.ok(broken.installed);
  const onTrial = new Board();
  onTrial.chip.onTrial = true;
  onTrial.start().serve();
  assert.is(onTrial.news.at(-1), "failed flash");
  const noImage = new Board();
  noImage.served = IMAGE.slice();
  noImage.served[0] = 0;
  noImage.start(manifest({ sha256: sha256(noImage.served) })).serve();
  assert.is(noImage.news.at(-1), "failed flash");
  assert.equal([onTrial.chip.boots, noImage.chip.boots], ["old", "old"]);
});

test("a server that is not there is given up in the end, and what there is kept", () => {
  const board = new Board();
  board.breaksAfter = PIECE_BYTES;
  board.start().serve(1);
  board.address = undefined;
  board.serve(2 * MAX_EMPTY_FETCHES);
  assert.is(board.news.at(-1), "failed unreachable");
  assert.is(new ProgressNotes({ io: board.keyValue }).read()?.bytes, PIECE_BYTES);
});

test("tells how far it is every ten seconds (NEWS_MS) at most, and hashes in steps", () => {
  const board = new Board();
  board.served = concatBytes(IMAGE, new Uint8Array(2 * HASH_BYTES));
  board.breaksAfter = PIECE_BYTES;
  board.start(manifest({ sizeBytes: board.served.length, sha256: sha256(board.served) })).serve(5);
  assert.is(board.fetchedBytes, 3 * PIECE_BYTES, "a piece every five seconds");
  assert.equal(board.news, ["downloading 0", `downloading ${3 * PIECE_BYTES}`]);
  board.breaksAfter = Infinity;
  board.serve(100);
  assert.is(board.news.at(-1), `switched ${board.served.length}`);
});

test("the slot is as long as the partition table says", () => {
  const table = readFileSync(new URL("../../../../firmware/io/boards/partitions.csv", import.meta.url), "utf8");
  const slots = [...table.matchAll(/^ota_[01],.*,\s*(0x[0-9a-f]+)$/gm)].map(([, size]) => Number(size));
  assert.equal(slots, [IMAGE_SLOT_BYTES, IMAGE_SLOT_BYTES]);
});

test("notes: what is no note is none, what cannot be written is said, after close nothing goes", () => {
  const keyValue = new SimKeyValueStorage();
  const notes = new ProgressNotes({ io: keyValue });
  assert.is(notes.read(), undefined);
  assert.ok(notes.write({ sha256: INFO.sha256, bytes: 8_192 }));
  assert.equal(notes.read(), { sha256: INFO.sha256, bytes: 8_192 });
  assert.ok(notes.write(undefined));
  assert.is(notes.read(), undefined);
  keyValue.mismatched.push("progress");
  assert.is(notes.read(), undefined);
  const full: KeyValueStorage = {
    open: () => ({
      read: () => undefined,
      close: () => {},
      write: () => {
        throw new Error("full");
      },
    }),
  };
  assert.not(new ProgressNotes({ io: full }).write(undefined));
  notes.close();
  notes.close();
  assert.throws(() => notes.read(), "closed");
});

test("after close it does nothing more, and throws at whoever asks", () => {
  const board = new Board().start();
  board.updater.close();
  board.updater.close();
  board.serve(3);
  assert.equal([board.fetchedBytes, board.chip.writers], [0, 0]);
  for (const use of [
    () => board.updater.order(manifest()),
    () => board.updater.link(true),
    () => board.updater.idle(true),
  ]) {
    assert.throws(use, "closed");
  }
});

test.run();
