/** The DEX port against the simulated handset: a clean read, lost bytes, wrong CRCs, silence, a plug pulled early. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  DEX_AT_BOOT,
  type DexState,
  dexDueMs,
  HANDSET_MS,
  MAX_TRIES,
  REPLY_MS,
  stepDex,
} from "../../../firmware/audit/dex.js";
import {
  type DexReceiver,
  type DexWord,
  LISTENING,
  MAX_BLOCK_BYTES,
  receive,
} from "../../../firmware/audit/dex-line.js";
import { concatBytes, fromHex, toHex, utf8Encode } from "../../../shared/bytes.js";
import type { NewRecord } from "../../../shared/records/kinds.js";
import { DexHandset } from "../../../tools/bench/dex.js";
import { World } from "../../../tools/bench/world.js";

const test = suite("DEX port");

const REPORT = "0123456789ABCDEF".repeat(50);
const LIMIT_US = 120_000_000;
const READ: readonly NewRecord[] = [{ kind: "auditRead", by: 1, reset: false }];

/** Port and handset on one line. */
class Line {
  readonly world = new World();
  readonly handset: DexHandset;
  readonly records: NewRecord[] = [];
  readonly facts = { report: () => utf8Encode(REPORT), hasRoom: true };
  state: DexState = DEX_AT_BOOT;
  /** Bytes of each send of the machine, hex. */
  readonly sent: string[] = [];

  constructor() {
    this.handset = new DexHandset(this.world, (bytes) => this.input(bytes));
  }

  input(bytes: Uint8Array): void {
    this.take(stepDex(this.state, { on: "dex", bytes }, this.facts, this.nowMs));
  }

  take(step: ReturnType<typeof stepDex>): void {
    this.state = step.state;
    for (const effect of step.effects) {
      if (effect.do === "append") this.records.push(effect.record);
      else {
        this.sent.push(toHex(effect.bytes));
        this.handset.send(effect.bytes);
      }
    }
  }

  get nowMs(): number {
    return this.world.nowUs / 1_000;
  }

  /** Until nothing more happens. */
  run(): void {
    while (this.world.nowUs < LIMIT_US) {
      const dueUs = dexDueMs(this.state) * 1_000;
      if (this.world.step(Math.min(dueUs, LIMIT_US))) continue;
      if (dueUs > LIMIT_US) return;
      this.world.runUntil(dueUs);
      this.take(stepDex(this.state, { on: "tick" }, this.facts, this.nowMs));
    }
  }
}

test("a handset reads the report, and that it was read is recorded once", () => {
  const line = new Line();
  line.handset.plugIn();
  line.run();
  assert.is(line.handset.report, REPORT);
  assert.is(line.handset.machineHeader, "00SPI0000001R01L01");
  assert.equal(
    line.handset.blocks.map(({ length }) => length),
    [MAX_BLOCK_BYTES, MAX_BLOCK_BYTES, MAX_BLOCK_BYTES, 800 - 3 * MAX_BLOCK_BYTES],
  );
  assert.equal(line.records, READ);
  assert.is(line.state.phase, "idle");
  const [dle0, dle1, enq] = line.sent;
  assert.equal([dle0, dle1, enq], ["1030", "1031", "05"], "slave in the first handshake, master in the second");
  assert.is(line.sent[3], "10013030535049303030303030315230314c3031100329b9");
});

test("the CRC of a real handset's header fits", () => {
  const words = wordsOf(
    fromHex("1001363135303231303030305252303 14c303110031a6d".replace(" ", "")) ?? new Uint8Array(0),
  );
  assert.is(words.length, 1);
  const [word] = words;
  assert.ok(word?.word === "frame" && word.sound && word.last);
});

function wordsOf(bytes: Uint8Array): DexWord[] {
  const words: DexWord[] = [];
  let at: DexReceiver = LISTENING;
  for (const byte of bytes) {
    const { next, word } = receive(at, byte);
    at = next;
    if (word !== undefined) words.push(word);
  }
  return words;
}

for (const every of [7, 23, 97, 301, 997]) {
  test(`every ${every}th byte of the machine is lost: complete or not at all`, () => {
    const line = new Line();
    line.handset.faults.loseFromMachine = every;
    line.handset.plugIn();
    line.run();
    assert.ok(line.handset.report === REPORT || line.handset.stage === "failed", line.handset.stage);
    assert.ok(line.records.length <= 1);
    assert.is(line.state.phase, "idle");
    if (every === 997) assert.is(line.handset.report, REPORT);
  });
}

test("every 29th byte of the handset is lost: its header comes through sooner or later", () => {
  const line = new Line();
  line.handset.faults.loseFromHandset = 29;
  line.handset.plugIn();
  line.run();
  assert.is(line.handset.report, REPORT);
  assert.equal(line.records, READ);
});

test("a header with a wrong CRC is answered by NAK, and the next one taken", () => {
  const line = new Line();
  line.handset.faults.bendCrcs = 1;
  line.handset.plugIn();
  line.run();
  assert.ok(line.sent.includes("15"));
  assert.is(line.handset.report, REPORT);
});

test("a lost acknowledgement is asked for again; no block goes twice", () => {
  const line = new Line();
  line.handset.faults.swallowAcks = 3;
  line.handset.plugIn();
  line.run();
  assert.is(line.handset.report, REPORT);
  assert.equal(line.records, READ);
});

test("a plug pulled in the middle: nothing is recorded, the port is idle again in bounded time", () => {
  const line = new Line();
  line.handset.faults.unplugAfterBlocks = 2;
  line.handset.plugIn();
  line.run();
  assert.equal(line.records, []);
  assert.is(line.state.phase, "idle");
  assert.is(line.state.failed, 1);
  assert.ok(line.nowMs < 10_000 + (MAX_TRIES + 1) * REPLY_MS);
  line.handset.faults.unplugAfterBlocks = 0;
  line.handset.plugIn();
  line.run();
  assert.is(line.handset.report, REPORT, "and it is read when the handset comes back");
});

test("a handset that asks and says no more is given up", () => {
  const line = new Line();
  line.input(Uint8Array.of(5));
  assert.is(dexDueMs(line.state), HANDSET_MS);
  line.run();
  assert.is(line.state.phase, "idle");
  assert.is(line.state.failed, 1);
});

test("a request for anything but a read is refused", () => {
  const line = new Line();
  line.input(Uint8Array.of(5));
  line.input(fromHex("1001415544303030303030315352303 14c303110030000".replace(" ", "")) ?? new Uint8Array(0));
  assert.is(line.sent.at(-1), "15");
});

test("with the ledger full the report is read all the same, only not counted", () => {
  const line = new Line();
  line.facts.hasRoom = false;
  line.handset.plugIn();
  line.run();
  assert.is(line.handset.report, REPORT);
  assert.equal(line.records, []);
});

test("noise never throws and sends nothing by itself", () => {
  const line = new Line();
  const noise = Uint8Array.from({ length: 4_096 }, (_, i) => (i * 167 + (i >> 3)) % 256).filter((byte) => byte !== 5);
  line.input(noise);
  line.input(concatBytes(Uint8Array.of(0x10, 1), new Uint8Array(600), Uint8Array.of(0x10, 3, 0, 0)));
  assert.equal(line.sent, []);
  assert.is(line.state.phase, "idle");
});

test.run();
