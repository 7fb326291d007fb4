/**
 * The power goes when a quarter of change was ordered and before it has left its tube; while it is away a technician
 * puts another changer in, which happens to hold one quarter less, as if the coin had been paid.
 */
import * as assert from "uvu/assert";
import { choose, payBills } from "./people.js";
import { recordsOf, type Story, theRecord } from "./story.js";

const QUARTERS = 2;

export const STORY: Story = {
  name: "the changer is swapped while off with a payout open: nothing is proven, so a claim",
  play(cabinet) {
    choose(cabinet, "A5");
    payBills(cabinet, 100);
    cabinet.until("change was ordered", () => cabinet.durable.payout !== undefined);
    cabinet.pullPlug();
    cabinet.runFor(1_000);
    if (cabinet.changer !== undefined) cabinet.changer.expansion.serial = "000000004712";
    cabinet.changer?.tubes.empty(QUARTERS, 1);
    cabinet.runFor(1_000);
    cabinet.powerOn();
    cabinet.untilSelling();
  },
  expect(told) {
    const { amountMinor } = theRecord(told, "claimOpened");
    assert.is(amountMinor, 25);
    assert.equal(recordsOf(told, "payoutDone"), []);
    const { type, expected, found } = theRecord(told, "tubeAudit");
    assert.equal({ type, expected, found }, { type: QUARTERS, expected: 45, found: 44 });
    assert.equal(told.cup, []);
    assert.is(told.cabinet.durable.creditMinor, 0);
    assert.ok(
      told.lines.some((line) => line.startsWith("Please keep this code: $0.25")),
      told.lines.join("; "),
    );
  },
};
