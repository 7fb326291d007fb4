/** Which amounts a reader can be asked for, by its scaling and decimals. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { rangeOf, unitsOf } from "../../../firmware/mdb/reader-money.js";
import { MAX_MINOR } from "../../../shared/money/amounts.js";

const test = suite("reader: amounts");

const RANGES: readonly (readonly [string, readonly [number, number, number, boolean], number, number])[] = [
  ["5 cents, 16 bits", [5, 2, 2, false], 5, 5 * 0xfffe],
  ["whole dollars", [1, 0, 2, false], 100, 100 * 0xfffe],
  ["tenths of a cent: ten make one of ours", [1, 3, 2, false], 1, 6_553],
  ["half cents by five", [5, 3, 2, false], 1, Math.floor(0xfffe / 2)],
  ["32 bits: beyond every amount", [1, 2, 2, true], 1, MAX_MINOR],
  ["not set up", [0, 0, 2, false], 0, 0],
];

for (const [name, [scaling, deviceDecimals, decimals, wide], unitMinor, mostMinor] of RANGES) {
  test(name, () => {
    const unit = { scaling, deviceDecimals, decimals, wide };
    const range = rangeOf(unit);
    assert.equal(range, { unitMinor, mostMinor });
    if (unitMinor === 0) return;
    assert.ok(unitsOf(unit, mostMinor) !== undefined, "the largest can be asked for");
    assert.ok(mostMinor === MAX_MINOR || unitsOf(unit, mostMinor + unitMinor) === undefined, "and no larger one");
    assert.ok(unitsOf(unit, unitMinor) !== undefined);
  });
}

test.run();
