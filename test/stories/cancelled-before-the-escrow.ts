/** Cancel is pressed while a bill is still being recognised: it comes back as soon as it reaches the escrow. */
import * as assert from "uvu/assert";
import { choose, offerBill } from "./people.js";
import { recordsOf, type Story } from "./story.js";

export const STORY: Story = {
  name: "cancelled while a bill is on its way to the escrow: it goes back at once, and is never credit",
  play(cabinet) {
    choose(cabinet, "B4");
    offerBill(cabinet, 100);
    cabinet.runFor(200);
    assert.is(cabinet.validator?.path.motion, "in");
    cabinet.cancel();
    const bill = () => cabinet.truth.billFlowMinor("escrow", "customer");
    cabinet.until("the bill is back", () => bill() === 100, 5_000);
    cabinet.untilRest();
    // The next bill without a selection is credit as ever.
    offerBill(cabinet, 100);
    cabinet.until("it is credited", () => cabinet.creditMinor === 100);
    cabinet.cancel();
    cabinet.untilRest();
  },
  expect(told) {
    assert.is(recordsOf(told, "stackStarted").length, 1);
    assert.equal(told.cup, [25, 25, 25, 25]);
    assert.is(told.cabinet.durable.creditMinor, 0);
  },
};
