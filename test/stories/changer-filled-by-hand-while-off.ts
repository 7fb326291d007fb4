/** The service person switches the machine off, puts ten quarters into their tube by hand, and switches it on again. */
import * as assert from "uvu/assert";
import { payCoins } from "./people.js";
import { recordsOf, type Story, theRecord } from "./story.js";

const QUARTERS = 2;

export const STORY: Story = {
  name: "the changer is filled by hand while off: the audit names it, the credit stays",
  play(cabinet) {
    payCoins(cabinet, 25);
    cabinet.pullPlug();
    cabinet.changer?.tubes.fill(QUARTERS, 10);
    cabinet.runFor(2_000);
    cabinet.powerOn();
    cabinet.untilSelling();
    cabinet.cancel();
    cabinet.untilRest();
  },
  expect(told) {
    const { type, expected, found } = theRecord(told, "tubeAudit");
    assert.equal({ type, expected, found }, { type: QUARTERS, expected: 46, found: 56 });
    assert.is(told.cabinet.durable.counters.tubeOverMinor, 250);
    assert.equal(told.cup, [25]);
    assert.equal(
      recordsOf(told, "payoutDone").map(({ paidMinor }) => paidMinor),
      [25],
    );
  },
};
