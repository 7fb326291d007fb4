/** The beam goes dark for good while the spiral turns: nobody can say whether the water fell; a claim, not money. */
import * as assert from "uvu/assert";
import { claimNumber, verifyVoucher } from "../../shared/voucher.js";
import { choose, payCoins, waitForTurn } from "./people.js";
import { kindsOf, type Story, theRecord } from "./story.js";

const BEAM_BLIND_CAUSE = 1;

export const STORY: Story = {
  name: "the beam goes blind in the turn: a claim for the fleet, no money, nothing charged twice",
  play(cabinet) {
    choose(cabinet, "B1");
    payCoins(cabinet, 100);
    waitForTurn(cabinet);
    cabinet.beam.setBlocked(true);
    cabinet.until("the turn is judged", () => cabinet.durable.vend === undefined);
    cabinet.until("it sells no more", () => cabinet.view?.selling === false);
    cabinet.beam.setBlocked(false);
    cabinet.untilRest();
  },
  expect(told) {
    const { code, claimNo, cause, priceMinor } = theRecord(told, "outcomeUnknown");
    assert.equal({ claimNo, cause, priceMinor }, { claimNo: 1, cause: BEAM_BLIND_CAUSE, priceMinor: 100 });
    const { machineId, epoch, voucherKey } = told.cabinet.identity;
    const claim = { machineId, epoch, number: claimNumber(1), amountMinor: 100, currency: "USD" };
    assert.ok(verifyVoucher(voucherKey, code, claim), "the code stands for exactly this claim");
    assert.equal(told.lines, [
      "Insert $1.00 | Still water",
      "Please wait … | Still water",
      `Please keep this code: $1.00 | ${code}`,
    ]);
    assert.equal(told.tray, ["B1"]);
    assert.equal(told.cup, []);
    assert.equal(kindsOf(told), [
      "coinIn",
      "vendStarted",
      "leftHome",
      "faultRaised",
      "outcomeUnknown",
      "faultRaised",
      "faultCleared",
    ]);
    const { counters } = told.cabinet.durable;
    assert.equal([counters.sales, counters.unknownSales, counters.claimsMinor], [0, 1, 100]);
  },
};
