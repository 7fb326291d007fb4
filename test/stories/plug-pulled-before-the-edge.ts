/** The plug is pulled when the spiral has just left its home: after the boot it finishes the turn and the sale. */
import * as assert from "uvu/assert";
import { choose, payCoins, waitForTurn } from "./people.js";
import { recordsOf, type Story, theRecord } from "./story.js";

export const STORY: Story = {
  name: "the plug is pulled early in the turn: the turn is finished, the product paid once",
  play(cabinet) {
    choose(cabinet, "B1");
    payCoins(cabinet, 100);
    waitForTurn(cabinet);
    cabinet.runFor(500);
    assert.is(cabinet.truth.productsAt("column", 5), 8);
    cabinet.unplugFor(2_000);
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.tray, ["B1"]);
    assert.equal(told.cup, []);
    assert.equal(recordsOf(told, "outcomeUnknown"), []);
    assert.is(theRecord(told, "saleSettled").slot, "B1");
    assert.is(told.cabinet.durable.counters.cashSalesMinor, 100);
  },
};
