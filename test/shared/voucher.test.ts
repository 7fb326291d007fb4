/** Voucher codes: made, typed, read and checked; every field of the claim is covered. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { utf8Encode } from "../../shared/bytes.js";
import { encodeCbor } from "../../shared/cbor.js";
import { hmacSha256 } from "../../shared/sha256.js";
import {
  epochLowOf,
  formatVoucherCode,
  MAX_VOUCHER_NUMBER,
  parseVoucherCode,
  VOUCHER_CODE_LENGTH,
  type VoucherClaim,
  verifyVoucher,
  voucherCode,
  voucherKey,
} from "../../shared/voucher.js";

const test = suite("voucher");

const MASTER = utf8Encode("a master key for tests, 32 bytes");
const CLAIM: VoucherClaim = { machineId: "M-1234", epoch: 3, number: 41, amountMinor: 75, currency: "USD" };

test("the bits are where the head comment says", () => {
  const key = voucherKey(MASTER, "M-1234", 3, 1);
  const code = voucherCode(key, CLAIM);
  assert.is(code.length, VOUCHER_CODE_LENGTH);
  assert.match(code, /^[0-9A-HJKMNP-TV-Z]{14}$/);
  // 41 × 64 + 3 = 2627 = 2·32² + 18·32 + 3
  assert.is(code.slice(0, 6), "0002J3");
  const mac = hmacSha256(key, encodeCbor(["M-1234", 3, 41, 75, "USD"])).slice(0, 5);
  assert.equal(parseVoucherCode(code), { ok: true, number: 41, epochLow: 3, mac });
});

test("the ends of the ranges survive", () => {
  for (const [number, epoch] of [
    [0, 0],
    [MAX_VOUCHER_NUMBER, 0xffff_ffff],
    [0x80_0000, 63],
    [1, 64],
  ] as const) {
    const claim = { ...CLAIM, number, epoch };
    const code = voucherCode(MASTER, claim);
    const parts = parseVoucherCode(code);
    assert.ok(parts.ok);
    if (parts.ok) {
      assert.is(parts.number, number);
      assert.is(parts.epochLow, epochLowOf(epoch));
    }
    assert.ok(verifyVoucher(MASTER, code, claim));
  }
  assert.throws(() => voucherCode(MASTER, { ...CLAIM, number: MAX_VOUCHER_NUMBER + 1 }), RangeError);
  assert.throws(() => voucherCode(MASTER, { ...CLAIM, number: -1 }), RangeError);
  assert.throws(() => voucherCode(MASTER, { ...CLAIM, epoch: 2 ** 32 }), RangeError);
});

test("typed as people type", () => {
  const code = voucherCode(MASTER, CLAIM);
  const grouped = formatVoucherCode(code);
  assert.match(grouped, /^.{4}-.{5}-.{5}$/);
  const sloppy = code.toLowerCase().replace(/0/g, "o").replace(/1/g, "l");
  for (const typed of [grouped, grouped.toLowerCase(), ` ${grouped.replace(/-/g, " ")} `, sloppy]) {
    assert.equal(parseVoucherCode(typed), parseVoucherCode(code), typed);
    assert.ok(verifyVoucher(MASTER, typed, CLAIM));
  }
});

test("what is no code is refused by name", () => {
  for (const text of ["", "0002J3", "0".repeat(13), "0".repeat(15), "-- --"]) {
    assert.equal(parseVoucherCode(text), { ok: false, error: "length" }, text);
  }
  for (const text of ["U0000000000000", "0000000000000!", "ß0000000000000", "0000é000000000"]) {
    assert.equal(parseVoucherCode(text), { ok: false, error: "character" }, text);
  }
  assert.not(verifyVoucher(MASTER, "", CLAIM));
});

test("another claim, another key, another character: not verified", () => {
  const code = voucherCode(MASTER, CLAIM);
  const others: Partial<VoucherClaim>[] = [
    { machineId: "M-1235" },
    { epoch: 4 },
    { epoch: 3 + 64 }, // the same low bits
    { number: 42 },
    { amountMinor: 7500 },
    { currency: "EUR" },
  ];
  for (const other of others) assert.not(verifyVoucher(MASTER, code, { ...CLAIM, ...other }), JSON.stringify(other));
  assert.not(verifyVoucher(utf8Encode("another key"), code, CLAIM));
  for (let i = 0; i < code.length; i++) {
    const wrong = code.slice(0, i) + (code.charAt(i) === "7" ? "8" : "7") + code.slice(i + 1);
    assert.not(verifyVoucher(MASTER, wrong, CLAIM), wrong);
  }
});

test("keys differ by machine, epoch and version", () => {
  const keys = [
    voucherKey(MASTER, "M-1234", 3, 1),
    voucherKey(MASTER, "M-1235", 3, 1),
    voucherKey(MASTER, "M-1234", 4, 1),
    voucherKey(MASTER, "M-1234", 3, 2),
  ];
  const codes = keys.map((key) => voucherCode(key, CLAIM));
  assert.is(new Set(codes).size, keys.length);
  for (const key of keys) assert.is(key.length, 32);
});

test.run();
