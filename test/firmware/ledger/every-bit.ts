/**
 * One bit rots, any bit: what a power-up then finds. Knows of each byte of the image what it belongs to, by the
 * specification alone, and so what may be lost with it.
 */
import * as assert from "uvu/assert";
import { type Ledger, openLedger } from "../../../firmware/ledger/ledger.js";
import { decodeBody } from "../../../shared/records/codec.js";
import { creditDifferenceMinor, type Durable, emptyDurable } from "../../../shared/records/durable.js";
import { applyRecord } from "../../../shared/records/fold.js";
import type { NewRecord } from "../../../shared/records/kinds.js";
import { type FlashImage, SimFlash } from "../../../tools/bench/flash.js";
import { type ReadRecord, readLedger } from "./second-reader.js";
import { ownedBy } from "./source.js";

const EPOCH = 6;
const BLOCKS = 8;
const BLOCK_BYTES = 512;
const BLOCK_BITS = BLOCK_BYTES * 8;
const UNREADABLE = 255;

/** Records of one sale as a machine writes them: coins, a bill, a turn, change. */
function saleRecords(saleNo: number): readonly NewRecord[] {
  const slot = saleNo % 2 === 0 ? "A1" : "B4";
  const sale = { saleNo, slot, priceMinor: 175, paidMinor: 200, means: 0 };
  const tubes = Uint8Array.from([20, 30, 45 - saleNo]);
  const payout = { payoutNo: saleNo, reason: 0 };
  return [
    { kind: "coinIn", type: 2, valueMinor: 25, path: 1, tubeCount: 45 - saleNo },
    { kind: "coinIn", type: 2, valueMinor: 25, path: 0, tubeCount: 45 - saleNo },
    { kind: "coinIn", type: 2, valueMinor: 50, path: 0, tubeCount: 0 },
    { kind: "stackStarted", type: 0, valueMinor: 100, stackerCount: saleNo },
    { kind: "billStacked", type: 0, valueMinor: 100, route: 0 },
    { kind: "repeatSuppressed", device: 0x30, reply: Uint8Array.of(0x80) },
    { kind: "vendStarted", ...sale },
    { kind: "leftHome", saleNo, turn: 1 },
    { kind: "saleSettled", ...sale, productId: 204, planogramVersion: 1, changeMinor: 25, proof: 0, fallMs: 310 },
    { kind: "payoutStarted", ...payout, dueMinor: 25, type: 2, count: 1, valueMinor: 25, tubes },
    { kind: "payoutDone", ...payout, paidMinor: 25, tubes },
  ];
}

export interface Rottable {
  readonly flash: SimFlash;
  readonly image: FlashImage;
  /** Every record, as the second reader has it. */
  readonly records: readonly ReadRecord[];
  /** Place of the newest block. */
  readonly newest: number;
}

/** Some blocks of sales, the last block half full, the last sale broken off. */
export function rottable(): Rottable {
  const flash = new SimFlash({ blocks: BLOCKS, blockBytes: BLOCK_BYTES });
  const ledger = openLedger(flash, ownedBy(EPOCH));
  const boot: NewRecord = { kind: "boot", bootNo: 1, cause: 0, firmware: "0.1.0" };
  const stock = ["A1", "B4"].map((slot): NewRecord => ({ kind: "stockSet", slot, quantity: 8 }));
  const all = [boot, ...stock, ...[1, 2, 3].flatMap(saleRecords), ...saleRecords(4).slice(0, 8)];
  all.forEach((record, i) => {
    const wall = record.kind === "saleSettled" ? { wallS: 1_767_225_600 + i } : {};
    assert.ok(ledger.append(record, { atMs: 900 * i, ...wall }).ok);
  });
  const rotten = asOnFlash(flash);
  assert.is(rotten.records.length, all.length);
  assert.ok(new Set(rotten.records.map(({ place }) => place)).size >= 3, "some blocks");
  return rotten;
}

/** The same after a power-up, which copied the newest block, and the ledger that goes on with it. */
export function runningOn({ flash, image }: Rottable): { readonly rotten: Rottable; readonly ledger: Ledger } {
  flash.restore(image);
  const ledger = openLedger(flash, ownedBy(EPOCH));
  return { rotten: asOnFlash(flash), ledger };
}

