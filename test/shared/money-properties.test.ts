/**
 * Payable sets and coin plans against brute force over every combination of coins, and against greedy where greedy is
 * right. `worstCaseTubes` is the stock that costs the most at 1 ¢ and $20.00; the bench measures it.
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decimalText, formatMinor, MAX_MINOR, parseDecimal } from "../../shared/money/amounts.js";
import { CURRENCIES } from "../../shared/money/currencies.js";
import { isPayable, largestPayable, payableSet } from "../../shared/money/payable.js";
import { type CoinPlan, coinPlan } from "../../shared/money/plan.js";
import { minorToUnits, unitsToMinor } from "../../shared/money/scaling.js";
import { MAX_COINS_PER_TYPE, MAX_UNITS, type Tube } from "../../shared/money/tubes.js";

const test = suite("money, by properties");

interface Best {
  readonly coins: number;
  /** Counts by falling (value, index), the order in which plans are preferred. */
  readonly ranked: readonly number[];
}

/** Indexes of the tubes by falling value, and falling index among equals. */
function ranking(tubes: readonly Tube[]): number[] {
  const order = tubes.map((_, index) => index);
  return order.sort((a, b) => (tubes[b]?.valueMinor ?? 0) - (tubes[a]?.valueMinor ?? 0) || b - a);
}

