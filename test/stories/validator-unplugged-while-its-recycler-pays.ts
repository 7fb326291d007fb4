/** The validator's plug falls out in the payout and stays out: the bill on its way is a claim, coins pay the rest. */
import * as assert from "uvu/assert";
import { DEMO_SETTINGS } from "../../tools/bench/demo.js";
import { US_RECYCLER } from "../../tools/bench/validator.js";
import { choose, payBills } from "./people.js";
import { type Story, theRecord } from "./story.js";

export const STORY: Story = {
  name: "a store lost in the middle of a return: a claim for its open bracket, the other store pays on",
  options: { validator: US_RECYCLER, settings: { ...DEMO_SETTINGS, recycleMask: 0b11 } },
  play(cabinet) {
    choose(cabinet, "B4");
    payBills(cabinet, 500);
    cabinet.until("the recycler pays", () => cabinet.validator?.recycler?.busy === true);
    cabinet.validator?.setPlugged(false);
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.tray, ["B4"]);
    assert.equal(told.cup, [25]);
    assert.is(theRecord(told, "claimOpened").amountMinor, 300);
    const { counters, creditMinor } = told.cabinet.durable;
    assert.equal([counters.claimsMinor, counters.paidOutMinor, creditMinor], [300, 25, 0]);
  },
};
