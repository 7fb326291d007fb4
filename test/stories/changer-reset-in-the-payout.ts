/** The changer resets itself after two of four quarters: the tubes prove the two, the other two follow. */
import * as assert from "uvu/assert";
import { payCoins } from "./people.js";
import { recordsOf, type Story } from "./story.js";

export const STORY: Story = {
  name: "the changer resets in a payout: the tubes tell what was paid, the rest follows",
  play(cabinet) {
    payCoins(cabinet, 100);
    cabinet.cancel();
    cabinet.until("two quarters are out", () => cabinet.truth.coinsMinor("cup") === 50);
    cabinet.changer?.busReset();
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.cup, [25, 25, 25, 25]);
    assert.equal(
      recordsOf(told, "payoutDone").map(({ paidMinor }) => paidMinor),
      [50, 50],
    );
    assert.equal(recordsOf(told, "tubeAudit"), []);
    assert.equal([...recordsOf(told, "voucherIssued"), ...recordsOf(told, "claimOpened")], []);
  },
};
