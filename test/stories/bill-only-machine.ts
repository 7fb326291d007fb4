/** A machine without coin changer sells for bills (forced vend); what it owes, change too, comes as a voucher. */
import * as assert from "uvu/assert";
import { verifyVoucher } from "../../shared/voucher.js";
import { DEMO_SETTINGS } from "../../tools/bench/demo.js";
import { choose, payBills } from "./people.js";
import { recordsOf, type Story } from "./story.js";

export const STORY: Story = {
  name: "a bill-only machine: sells for bills, pays back by voucher",
  options: { changer: "none", settings: { ...DEMO_SETTINGS, forcedVend: true } },
  play(cabinet) {
    choose(cabinet, "B1");
    payBills(cabinet, 100);
    cabinet.untilRest();
    choose(cabinet, "B4");
    payBills(cabinet, 100);
    cabinet.cancel();
    cabinet.untilRest();
    choose(cabinet, "B4");
    payBills(cabinet, 100, 100);
    cabinet.untilRest();
  },
  expect(told) {
    assert.equal(told.tray, ["B1", "B4"]);
    assert.equal(
      recordsOf(told, "saleSettled").map(({ changeMinor }) => changeMinor),
      [0, 25],
    );
    const vouchers = recordsOf(told, "voucherIssued");
    assert.equal(
      vouchers.map(({ amountMinor }) => amountMinor),
      [100, 25],
    );
    const { machineId, epoch, voucherKey } = told.cabinet.identity;
    for (const { code, amountMinor, voucherNo: number } of vouchers) {
      assert.ok(verifyVoucher(voucherKey, code, { machineId, epoch, number, amountMinor, currency: "USD" }));
    }
    assert.equal(told.lines, [
      "Insert $1.00 | Still water",
      "Please wait … | Still water",
      "Thank you!",
      "Insert $1.75 | Coke",
      "$0.75 remaining | Coke",
      "Please take your money | $1.00",
      `Voucher $1.00 | ${vouchers[0]?.code}`,
      "Insert $1.75 | Coke",
      "$0.75 remaining | Coke",
      "Please wait … | Coke",
      `Voucher $0.25 | ${vouchers[1]?.code}`,
    ]);
  },
};