function isBetter(left: Best, right: Best | undefined): boolean {
  if (right === undefined) return true;
  if (left.coins !== right.coins) return left.coins < right.coins;
  for (let i = 0; i < left.ranked.length; i++) {
    const difference = (left.ranked[i] ?? 0) - (right.ranked[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

/** Every payable amount with its best plan, by trying every combination. */
function bruteForce(tubes: readonly Tube[]): Map<number, Best> {
  const order = ranking(tubes);
  const found = new Map<number, Best>();
  const counts: number[] = [];
  const walk = (depth: number, paid: number, coins: number): void => {
    const index = order[depth];
    if (index === undefined) {
      const plan = { coins, ranked: counts.slice() };
      if (isBetter(plan, found.get(paid))) found.set(paid, plan);
      return;
    }
    const { valueMinor = 0, count = 0 } = tubes[index] ?? {};
    for (let used = 0; used <= (valueMinor > 0 ? count : 0); used++) {
      counts[depth] = used;
      walk(depth + 1, paid + used * valueMinor, coins + used);
    }
  };
  walk(0, 0, 0);
  return found;
}

function checkPlan(tubes: readonly Tube[], amountMinor: number, plan: CoinPlan): void {
  assert.is(plan.counts.length, tubes.length);
  let paid = 0;
  for (const [index, count] of plan.counts.entries()) {
    assert.ok(count >= 0 && count <= (tubes[index]?.count ?? 0), `${count} coins of tube ${index}`);
    paid += count * (tubes[index]?.valueMinor ?? 0);
  }
  assert.is(plan.paidMinor, paid);
  assert.is(plan.paidMinor + plan.restMinor, amountMinor);
  assert.ok(plan.restMinor >= 0);
  assert.is(
    plan.coins,
    plan.counts.reduce((sum, count) => sum + count, 0),
  );
}

const smallTubes = fc.array(
  fc.record({
    valueMinor: fc.oneof(fc.constantFrom(0, 1, 5, 10, 20, 25, 50, 100), fc.integer({ min: 1, max: 40 })),
    count: fc.integer({ min: 0, max: 4 }),
  }),
  { maxLength: 5 },
);

test("the payable set is what brute force can pay", () => {
  fc.assert(
    fc.property(smallTubes, fc.nat(700), (tubes, maxMinor) => {
      const payable = bruteForce(tubes);
      const set = payableSet(tubes, maxMinor);
      let largest = 0;
      for (let amount = 0; amount <= maxMinor; amount++) {
        assert.is(isPayable(set, amount), payable.has(amount), `${amount} of ${JSON.stringify(tubes)}`);
        if (payable.has(amount)) largest = amount;
        assert.is(largestPayable(set, amount), largest);
      }
      assert.not(isPayable(set, maxMinor + 1));
      assert.not(isPayable(set, -1));
    }),
    { numRuns: 300 },
  );
});

test("the coin plan is the best of all combinations, or pays the greatest amount below", () => {
  fc.assert(
    fc.property(smallTubes, fc.nat(700), (tubes, amountMinor) => {
      const payable = bruteForce(tubes);
      const plan = coinPlan(tubes, amountMinor);
      checkPlan(tubes, amountMinor, plan);
      const greatest = Math.max(...[...payable.keys()].filter((amount) => amount <= amountMinor));
      assert.is(plan.paidMinor, greatest);
      const ranked = ranking(tubes).map((index) => plan.counts[index] ?? 0);
      assert.equal(ranked, payable.get(greatest)?.ranked, `${amountMinor} of ${JSON.stringify(tubes)}`);
    }),
    { numRuns: 600 },
  );
});

test("plan and set agree on stocks of any size", () => {
  const tubes = fc.array(
    fc.record({ valueMinor: fc.nat(300), count: fc.oneof(fc.nat(12), fc.nat(MAX_COINS_PER_TYPE)) }),
    { maxLength: 16 },
  );
  fc.assert(
    fc.property(tubes, fc.nat(2500), (stock, amountMinor) => {
      const plan = coinPlan(stock, amountMinor);
      checkPlan(stock, amountMinor, plan);
      const set = payableSet(stock, amountMinor);
      assert.is(plan.paidMinor, largestPayable(set, amountMinor));
      assert.is(plan.restMinor === 0, isPayable(set, amountMinor));
    }),
    { numRuns: 150 },
  );
});

const CANONICAL_MINOR = [
  [1, 5, 10, 25, 100],
  [5, 10, 25],
  [1, 2, 5, 10, 20, 50, 100, 200],
  [10, 50, 100, 500],
];

test("equals greedy where the coins are canonical and the tubes suffice", () => {
  fc.assert(
    fc.property(fc.constantFrom(...CANONICAL_MINOR), fc.nat(2000), (values, wishedMinor) => {
      const amountMinor = wishedMinor - (wishedMinor % (values[0] ?? 1));
      const greedy = values.map(() => 0);
      let left = amountMinor;
      for (let i = values.length - 1; i >= 0; i--) {
        const value = values[i] ?? 1;
        greedy[i] = Math.floor(left / value);
        left -= (greedy[i] ?? 0) * value;
      }
      const tubes = values.map((valueMinor) => ({ valueMinor, count: MAX_COINS_PER_TYPE }));
      assert.equal(coinPlan(tubes, amountMinor).counts, greedy);
    }),
    { numRuns: 200 },
  );
});

test("beyond MAX_UNITS a plan is never too high and misses by less than the dearest coin", () => {
  const tubes = [1, 5, 10, 25, 100].map((valueMinor) => ({ valueMinor, count: MAX_COINS_PER_TYPE }));
  fc.assert(
    fc.property(fc.integer({ min: MAX_UNITS + 1, max: 40_000 }), (amountMinor) => {
      const plan = coinPlan(tubes, amountMinor);
      checkPlan(tubes, amountMinor, plan);
      const stockMinor = 141 * MAX_COINS_PER_TYPE;
      assert.is(plan.restMinor, Math.max(0, amountMinor - stockMinor));
    }),
    { numRuns: 100 },
  );
});

const codes = fc.constantFrom(...CURRENCIES.map((currency) => currency.code));

test("amounts survive their text", () => {
  fc.assert(
    fc.property(codes, fc.integer({ min: -MAX_MINOR, max: MAX_MINOR }), (code, minor) => {
      const text = decimalText(minor, code);
      assert.is(parseDecimal(text, code), minor);
      assert.ok(formatMinor(minor, code).endsWith(text.replace("-", "")));
    }),
  );
});

test("parseDecimal never throws and never rounds", () => {
  const texts = fc.oneof(fc.string(), fc.stringMatching(/^-?[0-9]{0,10}\.?[0-9]{0,4}$/));
  fc.assert(
    fc.property(texts, codes, (text, code) => {
      const minor = parseDecimal(text, code);
      if (minor === undefined) return;
      assert.ok(Math.abs(minor) <= MAX_MINOR);
      // Both sides as whole thousandths, the finest minor unit there is.
      const [whole = "", fraction = ""] = text.replace("-", "").split(".");
      const thousandths = Number(whole) * 1000 + Number(fraction.slice(0, 3).padEnd(3, "0"));
      const decimals = CURRENCIES.find((currency) => currency.code === code)?.decimals ?? 0;
      assert.is(Math.abs(minor) * 10 ** (3 - decimals), thousandths, text);
      assert.match(fraction.slice(3), /^0*$/);
    }),
    { numRuns: 500 },
  );
});

test("scaled units survive the way to minor units and back", () => {
  const scale = fc.record({ scalingFactor: fc.integer({ min: 1, max: 1000 }), decimals: fc.nat(3) });
  fc.assert(
    fc.property(fc.nat(255), scale, codes, (units, unit, code) => {
      const minor = unitsToMinor(units, unit, code);
      if (minor !== undefined) assert.is(minorToUnits(minor, unit, code), units);
    }),
    { numRuns: 500 },
  );
});

test.run();
