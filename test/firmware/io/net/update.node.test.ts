/** A firmware image fetched and installed: cut at every step, resumed, forged, short, of another board. */
import { createHash, sign } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readManifest } from "../../../../firmware/io/net/image-manifest.js";
import {
  FETCH_AGAIN_FIRST_MS,
  FETCH_AGAIN_MAX_MS,
  MAX_DOWNLOADS,
  MAX_EMPTY_FETCHES,
  PIECE_BYTES,
  type ProgressNote,
  stepUpdate,
  UPDATE_AT_BOOT,
  type UpdateEffect,
  type UpdateInput,
  type UpdateState,
  updateDueMs,
} from "../../../../firmware/io/net/update.js";
import { type ImageManifest, manifestBody, signedManifest } from "../../../../shared/wire/image-manifest.js";
import { newKey } from "../../../../tools/measure/certificates.js";

const test = suite("firmware update");

const KEY = newKey(3_072);
const MODULUS = new Uint8Array(Buffer.from(KEY.export({ format: "jwk" }).n ?? "", "base64url"));
const IMAGE = new Uint8Array(3 * PIECE_BYTES + 100).map((_, index) => (index * 31) >> 3);
const SHA256 = new Uint8Array(createHash("sha256").update(IMAGE).digest());
const SLOT_BYTES = 8 * PIECE_BYTES;

const INFO: ImageManifest = {
  board: "devkit",
  version: "0.2.0",
  sizeBytes: IMAGE.length,
  sha256: SHA256,
  host: "images.example",
  port: 443,
  path: "/spiral-0.2.0.bin",
};

function manifest(change: Partial<ImageManifest> = {}, key = KEY): Uint8Array {
  const body = manifestBody({ ...INFO, ...change });
  return signedManifest(body, new Uint8Array(sign("sha256", body, key)));
}

/** A board: its slot and its note survive a power cut, all else does not. */
class Board {
  readonly slot = new Uint8Array(SLOT_BYTES).fill(0xff);
  note: ProgressNote | undefined;
  boots: "old" | "new" = "old";
  state: UpdateState = UPDATE_AT_BOOT;
  nowMs = 0;
  position = 0;
  /** What the server has; it may be another one, or a short one. */
  served: Uint8Array = IMAGE;
  readonly log: string[] = [];
  fetched = 0;
  /** Effects until the power goes. */
  cutAfter = Infinity;
  flashFails = false;

  give(input: UpdateInput): void {
    const facts = { board: "devkit", imageKey: MODULUS, slotBytes: SLOT_BYTES, random: (bound: number) => bound - 1 };
    const step = stepUpdate(this.state, input, facts, this.nowMs);
    this.state = step.state;
    for (const effect of step.effects) {
      if (this.cutAfter-- <= 0) throw new Error("power");
      this.execute(effect);
    }
  }

  execute(effect: UpdateEffect): void {
    switch (effect.do) {
      case "fetch":
        this.log.push(`fetch ${effect.from}`);
        return;
      case "stopFetch":
        return;
      case "openSlot":
        this.position = effect.at;
        return;
      case "write":
        this.slot.set(effect.bytes, this.position);
        this.position += effect.bytes.length;
        return this.give({ on: "written", ok: !this.flashFails });
      case "note":
        this.note = effect.note;
        return;
      case "hash":
        return this.give({
          on: "hashed",
          sha256: new Uint8Array(createHash("sha256").update(this.slot.subarray(0, effect.bytes)).digest()),
        });
      case "switch":
        this.boots = "new";
        return this.give({ on: "switched", ok: !this.flashFails });
      case "report":
        this.log.push(effect.fault ?? effect.phase);
    }
  }

  start(order = manifest()): void {
    this.state = UPDATE_AT_BOOT;
    this.give({ on: "link", up: true });
    this.give({ on: "idle", idle: true });
    this.give({ on: "order", manifest: order, note: this.note });
  }

  /** The server answers what is open, up to `pieces`; then the fetch is over. */
  serve(pieces = Infinity): void {
    if (!this.state.open) return;
    this.give({ on: "length", bytes: this.served.length });
    for (let count = 0; count < pieces && this.state.open; count++) {
      const piece = this.served.slice(this.state.bytes, this.state.bytes + PIECE_BYTES);
      if (piece.length === 0) break;
      this.fetched += piece.length;
      this.give({ on: "piece", bytes: piece });
    }
    if (this.state.open) this.give({ on: "fetchEnded" });
  }

  pass(ms: number): void {
    this.nowMs += ms;
    this.give({ on: "tick" });
  }
}

test("fetches, writes, hashes, switches, in this order", () => {
  const board = new Board();
  board.start();
  board.serve();
  assert.equal(board.log, ["fetching", "fetch 0", "verified", "switched"]);
  assert.equal(board.slot.slice(0, IMAGE.length), IMAGE);
  assert.is(board.boots, "new");
  assert.is(board.note, undefined);
  board.give({ on: "order", manifest: manifest(), note: undefined });
  assert.is(board.state.phase, "switched", "the same order again changes nothing");
});

