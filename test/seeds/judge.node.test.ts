/** The judge sees what it is there for, and a failing plan is shrunk to what makes it fail. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { judgeEnd, judgeNow } from "../../tools/sim/judge.js";
import { judgePeople, standingOf } from "../../tools/sim/judge-people.js";
import { planOf, type SimPlan, tellPlan } from "../../tools/sim/plan.js";
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

/** Its fitted devices are not there: nothing to pay by. */
function withoutMeans({ machine }: SimPlan): SimPlan["machine"] {
  const { options } = machine;
  return { ...machine, options: { ...options, changer: "none", validator: "none", readers: [], hoppers: [] } };
}

test("a machine at rest is sound", () => {
  const cabinet = cabinetAtRest();
  assert.equal(judgeEnd(cabinet), []);
});

test("a product that falls past every sensor is found", () => {
  const cabinet = cabinetAtRest();
  const { column } = cabinet.planogram.slots[0] ?? { column: 0 };
  cabinet.truth.moveProduct(cabinet.truth.newProduct(column, "falling"), "tray");
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
  assert.ok(plan.people.length > 2 && plan.troubles.length > 1, "a plan with something to leave out");
  const broken = { ...plan, machine: withoutMeans(plan) };
  const result = runPlan(broken);
  assert.match(result.violations.join(), /not selling/);
  const shrunk = shrink(broken, result, () => true);
  assert.match(shrunk.result.violations.join(), /not selling/);
  assert.equal([shrunk.plan.people.length, shrunk.plan.troubles.length], [0, 0]);
  assert.ok(shrunk.runs >= 2);
  assert.is(tellPlan(shrunk.plan).length, 1, "the machine, and nobody there");
});

test("an outcome is unknown only where power died in that very sale's drop window", () => {
  const cabinet = cabinetAtRest();
  const { length } = cabinet.history.records;
  const record = { kind: "outcomeUnknown", seq: length + 1, atMs: 0, saleNo: 7, slot: "A1", priceMinor: 50 } as const;
  const rest = { paidMinor: 50, means: 0, productId: 1, planogramVersion: 1, claimNo: 1, cause: 0, code: "X" };
  cabinet.history.records.push({ ...record, ...rest });
  const cut = { atUs: 0, saleNo: 7, column: undefined, inWindow: true, blind: true, stalled: false };
  const unknown = /sales 7 unknown without a cut/;
  assert.match(judgeNow(cabinet).join(), unknown, "no cut");
  cabinet.cuts.push({ ...cut, saleNo: 6 });
  cabinet.history.records.push({ ...record, ...rest });
  assert.match(judgeNow(cabinet).join(), unknown, "a cut in another sale");
  cabinet.cuts.push({ ...cut, inWindow: false });
  cabinet.history.records.push({ ...record, ...rest });
  assert.match(judgeNow(cabinet).join(), unknown, "a cut before its spiral left home");
  cabinet.cuts.push(cut);
  cabinet.history.records.push({ ...record, ...rest });
  assert.not.match(judgeNow(cabinet).join(), unknown);
});

test("with full hold-up an outcome is unknown only of a covered beam", () => {
  const { machine } = planOf(SEED);
  const cabinet = new SimCabinet({ ...machine, options: { ...machine.options, holdUpMs: 800 } });
  cabinet.powerOn();
  assert.ok(cabinet.waitFor(() => cabinet.settled && cabinet.synced, 60_000));
  const of = { saleNo: 7, slot: "A1", priceMinor: 50, paidMinor: 50, means: 0, productId: 1, planogramVersion: 1 };
  const seq = cabinet.history.records.length + 1;
  const record = { kind: "outcomeUnknown", seq, atMs: 0, ...of, claimNo: 1, cause: 0, code: "X" } as const;
  const cut = { atUs: 0, saleNo: 7, column: undefined, inWindow: true, blind: false };
  const unknown = /sales 7 unknown without a cut/;
  cabinet.history.records.push(record);
  cabinet.cuts.push(cut);
  assert.match(judgeNow(cabinet).join(), unknown, "it had the time to see and note everything");
  cabinet.cuts.splice(0, 1, { ...cut, blind: true });
  cabinet.history.records.push(record);
  assert.not.match(judgeNow(cabinet).join(), unknown);
});

test("what one person gains no other one's loss hides", () => {
  const cabinet = cabinetAtRest();
  const start = standingOf(cabinet);
  const rich = { ...start, leftMinor: start.leftMinor - 25 };
  assert.match(judgePeople(cabinet, start, rich).join(), /gained 25/);
  assert.equal(judgePeople(cabinet, rich, start), []);
  const fed = { ...start, fell: start.fell + 1 };
  assert.match(judgePeople(cabinet, start, fed).join(), /1 products fell unnamed/);
  assert.equal(judgePeople(cabinet, start, { ...fed, unseenOdd: start.unseenOdd + 1 }), []);
  assert.match(judgePeople(cabinet, start, { ...fed, unseenTurned: start.unseenTurned + 1 }).join(), /unnamed/);
});

test.run();
