/** Amounts, scaling, payable sets and coin plans on known cases and at every limit. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decimalText, formatMinor, isMinor, MAX_MINOR, parseDecimal } from "../../shared/money/amounts.js";
import {
  CURRENCIES,
  currencyByCode,
  currencyByNumber,
  currencyOfMdb,
  isCurrencyCode,
  mdbCountryCode,
} from "../../shared/money/currencies.js";
import { isPayable, largestPayable, payableSet } from "../../shared/money/payable.js";
import { coinPlan } from "../../shared/money/plan.js";
import { commonUnitMinor, minorToUnits, unitsToMinor } from "../../shared/money/scaling.js";
import { MAX_COINS_PER_TYPE, MAX_TUBES, MAX_UNITS, stockOf, type Tube } from "../../shared/money/tubes.js";
import { WORST_CASE_MINOR, worstCaseTubes } from "../../tools/measure/worst-tubes.js";

const test = suite("money");

/** [value, count] pairs as tubes. */
function tubesOf(...pairs: readonly (readonly [number, number])[]): Tube[] {
  return pairs.map(([valueMinor, count]) => ({ valueMinor, count }));
}

test("amounts as text", () => {
  assert.is(formatMinor(175, "USD"), "$1.75");
  assert.is(formatMinor(0, "USD"), "$0.00");
  assert.is(formatMinor(-5, "USD"), "-$0.05");
  assert.is(formatMinor(120, "JPY"), "¥120");
  assert.is(formatMinor(1250, "KWD"), "KWD 1.250");
  assert.is(formatMinor(990, "CHF"), "CHF 9.90");
  assert.is(decimalText(175, "USD"), "1.75");
  assert.is(decimalText(-MAX_MINOR, "EUR"), "-9999999.99");
  assert.throws(() => formatMinor(1.5, "USD"), RangeError);
  assert.throws(() => decimalText(MAX_MINOR + 1, "USD"), RangeError);
});

test("text as amounts, by digits only", () => {
  const good: readonly (readonly [string, number])[] = [
    ["1.75", 175],
    ["1.750", 175],
    ["1", 100],
    ["1.5", 150],
    ["0.05", 5],
    ["-0.05", -5],
    ["-0.00", 0],
    ["0001", 100],
    ["1.1", 110],
    ["9999999.99", MAX_MINOR],
  ];
  for (const [text, minor] of good) assert.is(parseDecimal(text, "USD"), minor, text);
  const bad = [
    "",
    "-",
    ".",
    "1.",
    ".5",
    "1.755",
    "1,75",
    "1.2.3",
    " 1",
    "1e2",
    "$1",
    "--1",
    "10000000.00",
    "9".repeat(400),
  ];
  for (const text of bad) assert.is(parseDecimal(text, "USD"), undefined, text);
  assert.is(parseDecimal("120", "JPY"), 120);
  assert.is(parseDecimal("120.00", "JPY"), 120);
  assert.is(parseDecimal("1.234", "KWD"), 1234);
});

