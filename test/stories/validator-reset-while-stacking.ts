/** The validator resets itself while a bill slides into the stacker and never tells: its count proves the bill. */
import * as assert from "uvu/assert";
import { choose, offerBill } from "./people.js";
import { type Story, theRecord } from "./story.js";

export const STORY: Story = {
  name: "the validator resets while stacking: the stacker's count credits the bill",
  play(cabinet) {
    choose(cabinet, "B1");
    offerBill(cabinet, 100);
    cabinet.until("the bill is being stacked", () => cabinet.validator?.path.motion === "stacking");
    cabinet.validator?.busReset();
    cabinet.until("the product is in the tray", () => cabinet.truth.productsAt("tray") === 1);
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.tray, ["B1"]);
    const { valueMinor, atBoot } = theRecord(told, "billStacked");
    assert.equal({ valueMinor, atBoot }, { valueMinor: 100, atBoot: true });
    assert.is(theRecord(told, "saleSettled").paidMinor, 100);
  },
};
