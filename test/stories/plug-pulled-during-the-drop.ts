/** The plug is pulled while the bottle falls: nobody saw it, so a claim by code and no money at all. */
import * as assert from "uvu/assert";
import { claimNumber, verifyVoucher } from "../../shared/voucher.js";
import { choose, payCoins } from "./people.js";
import { recordsOf, type Story, theRecord } from "./story.js";

const POWER_LOST = 0;

export const STORY: Story = {
  name: "the plug is pulled during the drop: a claim; pulling plugs buys nothing",
  play(cabinet) {
    choose(cabinet, "B1");
    payCoins(cabinet, 100, 25);
    cabinet.until("the bottle falls", () => cabinet.truth.productsAt("falling") === 1);
    cabinet.unplugFor(2_000);
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.tray, ["B1"]);
    assert.equal(told.cup, [25]);
    const { cause, priceMinor, paidMinor, code } = theRecord(told, "outcomeUnknown");
    assert.equal({ cause, priceMinor, paidMinor }, { cause: POWER_LOST, priceMinor: 100, paidMinor: 100 });
    const { machineId, epoch, voucherKey } = told.cabinet.identity;
    const claim = { machineId, epoch, number: claimNumber(1), amountMinor: 100, currency: "USD" };
    assert.ok(verifyVoucher(voucherKey, code, claim));
    assert.equal(recordsOf(told, "saleSettled"), []);
    assert.is(told.cabinet.spirals.turns, 2, "the turn was finished after the boot");
    assert.is(told.cabinet.spirals.productsIn(5), 7, "and brought nothing more");
  },
};
