/** What the simulator remembers of records, what it makes of rot, and who redeems codes that a panel showed. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { LedgerRecord } from "../../shared/records/kinds.js";
import { voucherCode } from "../../shared/voucher.js";
import { Rng } from "../../tools/bench/rng.js";
import { amountOf, History } from "../../tools/sim/history.js";
import { judgeDay, judgeEnd } from "../../tools/sim/judge.js";
import { sendOrder } from "../../tools/sim/orders.js";
import { planOf } from "../../tools/sim/plan.js";
import { runPlan } from "../../tools/sim/run.js";
import { SimCabinet } from "../../tools/sim/sim-cabinet.js";
import { VoucherDesk, voucherThieves } from "../../tools/sim/voucher-desk.js";

const test = suite("seeds: history, vouchers, orders");
const SEED = 3;

function coin(seq: number, valueMinor = 25): LedgerRecord {
  return { kind: "coinIn", seq, atMs: 0, type: 2, valueMinor, path: 1, tubeCount: 1 };
}

function gone(seq: number): LedgerRecord {
  return { kind: "unreadable", seq, atMs: 0 };
}

function cabinetAtRest(): SimCabinet {
  const cabinet = new SimCabinet(planOf(SEED).machine);
  cabinet.powerOn();
  assert.ok(cabinet.waitFor(() => cabinet.settled && cabinet.synced, 60_000));
  return cabinet;
}

test("a record that is another one later, or gone, is found; behind a ring that has turned, too", () => {
  const history = new History();
  assert.equal(history.take(1, [coin(1), coin(2), coin(3)]), []);
  assert.equal(history.take(3, [coin(3), coin(4)]), []);
  assert.match(history.take(3, [coin(3), coin(4, 100)]).join(), /record 4 was coinIn/);
  assert.match(history.take(3, [coin(3)]).join(), /gone from flash/);
  assert.match(history.take(9, [coin(9)]).join(), /are gone/);
});

test("many records between two looks are all remembered, each under its sequence", () => {
  const history = new History();
  history.take(1, [coin(1), coin(2)]);
  const many = Array.from({ length: 900 }, (_, at) => coin(at + 1));
  assert.equal(history.take(1, many), []);
  assert.equal(
    history.records.map(({ seq }) => seq),
    many.map(({ seq }) => seq),
  );
});

test("what rots is lost under its sequence, with the money it was about", () => {
  const history = new History();
  history.take(1, [coin(1), coin(2), coin(3)]);
  history.rottenBits = 1;
  assert.equal(history.take(1, [coin(1), gone(2), coin(3)]), []);
  assert.equal([...history.lost.keys()], [2]);
  assert.is(amountOf(history.lost.get(2) ?? gone(2)), 25);
  assert.match(history.take(1, [coin(1, 50), gone(2), coin(3)]).join(), /written over/);
});

test("rot takes as many records as bits from the end, and a block only with both copies of its header", () => {
  const history = new History();
  history.take(1, [coin(1), coin(2), coin(3), coin(4)]);
  history.rottenBits = 1;
  assert.equal(history.take(1, [coin(1), coin(2), coin(3)]), []);
  assert.is(history.wrecked, false);
  assert.match(history.take(1, [coin(1)]).join(), /2 records after 1 are gone/);
  assert.match(history.take(9, [coin(9)]).join(), /records 2 to 8 are gone/);
  history.headerLost = true;
  assert.equal(history.take(12, [coin(12)]), []);
  assert.is(history.wrecked, true);
  assert.equal(history.take(12, [coin(12), coin(13)]), []);
  assert.equal(
    history.records.map(({ seq }) => seq),
    Array.from({ length: 13 }, (_, at) => at + 1),
  );
});

test("a ledger that began anew with its block may hold again what stood there; nothing else excuses it", () => {
  for (const headerLost of [false, true]) {
    const history = new History();
    history.take(1, [coin(1), coin(2)]);
    history.rottenBits = 2;
    history.headerLost = headerLost;
    assert.is(history.take(1, [coin(1, 50), coin(2)]).length, headerLost ? 0 : 1);
    assert.equal([...history.lost.keys()], [1]);
  }
});

test("a code is paid by its record, once; a bent one, one without a record, and a claim's are not", () => {
  const cabinet = cabinetAtRest();
  const { machineId, epoch, voucherKey } = cabinet.identity;
  const code = voucherCode(voucherKey, { machineId, epoch, number: 1, amountMinor: 70, currency: "JPY" });
  const record: LedgerRecord = {
    kind: "voucherIssued",
    seq: 9,
    atMs: 0,
    voucherNo: 1,
    reason: 0,
    amountMinor: 70,
    code,
  };
  const desk = new VoucherDesk(cabinet, [record]);
  assert.is(desk.redeem(`${code.slice(0, 13)}${code.endsWith("0") ? "1" : "0"}`), 0);
  assert.is(desk.redeem(code), 70);
  assert.is(desk.redeem(code), 0);
  cabinet.codesSeen.vouchers.add(code);
  assert.match(voucherThieves(cabinet, []).join(), /nobody pays/);
});

test("orders of every way reach the machine, and none is taken that was not given", () => {
  const cabinet = cabinetAtRest();
  const rng = new Rng(1);
  for (let i = 0; i < 60; i++) {
    sendOrder(cabinet, rng);
    cabinet.runFor(500);
  }
  cabinet.runFor(10_000);
  assert.ok(cabinet.waitFor(() => cabinet.settled && cabinet.synced, 60_000));
  assert.equal(judgeEnd(cabinet), []);
  const taken = cabinet.history.records.filter(({ kind }) => kind === "commandApplied").length;
  const genuine = [...cabinet.orders.values()].filter((given) => given.genuine).length;
  assert.ok(taken > 10 && taken <= genuine, `${taken} of ${genuine} genuine ones`);
  cabinet.orders.clear();
  assert.match(judgeEnd(cabinet).join(), /though nobody gave it/);
});

test("a day whose counters do not add up is found", () => {
  const cabinet = cabinetAtRest();
  assert.equal(judgeDay(cabinet), []);
  cabinet.durable.audit.since.cashSales += 1;
  assert.match(judgeDay(cabinet).join(), /audit: /);
});

test("a whole day of a machine's life breaks no promise, and most honest people get what they came for", () => {
  const day = planOf(SEED, 1);
  assert.ok(day.people.length >= 100);
  const { violations, sales, honestAttempts, honestServed, simulatedS } = runPlan({ ...day, troubles: [] });
  assert.equal(violations, []);
  assert.ok(simulatedS > 80_000, `${simulatedS} s are no day`);
  assert.ok(sales >= 40, `${sales} sales`);
  assert.ok(honestServed > 0.9 * honestAttempts, `${honestServed} of ${honestAttempts} honest people served`);
});

test.run();
