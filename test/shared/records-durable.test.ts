/**
 * The fold: money in is money out, sold or owed; brackets open and close; nonsense changes nothing it does not name.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  creditDifferenceMinor,
  type Durable,
  emptyDurable,
  hasFault,
  MAX_OPEN_FAULTS,
  MAX_SLOTS,
} from "../../shared/records/durable.js";
import { applyRecord } from "../../shared/records/fold.js";
import { PAYOUT_EMPTIED } from "../../shared/records/fold-money-out.js";
import { MDB_TYPES, type NewRecord } from "../../shared/records/kinds.js";

const test = suite("records: durable");
const TUBES = new Uint8Array(MDB_TYPES);

function fold(records: readonly NewRecord[], state: Durable = emptyDurable()): Durable {
  let seq = 0;
  for (const record of records) applyRecord(state, { ...record, atMs: 0, seq: ++seq });
  return state;
}

const sale = { saleNo: 1, slot: "B4", priceMinor: 175, paidMinor: 200, means: 0 };

test("two bills buy a drink, the quarter comes back", () => {
  const before = fold([
    { kind: "stockSet", slot: "B4", quantity: 8 },
    { kind: "stackStarted", type: 0, valueMinor: 100, stackerCount: 0 },
    { kind: "billStacked", type: 0, valueMinor: 100, route: 0 },
    { kind: "stackStarted", type: 0, valueMinor: 100, stackerCount: 1 },
    { kind: "billStacked", type: 0, valueMinor: 100, route: 0 },
    { kind: "vendStarted", ...sale },
    { kind: "leftHome", saleNo: 1, turn: 1 },
  ]);
  assert.is(before.creditMinor, 200);
  assert.equal(before.vend, { ...sale, turns: 1 });
  const after = fold(
    [
      { kind: "saleSettled", ...sale, productId: 5, planogramVersion: 1, changeMinor: 25, proof: 0 },
      { kind: "payoutStarted", payoutNo: 1, reason: 0, dueMinor: 25, type: 2, count: 1, valueMinor: 25, tubes: TUBES },
      { kind: "payoutDone", payoutNo: 1, reason: 0, paidMinor: 25, tubes: TUBES },
    ],
    before,
  );
  assert.is(after.creditMinor, 0);
  assert.is(after.stock.B4, 7);
  assert.is(after.vend, undefined);
  assert.is(after.payout, undefined);
  assert.is(after.counters.cashSalesMinor, 175);
  assert.is(creditDifferenceMinor(after), 0);
});

test("a failed sale leaves the credit, an unknown one turns it into a claim", () => {
  const failed = fold([
    { kind: "coinIn", type: 2, valueMinor: 200, path: 1, tubeCount: 1 },
    { kind: "vendStarted", ...sale },
    { kind: "saleFailed", ...sale, productId: 5, planogramVersion: 1, cause: 0 },
  ]);
  assert.is(failed.creditMinor, 200);
  const unknown = fold(
    [
      { kind: "vendStarted", ...sale, saleNo: 2 },
      {
        kind: "outcomeUnknown",
        ...sale,
        saleNo: 2,
        productId: 5,
        planogramVersion: 1,
        claimNo: 1,
        cause: 0,
        code: "W",
      },
    ],
    failed,
  );
  assert.is(unknown.creditMinor, 25);
  assert.is(unknown.counters.claimsMinor, 175);
  assert.is(creditDifferenceMinor(unknown), 0);
});

test("vouchers and claims for payouts take from the credit, claims for bills do not", () => {
  const state = fold([
    { kind: "coinIn", type: 2, valueMinor: 300, path: 0, tubeCount: 0 },
    { kind: "voucherIssued", voucherNo: 1, reason: 0, amountMinor: 100, code: "W" },
    { kind: "claimOpened", claimNo: 1, cause: 0, amountMinor: 200, code: "W" },
    { kind: "stackStarted", type: 0, valueMinor: 100, stackerCount: 0 },
    { kind: "claimOpened", claimNo: 2, cause: 1, amountMinor: 100, code: "W" },
  ]);
  assert.is(state.creditMinor, 0);
  assert.is(state.stack, undefined);
  assert.is(state.counters.billClaimsMinor, 100);
  assert.is(creditDifferenceMinor(state), 0);
});

test("tables are bounded: slots, faults, tubes, documents", () => {
  const records: NewRecord[] = [];
  for (let i = 0; i < MAX_SLOTS + 3; i++) records.push({ kind: "stockSet", slot: `S${i}`, quantity: 1 });
  for (let i = 0; i < MAX_OPEN_FAULTS + 3; i++) records.push({ kind: "faultRaised", fault: 1, slot: `S${i}` });
  records.push({ kind: "coinIn", type: MDB_TYPES, valueMinor: 5, path: 1, tubeCount: 1 });
  records.push({ kind: "tubeAudit", type: 99, valueMinor: 5, expected: 1, found: 2 });
  records.push({ kind: "documentApplied", doc: 9, version: 1, crc: 1 });
  const state = fold(records);
  assert.is(Object.keys(state.stock).length, MAX_SLOTS);
  assert.is(state.faults.length, MAX_OPEN_FAULTS);
  assert.is(state.counters.faultsDropped, 3);
  assert.is(state.tubes.length, MDB_TYPES);
  assert.is(state.documents.length, 2);
});

test("a fault is open once, by code and slot, until it is cleared", () => {
  const state = fold([
    { kind: "faultRaised", fault: 1, slot: "A1" },
    { kind: "faultRaised", fault: 1, slot: "A1" },
    { kind: "faultRaised", fault: 1, slot: "A2" },
    { kind: "faultCleared", fault: 1, slot: "A1" },
  ]);
  assert.not.ok(hasFault(state, 1, "A1"));
  assert.ok(hasFault(state, 1, "A2"));
  assert.is(state.faults.length, 1);
});

test("the door opened or shut in a payout takes the proof from the tubes", () => {
  for (const kind of ["doorOpened", "doorClosed"] as const) {
    const state = fold([
      { kind: "payoutStarted", payoutNo: 1, reason: 0, dueMinor: 25, type: 2, count: 1, valueMinor: 25, tubes: TUBES },
      { kind },
    ]);
    assert.is(state.payout?.doorOpened, true);
    assert.is(state.doorOpen, kind === "doorOpened");
  }
});

test("coins are taken out with the door open: shut, it leaves the tubes their proof, opened anew not", () => {
  const emptying: NewRecord = {
    ...{ kind: "payoutStarted", payoutNo: 1, reason: PAYOUT_EMPTIED, dueMinor: 25, type: 2, count: 1, valueMinor: 25 },
    tubes: TUBES,
  };
  const shut = fold([{ kind: "doorOpened" }, emptying, { kind: "doorClosed" }]);
  assert.equal([shut.payout?.doorOpened, shut.doorOpen], [false, false]);
  const anew = fold([{ kind: "doorOpened" }, emptying, { kind: "doorClosed" }, { kind: "doorOpened" }]);
  assert.equal([anew.payout?.doorOpened, anew.doorOpen], [true, true]);
});

test("a take-over of the tubes counts nothing; later differences are counted", () => {
  const state = fold([
    { kind: "tubeAudit", type: 2, valueMinor: 25, expected: 0, found: 40, following: 0 },
    { kind: "tubeAudit", type: 2, valueMinor: 25, expected: 40, found: 38 },
    { kind: "tubeAudit", type: 2, valueMinor: 25, expected: 38, found: 39 },
  ]);
  assert.is(state.tubes[2], 39);
  assert.is(state.counters.tubeShortMinor, 50);
  assert.is(state.counters.tubeOverMinor, 25);
});

test.run();
