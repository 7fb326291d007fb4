/** After a power cut: the ledger says what was open, the devices say how it ended. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cashPending, cashResolved } from "../../../firmware/cash/queries.js";
import { BILL_UNSEEN_MS, DEVICE_BOOT_MS } from "../../../firmware/cash/state.js";
import { decodeCheckpoint, encodeCheckpoint } from "../../../shared/records/checkpoint.js";
import { countsOf } from "../../../shared/records/fold-money-out.js";
import { CashRoom, changerReady, NICKEL, ONE_DOLLAR, perType, QUARTER, tubes, validatorReady } from "./room.js";

const test = suite("firmware/cash boot");

/** The power goes while a DISPENSE of three quarters out of ten is open. */
function cutInPayout(serial?: string): CashRoom {
  const room = CashRoom.ready(tubes(5, 5, 10));
  if (serial !== undefined) room.mdb(changerReady(tubes(5, 5, 10), serial));
  room.credit(75);
  room.order({ cash: "return", reason: "cancel" });
  room.mdb({ event: "tubes", tubes: tubes(5, 5, 10) });
  assert.is(room.durable.payout?.count, 3);
  room.restart();
  assert.not(cashResolved(room.state, room.durable));
  assert.ok(cashPending(room.state));
  return room;
}

for (const [left, paidMinor] of [
  [10, 0],
  [9, 25],
  [8, 50],
  [7, 75],
] as const) {
  test(`an open payout, ${left} of 10 quarters left: ${paidMinor} ¢ were paid, the rest stays credit`, () => {
    const room = cutInPayout();
    room.mdb(changerReady(tubes(5, 5, left)));
    const done = room.only("payoutDone");
    assert.equal([done.paidMinor, done.atBoot], [paidMinor, true]);
    assert.equal(countsOf(done.tubes), perType(5, 5, left));
    assert.is(room.durable.creditMinor, 75 - paidMinor);
    assert.equal(room.events, [], "the sale decides about the rest");
    assert.ok(cashResolved(room.state, room.durable));
    assert.not(cashPending(room.state));
    assert.equal(room.acts(), []);
  });
}

test("more gone than was planned, or another tube moved: a claim and an audit, nothing is paid", () => {
  for (const now of [tubes(5, 5, 6), tubes(5, 4, 7), tubes(5, 5, 11)]) {
    const room = cutInPayout();
    room.mdb(changerReady(now));
    assert.is(room.only("claimOpened").amountMinor, 75);
    assert.ok(room.kinds().includes("tubeAudit"));
    assert.equal(room.durable.tubes, now.counts);
    assert.is(room.durable.creditMinor, 0);
    assert.ok(room.fault("payoutUnknown"));
    assert.ok(cashResolved(room.state, room.durable));
  }
});

test("the door was opened since: the counts prove nothing", () => {
  const room = cutInPayout();
  room.append({ kind: "doorOpened" });
  room.mdb(changerReady(tubes(5, 5, 7)));
  assert.is(room.only("claimOpened").amountMinor, 75);
  assert.is(room.only("tubeAudit").found, 7);
});

test("another changer with other values: the counts prove nothing", () => {
  const room = cutInPayout();
  const ready = changerReady(tubes(5, 5, 7));
  if (ready.event !== "changerReady") throw new Error("not ready");
  room.mdb({ ...ready, valuesMinor: perType(5, 10, 50) });
  assert.is(room.only("claimOpened").amountMinor, 75);
});

test("the same serial number: the counts prove what was paid; blanks around it do not matter", () => {
  const room = cutInPayout("000000004711");
  assert.ok(room.durable.payout?.device !== undefined);
  room.mdb(changerReady(tubes(5, 5, 8), "000000004711 "));
  assert.is(room.only("payoutDone").paidMinor, 50);
});

for (const [who, serial] of [
  ["another serial number", "000000004712"],
  ["none where there was one", ""],
] as const) {
  test(`${who}: whatever the tubes hold they prove nothing, and nothing is paid`, () => {
    for (const left of [10, 9, 7]) {
      const room = cutInPayout("000000004711");
      room.mdb(changerReady(tubes(5, 5, left), serial));
      assert.is(room.only("claimOpened").amountMinor, 75);
      assert.equal(room.kinds().includes("tubeAudit"), left !== 10);
      assert.equal(room.durable.tubes, tubes(5, 5, left).counts);
      assert.is(room.durable.creditMinor, 0);
      assert.equal(room.acts(), []);
    }
  });
}

