/** What the bench `xs-memory` stands on: the machine alone on XS lives the life recorded on Node, and leaves little. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SALES_IN_A_CYCLE } from "../../tools/measure/selling.js";
import { Pair, pair, TARGET_CHUNK_BYTES, TARGET_SLOTS, TARGET_TICK_SLOTS } from "../../tools/measure/xs-memory.js";
import { readXsHeap } from "../../tools/xs/heap.js";
import { skipFile } from "../support/need.js";

const test = suite("tool: bench xs-memory");

/** A slot that has sold takes two slots of the heap more; this machine has sold in two of its 60. */
const MOST_SLOTS = TARGET_SLOTS - 2 * 58;

function ignore(): void {
  // Nobody reads along.
}

test("the same ledger, few slots above the code, few for an idle tick", async () => {
  const both = await pair(ignore);
  if (!(both instanceof Pair)) return skipFile(both.reason);
  const { cabinet, tape, lone } = both;
  try {
    const base = await lone.heap();
    await lone.boot();
    await both.sell(2 * SALES_IN_A_CYCLE, ignore);
    const { slots, deviceBytes, chunkBytes } = await both.aliveAbove(base);
    const tickSlots = await both.idleTickSlots();
    const { longestUnits, bootUnits } = await lone.assertSame(cabinet, tape);
    assert.ok(slots > 0 && slots <= MOST_SLOTS, `${slots} slots`);
    assert.ok(deviceBytes > 0 && deviceBytes <= TARGET_CHUNK_BYTES, `${deviceBytes} bytes`);
    assert.ok(chunkBytes > deviceBytes, "pointers are wider here");
    assert.ok(tickSlots > 0 && tickSlots <= TARGET_TICK_SLOTS, `${tickSlots} slots a tick`);
    assert.ok(longestUnits > 0 && bootUnits > 0);
  } finally {
    await lone.close();
  }
});

test("another life is noticed", async () => {
  const both = await pair(ignore);
  if (!(both instanceof Pair)) return skipFile(both.reason);
  const { cabinet, tape, lone } = both;
  try {
    await lone.boot();
    await both.sell(SALES_IN_A_CYCLE, ignore);
    cabinet.select("A0");
    cabinet.runFor(1_000);
    tape.take();
    let said = "";
    await lone.assertSame(cabinet, tape).catch((error: unknown) => {
      said = String(error);
    });
    assert.match(said, /lived another life/);
  } finally {
    await lone.close();
  }
});

test("what is no heap is refused", () => {
  assert.throws(() => readXsHeap(Buffer.alloc(0)), /no heap of XS/);
  assert.throws(() => readXsHeap(Buffer.alloc(64, 0xff)), /no heap of XS/);
});

test.run();
