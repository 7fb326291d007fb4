/** The judge sees what it is there for, and a failing plan is shrunk to what makes it fail. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { judgeEnd, judgeNow } from "../../tools/sim/judge.js";
import { narrowed, planOf, tellPlan } from "../../tools/sim/plan.js";
import { runPlan } from "../../tools/sim/run.js";
import { shrink } from "../../tools/sim/shrink.js";
import { SimCabinet } from "../../tools/sim/sim-cabinet.js";

const test = suite("seeds: judge and shrinker");
const SEED = 3;

function cabinetAtRest(): SimCabinet {
  const cabinet = new SimCabinet(planOf(SEED).machine);
  cabinet.powerOn();
  assert.ok(cabinet.waitFor(() => cabinet.settled && cabinet.synced, 60_000));
  return cabinet;
}

test("a machine at rest is sound", () => {
  const cabinet = cabinetAtRest();
  assert.equal(judgeEnd(cabinet), []);
});

test("a product that falls past every sensor is found", () => {
  const cabinet = cabinetAtRest();
  cabinet.beam.setSunlit(true);
  const { column } = cabinet.planogram.slots[0] ?? { column: 0 };
  cabinet.spirals.knockDown(column);
  cabinet.runFor(2_000);
  assert.match(judgeEnd(cabinet).join(), /fell unnamed/);
});

test("a coin that the ledger does not know is found", () => {
  const cabinet = cabinetAtRest();
  const coin = cabinet.truth.newCoin(100, "chute");
  cabinet.truth.moveCoin(coin, "cashBox");
  assert.match(judgeNow(cabinet).join(), /coins in/);
});

test("a card charged for nothing is found", () => {
  const cabinet = cabinetAtRest();
  const card = cabinet.truth.cards.newCard(1_000);
  cabinet.truth.cards.capture(cabinet.truth.cards.authorise(card, 0, 300, 1), "by hand");
  assert.match(judgeEnd(cabinet).join(), /cards charged 300/);
});

test("a fleet with records of its own is found", () => {
  const cabinet = cabinetAtRest();
  cabinet.fleet.machine(cabinet.options.machineId).raw.reverse();
  assert.match(judgeNow(cabinet).join(), /other records/);
});

test("shrinking drops whoever has no part in it and keeps the failure", () => {
  const plan = planOf(SEED);
  const result = { ...runPlan(narrowed(plan, new Set(), new Set())), violations: ["made up"] };
  const shrunk = shrink(plan, result, () => true);
  assert.is(shrunk.result.violations[0], "made up");
  assert.is(shrunk.plan.people.length, plan.people.length, "no shorter plan fails here, so none is taken");
  assert.ok(shrunk.runs > 0);
  assert.is(tellPlan(plan).filter((line) => line.includes("person")).length, plan.people.length);
});

test.run();
