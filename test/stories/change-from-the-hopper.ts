/** Five dollars for a Coke: the changer has only dimes and nickels left, so the change comes from the hopper. */
import * as assert from "uvu/assert";
import { US_CHANGER } from "../../tools/bench/changer.js";
import { DEMO_SETTINGS } from "../../tools/bench/demo.js";
import { US_HOPPER } from "../../tools/bench/hopper.js";
import { choose, payBills } from "./people.js";
import { recordsOf, type Story } from "./story.js";

/** STORES: the first hopper. */
const HOPPER = 2;

export const STORY: Story = {
  name: "change from the hopper: thirteen quarters that the changer does not have",
  options: {
    changer: {
      ...US_CHANGER,
      types: US_CHANGER.types.map((spec) => ({ ...spec, count: spec.valueMinor === 25 ? 0 : 3 })),
    },
    hoppers: [US_HOPPER],
    settings: { ...DEMO_SETTINGS, fitted: 0b1_0011 },
  },
  play(cabinet) {
    choose(cabinet, "B4");
    payBills(cabinet, 500);
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.tray, ["B4"]);
    assert.equal(told.cup, new Array(13).fill(25));
    assert.equal(
      recordsOf(told, "payoutStarted").map(({ store, count, valueMinor }) => [store, count, valueMinor]),
      [[HOPPER, 13, 25]],
    );
    assert.equal(
      recordsOf(told, "payoutDone").map(({ store, paidMinor }) => [store, paidMinor]),
      [[HOPPER, 325]],
    );
    assert.is(told.cabinet.truth.coinFlowMinor("hopper", "cup"), 325);
    assert.is(told.cabinet.hoppers[0]?.bowls.count(0), 387);
    // more than a byte of a record holds: what was paid is taken off what was there
    assert.is(told.cabinet.durable.stores[HOPPER - 1]?.counts[0], 387);
    assert.is(told.cabinet.durable.counters.paidOutMinor, 325);
    // what was found in it at the first take-over, and no difference since
    assert.equal(
      recordsOf(told, "tubeAudit").map(({ store, found, following }) => [store, found, following]),
      [[HOPPER, 400, 0]],
    );
  },
};
