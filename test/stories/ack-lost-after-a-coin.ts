/** The machine's ACK for a quarter is lost on the wire; the changer says it again and is not believed twice. */
import * as assert from "uvu/assert";
import { COIN_CHANGER } from "../../shared/mdb/coin-changer.js";
import { loseVmcAcks } from "../../tools/bench/wire-faults.js";
import { choose, payCoins } from "./people.js";
import { recordsOf, type Story, theRecord } from "./story.js";

export const STORY: Story = {
  name: "the ACK for a coin is lost: its repeat is recognised and not booked",
  play(cabinet) {
    choose(cabinet, "A5");
    payCoins(cabinet, 25);
    cabinet.runFor(500);
    loseVmcAcks(cabinet.wire, COIN_CHANGER.address);
    payCoins(cabinet, 25);
    cabinet.runFor(500);
    assert.is(cabinet.creditMinor, 50);
    payCoins(cabinet, 25);
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.tray, ["A5"]);
    assert.equal(told.cup, []);
    assert.is(recordsOf(told, "coinIn").length, 3);
    assert.is(theRecord(told, "repeatSuppressed").device, COIN_CHANGER.address);
    assert.is(theRecord(told, "saleSettled").paidMinor, 75);
    assert.is(told.cabinet.changer?.tubes.count(2), 48);
  },
};
