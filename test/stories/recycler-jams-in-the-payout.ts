/** Of three bills of change one comes, then the recycler jams: the coin tubes pay the rest. */
import * as assert from "uvu/assert";
import { FAULTS } from "../../shared/faults.js";
import { DEMO_SETTINGS } from "../../tools/bench/demo.js";
import { US_RECYCLER } from "../../tools/bench/validator.js";
import { choose, payBills } from "./people.js";
import { recordsOf, type Story } from "./story.js";

export const STORY: Story = {
  name: "the recycler jams in the payout: coins pay what the bills did not",
  options: { validator: US_RECYCLER, settings: { ...DEMO_SETTINGS, recycleMask: 0b11 } },
  prepare(cabinet) {
    const { recycler } = cabinet.validator ?? {};
    if (recycler !== undefined) recycler.jamAfter = 1;
  },
  play(cabinet) {
    choose(cabinet, "B4");
    payBills(cabinet, 500);
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.tray, ["B4"]);
    assert.is(told.cabinet.truth.billFlowMinor("recycler", "customer"), 100);
    assert.equal(told.cup, [25, 25, 25, 25, 25, 25, 25, 25, 25]);
    assert.equal(
      recordsOf(told, "payoutDone").map(({ store, paidMinor }) => [store, paidMinor]),
      [
        [1, 100],
        [1, 0],
        [undefined, 225],
      ],
    );
    assert.is(told.cabinet.durable.counters.vouchersMinor, 0);
    assert.ok(recordsOf(told, "faultRaised").some(({ fault }) => fault === FAULTS.recyclerJam.code));
  },
};
