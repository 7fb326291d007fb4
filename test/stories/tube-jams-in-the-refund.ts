/** A refund of a dollar: two quarters come, then the tube jams; the rest is paid from the other tubes. */
import * as assert from "uvu/assert";
import { payCoins } from "./people.js";
import { recordsOf, type Story } from "./story.js";

const QUARTERS = 2;

export const STORY: Story = {
  name: "a tube jams in the middle of a refund: the other tubes pay the rest",
  prepare(cabinet) {
    cabinet.changer?.tubes.jam(QUARTERS, { afterCoins: 2 });
  },
  play(cabinet) {
    payCoins(cabinet, 100);
    cabinet.cancel();
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.cup, [25, 25, 10, 10, 10, 10, 10]);
    assert.equal(
      recordsOf(told, "payoutDone").map(({ paidMinor }) => paidMinor),
      [50, 0, 50],
    );
    assert.is(told.cabinet.durable.counters.vouchersMinor, 0);
  },
};
