/** A Coke stays at the edge after the first turn; its column allows a second one, and that is all it takes. */
import * as assert from "uvu/assert";
import { choose, payCoins } from "./people.js";
import { recordsOf, type Story, theRecord } from "./story.js";

const B4_COLUMN = 8;

export const STORY: Story = {
  name: "a product stays at the edge: the second turn brings it, paid once",
  prepare(cabinet) {
    cabinet.spirals.nextTurn(B4_COLUMN, "short");
  },
  play(cabinet) {
    choose(cabinet, "B4");
    payCoins(cabinet, 100, 25, 25, 25);
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.lines, [
      "Insert $1.75 | Coke",
      "$0.75 remaining | Coke",
      "$0.50 remaining | Coke",
      "$0.25 remaining | Coke",
      "Please wait … | Coke",
      "Thank you!",
    ]);
    assert.equal(told.tray, ["B4"]);
    assert.equal(told.cup, []);
    assert.equal(
      recordsOf(told, "leftHome").map(({ turn }) => turn),
      [1, 2],
    );
    assert.is(theRecord(told, "saleSettled").changeMinor, 0);
    assert.is(told.cabinet.spirals.turns, 2);
    assert.is(told.cabinet.spirals.productsIn(B4_COLUMN), 7);
  },
};
