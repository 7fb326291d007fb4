/** A customer puts in a dollar and looks; a key press later the pretzel machine owes nobody anything. */
import * as assert from "uvu/assert";
import { payBills, waitFor } from "./people.js";
import { type Story, theRecord } from "./story.js";

export const STORY: Story = {
  name: "money before the selection: credit is credit",
  play(cabinet) {
    payBills(cabinet, 100);
    cabinet.press("A");
    cabinet.runFor(300);
    cabinet.press("5");
    waitFor(cabinet, "DISPENSING");
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.lines, [
      "Credit $1.00 | Please choose",
      "A | Please choose",
      "Please wait … | Chewing gum",
      "Thank you! | $0.25",
      "Thank you!",
    ]);
    assert.equal(told.tray, ["A5"]);
    assert.equal(told.cup, [25]);
    const { paidMinor, priceMinor, changeMinor } = theRecord(told, "saleSettled");
    assert.equal({ paidMinor, priceMinor, changeMinor }, { paidMinor: 100, priceMinor: 75, changeMinor: 25 });
  },
};
