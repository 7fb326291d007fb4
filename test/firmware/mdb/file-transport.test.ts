/** The mailbox of the File Transport Layer by itself: files in, files out, and every limit it has (mdb §1.7). */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  emptied,
  emptyMailbox,
  FTL_IDLE_MS,
  FTL_MAX_DELAYS,
  FTL_MAX_WAITING,
  type FtlEvent,
  type FtlState,
  type FtlStep,
  ftlHeard,
  ftlSent,
  ftlTick,
  nextFtl,
  wishFile,
} from "../../../firmware/mdb/file-transport.js";
import {
  FTL_BLOCK_DATA_BYTES,
  FTL_MAX_BLOCKS,
  FTL_MAX_FILE_BYTES,
  FTL_MAX_RETRIES,
  type FtlMessage,
} from "../../../shared/mdb/file-transport.js";

const test = suite("firmware/mdb file transport");
const DEVICE = 0x40;
const FILE = 0x01;

/** One mailbox, its clock, what it said and told. */
class Box {
  state: FtlState = emptyMailbox(DEVICE);
  nowMs = 1_000;
  readonly events: FtlEvent[] = [];

  take(step: FtlStep): this {
    this.state = step.state;
    this.events.push(...step.events);
    return this;
  }

  put(bytes: number, file = FILE): this {
    return this.take(wishFile(this.state, { file, bytes: Uint8Array.from({ length: bytes }, (_, i) => i & 0xff) }));
  }

  get(file = FILE): this {
    return this.take(wishFile(this.state, { file, bytes: undefined }));
  }

  hear(message: FtlMessage): this {
    return this.take(ftlHeard(this.state, message, this.nowMs));
  }

  /** The device sends a block of this number. */
  block(block: number, ...data: number[]): this {
    return this.hear({ event: "ftlSendBlock", to: 0, block, data });
  }

  /** Says what there is to say. heard: the device answers. */
  say(heard = true): FtlMessage | undefined {
    const message = nextFtl(this.state, this.nowMs);
    if (message !== undefined) this.take(ftlSent(this.state, message, heard, this.nowMs));
    return message;
  }
}

const OK: FtlMessage = { event: "ftlOkToSend", to: 0, from: DEVICE };
const OFFER: FtlMessage = { event: "ftlRequestToSend", to: 0, from: DEVICE, file: FILE, maxBlocks: 3, control: 0 };

function later(delayS: number): FtlMessage {
  return { event: "ftlRetryDeny", to: 0, from: DEVICE, delayS };
}

function deniedWith(message: FtlMessage | undefined): number | undefined {
  return message?.event === "ftlRetryDeny" ? message.delayS : undefined;
}

test("a file goes out: announced, in blocks of 31, ended by an empty one", () => {
  const box = new Box().put(70);
  assert.equal(box.say(), { event: "ftlRequestToSend", to: DEVICE, from: 0, file: FILE, maxBlocks: 3, control: 0 });
  assert.is(box.say(), undefined);
  box.hear(OK);
  const sizes: number[] = [];
  const numbers: number[] = [];
  for (let message = box.say(); message?.event === "ftlSendBlock"; message = box.say()) {
    numbers.push(message.block);
    sizes.push(message.data.length);
  }
  assert.equal(
    [numbers, sizes],
    [
      [0, 1, 2, 3],
      [31, 31, 8, 0],
    ],
  );
  assert.equal(box.events, [{ did: "sent", file: FILE, outcome: "delivered" }]);
  assert.equal(box.state.wishes, []);
});

test("the device may fetch what waits for it, and nothing else", () => {
  const fetch: FtlMessage = { ...OFFER, event: "ftlRequestToReceive" };
  const box = new Box().hear(fetch);
  assert.is(deniedWith(box.say()), 0xff);
  box.put(3, 0xf0).hear(fetch);
  assert.is(deniedWith(box.say()), 0xff);
  box.hear({ ...fetch, file: 0xf0 });
  assert.equal(box.say(), { event: "ftlSendBlock", to: DEVICE, block: 0, data: [0, 1, 2] });
  box.hear({ ...fetch, file: 0xf0 });
  assert.is(deniedWith(box.say()), 10);
});

test("a block without answer is said again, five times at most", () => {
  const box = new Box().put(5);
  box.say();
  box.hear(OK);
  for (let again = 0; again < FTL_MAX_RETRIES; again++) {
    const message = box.say(false);
    assert.is(message?.event === "ftlSendBlock" && message.block, 0);
    assert.equal(box.events, []);
  }
  box.say(false);
  assert.equal(box.events, [{ did: "sent", file: FILE, outcome: "failed" }]);
});

test("an announcement that nobody hears is given up as well", () => {
  const box = new Box().put(5);
  for (let tries = 0; tries <= FTL_MAX_RETRIES; tries++) box.say(false);
  assert.equal(box.events, [{ did: "sent", file: FILE, outcome: "failed" }]);
  assert.is(box.say(), undefined);
});

test("later is later, never is never, in both of its spellings; put off for ever is never, too", () => {
  for (const never of [0x00, 0xff]) {
    const box = new Box().put(5);
    box.say();
    box.hear(later(never));
    assert.equal(box.events, [{ did: "sent", file: FILE, outcome: "denied" }]);
  }
  const box = new Box().put(5);
  for (let time = 0; time < FTL_MAX_DELAYS; time++) {
    assert.is(box.say()?.event, "ftlRequestToSend");
    box.hear(later(7));
    box.nowMs += 6_999;
    assert.is(box.say(), undefined);
    box.nowMs += 1;
  }
  box.say();
  box.hear(later(7));
  assert.equal(box.events, [{ did: "sent", file: FILE, outcome: "denied" }]);
});

