/** The plug is pulled when one of three bills of change has come: the drum's count tells, the rest is paid now. */
import * as assert from "uvu/assert";
import { DEMO_SETTINGS } from "../../tools/bench/demo.js";
import { US_RECYCLER } from "../../tools/bench/validator.js";
import { choose, payBills } from "./people.js";
import { recordsOf, type Story } from "./story.js";

export const STORY: Story = {
  name: "plug pulled while the recycler pays: what the drum still holds decides what is owed",
  options: { validator: US_RECYCLER, settings: { ...DEMO_SETTINGS, recycleMask: 0b11 } },
  play(cabinet) {
    choose(cabinet, "B4");
    payBills(cabinet, 500);
    cabinet.until("one bill has come", () => cabinet.truth.billFlowMinor("recycler", "customer") === 100);
    cabinet.unplugFor(3_000);
    cabinet.untilSelling();
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.tray, ["B4"]);
    assert.is(told.cabinet.truth.billFlowMinor("recycler", "customer"), 300);
    assert.equal(told.cup, [25]);
    assert.equal(
      recordsOf(told, "payoutDone").map(({ store, paidMinor, atBoot }) => [store, paidMinor, atBoot]),
      [
        [1, 100, true],
        [1, 200, undefined],
        [undefined, 25, undefined],
      ],
    );
    const { counters, creditMinor } = told.cabinet.durable;
    assert.equal([counters.vouchersMinor, counters.claimsMinor, creditMinor], [0, 0, 0]);
  },
};
