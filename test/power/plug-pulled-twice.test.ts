/**
 * The plug is pulled when the spiral has just left its home, before that is on flash, and again when the product falls
 * in the recovery: nobody saw it fall, so it is a claim. A refund would be a free product for whoever does this.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { choose, payCoins } from "../stories/people.js";
import { StoryCabinet } from "../stories/story.js";

const test = suite("power: the plug pulled twice in one turn");
const B1_COLUMN = 5;
/** Parts of a million of a turn, as the bench's home switch opens. */
const HOME_END = 30_000;

test("left home without a record, then cut in the fall: a claim, no refund, no free product", () => {
  const cabinet = new StoryCabinet();
  cabinet.untilSelling();
  choose(cabinet, "B1");
  payCoins(cabinet, 100);
  cabinet.until("the switch has opened", () => cabinet.spirals.angleOf(B1_COLUMN) >= HOME_END);
  assert.is(cabinet.durable.vend?.turns, 0, "not yet on flash");
  cabinet.unplugFor(2_000);
  cabinet.until("the product falls in the recovery", () => cabinet.truth.productsAt("falling") === 1);
  cabinet.pullPlug();
  cabinet.runFor(2_000);
  cabinet.powerOn();
  cabinet.until("at rest", () => cabinet.settled);
  cabinet.assertSound("after both");
  const { counters } = cabinet.durable;
  assert.equal([counters.sales, counters.failedSales, counters.unknownSales], [0, 0, 1]);
  assert.equal(cabinet.fallen, ["B1"]);
  assert.equal(cabinet.cup, []);
  assert.is(counters.claimsMinor, 100);
});

test("left home without a record, and power stays: the turn is finished and the sale stands", () => {
  const cabinet = new StoryCabinet();
  cabinet.untilSelling();
  choose(cabinet, "B1");
  payCoins(cabinet, 100);
  cabinet.until("the switch has opened", () => cabinet.spirals.angleOf(B1_COLUMN) >= HOME_END);
  cabinet.unplugFor(2_000);
  cabinet.until("at rest", () => cabinet.settled);
  const { counters } = cabinet.durable;
  assert.equal([counters.sales, counters.failedSales, counters.unknownSales], [1, 0, 0]);
});

test.run();
