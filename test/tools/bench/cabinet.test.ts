/** The real firmware on the simulated machine: first sale, power cuts, stalls, and checkers that can fail. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Cabinet } from "../../../tools/bench/cabinet.js";
import { US_CHANGER } from "../../../tools/bench/changer.js";
import { checkGoods, checkMoney, checkRecords } from "../../../tools/bench/checkers.js";
import { PowerCut } from "../../../tools/bench/flash.js";

const test = suite("bench: cabinet");

/** Select, two $1 bills, product, a quarter back. */
function sellCoke(cabinet: Cabinet): void {
  cabinet.untilSelling();
  cabinet.select("B4");
  for (let bill = 1; bill <= 2; bill++) {
    cabinet.until("a bill is taken in", () => cabinet.insertBill(100) !== undefined);
    cabinet.until("the bill is stacked or waits", () => cabinet.truth.inMotionMinor === 0, 20_000);
  }
  cabinet.until("the product is in the tray", () => cabinet.truth.productsAt("tray") === 1);
  cabinet.untilRest();
}

test("the first sale, with the truth and the ledger in agreement", () => {
  const cabinet = new Cabinet();
  sellCoke(cabinet);
  assert.equal(cabinet.takeGoods(), [8]);
  assert.equal(cabinet.takeCoins(), [25]);
  assert.is(cabinet.durable.counters.cashSalesMinor, 175);
  assert.is(cabinet.truth.beamPulses, 1);
  cabinet.assertSound("after the sale", true);
  cabinet.runFor(60_000);
  const { records } = cabinet.readFlash();
  assert.equal(cabinet.fleet.records("M-1234"), records);
});

test("one seed gives the same run to the microsecond, another seed another", () => {
  const run = (seed: number): string => {
    const cabinet = new Cabinet({ seed });
    sellCoke(cabinet);
    return `${cabinet.world.nowUs} ${JSON.stringify(cabinet.readFlash().records)}`;
  };
  assert.is(run(11), run(11));
  assert.is.not(run(11), run(12));
});

test("power cut and back: flash, tubes, stacker and goods are as they were", () => {
  const cabinet = new Cabinet();
  sellCoke(cabinet);
  const { sales } = cabinet.durable.counters;
  cabinet.powerCycle();
  assert.is(cabinet.view, undefined);
  assert.is(cabinet.machine, undefined);
  cabinet.untilSelling();
  assert.is(cabinet.durable.counters.sales, sales);
  assert.is(cabinet.durable.bootNo, 2);
  cabinet.assertSound("after the power cut", true);
});

test("a cut thrown before an effect takes the whole machine's power", () => {
  const cabinet = new Cabinet();
  cabinet.untilSelling();
  cabinet.watch = {
    before: (effect) => {
      if (effect.do === "append") throw new PowerCut("before an append");
    },
    after: () => undefined,
  };
  cabinet.insertCoin(25);
  cabinet.until("the power is gone", () => !cabinet.powered);
  cabinet.watch = undefined;
  assert.is(cabinet.truth.coinFlowMinor("chute", "tube"), 25);
  cabinet.runFor(1_000);
  cabinet.untilSelling();
  assert.is(cabinet.durable.counters.coinsInMinor, 0);
  assert.is(cabinet.durable.counters.tubeOverMinor, 25);
  cabinet.assertSound("coin reported, not on flash", true);
});

test("a flash operation that tears takes the power, too", () => {
  for (const phase of ["before", "during", "after"] as const) {
    const cabinet = new Cabinet();
    cabinet.untilSelling();
    cabinet.ledgerFlash.cutAt(1, phase, 5);
    cabinet.insertCoin(25);
    cabinet.until("the power is gone", () => !cabinet.powered);
    cabinet.runFor(1_000);
    cabinet.untilSelling();
    const { coinsInMinor, tubeOverMinor } = cabinet.durable.counters;
    assert.is(coinsInMinor + tubeOverMinor, 25, phase);
    cabinet.untilRest();
    cabinet.assertSound(`cut ${phase} the append`, true);
  }
});