test("isMinor holds integers within the limit only", () => {
  for (const amount of [0, -1, MAX_MINOR, -MAX_MINOR]) assert.ok(isMinor(amount));
  for (const amount of [0.5, MAX_MINOR + 1, -MAX_MINOR - 1, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.not(isMinor(amount));
  }
});

test("currencies by code and number; each is there once", () => {
  assert.is(currencyByCode("USD")?.number, 840);
  assert.is(currencyByCode("usd"), undefined);
  assert.ok(isCurrencyCode("JPY"));
  assert.not(isCurrencyCode("XXX"));
  assert.is(currencyByNumber(978)?.code, "EUR");
  assert.is(currencyByNumber(810)?.code, "RUB", "the rouble's number until 1998");
  assert.is(new Set(CURRENCIES.map((currency) => currency.code)).size, CURRENCIES.length);
  assert.is(new Set(CURRENCIES.map((currency) => currency.number)).size, CURRENCIES.length);
});

test("MDB country codes: ISO, telephone, and what is neither", () => {
  assert.is(currencyOfMdb(0x1840)?.code, "USD");
  assert.is(currencyOfMdb(0x1978)?.code, "EUR");
  assert.is(currencyOfMdb(0x1810)?.code, "RUB");
  assert.is(currencyOfMdb(0x0001)?.code, "USD");
  assert.is(currencyOfMdb(0x0044)?.code, "GBP");
  assert.is(currencyOfMdb(0x0420)?.code, "CZK");
  for (const word of [0xffff, 0x1fff, 0x2840, 0x0999, 0x1000, 0x0000]) assert.is(currencyOfMdb(word), undefined);
  for (const currency of CURRENCIES) assert.is(currencyOfMdb(mdbCountryCode(currency.code)), currency);
});

test("scaled units: the factor scales, decimals only place the point", () => {
  assert.is(unitsToMinor(5, { scalingFactor: 5, decimals: 2 }, "USD"), 25);
  assert.is(unitsToMinor(40, { scalingFactor: 5, decimals: 2 }, "EUR"), 200);
  assert.is(unitsToMinor(1, { scalingFactor: 10, decimals: 0 }, "RUB"), 1000);
  assert.is(unitsToMinor(1, { scalingFactor: 1, decimals: 3 }, "USD"), undefined);
  assert.is(unitsToMinor(10, { scalingFactor: 1, decimals: 3 }, "USD"), 1);
  assert.is(unitsToMinor(255, { scalingFactor: 65_535, decimals: 0 }, "USD"), undefined, "beyond MAX_MINOR");
  assert.is(minorToUnits(25, { scalingFactor: 5, decimals: 2 }, "USD"), 5);
  assert.is(minorToUnits(26, { scalingFactor: 5, decimals: 2 }, "USD"), undefined);
  assert.is(minorToUnits(1, { scalingFactor: 1, decimals: 3 }, "USD"), 10);
  assert.is(minorToUnits(100, { scalingFactor: 0, decimals: 2 }, "USD"), undefined);
});

test("the smallest common unit of several devices", () => {
  assert.is(commonUnitMinor([5, 100]), 5);
  assert.is(commonUnitMinor([25, 10, 0]), 5);
  assert.is(commonUnitMinor([7]), 7);
  assert.is(commonUnitMinor([0, 0]), 0);
  assert.is(commonUnitMinor([]), 0);
});

test("30 ¢ from one quarter and three dimes: greedy fails, the plan does not", () => {
  assert.equal(coinPlan(tubesOf([25, 1], [10, 3]), 30), { counts: [0, 3], coins: 3, paidMinor: 30, restMinor: 0 });
});

test("the worked example's quarter, and the demo tubes", () => {
  const demo = tubesOf([5, 20], [10, 30], [25, 45]);
  assert.equal(coinPlan(demo, 25), { counts: [0, 0, 1], coins: 1, paidMinor: 25, restMinor: 0 });
  assert.equal(coinPlan(demo, 40), { counts: [1, 1, 1], coins: 3, paidMinor: 40, restMinor: 0 });
});

test("without an exact plan the greatest payable amount is paid and the rest named", () => {
  assert.equal(coinPlan(tubesOf([25, 2], [10, 0]), 60), { counts: [2, 0], coins: 2, paidMinor: 50, restMinor: 10 });
  assert.equal(coinPlan(tubesOf([25, 1], [10, 3]), 43), { counts: [1, 1], coins: 2, paidMinor: 35, restMinor: 8 });
  assert.equal(coinPlan(tubesOf([25, 0]), 60), { counts: [0], coins: 0, paidMinor: 0, restMinor: 60 });
  assert.equal(coinPlan([], 60), { counts: [], coins: 0, paidMinor: 0, restMinor: 60 });
  assert.equal(coinPlan(tubesOf([100, 5]), 60), { counts: [0], coins: 0, paidMinor: 0, restMinor: 60 });
});

test("two types of one value: the higher type goes first", () => {
  assert.equal(coinPlan(tubesOf([25, 2], [25, 2]), 75).counts, [1, 2]);
  assert.equal(coinPlan(tubesOf([5, 9], [5, 9], [5, 1]), 55).counts, [1, 9, 1]);
});

test("of equally short plans the one with the dearest coins", () => {
  // 10 = 6 + 4 = 5 + 5
  assert.equal(coinPlan(tubesOf([4, 1], [5, 2], [6, 1]), 10).counts, [1, 0, 1]);
  assert.equal(coinPlan(tubesOf([4, 1], [5, 2], [6, 0]), 10).counts, [0, 2, 0]);
  // 15 = 7 + 7 + 1 = 7 + 5 + 3 = 6 + 6 + 3 = 5 + 5 + 5
  assert.equal(coinPlan(tubesOf([1, 1], [3, 1], [5, 3], [6, 2], [7, 2]), 15).counts, [1, 0, 0, 0, 2]);
  assert.equal(coinPlan(tubesOf([1, 0], [3, 1], [5, 3], [6, 2], [7, 2]), 15).counts, [0, 1, 1, 0, 1]);
  assert.equal(coinPlan(tubesOf([1, 0], [3, 1], [5, 3], [6, 2], [7, 0]), 15).counts, [0, 1, 0, 2, 0]);
});

test("tokens, empty tubes and coins dearer than the amount do not matter", () => {
  const tubes = tubesOf([0, 50], [7, 0], [500, 3], [5, 4]);
  const set = payableSet(tubes, 20);
  assert.is(set.unitMinor, 5);
  assert.ok(isPayable(set, 20));
  assert.not(isPayable(set, 7));
  assert.equal(coinPlan(tubes, 20).counts, [0, 0, 0, 4]);
});

test("a payable set answers no outside its bounds", () => {
  const set = payableSet(tubesOf([25, 45], [10, 30], [5, 20]), 500);
  for (const amount of [0, 5, 25, 495, 500]) assert.ok(isPayable(set, amount), `${amount}`);
  for (const amount of [-5, 1, 27, 505, 1000, 2.5]) assert.not(isPayable(set, amount), `${amount}`);
  assert.is(largestPayable(set, 499), 495);
  assert.is(largestPayable(set, 10_000), 500);
  assert.is(largestPayable(set, -1), 0);
  const empty = payableSet([], 500);
  assert.ok(isPayable(empty, 0));
  assert.not(isPayable(empty, 1));
  assert.is(largestPayable(empty, 500), 0);
  assert.not(isPayable(payableSet(tubesOf([5, 1]), -1), 0));
});

test("limits: types, units, coins per type, and numbers that are none", () => {
  const most = new Array<Tube>(MAX_TUBES).fill({ valueMinor: 5, count: 1 });
  assert.is(coinPlan(most, 5 * MAX_TUBES).coins, MAX_TUBES);
  assert.throws(() => coinPlan([...most, { valueMinor: 5, count: 1 }], 80), RangeError);
  assert.throws(() => payableSet([...most, { valueMinor: 5, count: 1 }], 80), RangeError);
  assert.throws(() => coinPlan(tubesOf([5, 1]), 2.5), RangeError);
  assert.throws(() => coinPlan(tubesOf([5, 1]), -5), RangeError);
  assert.throws(() => stockOf(tubesOf([2.5, 1]), 10), RangeError);
  assert.throws(() => stockOf(tubesOf([5, -1]), 10), RangeError);

  const many = tubesOf([1, 1000]);
  assert.is(coinPlan(many, 400).paidMinor, MAX_COINS_PER_TYPE);
  assert.not(isPayable(payableSet(many, 400), MAX_COINS_PER_TYPE + 1));

  const deep = tubesOf([1, 255], [100, 255]);
  const set = payableSet(deep, 25_500);
  assert.is(set.maxMinor, MAX_UNITS);
  assert.ok(isPayable(set, MAX_UNITS));
  assert.not(isPayable(set, MAX_UNITS + 1));
  assert.equal(coinPlan(deep, MAX_UNITS), { counts: [96, 40], coins: 136, paidMinor: MAX_UNITS, restMinor: 0 });
  assert.equal(coinPlan(deep, 25_499), { counts: [99, 254], coins: 353, paidMinor: 25_499, restMinor: 0 });
  assert.is(coinPlan(tubesOf([1, 3], [9000, 3]), 28_000).restMinor, 997);
});

test("the costliest stocks give sound plans", () => {
  for (const { name, tubes } of worstCaseTubes()) {
    const plan = coinPlan(tubes, WORST_CASE_MINOR);
    const set = payableSet(tubes, WORST_CASE_MINOR);
    assert.is(plan.paidMinor, largestPayable(set, WORST_CASE_MINOR), name);
    let paid = 0;
    plan.counts.forEach((count, index) => {
      assert.ok(count <= (tubes[index]?.count ?? 0), name);
      paid += count * (tubes[index]?.valueMinor ?? 0);
    });
    assert.is(plan.paidMinor, paid, name);
  }
});

test.run();
