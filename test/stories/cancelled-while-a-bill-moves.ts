/** Cancel is pressed while a bill is being stacked, and while the next one waits in escrow for the beam's self-test. */
import * as assert from "uvu/assert";
import { choose, offerBill } from "./people.js";
import { recordsOf, type Story, theRecord } from "./story.js";

export const STORY: Story = {
  name: "cancelled while a bill moves: its worth or the bill itself comes back, never both",
  play(cabinet) {
    choose(cabinet, "B4");
    offerBill(cabinet, 100);
    cabinet.until("the bill is being stacked", () => cabinet.validator?.path.motion === "stacking");
    cabinet.cancel();
    cabinet.untilRest();
    choose(cabinet, "A5");
    offerBill(cabinet, 100);
    cabinet.until("the bill waits in escrow", () => cabinet.view?.headline === "Please wait …");
    assert.is(cabinet.validator?.path.motion, "escrow");
    cabinet.cancel();
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.lines, [
      "Insert $1.75 | Coke",
      "Please take your money",
      "Please take your money | $1.00",
      "Please choose",
      "Insert $0.75 | Chewing gum",
      "Please wait … | Chewing gum",
      "Please take your money",
      "Please choose",
    ]);
    assert.equal(told.cup, [25, 25, 25, 25]);
    assert.is(told.cabinet.truth.billFlowMinor("escrow", "customer"), 100);
    assert.is(recordsOf(told, "stackStarted").length, 1);
    assert.is(theRecord(told, "billStacked").valueMinor, 100);
    assert.is(theRecord(told, "payoutDone").paidMinor, 100);
    assert.is(told.cabinet.spirals.turns, 0);
  },
};
