/** A dollar back where the changer may choose: it says "busy" for ever and pays nickels; the tubes tell that it has. */
import * as assert from "uvu/assert";
import { US_CHANGER } from "../../tools/bench/changer.js";
import { DEMO_SETTINGS } from "../../tools/bench/demo.js";
import { payCoins } from "./people.js";
import { recordsOf, type Story, theRecord } from "./story.js";

/** `PAYOUT_BY_VALUE`. */
const BY_VALUE = 16;

export const STORY: Story = {
  name: "the changer chooses the coins of a refund and never stops saying busy",
  options: {
    changer: { ...US_CHANGER, options: 0b001 },
    settings: { ...DEMO_SETTINGS, payByValue: true },
  },
  prepare({ changer }) {
    if (changer === undefined) return;
    changer.quirks.picks = "smallest";
    changer.quirks.valuePoll = "endlessBusy";
  },
  play(cabinet) {
    payCoins(cabinet, 25, 25, 25, 25);
    cabinet.cancel();
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.cup, new Array(20).fill(5));
    const { type, count, valueMinor } = theRecord(told, "payoutStarted");
    assert.equal([type, count, valueMinor], [BY_VALUE, 1, 100]);
    assert.equal(Array.from(theRecord(told, "payoutTold").counts), [20]);
    assert.is(theRecord(told, "payoutDone").paidMinor, 100);
    assert.equal(recordsOf(told, "tubeAudit"), []);
    assert.equal([...recordsOf(told, "voucherIssued"), ...recordsOf(told, "claimOpened")], []);
  },
};
