/** Somebody pulls the changer's plug while 50 cents are in: after its offline limit the credit becomes a voucher. */
import * as assert from "uvu/assert";
import { FAULTS } from "../../shared/faults.js";
import { choose, payCoins } from "./people.js";
import { recordsOf, type Story, theRecord } from "./story.js";

export const STORY: Story = {
  name: "the changer is unplugged with credit inside: a voucher, and sales again when it is back",
  play(cabinet) {
    choose(cabinet, "B4");
    payCoins(cabinet, 25, 25);
    cabinet.changer?.setPlugged(false);
    cabinet.until("the credit is settled", () => cabinet.creditMinor === 0);
    cabinet.until("it sells no more", () => cabinet.view?.selling === false);
    cabinet.changer?.setPlugged(true);
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.cup, []);
    assert.is(theRecord(told, "voucherIssued").amountMinor, 50);
    const raised = recordsOf(told, "faultRaised").map(({ fault }) => fault);
    const cleared = recordsOf(told, "faultCleared").map(({ fault }) => fault);
    const named = [FAULTS.changerOffline.code, FAULTS.noMeansOfPayment.code];
    assert.equal([raised, cleared], [named, named]);
    assert.equal(recordsOf(told, "tubeAudit"), []);
    assert.equal(recordsOf(told, "payoutStarted"), []);
  },
};
