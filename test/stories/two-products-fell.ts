/** Two bottles go over the edge in one turn: one sale, one extra drop, the stock counts both. */
import * as assert from "uvu/assert";
import { choose, payCoins } from "./people.js";
import { recordsOf, type Story, theRecord } from "./story.js";

const B1_COLUMN = 5;

export const STORY: Story = {
  name: "two products fall: one sale, the second an extra drop",
  strayProducts: 1,
  prepare(cabinet) {
    cabinet.spirals.nextTurn(B1_COLUMN, "double");
  },
  play(cabinet) {
    choose(cabinet, "B1");
    payCoins(cabinet, 100);
    cabinet.until("both are in the tray", () => cabinet.truth.productsAt("tray") === 2);
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.tray, ["B1", "B1"]);
    assert.is(recordsOf(told, "saleSettled").length, 1);
    assert.is(theRecord(told, "extraDrop").slot, "B1");
    assert.is(told.cabinet.durable.stock.B1, 6);
    assert.is(told.cabinet.durable.counters.cashSalesMinor, 100);
  },
};
