/** Only quarters could make the change, and their tube is jammed: the quarter owed becomes a voucher code. */
import * as assert from "uvu/assert";
import { FAULTS } from "../../shared/faults.js";
import { verifyVoucher } from "../../shared/voucher.js";
import { US_CHANGER } from "../../tools/bench/changer.js";
import { choose, payBills } from "./people.js";
import { recordsOf, type Story, theRecord } from "./story.js";

const QUARTERS = 2;
const types = US_CHANGER.types.map((spec, type) => (type < QUARTERS ? { ...spec, count: 0 } : spec));

export const STORY: Story = {
  name: "the change tube is jammed: no exact change, a voucher for what coins cannot pay",
  options: { changer: { ...US_CHANGER, types } },
  prepare(cabinet) {
    cabinet.changer?.tubes.jam(QUARTERS);
  },
  play(cabinet) {
    choose(cabinet, "A5");
    payBills(cabinet, 100);
    cabinet.untilRest();
  },
  expect(told) {
    const { code, amountMinor, voucherNo } = theRecord(told, "voucherIssued");
    assert.equal({ amountMinor, voucherNo }, { amountMinor: 25, voucherNo: 1 });
    const { machineId, epoch, voucherKey } = told.cabinet.identity;
    const claim = { machineId, epoch, number: 1, amountMinor: 25, currency: "USD" };
    assert.ok(verifyVoucher(voucherKey, code, claim), "the code stands for exactly this voucher");
    assert.not.ok(verifyVoucher(voucherKey, code, { ...claim, amountMinor: 50 }));
    assert.equal(told.lines, [
      "Insert $0.75 | Chewing gum",
      "Please wait … | Chewing gum",
      "Thank you! | $0.25",
      `Voucher $0.25 | ${code}`,
    ]);
    assert.equal(told.tray, ["A5"]);
    assert.equal(told.cup, []);
    assert.equal(
      recordsOf(told, "payoutDone").map(({ paidMinor }) => paidMinor),
      [0],
    );
    assert.ok(recordsOf(told, "faultRaised").some(({ fault }) => fault === FAULTS.tubeJam.code));
  },
};