test("a power cut after any effect loses at most one piece, and never starts half an image", () => {
  const whole = new Board();
  let effects = 0;
  const count = whole.execute.bind(whole);
  whole.execute = (effect) => {
    effects += 1;
    count(effect);
  };
  whole.start();
  whole.serve();
  assert.ok(effects > 10);
  for (let cut = 0; cut < effects; cut++) {
    const board = new Board();
    board.cutAfter = cut;
    assert.throws(() => {
      board.start();
      board.serve();
    }, "power");
    if (board.boots === "new") {
      // it starts the new image: there is nothing to fetch any more
      assert.equal(board.slot.slice(0, IMAGE.length), IMAGE);
      continue;
    }
    board.cutAfter = Infinity;
    board.start();
    board.serve();
    assert.is(board.state.phase, "switched", `cut ${cut}`);
    assert.equal(board.slot.slice(0, IMAGE.length), IMAGE);
    assert.ok(board.fetched <= IMAGE.length + PIECE_BYTES, `cut ${cut}: ${board.fetched} bytes fetched`);
  }
});

test("resumes where it was, after a server, a network or a customer came between", () => {
  const board = new Board();
  board.start();
  board.serve(1);
  assert.is(updateDueMs(board.state), board.nowMs + FETCH_AGAIN_FIRST_MS);
  board.pass(FETCH_AGAIN_FIRST_MS);
  board.give({ on: "idle", idle: false });
  assert.is(board.state.open, false, "somebody is served: nothing is erased");
  board.give({ on: "piece", bytes: IMAGE.slice(PIECE_BYTES, 2 * PIECE_BYTES) });
  assert.is(board.state.bytes, PIECE_BYTES, "a piece that was under way is none");
  board.give({ on: "idle", idle: true });
  board.give({ on: "link", up: false });
  board.give({ on: "link", up: true });
  board.serve();
  assert.equal(board.log, [
    "fetching",
    "fetch 0",
    `fetch ${PIECE_BYTES}`,
    `fetch ${PIECE_BYTES}`,
    `fetch ${PIECE_BYTES}`,
    "verified",
    "switched",
  ]);
});

test("waits with the switch until nobody is served", () => {
  const board = new Board();
  board.start();
  board.serve(3);
  board.pass(FETCH_AGAIN_FIRST_MS);
  const execute = board.execute.bind(board);
  board.execute = (effect) => {
    if (effect.do === "hash") board.state = { ...board.state, idle: false };
    execute(effect);
  };
  board.serve();
  assert.is(board.state.phase, "verified");
  assert.is(board.boots, "old");
  board.give({ on: "idle", idle: true });
  assert.is(board.boots, "new");
});

test("believes no order that is not signed for this board", () => {
  const other = newKey(3_072);
  const forged = manifest();
  forged[20] = (forged[20] ?? 0) ^ 1;
  const cases: readonly (readonly [Uint8Array, string])[] = [
    [manifest({}, other), "badSignature"],
    [forged, "badSignature"],
    [manifest({ board: "touch" }), "wrongBoard"],
    [manifest({ sizeBytes: 0 }), "badSize"],
    [manifest({ sizeBytes: 16_777_217 }), "badSize"],
    [manifest({ sizeBytes: SLOT_BYTES + 1 }), "doesNotFit"],
    [manifest({ sha256: new Uint8Array(31) }), "malformed"],
    [manifest({ path: "/a b" }), "malformed"],
    [manifest({ path: "a" }), "malformed"],
    [manifest({ port: 0 }), "malformed"],
    [manifest({ host: "" }), "malformed"],
    [new Uint8Array([1, 2, 3]), "malformed"],
    [new Uint8Array(2_049), "malformed"],
  ];
  for (const [order, why] of cases) {
    const board = new Board();
    board.start(order);
    assert.equal(board.log, [why]);
    assert.is(board.state.phase, "refused");
  }
  const read = readManifest(manifest(), "devkit", MODULUS);
  assert.equal(read.ok && read.image, INFO);
  const board = new Board();
  board.start();
  board.give({ on: "order", manifest: forged, note: undefined });
  board.serve();
  assert.is(board.state.phase, "switched", "an update under way is not disturbed by a forgery");
});

test("a server with another, a longer or a shorter image never gets it started", () => {
  const wrong = new Board();
  wrong.served = IMAGE.map((byte) => byte ^ 1);
  wrong.start();
  for (let i = 0; i < MAX_DOWNLOADS; i++) {
    wrong.serve();
    wrong.pass(FETCH_AGAIN_MAX_MS);
  }
  assert.is(wrong.log.at(-1), "wrongHash");
  for (const served of [IMAGE.slice(0, -1), new Uint8Array([...IMAGE, 0])]) {
    const board = new Board();
    board.served = served;
    board.start();
    board.serve();
    assert.is(board.log.at(-1), "wrongLength");
  }
  const piece = new Board();
  piece.start();
  piece.give({ on: "piece", bytes: new Uint8Array(10) });
  assert.is(piece.log.at(-1), "wrongLength");
  for (const board of [wrong, piece]) assert.equal([board.boots, board.note], ["old", undefined]);
});

test("gives up on a server that never brings anything, keeping what is there", () => {
  const board = new Board();
  board.start();
  board.serve(1);
  for (let i = 1; i < MAX_EMPTY_FETCHES + 1; i++) {
    board.pass(FETCH_AGAIN_MAX_MS);
    if (board.state.open) board.give({ on: "fetchEnded" });
  }
  assert.is(board.log.at(-1), "unreachable");
  assert.is(board.note?.bytes, PIECE_BYTES);
  board.start();
  board.serve();
  assert.is(board.state.phase, "switched");
});

test("flash that cannot be written ends it", () => {
  const board = new Board();
  board.flashFails = true;
  board.start();
  board.serve();
  assert.is(board.log.at(-1), "flash");
  assert.is(board.boots, "old");
});

test.run();