test("a changer that told no serial number cannot be told apart: its counts are believed", () => {
  for (const serial of ["", "   "]) {
    const room = cutInPayout(serial);
    assert.is(room.durable.payout?.device, undefined);
    room.mdb(changerReady(tubes(5, 5, 9), "000000004712"));
    assert.is(room.only("payoutDone").paidMinor, 25);
  }
});

test("the serial number outlives a checkpoint", () => {
  const room = cutInPayout("000000004711");
  const read = decodeCheckpoint(encodeCheckpoint(room.durable));
  assert.is(read?.payout?.device, room.durable.payout?.device);
});

test("the changer never comes: the open payout becomes a claim", () => {
  const room = cutInPayout();
  room.tickAt(DEVICE_BOOT_MS - 1);
  assert.equal(room.kinds(), []);
  room.tickAt(DEVICE_BOOT_MS);
  assert.is(room.only("claimOpened").amountMinor, 75);
  assert.ok(cashResolved(room.state, room.durable));
  assert.is(room.durable.creditMinor, 0);
});

test("a return ordered before that waits for it", () => {
  const room = cutInPayout();
  room.order({ cash: "return", reason: "refund" });
  assert.equal(room.acts(), []);
  room.mdb(changerReady(tubes(5, 5, 8)));
  assert.equal(room.acts(), [{ order: "dispense", type: QUARTER, count: 1 }]);
  room.mdb({ event: "dispensed", acked: true, tubes: tubes(5, 5, 7) });
  assert.is(room.durable.counters.paidOutMinor, 75);
  assert.is(room.durable.creditMinor, 0);
});

test("cut between payoutDone and its audit: the difference is found at boot", () => {
  const room = cutInPayout();
  const tubesLeft = Uint8Array.from(perType(5, 5, 7));
  room.append({ kind: "payoutDone", payoutNo: 1, reason: 1, paidMinor: 75, tubes: tubesLeft });
  room.restart();
  room.mdb(changerReady(tubes(4, 5, 7)));
  const audit = room.only("tubeAudit");
  assert.equal([audit.type, audit.expected, audit.found], [NICKEL, 5, 4]);
  assert.is(room.durable.counters.tubeShortMinor, 5);
});

test("filled by hand while it was off: over, by name", () => {
  const room = CashRoom.ready(tubes(5, 5, 10));
  room.restart();
  room.mdb(changerReady(tubes(5, 5, 40)));
  const audit = room.only("tubeAudit");
  assert.equal([audit.type, audit.expected, audit.found, audit.following], [QUARTER, 10, 40, undefined]);
  assert.is(room.durable.counters.tubeOverMinor, 750);
  assert.ok(room.fault("tubeDifference"));
});

test("a defective tube is not audited: its count says nothing", () => {
  const room = CashRoom.ready(tubes(5, 5, 10));
  room.restart();
  room.mdb(changerReady(tubes(5, 5, 0, { defective: perType().map((_, type) => type === QUARTER) })));
  assert.equal(room.kinds(), []);
  assert.is(room.durable.tubes[QUARTER], 10);
});

for (const [count, kind, creditMinor] of [
  [8, "billStacked", 100],
  [7, "billReturned", 0],
  [6, "claimOpened", 0],
] as const) {
  test(`a bill under way at the cut, ${count} in the stacker after 7: ${kind}`, () => {
    const room = CashRoom.ready();
    room.append({ kind: "stackStarted", type: ONE_DOLLAR, valueMinor: 100, stackerCount: 7 });
    room.restart();
    assert.not(cashResolved(room.state, room.durable));
    room.mdb(changerReady(tubes(20, 30, 45)));
    assert.not(cashResolved(room.state, room.durable));
    room.mdb(validatorReady(count));
    assert.equal(room.kinds(), [kind]);
    assert.is(room.durable.creditMinor, creditMinor);
    assert.ok(cashResolved(room.state, room.durable));
    assert.is(room.state.validator?.stackerCount, count, "not counted twice");
  });
}

test("the validator never comes: the bill becomes a claim", () => {
  const room = CashRoom.ready();
  room.append({ kind: "stackStarted", type: ONE_DOLLAR, valueMinor: 100, stackerCount: 7 });
  room.restart();
  room.tickAt(BILL_UNSEEN_MS);
  assert.is(room.only("claimOpened").amountMinor, 100);
  assert.ok(cashResolved(room.state, room.durable));
});

test("a bill stacked in mid-sale leaves the machine in service", () => {
  const room = CashRoom.ready();
  room.order({ cash: "open", priceMinor: 175 });
  room.mdb({ event: "escrowed", type: ONE_DOLLAR, valueMinor: 100 });
  assert.ok(room.durable.stack !== undefined);
  assert.ok(cashResolved(room.state, room.durable));
});

test.run();
