/** Any bit of the flash may rot: all of them, one after another. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bitsOf, judge, judgeRunning, rottable, runningOn } from "./every-bit.js";

const test = suite("ledger: every bit, all of them");

test("each bit of a ledger's blocks: nothing lost but its own record, no hole, none invented, the money right", () => {
  const rotten = rottable();
  const bits = bitsOf(rotten, 1);
  const lostBySeq = new Map<number, number>();
  for (const bit of bits) {
    for (const seq of judge(rotten, bit)) lostBySeq.set(seq, (lostBySeq.get(seq) ?? 0) + 1);
  }
  assert.ok(bits.length > 12_000, `${bits.length} bits`);
  // Every record can be hit, and each by most of its bits; those of its CRC and padding cost nothing.
  assert.is(lostBySeq.size, rotten.records.length);
  for (const { seq, body } of rotten.records)
    assert.ok((lostBySeq.get(seq) ?? 0) >= body.length * 8, `sequence ${seq}`);
});

test("each bit under a running machine: nothing lost but its own record", () => {
  const { rotten, ledger } = runningOn(rottable());
  const lost = new Set<number>();
  for (const bit of bitsOf(rotten, 1)) for (const seq of judgeRunning(rotten, ledger, bit)) lost.add(seq);
  assert.is(lost.size, rotten.records.length);
});

test.run();
