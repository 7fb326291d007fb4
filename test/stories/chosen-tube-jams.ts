/** A dollar back where the changer may choose: its quarters jam after two, so the rest is paid by type. */
import * as assert from "uvu/assert";
import { US_CHANGER } from "../../tools/bench/changer.js";
import { DEMO_SETTINGS } from "../../tools/bench/demo.js";
import { payCoins } from "./people.js";
import { recordsOf, type Story } from "./story.js";

const QUARTERS = 2;
/** `PAYOUT_BY_VALUE`. */
const BY_VALUE = 16;

export const STORY: Story = {
  name: "a tube jams in a payout by value: what came is booked, the rest goes by type",
  options: {
    changer: { ...US_CHANGER, options: 0b011 },
    settings: { ...DEMO_SETTINGS, payByValue: true },
  },
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
      recordsOf(told, "payoutStarted").map(({ type, count, valueMinor }) => [type, count, valueMinor]),
      [
        [BY_VALUE, 1, 100],
        [QUARTERS, 2, 25],
        [1, 5, 10],
      ],
    );
    assert.equal(
      recordsOf(told, "payoutDone").map(({ paidMinor }) => paidMinor),
      [50, 0, 50],
    );
    assert.is(told.cabinet.durable.counters.vouchersMinor, 0);
  },
};
