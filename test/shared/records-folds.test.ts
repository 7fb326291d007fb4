/** The folds of cards, stores, technicians and remote orders. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FAULTS } from "../../shared/faults.js";
import {
  creditDifferenceMinor,
  type Durable,
  emptyDurable,
  holdDifferenceMinor,
} from "../../shared/records/durable.js";
import { applyRecord } from "../../shared/records/fold.js";
import { ORDER_WINDOW, orderWasSeen } from "../../shared/records/fold-life.js";
import { countBytes, countsOf } from "../../shared/records/fold-money-out.js";
import { MEANS_CARD, MEANS_TEST } from "../../shared/records/fold-sale.js";
import {
  MDB_TYPES,
  type NewRecord,
  PAYOUT_REASONS,
  SERVICE_ACTS,
  type ServiceAct,
} from "../../shared/records/kinds.js";

const test = suite("records: folds");

function fold(records: readonly NewRecord[], state: Durable = emptyDurable()): Durable {
  let seq = 0;
  for (const record of records) {
    applyRecord(state, { ...record, atMs: 0, seq: ++seq });
    assert.is(creditDifferenceMinor(state), 0, `money balances after ${record.kind}`);
    assert.is(holdDifferenceMinor(state), 0, `holds balance after ${record.kind}`);
  }
  return state;
}

const ASKED: NewRecord = { kind: "vendRequested", holdNo: 1, reader: 0, slot: "B4", item: 9, amountMinor: 175 };
const APPROVED: NewRecord = { kind: "vendApproved", holdNo: 1, amountMinor: 160 };
const SALE = { saleNo: 1, slot: "B4", priceMinor: 175, paidMinor: 175, means: MEANS_CARD };
const OUTCOME = { ...SALE, productId: 5, planogramVersion: 1 };
const QUARTER_IN: NewRecord = { kind: "coinIn", type: 2, valueMinor: 25, path: 1, tubeCount: 1 };

test("a card sale: held, captured with its discount, the cash credit untouched", () => {
  const open = fold([QUARTER_IN, ASKED, APPROVED, { kind: "vendStarted", ...SALE }]);
  assert.equal(open.hold, { holdNo: 1, reader: 0, slot: "B4", item: 9, amountMinor: 175, approvedMinor: 160 });
  const after = fold([{ kind: "saleSettled", ...OUTCOME, changeMinor: 0, proof: 0, capturedMinor: 160 }], open);
  assert.is(after.hold, undefined);
  assert.is(after.creditMinor, 25);
  assert.is(after.counters.cardSalesMinor, 160);
  assert.is(after.counters.salesMinor, 175);
  assert.is(after.counters.cashSalesMinor, 0);
});

test("a hold ends released, due to be refunded, or as a claim: each balances", () => {
  const released = fold([ASKED, APPROVED, { kind: "holdReleased", holdNo: 1, amountMinor: 160, cause: 2 }]);
  assert.is(released.counters.holdsReleasedMinor, 160);
  const denied = fold([ASKED, { kind: "holdReleased", holdNo: 1, amountMinor: 0, cause: 0 }]);
  assert.is(denied.counters.holdsReleasedMinor, 0);
  const due = { kind: "refundDue", refundNo: 1, holdNo: 1, reader: 0, slot: "B4", item: 9, cause: 0 } as const;
  assert.is(fold([ASKED, APPROVED, { ...due, amountMinor: 160 }]).counters.refundsUnapprovedMinor, 0);
  assert.is(fold([ASKED, { ...due, amountMinor: 175 }]).counters.refundsUnapprovedMinor, 175);
  const unknown = fold([ASKED, APPROVED, { kind: "vendStarted", ...SALE }]);
  const claimed = fold([{ kind: "outcomeUnknown", ...OUTCOME, claimNo: 1, cause: 0, code: "X" }], unknown);
  assert.is(claimed.counters.cardClaimsMinor, 160);
  assert.is(claimed.counters.claimsMinor, 0);
  assert.is(claimed.hold, undefined);
});

test("credit put on a card leaves the credit only when the card has it", () => {
  const started = fold([QUARTER_IN, { kind: "revalueStarted", reader: 1, amountMinor: 25 }]);
  assert.equal(started.revalue, { reader: 1, amountMinor: 25 });
  assert.is(started.creditMinor, 25);
  const refused = fold([QUARTER_IN, { kind: "revalueDone", reader: 1, amountMinor: 25, accepted: false }]);
  assert.is(refused.creditMinor, 25);
  const done = fold([{ kind: "revalueDone", reader: 1, amountMinor: 25, accepted: true }], started);
  assert.equal([done.creditMinor, done.revalue, done.counters.revaluedMinor], [0, undefined, 25]);
});

test("what was spent and never came in stands in a rotten record: nobody owes it to the machine", () => {
  const sale = { ...OUTCOME, means: 0, changeMinor: 0, proof: 0 };
  const sold = fold([QUARTER_IN, { kind: "vendStarted", ...SALE, means: 0 }, { kind: "saleSettled", ...sale }]);
  assert.is(sold.creditMinor, 0);
  assert.is(sold.counters.creditLostMinor, SALE.priceMinor - 25);
  assert.is(creditDifferenceMinor(sold), 0);
  assert.is(fold([QUARTER_IN], sold).creditMinor, 25, "the next customer's coin is theirs");
});

test("a test vend is no sale and moves no credit", () => {
  const sale = { ...SALE, means: MEANS_TEST, paidMinor: 0 };
  const state = fold([
    { kind: "stockSet", slot: "B4", quantity: 3 },
    { kind: "vendStarted", ...sale },
    { kind: "saleSettled", ...OUTCOME, means: MEANS_TEST, paidMinor: 0, changeMinor: 0, proof: 0 },
  ]);
  assert.equal([state.counters.testVends, state.counters.sales, state.creditMinor, state.stock.B4], [1, 0, 0, 2]);
});

test("wrong service codes are counted until a right one, or until the lock is over", () => {
  const typed = (name: ServiceAct): NewRecord => ({ kind: "serviceDone", act: SERVICE_ACTS.indexOf(name), who: 0 });
  const state = fold([typed("wrongCode"), typed("testVend"), typed("wrongCode")]);
  assert.is(state.wrongCodes, 2);
  const fault = FAULTS.serviceLockedOut.code;
  fold([{ kind: "faultRaised", fault }], state);
  assert.is(state.wrongCodes, 2, "the lock goes on");
  fold([{ kind: "faultCleared", fault: FAULTS.jam.code, slot: "B4" }], state);
  assert.is(state.wrongCodes, 2);
  fold([{ kind: "faultCleared", fault }], state);
  assert.is(state.wrongCodes, 0);
  fold([typed("wrongCode"), typed("entered")], state);
  assert.is(state.wrongCodes, 0);
});

test("a pause is forgotten as soon as the spiral moves again", () => {
  const paused = fold([
    { kind: "vendStarted", ...SALE, means: 0 },
    { kind: "turnPaused", saleNo: 1 },
  ]);
  assert.is(paused.vend?.paused, true);
  const moved = fold([{ kind: "leftHome", saleNo: 1, turn: 1 }], paused);
  assert.equal(moved.vend, { ...SALE, means: 0, turns: 1 });
});

test("coins a technician fills in are the operator's; emptied tubes too", () => {
  const state = fold([
    { kind: "coinFilled", type: 2, valueMinor: 25, path: 1, tubeCount: 1 },
    { kind: "coinFilled", type: 2, valueMinor: 25, path: 0, tubeCount: 1 },
  ]);
  assert.equal([state.creditMinor, state.tubes[2], state.boxCoinsMinor, state.counters.filledMinor], [0, 1, 25, 50]);
  const reason = PAYOUT_REASONS.indexOf("emptied");
  const out = { payoutNo: 1, reason, dueMinor: 25, type: 2, count: 1, valueMinor: 25 };
  const after = fold(
    [
      { kind: "payoutStarted", ...out, tubes: countBytes(state.tubes) },
      { kind: "payoutDone", payoutNo: 1, reason, paidMinor: 25, tubes: countBytes([]) },
    ],
    state,
  );
  assert.equal([after.creditMinor, after.tubes[2], after.counters.emptiedMinor, after.payout], [0, 0, 25, undefined]);
  assert.is(after.counters.paidOutMinor, 0);
});

test("bills to the recycler are in their store, bills to the stacker in the box; taking the box empties it", () => {
  const stack: NewRecord = { kind: "stackStarted", type: 1, valueMinor: 500, stackerCount: 0 };
  const state = fold([
    stack,
    { kind: "billStacked", type: 1, valueMinor: 500, route: 1 },
    stack,
    { kind: "billStacked", type: 1, valueMinor: 500, route: 0 },
    { kind: "recyclerMoved", type: 1, count: 1, valueMinor: 500, to: 1 },
  ]);
  assert.equal([state.stores[0]?.counts[1], state.boxBillsMinor], [0, 1_000]);
  const taken = fold([{ kind: "cashBoxTaken", coinsMinor: 0, billsMinor: 1_000 }], state);
  assert.is(taken.boxBillsMinor, 0);
  assert.is(taken.creditMinor, 1_000);
});

test("audits and fills of another store leave the changer's tubes alone", () => {
  const state = fold([
    { kind: "storeFilled", type: 0, count: 40, valueMinor: 25, store: 2 },
    { kind: "tubeAudit", type: 0, valueMinor: 25, expected: 40, found: 38, store: 2 },
  ]);
  assert.is(state.stores[1]?.counts[0], 38);
  assert.equal(state.tubes, new Array<number>(MDB_TYPES).fill(0));
  assert.is(state.counters.tubeShortMinor, 50);
});

test("a price set at the machine holds until the next planogram", () => {
  const state = fold([
    { kind: "stockSet", slot: "B4", quantity: 3 },
    { kind: "priceSet", slot: "B4", priceMinor: 160 },
    { kind: "priceSet", slot: "Z9", priceMinor: 160 },
  ]);
  assert.equal(state.prices, { B4: 160 });
  fold([{ kind: "documentApplied", doc: 1, version: 2, crc: 1 }], state);
  assert.is(state.prices.B4, 160);
  fold([{ kind: "documentApplied", doc: 0, version: 2, crc: 1 }], state);
  assert.equal(state.prices, {});
});

test("counts travel without their trailing zeros, 255 stands for more", () => {
  const counts = [3, 0, 300, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  assert.equal(Array.from(countBytes(counts)), [3, 0, 255]);
  assert.equal(countsOf(Uint8Array.of(3, 0, 255)).slice(0, 4), [3, 0, 255, 0]);
  assert.is(countsOf(new Uint8Array(0)).length, MDB_TYPES);
});

test("each order's counter is taken once, in any order, within 64 of the highest", () => {
  const state = emptyDurable();
  const applied = (counter: number): void => {
    fold([{ kind: "commandApplied", counter, order: 0, result: 0 }], state);
  };
  assert.not.ok(orderWasSeen(state, 1));
  // Steps of every size up to past the window, each remembered.
  const seen: number[] = [];
  let counter = 0;
  for (const by of [1, 1, 2, 5, 31, 32, 33, 1, 63, 64, 65, 200, 1]) {
    counter += by;
    applied(counter);
    seen.push(counter);
    for (let below = 0; below <= ORDER_WINDOW + 3 && counter - below > 0; below++) {
      const taken = seen.includes(counter - below) || below > ORDER_WINDOW;
      assert.is(orderWasSeen(state, counter - below), taken, `${counter - below} after ${counter}`);
    }
    assert.not.ok(orderWasSeen(state, counter + 1));
  }
  // One that comes late fills its own place only.
  applied(counter - 10);
  assert.ok(orderWasSeen(state, counter - 10));
  assert.not.ok(orderWasSeen(state, counter - 11));
  assert.not.ok(orderWasSeen(state, counter - 9));
});

test.run();
