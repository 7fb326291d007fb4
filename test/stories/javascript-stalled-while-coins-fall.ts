/** JavaScript stands still for 2 s while two quarters fall: the link answers in time, both are credited once. */
import * as assert from "uvu/assert";
import { LINK_TIMING } from "../../shared/mdb/link.js";
import { choose, payCoins } from "./people.js";
import { recordsOf, type Story, theRecord } from "./story.js";

export const STORY: Story = {
  name: "JavaScript stalls 2 s while coins fall: every answer in time, every coin once",
  play(cabinet) {
    choose(cabinet, "A5");
    payCoins(cabinet, 25);
    let spokenUs = Number.POSITIVE_INFINITY;
    let lateAnswers = 0;
    const leave = cabinet.wire.tap(({ from, startUs, endUs, words }) => {
      if (from === "peripheral") spokenUs = endUs;
      else if (words.length === 1 && startUs - spokenUs > LINK_TIMING.responseAcceptUs) lateAnswers += 1;
    });
    cabinet.insertCoin(25);
    cabinet.insertCoin(25);
    cabinet.js.stall(2_000);
    cabinet.untilRest();
    leave();
    assert.is(lateAnswers, 0, "a 5 ms answer");
  },
  expect(told) {
    assert.equal(told.tray, ["A5"]);
    assert.is(recordsOf(told, "coinIn").length, 3);
    assert.is(theRecord(told, "saleSettled").paidMinor, 75);
    assert.is(told.cabinet.changer?.tubes.count(2), 48);
  },
};