test("a file comes: allowed, block by block, ended by an empty one", () => {
  const box = new Box().hear(OFFER);
  assert.equal(box.say(), { event: "ftlOkToSend", to: DEVICE, from: 0 });
  box.block(0, 1, 2, 3).block(1, 4).block(2);
  assert.equal(box.events, [{ did: "received", file: FILE, bytes: Uint8Array.of(1, 2, 3, 4) }]);
  assert.is(box.say(), undefined);
});

test("a block said twice because our ACK got lost is taken once, the empty one too", () => {
  const box = new Box().hear(OFFER);
  box.say();
  box.block(0, 1, 2).block(0, 1, 2).block(1, 3).block(1, 3).block(2).block(2);
  assert.equal(box.events, [{ did: "received", file: FILE, bytes: Uint8Array.of(1, 2, 3) }]);
  assert.is(box.say(), undefined);
});

test("a hole, the same number with other data, and too much in a block end it", () => {
  const ends: ((box: Box) => Box)[] = [
    (box) => box.block(2, 1),
    (box) => box.block(0, 9),
    (box) => box.block(1, ...new Array<number>(FTL_BLOCK_DATA_BYTES + 1).fill(1)),
  ];
  for (const end of ends) {
    const box = new Box().hear(OFFER);
    box.say();
    end(box.block(0, 1));
    assert.is(deniedWith(box.say()), 0xff);
    assert.equal([box.state.transfer.at, box.events], ["none", []]);
  }
});

test("the longest file comes whole; one block more is too much", () => {
  const full = new Array<number>(FTL_BLOCK_DATA_BYTES).fill(7);
  const box = new Box().hear(OFFER);
  box.say();
  for (let block = 0; block < FTL_MAX_BLOCKS - 1; block++) box.block(block, ...full);
  box.block(FTL_MAX_BLOCKS - 1);
  const [event] = box.events;
  assert.is(event?.did === "received" && event.bytes.length, FTL_MAX_FILE_BYTES);
  const over = new Box().hear(OFFER);
  over.say();
  for (let block = 0; block < FTL_MAX_BLOCKS; block++) over.block(block, ...full);
  assert.equal([deniedWith(over.say()), over.events], [0xff, []]);
});

test("asked for, it comes without an offer; or it is missed", () => {
  const box = new Box().get();
  assert.equal(box.say(), {
    event: "ftlRequestToReceive",
    to: DEVICE,
    from: 0,
    file: FILE,
    maxBlocks: 255,
    control: 0,
  });
  box.block(0, 1).block(1);
  assert.equal(box.events, [{ did: "received", file: FILE, bytes: Uint8Array.of(1) }]);
  assert.equal(box.state.wishes, []);
  const denied = new Box().get();
  denied.say();
  denied.hear(later(0));
  assert.equal(denied.events, [{ did: "missed", file: FILE }]);
  const torn = new Box().get();
  torn.say();
  torn.block(0, 1).block(5, 1);
  assert.equal(torn.events, [{ did: "missed", file: FILE }]);
});

test("files for others are refused, and one in the middle of another is put off", () => {
  const box = new Box().hear({ ...OFFER, to: 0x08 });
  assert.is(deniedWith(box.say()), 0xff);
  box.hear(OFFER);
  box.say();
  box.hear({ ...OFFER, file: 2 });
  assert.is(deniedWith(box.say()), 10);
  // the same one begins anew
  box.block(0, 9).hear(OFFER);
  assert.is(box.say()?.event, "ftlOkToSend");
  box.block(0, 1).block(1);
  assert.equal(box.events, [{ did: "received", file: FILE, bytes: Uint8Array.of(1) }]);
});

test("so many may wait, so long may they be", () => {
  const box = new Box().put(FTL_MAX_FILE_BYTES);
  for (let n = 1; n < FTL_MAX_WAITING; n++) box.put(1, n);
  assert.equal(box.events, []);
  box.put(1, 9);
  assert.equal(box.events, [{ did: "sent", file: 9, outcome: "failed" }]);
  const long = new Box().put(FTL_MAX_FILE_BYTES + 1);
  assert.equal(long.events, [{ did: "sent", file: FILE, outcome: "failed" }]);
});

test("half a minute of silence ends it, in whatever state; a reset fails all that waits", () => {
  const states: [(box: Box) => unknown, FtlEvent[]][] = [
    [(box) => box.put(5).say(), [{ did: "sent", file: FILE, outcome: "failed" }]],
    [(box) => box.get().say(), [{ did: "missed", file: FILE }]],
    [(box) => box.hear(OFFER).say(), []],
  ];
  for (const [begin, events] of states) {
    const box = new Box();
    begin(box);
    box.take(ftlTick(box.state, box.nowMs + FTL_IDLE_MS - 1));
    assert.is.not(box.state.transfer.at, "none");
    box.take(ftlTick(box.state, box.nowMs + FTL_IDLE_MS));
    assert.equal([box.state.transfer.at, box.events], ["none", events]);
  }
  const box = new Box().put(5).get(7);
  box.take(emptied(box.state));
  assert.equal(box.events, [
    { did: "sent", file: FILE, outcome: "failed" },
    { did: "missed", file: 7 },
  ]);
});

test("words out of place change nothing", () => {
  const box = new Box();
  const before = box.state;
  box
    .hear(OK)
    .hear(later(5))
    .hear({ event: "ftlSendBlock", to: 0x08, block: 0, data: [1] });
  assert.is(box.state, before);
  box.block(3, 1);
  assert.is(deniedWith(box.say()), 0xff);
});

test.run();
