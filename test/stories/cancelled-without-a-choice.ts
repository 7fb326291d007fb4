/** Nothing is chosen; a bill is pushed in and cancel pressed before the machine knows of it: it comes back. */
import * as assert from "uvu/assert";
import { offerBill } from "./people.js";
import { kindsOf, type Story } from "./story.js";

export const STORY: Story = {
  name: "cancelled without a choice while a bill is on its way to the escrow: it goes back, and is never credit",
  play(cabinet) {
    offerBill(cabinet, 100);
    cabinet.runFor(200);
    assert.is(cabinet.validator?.path.motion, "in");
    cabinet.cancel();
    const bill = () => cabinet.truth.billFlowMinor("escrow", "customer");
    cabinet.until("the bill is back", () => bill() === 100, 5_000);
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(kindsOf(told), []);
    assert.equal(told.cup, []);
    assert.is(told.cabinet.durable.creditMinor, 0);
  },
};
