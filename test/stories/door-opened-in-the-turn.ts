/** The door is opened while the spiral turns: the sale is finished and its change paid, then the machine rests. */
import * as assert from "uvu/assert";
import { choose, payBills, waitForTurn } from "./people.js";
import { recordsOf, type Story, theRecord } from "./story.js";

export const STORY: Story = {
  name: "the door is opened in the turn: the sale under way is finished, change and all",
  play(cabinet) {
    choose(cabinet, "A5");
    payBills(cabinet, 100);
    waitForTurn(cabinet);
    cabinet.door.set(true);
    cabinet.until("it sells no more", () => cabinet.view?.selling === false);
    cabinet.door.set(false);
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.tray, ["A5"]);
    assert.equal(told.cup, [25]);
    assert.is(theRecord(told, "saleSettled").changeMinor, 25);
    assert.equal(recordsOf(told, "outcomeUnknown"), []);
    assert.is(told.lines[told.lines.length - 2], "Door open");
  },
};
