/** Two quarters follow each other as fast as a hand can: both are credited, neither is taken for a repeat. */
import * as assert from "uvu/assert";
import { choose, payCoins } from "./people.js";
import { recordsOf, type Story, theRecord } from "./story.js";

export const STORY: Story = {
  name: "two equal coins in a row: both count",
  play(cabinet) {
    choose(cabinet, "A5");
    payCoins(cabinet, 25);
    cabinet.insertCoin(25);
    cabinet.insertCoin(25);
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.tray, ["A5"]);
    assert.equal(told.cup, []);
    assert.equal(
      recordsOf(told, "coinIn").map(({ valueMinor, tubeCount }) => [valueMinor, tubeCount]),
      [
        [25, 46],
        [25, 47],
        [25, 48],
      ],
    );
    // Two appends take longer than the 4 ms an ACK may: the repeat of the whole reply is the one thing not booked.
    assert.equal(Array.from(theRecord(told, "repeatSuppressed").reply), [0x52, 47, 0x52, 48]);
    assert.is(theRecord(told, "saleSettled").paidMinor, 75);
  },
};
