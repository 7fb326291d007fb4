/** The plug is pulled when a quarter is on flash and its report not yet ACKed: credited once, paid back later. */
import * as assert from "uvu/assert";
import { choose } from "./people.js";
import { recordsOf, type Story, theRecord } from "./story.js";

export const STORY: Story = {
  name: "power cut between append and ACK: the coin is credited once",
  play(cabinet) {
    choose(cabinet, "A5");
    cabinet.insertCoin(25);
    cabinet.until("it is on flash", () => cabinet.creditMinor === 25);
    assert.is(cabinet.changer?.waitingMinor, 25, "the changer has seen no ACK");
    cabinet.unplugFor(2_000);
    cabinet.untilSelling();
    assert.is(cabinet.view?.headline, "Credit $0.25");
    cabinet.cancel();
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.cup, [25]);
    assert.is(theRecord(told, "coinIn").valueMinor, 25);
    assert.equal(recordsOf(told, "tubeAudit"), []);
    assert.equal(recordsOf(told, "repeatSuppressed"), [], "a changer that lost its power says nothing again");
    assert.is(theRecord(told, "payoutDone").paidMinor, 25);
  },
};