test("the plug pulled while the flash is being written tears the write", () => {
  const cabinet = new Cabinet();
  cabinet.untilSelling();
  let appends = 0;
  cabinet.watch = {
    before: (effect) => {
      if (effect.do !== "append") return;
      appends += 1;
      cabinet.world.after(1_500, () => cabinet.cutPower());
    },
    after: (effect) => assert.is.not(effect.do, "append", "power is gone before the append is done"),
  };
  cabinet.insertCoin(25);
  cabinet.until("the power is gone", () => !cabinet.powered);
  cabinet.watch = undefined;
  assert.is(appends, 1);
  cabinet.runFor(1_000);
  cabinet.untilSelling();
  cabinet.untilRest();
  const { coinsInMinor, tubeOverMinor } = cabinet.durable.counters;
  assert.is(coinsInMinor + tubeOverMinor, 25);
  cabinet.assertSound("cut in the write", true);
});

test("a 2 s stall in the turn: no second turn, no missed drop", () => {
  const cabinet = new Cabinet();
  cabinet.untilSelling();
  for (let coin = 0; coin < 4; coin++) cabinet.insertCoin(25);
  cabinet.until("credit", () => cabinet.creditMinor === 100);
  cabinet.select("B1");
  cabinet.until("it turns", () => cabinet.spirals.turning !== undefined);
  cabinet.runFor(200);
  cabinet.js.stall(2_000);
  cabinet.untilRest();
  assert.is(cabinet.spirals.turns, 1);
  assert.is(cabinet.durable.counters.sales, 1);
  cabinet.assertSound("after the stall", true);
});

test("a machine without validator, one without changer", () => {
  const coinsOnly = new Cabinet({ validator: "none" });
  coinsOnly.untilSelling();
  assert.is(coinsOnly.insertBill(100), undefined);
  const billsOnly = new Cabinet({ changer: "none" });
  billsOnly.powerOn();
  billsOnly.runFor(30_000);
  assert.throws(() => billsOnly.insertCoin(25), RangeError);
  billsOnly.assertSound();
});

test("until says what it waited for", () => {
  const cabinet = new Cabinet();
  cabinet.powerOn();
  assert.throws(() => cabinet.until("pigs fly", () => false, 1_000), /pigs fly/);
});

test("the checkers see a coin that the ledger does not know, and one it invented", () => {
  const cabinet = new Cabinet();
  sellCoke(cabinet);
  assert.equal(checkMoney(cabinet.facts(true)), []);
  const coin = cabinet.truth.newCoin(25, "customer");
  cabinet.truth.moveCoin(coin, "chute");
  cabinet.truth.moveCoin(coin, "cashBox");
  assert.match(checkMoney(cabinet.facts(true)).join(), /coins in: ledger 0, truth 25/);
  cabinet.changer?.tubes.empty(2, 1);
  assert.match(checkMoney(cabinet.facts(true)).join(), /tube 2 holds 43, the ledger says 44/);
  const { durable } = cabinet;
  durable.counters.paidOutMinor += 5;
  const found = checkMoney(cabinet.facts()).join();
  assert.match(found, /paid out: ledger 30, truth 25/);
  assert.match(found, /does not balance/);
});

test("the checkers see a drop nobody booked, and a sale without one", () => {
  const cabinet = new Cabinet();
  sellCoke(cabinet);
  cabinet.truth.beamPulses += 1;
  assert.match(checkGoods(cabinet.facts()).join(), /drops: ledger 1, truth 2/);
  cabinet.truth.beamPulses -= 2;
  assert.match(checkGoods(cabinet.facts()).join(), /drops: ledger 1, truth 0/);
});

test("the checkers see a bracket closed twice, a hole, and another state", () => {
  const cabinet = new Cabinet();
  sellCoke(cabinet);
  const { records } = cabinet.readFlash();
  const { durable } = cabinet;
  assert.equal(checkRecords(records, durable), []);
  const settled = records.find(({ kind }) => kind === "saleSettled");
  assert.ok(settled);
  if (settled === undefined) return;
  const twice = [...records, { ...settled, seq: records.length + 1 }];
  assert.match(checkRecords(twice).join(), /has its outcome already/);
  assert.match(checkRecords(records.slice(1)).join(), /expected sequence 1/);
  durable.counters.sales += 1;
  assert.match(checkRecords(records, durable).join(), /another state/);
});

test("the options of the bench reach the devices", () => {
  const cabinet = new Cabinet({
    changer: { ...US_CHANGER, types: [{ valueMinor: 5, capacity: 50, count: 7 }] },
    wallStartS: 1_800_000_000,
  });
  cabinet.untilSelling();
  cabinet.runFor(5_000);
  assert.is(cabinet.durable.tubes[0], 7);
  assert.ok(cabinet.durable.lastWallS >= 1_800_000_000);
});

test.run();