function asOnFlash(flash: SimFlash): Rottable {
  const image = flash.snapshot();
  const records = readLedger(image.bytes, BLOCK_BYTES);
  return { flash, image, records, newest: records.at(-1)?.place ?? -1 };
}

/** Every `step`-th bit of the image worth flipping: of the blocks in force and of one that is blank. */
export function bitsOf({ records }: Rottable, step: number): number[] {
  const places = [...new Set(records.map(({ place }) => place))];
  places.push(Math.max(...places) + 1);
  const bits: number[] = [];
  for (let bit = 0; bit < places.length * BLOCK_BITS; bit += step) {
    bits.push((places[Math.floor(bit / BLOCK_BITS)] ?? 0) * BLOCK_BITS + (bit % BLOCK_BITS));
  }
  return bits;
}

/** Flips one bit, powers up, and holds what is found against what may be lost with that bit. Sequences lost. */
export function judge(rotten: Rottable, bit: number): readonly number[] {
  const { flash, image, records, newest } = rotten;
  const offset = Math.floor(bit / 8);
  flash.restore(image);
  flash.flipBit(offset, bit % 8);
  const ledger = openLedger(flash, ownedBy(EPOCH));
  const hit = records.find(({ at, bytes }) => offset >= at && offset < at + bytes);
  const last = records.at(-1);
  // SPEC.md §6: rot in the newest record cannot be told from one torn by a cut; its sequence is given again.
  const torn = hit !== undefined && hit === last && ledger.newestSeq === last.seq - 1;
  const expected = torn ? records.slice(0, -1) : records;
  const where = `bit ${bit % 8} of byte ${offset % BLOCK_BYTES} in block ${Math.floor(offset / BLOCK_BYTES)}`;
  assert.is(ledger.newestSeq, expected.length, where);
  const lost = lostOf(ledger, expected, where);
  for (const seq of lost) assert.is(seq, hit?.seq, `${where}: sequence ${seq} is lost`);
  assert.not.ok(ledger.state.stateLost, where);
  const missing = hit?.place === newest ? lost : [];
  assert.equal(ledger.durable, stateOf(expected, missing), where);
  assert.is(ledger.stands, undefined, where);
  return torn ? [last?.seq ?? 0] : lost;
}

/** Reads everything as the fleet would: each record is as it was, or unreadable. Sequences of the latter. */
function lostOf(ledger: Ledger, expected: readonly ReadRecord[], where: string): number[] {
  const lost: number[] = [];
  assert.is(ledger.oldestSeq, 1, where);
  for (let seq = 1; seq <= ledger.newestSeq; ) {
    const batch = ledger.readBatch(seq, 64, 8_192);
    if (batch === undefined) throw new Error(`${where}: nothing from sequence ${seq} on`);
    assert.is(batch.firstSeq, seq, where);
    for (const { code, body } of batch.records) {
      const was = expected[seq - 1];
      if (code === UNREADABLE) lost.push(seq);
      else if (code !== was?.code || body.length !== was.body.length || body.some((byte, i) => byte !== was.body[i])) {
        throw new Error(`${where}: sequence ${seq} is another record than before`);
      }
      seq++;
    }
  }
  return lost;
}

const states = new Map<string, Durable>();

/** All records folded but those missing. */
function stateOf(records: readonly ReadRecord[], missing: readonly number[]): Durable {
  const key = `${records.length} ${missing.join(" ")}`;
  const known = states.get(key);
  if (known !== undefined) return known;
  const state = emptyDurable();
  for (const { seq, code, body } of records) {
    const read = decodeBody(code, seq, body);
    if (read.ok && !missing.includes(seq)) applyRecord(state, read.record);
  }
  if (missing.length === 0) assert.is(creditDifferenceMinor(state), 0);
  states.set(key, state);
  return state;
}

/** The rot that a running machine meets: read without a power-up. Sequences lost. */
export function judgeRunning({ flash, image, records }: Rottable, ledger: Ledger, bit: number): readonly number[] {
  flash.restore(image);
  const offset = Math.floor(bit / 8);
  flash.flipBit(offset, bit % 8);
  const hit = records.find(({ at, bytes }) => offset >= at && offset < at + bytes);
  const lost = lostOf(ledger, records, `byte ${offset}, running`);
  for (const seq of lost) assert.is(seq, hit?.seq, `byte ${offset}, running`);
  return lost;
}
