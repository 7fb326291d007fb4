/** The plug is pulled after the changer has told of a quarter and before it was on flash: found by the tube audit. */
import * as assert from "uvu/assert";
import { FAULTS } from "../../shared/faults.js";
import { startsWith } from "../../tools/bench/wire-faults.js";
import { choose } from "./people.js";
import { recordsOf, type Story, theRecord } from "./story.js";

const QUARTERS = 2;
/** POLL reply: coin to tube, type 2. */
const QUARTER_TO_TUBE = 0x50 | QUARTERS;

export const STORY: Story = {
  name: "power cut between report and append: the coin is no credit, the audit names it",
  play(cabinet) {
    choose(cabinet, "A5");
    const isReport = startsWith(QUARTER_TO_TUBE);
    let reports = 0;
    const leave = cabinet.wire.tap((heard) => {
      if (heard.from === "peripheral" && isReport(heard)) reports += 1;
    });
    cabinet.insertCoin(25);
    cabinet.until("the changer has told of it", () => reports === 1);
    leave();
    assert.is(cabinet.creditMinor, 0);
    cabinet.unplugFor(2_000);
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.cup, []);
    const { type, expected, found, following } = theRecord(told, "tubeAudit");
    assert.equal(
      { type, expected, found, following },
      { type: QUARTERS, expected: 45, found: 46, following: undefined },
    );
    assert.equal(recordsOf(told, "coinIn"), []);
    assert.is(theRecord(told, "faultRaised").fault, FAULTS.tubeDifference.code);
    assert.is(told.cabinet.durable.counters.tubeOverMinor, 25);
  },
};
