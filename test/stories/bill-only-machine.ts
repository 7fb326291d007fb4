/** A machine without coin changer sells for bills (forced vend); what it owes comes as a voucher. */
import * as assert from "uvu/assert";
import { verifyVoucher } from "../../shared/voucher.js";
import { DEMO_SETTINGS } from "../../tools/bench/demo.js";
import { choose, payBills } from "./people.js";
import { type Story, theRecord } from "./story.js";

export const STORY: Story = {
  name: "a bill-only machine: sells for bills, pays back by voucher",
  options: { changer: "none", settings: { ...DEMO_SETTINGS, forcedVend: true } },
  play(cabinet) {
    choose(cabinet, "B1");
    payBills(cabinet, 100);
    cabinet.untilRest();
    choose(cabinet, "B4");
    payBills(cabinet, 100);
    cabinet.until("no bill is taken whose change nobody could pay", () => cabinet.validator?.acceptMask === 0);
    assert.is(cabinet.insertBill(100), undefined);
    cabinet.cancel();
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.tray, ["B1"]);
    assert.is(theRecord(told, "saleSettled").changeMinor, 0);
    const { code, amountMinor } = theRecord(told, "voucherIssued");
    const { machineId, epoch, voucherKey } = told.cabinet.identity;
    assert.ok(verifyVoucher(voucherKey, code, { machineId, epoch, number: 1, amountMinor: 100, currency: "USD" }));
    assert.is(amountMinor, 100);
    assert.equal(told.lines, [
      "Insert $1.00 | Still water",
      "Please wait … | Still water",
      "Thank you!",
      "Insert $1.75 | Coke",
      "$0.75 remaining | Coke",
      "Please take your money | $1.00",
      `Voucher $1.00 | ${code}`,
    ]);
  },
};
