/** A claim code as digits: what is typed is told from a slip. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CLAIM_DIGITS, fitsClaimDigits, withCheckDigits } from "../../shared/claim-code.js";

const test = suite("shared/claim code");
const CODE = withCheckDigits("1267650600228229401496703205375");

test("check digits are those of ISO/IEC 7064 MOD 97-10", () => {
  // the standard's own example is 794 and its check digits 44
  assert.is(withCheckDigits("794"), "000000000000000000000000000079444");
  assert.is(CODE.length, CLAIM_DIGITS);
  assert.ok(fitsClaimDigits(CODE));
  assert.ok(fitsClaimDigits(withCheckDigits("0")));
});

test("one wrong digit, and two that have changed places, are noticed wherever they are", () => {
  for (let at = 0; at < CODE.length; at++) {
    for (let digit = 0; digit < 10; digit++) {
      const typed = `${CODE.slice(0, at)}${digit}${CODE.slice(at + 1)}`;
      assert.is(fitsClaimDigits(typed), typed === CODE);
    }
    const [one = "", two = ""] = CODE.slice(at, at + 2);
    const turned = `${CODE.slice(0, at)}${two}${one}${CODE.slice(at + 2)}`;
    assert.is(fitsClaimDigits(turned), turned === CODE);
  }
});

test("what is shorter, longer or no number is none", () => {
  for (const typed of ["", CODE.slice(1), `0${CODE}`, CODE.replace("7", "A"), CODE.replace("7", " ")]) {
    assert.not(fitsClaimDigits(typed), typed);
  }
});

test.run();
