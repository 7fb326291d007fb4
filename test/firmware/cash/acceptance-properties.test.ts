/** The acceptance rule against its own words, stated again as plainly as they can be. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AcceptanceRule, mayAccept } from "../../../firmware/cash/acceptance.js";
import { payableSet } from "../../../shared/money/payable.js";
import type { Tube } from "../../../shared/money/tubes.js";

const test = suite("firmware/cash acceptance, by properties");
const RUNS = 3_000;

interface Case {
  tubes: Tube[];
  maxCreditMinor: number;
  forcedVend: boolean;
  changeless: boolean;
  everyPrice: boolean;
  priceMinor: number | undefined;
  sellablePricesMinor: number[];
  creditMinor: number;
  valueMinor: number;
  fits: boolean;
  escrow: boolean;
}

const fives = (most: number) => fc.integer({ min: 0, max: most / 5 }).map((n) => n * 5);
const aCase: fc.Arbitrary<Case> = fc.record({
  tubes: fc.array(
    fc.record({ valueMinor: fc.constantFrom(5, 10, 20, 25, 50), count: fc.integer({ min: 0, max: 4 }) }),
    { maxLength: 4 },
  ),
  maxCreditMinor: fives(400),
  forcedVend: fc.boolean(),
  changeless: fc.boolean(),
  everyPrice: fc.boolean(),
  priceMinor: fc.option(fives(300), { nil: undefined }),
  sellablePricesMinor: fc.array(fives(300), { maxLength: 4 }),
  creditMinor: fives(300),
  valueMinor: fc.constantFrom(5, 10, 25, 50, 100, 200),
  fits: fc.boolean(),
  escrow: fc.boolean(),
});

/** Every sum some of these coins make. */
function sums(tubes: readonly Tube[]): Set<number> {
  let reached = new Set([0]);
  for (const { valueMinor, count } of tubes) {
    const next = new Set<number>();
    for (const sum of reached) for (let coins = 0; coins <= count; coins++) next.add(sum + coins * valueMinor);
    reached = next;
  }
  return reached;
}

function inWords(given: Case): { a: boolean; b: boolean; c: boolean } {
  const { creditMinor: c, valueMinor: v, priceMinor: p, sellablePricesMinor: prices } = given;
  const P = sums(given.tubes);
  const payable = (x: number) => P.has(x) || (given.fits && P.has(x - v));
  const completesFromEscrow = given.escrow && p !== undefined && c + v >= p;
  const reached = prices.filter((price) => price <= c + v);
  const changeable = reached.filter((price) => payable(c + v - price));
  const noneReached = prices.every((price) => c + v < price);
  return {
    a: c + v <= given.maxCreditMinor,
    b: given.forcedVend || completesFromEscrow || payable(c + v),
    c:
      (given.forcedVend && given.changeless) ||
      (p !== undefined
        ? c + v < p || payable(c + v - p)
        : noneReached || (given.everyPrice ? changeable.length === reached.length : changeable.length >= 1)),
  };
}

function ruleOf(given: Case): AcceptanceRule {
  return { ...given, payable: payableSet(given.tubes, given.maxCreditMinor) };
}

test("enabled iff (a), (b) and (c); without change iff (a) alone holds", () => {
  const seen = { yes: 0, no: 0, noChange: 0 };
  fc.assert(
    fc.property(aCase, (given) => {
      const { a, b, c } = inWords(given);
      const verdict = mayAccept(ruleOf(given), given.creditMinor, given.valueMinor, given.fits, given.escrow);
      seen[verdict]++;
      assert.is(verdict, a ? (b && c ? "yes" : "noChange") : "no");
    }),
    { numRuns: RUNS },
  );
  for (const count of Object.values(seen)) assert.ok(count > RUNS / 20, `hardly any: ${JSON.stringify(seen)}`);
});

test("without forcedVend and escrow, what is accepted can be given back to the cent", () => {
  fc.assert(
    fc.property(aCase, (drawn) => {
      const given = { ...drawn, forcedVend: false, escrow: false };
      if (mayAccept(ruleOf(given), given.creditMinor, given.valueMinor, given.fits, false) !== "yes") return;
      const { tubes, valueMinor } = given;
      const after = given.fits ? [...tubes, { valueMinor, count: 1 }] : tubes;
      assert.ok(sums(after).has(given.creditMinor + valueMinor));
    }),
    { numRuns: RUNS },
  );
});

test.run();
