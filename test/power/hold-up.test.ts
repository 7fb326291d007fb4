/**
 * The mains fail at every moment of a turn. With 800 ms of hold-up no outcome is ever unknown (falls last 50 to 600
 * ms), not even where JavaScript stands still all the while; with 20 ms, or none, the class only shrinks. Nobody gains,
 * nobody loses, whatever the hold-up.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readNote } from "../../firmware/delivery/turn-note.js";
import { choose, payBills, waitForTurn } from "../stories/people.js";
import { StoryCabinet } from "../stories/story.js";

const test = suite("power: hold-up");

/** From the start of the turn past its end, and beyond the longest fall. */
const MOMENTS_MS = Array.from({ length: 40 }, (_, i) => i * 100);
const DARK_MS = 3_000;

interface Tally {
  unknown: number;
  sold: number;
  refunded: number;
}

/** stalledMs: JavaScript stands still from so long before the mains fail until the power is gone. */
function failAt(momentMs: number, holdUpMs: number, tally: Tally, stalledMs?: number): void {
  const cabinet = new StoryCabinet({ holdUpMs, seed: 1 + momentMs });
  cabinet.untilSelling();
  choose(cabinet, "B4");
  payBills(cabinet, 100, 100);
  waitForTurn(cabinet);
  cabinet.runFor(Math.max(0, momentMs - (stalledMs ?? 0)));
  if (stalledMs !== undefined) cabinet.js.stall(stalledMs + 2 * DARK_MS);
  cabinet.runFor(Math.min(momentMs, stalledMs ?? 0));
  cabinet.failMains();
  cabinet.runFor(DARK_MS);
  cabinet.powerOn();
  cabinet.until("at rest", () => cabinet.settled, 120_000);
  cabinet.assertSound(`mains fail after ${momentMs} ms, hold-up ${holdUpMs} ms`);
  const { counters } = cabinet.durable;
  const goods = cabinet.takeGoods().length;
  tally.unknown += counters.unknownSales;
  tally.sold += counters.sales;
  tally.refunded += counters.failedSales;
  assert.is(counters.sales + counters.failedSales + counters.unknownSales, 1);
  if (counters.unknownSales === 0) assert.is(goods, counters.sales, `${momentMs} ms: goods for money`);
  const pauses = cabinet.readFlash().records.filter(({ kind }) => kind === "turnPaused");
  assert.ok(pauses.length <= 1, `${momentMs} ms: paused ${pauses.length} times`);
  assert.is(readNote(cabinet.noteFlash), undefined, `${momentMs} ms: the next turn finds its page erased`);
}

function tallyWith(holdUpMs: number): Tally {
  const tally = { unknown: 0, sold: 0, refunded: 0 };
  for (const momentMs of MOMENTS_MS) failAt(momentMs, holdUpMs, tally);
  return tally;
}

test("800 ms: never an unknown outcome; less: never more of them than without", () => {
  const full = tallyWith(800);
  const short = tallyWith(20);
  const none = tallyWith(0);
  assert.is(full.unknown, 0);
  assert.ok(full.sold > 0);
  assert.ok(none.unknown > 0, "without hold-up there are unknown outcomes to be spared");
  assert.ok(short.unknown <= none.unknown, `${short.unknown} with 20 ms, ${none.unknown} with none`);
});

for (const stalledMs of [0, 300, 2_000]) {
  test(`800 ms, JavaScript standing still from ${stalledMs} ms before: never an unknown outcome`, () => {
    const tally = { unknown: 0, sold: 0, refunded: 0 };
    for (const momentMs of MOMENTS_MS) failAt(momentMs, 800, tally, stalledMs);
    assert.is(tally.unknown, 0);
    assert.ok(tally.sold > 0);
    // the spiral had not come so far: it is brought home, and the beam sees what falls on the way
    assert.is(tally.sold + tally.refunded, MOMENTS_MS.length);
  });
}

test.run();
