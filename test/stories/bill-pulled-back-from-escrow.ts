/** A hand pulls the second bill back out of the escrow while the beam is being tried: no credit, no turn, no record. */
import * as assert from "uvu/assert";
import { choose, offerBill, payBills, waitFor } from "./people.js";
import { kindsOf, type Story } from "./story.js";

export const STORY: Story = {
  name: "a bill is pulled back from escrow: it never was credit",
  play(cabinet) {
    choose(cabinet, "B4");
    payBills(cabinet, 100);
    offerBill(cabinet, 100);
    cabinet.until("the bill waits in escrow", () => cabinet.validator?.path.motion === "escrow");
    assert.ok(cabinet.validator?.pullBack());
    cabinet.runFor(3_000);
    waitFor(cabinet, "ACCEPTING_PAYMENT");
    assert.is(cabinet.creditMinor, 100);
    cabinet.cancel();
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.lines, [
      "Insert $1.75 | Coke",
      "$0.75 remaining | Coke",
      "Please wait … | Coke",
      "$0.75 remaining | Coke",
      "Please take your money | $1.00",
      "Please choose",
    ]);
    assert.equal(told.cup, [25, 25, 25, 25]);
    assert.equal(kindsOf(told), ["stackStarted", "billStacked", "payoutStarted", "payoutDone"]);
    assert.is(told.cabinet.truth.billFlowMinor("escrow", "customer"), 100);
    assert.is(told.cabinet.spirals.turns, 0);
  },
};
