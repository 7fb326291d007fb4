/** A customer has put in 35 cents for a Coke and thinks better of it. */
import * as assert from "uvu/assert";
import { choose, payCoins } from "./people.js";
import { kindsOf, recordsOf, type Story } from "./story.js";

const CANCEL = 1;

export const STORY: Story = {
  name: "the customer cancels: exactly what was put in comes back",
  play(cabinet) {
    choose(cabinet, "B4");
    payCoins(cabinet, 25, 10);
    cabinet.cancel();
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.lines, [
      "Insert $1.75 | Coke",
      "$1.50 remaining | Coke",
      "$1.40 remaining | Coke",
      "Please take your money | $0.35",
      "Please take your money | $0.10",
      "Please choose",
    ]);
    assert.equal(told.tray, []);
    assert.equal(told.cup, [25, 10]);
    assert.equal(kindsOf(told), ["coinIn", "coinIn", "payoutStarted", "payoutDone", "payoutStarted", "payoutDone"]);
    assert.ok(recordsOf(told, "payoutStarted").every(({ reason }) => reason === CANCEL));
    assert.is(told.cabinet.spirals.turns, 0);
  },
};
