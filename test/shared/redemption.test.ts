/** The verdict on a presented voucher code. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { epochOfCode, type IssuedVoucher, type PresentedVoucher, redemptionVerdict } from "../../shared/redemption.js";
import { claimNumber, formatVoucherCode, plainVoucherCode, voucherCode } from "../../shared/voucher.js";

const test = suite("voucher redemption");

const KEY = new Uint8Array(32).fill(3);
const CLAIM = { machineId: "M-1", epoch: 70, number: 9, amountMinor: 35, currency: "USD" };
const CODE = voucherCode(KEY, CLAIM);
const ISSUED: IssuedVoucher = { number: 9, amountMinor: 35, currency: "USD", redeemed: false };

function presented(more: Partial<PresentedVoucher> = {}): PresentedVoucher {
  return { code: CODE, machineId: "M-1", epoch: 70, amountMinor: 35, currency: "USD", ...more };
}

test("each verdict", () => {
  const verdict = (more: Partial<PresentedVoucher>, issued: IssuedVoucher | undefined = ISSUED) =>
    redemptionVerdict(KEY, presented(more), issued);
  assert.is(verdict({}), "pay");
  assert.is(verdict({ amountMinor: undefined }), "pay");
  assert.is(verdict({ code: formatVoucherCode(CODE).toLowerCase() }), "pay");
  assert.is(verdict({}, { ...ISSUED, redeemed: true }), "redeemed");
  assert.is(verdict({ amountMinor: 36 }), "otherAmount");
  assert.is(verdict({ currency: "EUR" }), "otherAmount");
  assert.is(verdict({ machineId: "M-2" }), "forged");
  assert.is(verdict({ epoch: 6 }), "forged");
  assert.is(verdict({}, { ...ISSUED, number: 10 }), "forged");
  assert.is(verdict({}, { ...ISSUED, amountMinor: 3_500 }), "forged");
  assert.is(
    redemptionVerdict(
      KEY.map((byte) => byte ^ 1),
      presented(),
      ISSUED,
    ),
    "forged",
  );
  assert.is(verdict({ code: CODE.slice(1) }), "malformed");
  const claim = voucherCode(KEY, { ...CLAIM, number: claimNumber(9) });
  assert.is(verdict({ code: claim }), "claim");
  assert.is(redemptionVerdict(KEY, presented({ code: claim }), undefined), "claim");
});

test("before its record has come: pending if the machine signed just that amount", () => {
  assert.is(redemptionVerdict(KEY, presented(), undefined), "pending");
  assert.is(redemptionVerdict(KEY, presented({ amountMinor: 36 }), undefined), "forged");
  assert.is(redemptionVerdict(KEY, presented({ amountMinor: undefined }), undefined), "forged");
});

test("the code's low bits name the newest epoch they can be of", () => {
  assert.is(epochOfCode(CODE, 70), 70);
  assert.is(epochOfCode(CODE, 71), 70);
  assert.is(epochOfCode(CODE, 133), 70);
  assert.is(epochOfCode(CODE, 134), 134);
  assert.is(epochOfCode(CODE, 5), undefined);
  assert.is(epochOfCode("?", 70), undefined);
});

test("a typed code as the machine made it", () => {
  assert.is(plainVoucherCode(` ${formatVoucherCode(CODE).toLowerCase()} `), CODE);
  assert.is(plainVoucherCode("O0I1L-ABCDE-FGHJ"), "00111ABCDEFGHJ");
  assert.is(plainVoucherCode("U".repeat(14)), undefined);
});

test.run();
