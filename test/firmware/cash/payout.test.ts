/** A return: coins as far as the tubes prove them, the rest as a voucher, every difference a record. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  DEVICE_BACK_MS,
  DISPENSE_LIMIT_MS,
  MAX_UNACKED_DISPENSES,
  SETTLE_MS,
  TUBES_ANSWER_MS,
} from "../../../firmware/cash/state.js";
import type { TubeReport } from "../../../firmware/ports/rooms.js";
import { creditDifferenceMinor } from "../../../shared/records/durable.js";
import { countsOf } from "../../../shared/records/fold-money-out.js";
import { CashRoom, changerReady, DIME, NICKEL, perType, QUARTER, SETTINGS, tubes, validatorReady } from "./room.js";

const test = suite("firmware/cash payout");

/** A return of `dueMinor` up to the first DISPENSE. */
function returning(now: TubeReport, dueMinor: number): CashRoom {
  const room = CashRoom.ready(now);
  room.credit(dueMinor);
  room.order({ cash: "return", reason: "cancel" });
  assert.equal(room.acts(), [{ order: "readTubes" }]);
  room.mdb({ event: "tubes", tubes: now });
  return room;
}

function dispensed(room: CashRoom, now: TubeReport, acked = true): void {
  room.mdb({ event: "dispensed", acked, tubes: now });
}

function ended(room: CashRoom): void {
  assert.is(room.durable.creditMinor, 0);
  assert.is(creditDifferenceMinor(room.durable), 0);
  assert.is(room.durable.payout, undefined);
  assert.is(room.state.payout.is, "none");
}

test("the worked example: 25 ¢ change is one quarter", () => {
  const room = returning(tubes(20, 30, 45), 25);
  const started = room.only("payoutStarted");
  assert.equal(
    [started.payoutNo, started.reason, started.dueMinor, started.type, started.count, started.valueMinor],
    [1, 1, 25, QUARTER, 1, 25],
  );
  assert.equal(countsOf(started.tubes), perType(20, 30, 45));
  assert.equal(room.acts()[1], { order: "dispense", type: QUARTER, count: 1 });
  assert.equal(room.events, []);
  dispensed(room, tubes(20, 30, 44));
  assert.equal(room.only("payoutDone").paidMinor, 25);
  assert.equal(room.events, [
    { cash: "returned", paidMinor: 25, voucherMinor: 0, voucherCode: undefined, claimMinor: 0 },
  ]);
  ended(room);
});

test("payoutStarted is on flash before the DISPENSE it permits", () => {
  const room = returning(tubes(20, 30, 45), 25);
  const last = room.effects.slice(-2).map((effect) => effect.do);
  assert.equal(last, ["append", "mdb"]);
});

test("30 ¢ from one quarter and three dimes is three dimes", () => {
  const room = returning(tubes(0, 3, 1), 30);
  assert.equal(room.acts()[1], { order: "dispense", type: DIME, count: 3 });
  dispensed(room, tubes(0, 0, 1));
  ended(room);
  assert.is(room.durable.counters.paidOutMinor, 30);
});

test("one DISPENSE per type, at most 15 coins each, a bracket for every one", () => {
  const room = returning(tubes(20, 30, 45), 20 * 25 + 10);
  dispensed(room, tubes(20, 30, 30));
  dispensed(room, tubes(20, 30, 25));
  dispensed(room, tubes(20, 29, 25));
  ended(room);
  const dispenses = room.acts().filter((order) => order.order === "dispense");
  assert.equal(dispenses, [
    { order: "dispense", type: QUARTER, count: 15 },
    { order: "dispense", type: QUARTER, count: 5 },
    { order: "dispense", type: DIME, count: 1 },
  ]);
  assert.is(room.durable.payoutNo, 3);
  assert.is(room.events.length, 1);
  assert.equal(room.events[0], {
    cash: "returned",
    paidMinor: 510,
    voucherMinor: 0,
    voucherCode: undefined,
    claimMinor: 0,
  });
});

test("of two types with one value the highest goes first", () => {
  const room = new CashRoom();
  room.input({ on: "boot" });
  const valuesMinor = perType(5, 25, 10, 25);
  const toTube = valuesMinor.map((value) => value > 0);
  const now = { ...tubes(0, 0, 0), counts: perType(0, 9, 0, 9) };
  room.mdb({ event: "changerReady", valuesMinor, toTube, tubes: now });
  room.credit(50);
  room.order({ cash: "return", reason: "cancel" });
  room.mdb({ event: "tubes", tubes: now });
  assert.equal(room.acts().at(-1), { order: "dispense", type: 3, count: 2 });
});

test("what coins cannot pay becomes a voucher, and the return is over only then", () => {
  const room = returning(tubes(0, 0, 2), 60);
  dispensed(room, tubes(0, 0, 0));
  const voucher = room.only("voucherIssued");
  assert.equal([voucher.voucherNo, voucher.reason, voucher.amountMinor, voucher.code], [1, 1, 10, "V1-10"]);
  assert.equal(room.events, [
    { cash: "returned", paidMinor: 50, voucherMinor: 10, voucherCode: "V1-10", claimMinor: 0 },
  ]);
  ended(room);
});

test("the float is touched only where that saves a voucher", () => {
  const room = CashRoom.ready(tubes(0, 10, 2));
  room.settings = { ...SETTINGS, floatCounts: [0, 0, 2] };
  room.credit(50);
  room.order({ cash: "return", reason: "cancel" });
  room.mdb({ event: "tubes", tubes: tubes(0, 10, 2) });
  assert.equal(room.acts().at(-1), { order: "dispense", type: DIME, count: 5 });
  const deep = CashRoom.ready(tubes(0, 10, 2));
  deep.settings = { ...SETTINGS, floatCounts: [0, 0, 2] };
  deep.credit(25);
  deep.order({ cash: "return", reason: "cancel" });
  deep.mdb({ event: "tubes", tubes: tubes(0, 10, 2) });
  assert.equal(deep.acts().at(-1), { order: "dispense", type: QUARTER, count: 1 });
});

test("nothing owed: the return is over at once", () => {
  const room = CashRoom.ready();
  room.order({ cash: "return", reason: "cancel" });
  assert.equal(room.acts(), []);
  assert.is(room.events.length, 1);
  ended(room);
});

test("a jammed tube: fewer coins than planned are proved, the others pay the rest", () => {
  const room = returning(tubes(0, 30, 10), 100);
  // Four quarters ordered; one came out.
  dispensed(room, tubes(0, 30, 9));
  assert.equal(room.kinds(), ["payoutStarted"], "looked at again before it is concluded");
  room.tickAt(SETTLE_MS);
  assert.equal(room.acts().at(-1), { order: "readTubes" });
  room.mdb({ event: "tubes", tubes: tubes(0, 30, 9) });
  assert.is(room.only("payoutDone").paidMinor, 25);
  // Three more quarters, and now the tube gives nothing at all: it is left alone for the rest of this return.
  assert.equal(room.acts().at(-1), { order: "dispense", type: QUARTER, count: 3 });
  dispensed(room, tubes(0, 30, 9));
  room.tickAt(2 * SETTLE_MS);
  room.mdb({ event: "tubes", tubes: tubes(0, 30, 9) });
  assert.equal(room.acts().at(-1), { order: "dispense", type: DIME, count: 7 });
  dispensed(room, tubes(0, 23, 9));
  assert.equal(room.events.at(-1), {
    cash: "returned",
    paidMinor: 95,
    voucherMinor: 5,
    voucherCode: "V1-5",
    claimMinor: 0,
  });
  ended(room);
});

test("a DISPENSE that was not ACKed is ordered again only after the tubes proved that nothing moved", () => {
  const now = tubes(0, 0, 10);
  const room = returning(now, 25);
  for (let tries = 0; tries <= MAX_UNACKED_DISPENSES; tries++) {
    assert.equal(room.acts().at(-1), { order: "dispense", type: QUARTER, count: 1 });
    dispensed(room, now, false);
    room.tickAt(room.nowMs + SETTLE_MS);
    assert.equal(room.acts().at(-1), { order: "readTubes" });
    room.mdb({ event: "tubes", tubes: now });
  }
  assert.is(room.only("voucherIssued").amountMinor, 25);
  ended(room);
});

test("a DISPENSE that was not ACKed but paid is not repeated", () => {
  const room = returning(tubes(0, 0, 10), 25);
  dispensed(room, tubes(0, 0, 9), false);
  assert.is(room.durable.counters.paidOutMinor, 25);
  ended(room);
});

test("a coin that falls into its tube during the payout is not taken for one that stayed", () => {
  const room = returning(tubes(0, 0, 10), 50);
  room.coin(QUARTER, 1);
  // Two out, one in; and the new quarter is owed, too.
  dispensed(room, tubes(0, 0, 9));
  assert.is(room.only("payoutDone").paidMinor, 50);
  assert.equal(room.acts().at(-1), { order: "dispense", type: QUARTER, count: 1 });
  dispensed(room, tubes(0, 0, 8));
  assert.is(room.durable.counters.paidOutMinor, 75);
  assert.is(room.durable.counters.tubeShortMinor + room.durable.counters.tubeOverMinor, 0);
  ended(room);
});

test("a coin counted before but polled after the payout began does not make a claim", () => {
  // 11 in the tube, one of them not reported for long: over by one, then the coin comes in, then short by one.
  const room = CashRoom.ready(tubes(0, 0, 10));
  room.credit(50);
  room.order({ cash: "return", reason: "cancel" });
  room.mdb({ event: "tubes", tubes: tubes(0, 0, 11) });
  room.tickAt(SETTLE_MS);
  room.mdb({ event: "tubes", tubes: tubes(0, 0, 11) });
  room.coin(QUARTER, 1);
  dispensed(room, tubes(0, 0, 9));
  room.tickAt(2 * SETTLE_MS);
  room.mdb({ event: "tubes", tubes: tubes(0, 0, 9) });
  assert.is(room.only("payoutDone").paidMinor, 50);
  dispensed(room, tubes(0, 0, 8));
  assert.is(room.durable.counters.tubeOverMinor, 25);
  assert.is(room.durable.counters.tubeShortMinor, 25);
  ended(room);
});

test("a coin counted but not yet polled when the return begins explains itself", () => {
  const room = CashRoom.ready(tubes(0, 0, 10));
  room.credit(50);
  room.order({ cash: "return", reason: "cancel" });
  room.mdb({ event: "tubes", tubes: tubes(0, 0, 11) });
  assert.equal(room.kinds(), [], "a difference is looked at again");
  room.coin(QUARTER, 1);
  room.tickAt(SETTLE_MS);
  room.mdb({ event: "tubes", tubes: tubes(0, 0, 11) });
  assert.equal(room.kinds(), ["coinIn", "payoutStarted"], "the coin explains it");
  assert.equal(room.acts().at(-1), { order: "dispense", type: QUARTER, count: 3 });
});

test("a difference that stays is a tube audit before anything is paid", () => {
  const room = CashRoom.ready(tubes(0, 0, 10));
  room.credit(50);
  room.order({ cash: "return", reason: "cancel" });
  room.mdb({ event: "tubes", tubes: tubes(0, 0, 8) });
  room.tickAt(SETTLE_MS);
  room.mdb({ event: "tubes", tubes: tubes(0, 0, 8) });
  const audit = room.only("tubeAudit");
  assert.equal([audit.type, audit.valueMinor, audit.expected, audit.found], [QUARTER, 25, 10, 8]);
  assert.is(room.durable.counters.tubeShortMinor, 50);
  assert.ok(room.fault("tubeDifference"));
  assert.equal(countsOf(room.only("payoutStarted").tubes), perType(0, 0, 8));
  dispensed(room, tubes(0, 0, 6));
  assert.not(room.fault("tubeDifference"), "a clean audit clears it");
  ended(room);
});

test("implausible counts: a claim over what was planned, an audit, and the rest goes on", () => {
  const room = returning(tubes(5, 30, 10), 60);
  assert.equal(room.acts().at(-1), { order: "dispense", type: QUARTER, count: 2 });
  dispensed(room, tubes(5, 30, 7));
  room.tickAt(SETTLE_MS);
  room.mdb({ event: "tubes", tubes: tubes(5, 30, 7) });
  const claim = room.only("claimOpened");
  assert.equal([claim.claimNo, claim.cause, claim.amountMinor, claim.code], [1, 0, 50, "C1-50"]);
  const audit = room.only("tubeAudit");
  assert.equal([audit.type, audit.expected, audit.found], [QUARTER, 10, 7]);
  assert.ok(room.fault("payoutUnknown"));
  assert.equal(room.acts().at(-1), { order: "dispense", type: DIME, count: 1 });
  dispensed(room, tubes(5, 29, 7));
  assert.equal(room.events, [
    { cash: "returned", paidMinor: 10, voucherMinor: 0, voucherCode: undefined, claimMinor: 50 },
  ]);
  assert.not(room.fault("payoutUnknown"));
  ended(room);
});

test("the changer is gone in the middle of a DISPENSE and comes back: its tubes decide", () => {
  const room = returning(tubes(0, 0, 10), 75);
  room.mdb({ event: "changerLost" });
  room.tickAt(DEVICE_BACK_MS - 1);
  assert.equal(room.kinds(), ["payoutStarted"]);
  room.mdb(changerReady(tubes(0, 0, 8)));
  assert.is(room.only("payoutDone").paidMinor, 50);
  assert.equal(room.acts().at(-1), { order: "dispense", type: QUARTER, count: 1 });
  dispensed(room, tubes(0, 0, 7));
  assert.equal(room.events.at(-1), {
    cash: "returned",
    paidMinor: 75,
    voucherMinor: 0,
    voucherCode: undefined,
    claimMinor: 0,
  });
  ended(room);
});

test("a changer that resets at every DISPENSE is not asked for ever", () => {
  const now = tubes(0, 0, 10);
  const room = returning(now, 25);
  for (let tries = 0; tries <= MAX_UNACKED_DISPENSES; tries++) {
    assert.equal(room.acts().at(-1), { order: "dispense", type: QUARTER, count: 1 });
    room.mdb({ event: "changerLost" });
    room.mdb(changerReady(now));
  }
  assert.is(room.only("voucherIssued").amountMinor, 25);
  ended(room);
});

test("the changer is gone in the middle of a DISPENSE for good: a claim, and a voucher for the rest", () => {
  const room = returning(tubes(0, 0, 10), 20 * 25);
  room.nowMs = 1_000;
  room.mdb({ event: "changerLost" });
  room.tickAt(1_000 + DEVICE_BACK_MS);
  assert.is(room.only("claimOpened").amountMinor, 250);
  assert.is(room.only("voucherIssued").amountMinor, 250);
  ended(room);
});

test("the changer is gone with credit inside: a voucher after its limit, when the sale returns it", () => {
  const room = CashRoom.ready();
  room.credit(175);
  room.nowMs = 5_000;
  room.mdb({ event: "changerLost" });
  room.tickAt(60_000);
  assert.equal(room.kinds(), [], "not by itself");
  room.order({ cash: "return", reason: "timeout" });
  assert.is(room.only("voucherIssued").amountMinor, 175);
  ended(room);
  const soon = CashRoom.ready();
  soon.credit(175);
  soon.mdb({ event: "changerLost" });
  soon.order({ cash: "return", reason: "timeout" });
  assert.equal(soon.kinds(), [], "it may be back before that");
  soon.mdb(changerReady(tubes(20, 30, 45)));
  assert.equal(soon.acts().at(-1), { order: "dispense", type: QUARTER, count: 7 });
});

test("a changer that never says anything is not waited for", () => {
  const mute = CashRoom.ready();
  mute.credit(25);
  mute.order({ cash: "return", reason: "cancel" });
  mute.tickAt(TUBES_ANSWER_MS);
  assert.is(mute.only("voucherIssued").amountMinor, 25);
  ended(mute);
  const stuck = returning(tubes(0, 30, 10), 35);
  stuck.tickAt(DISPENSE_LIMIT_MS);
  stuck.tickAt(DISPENSE_LIMIT_MS + TUBES_ANSWER_MS);
  assert.is(stuck.only("claimOpened").amountMinor, 25);
  assert.is(stuck.only("voucherIssued").amountMinor, 10);
  ended(stuck);
});

test("acceptance is off during a return and stays off until it is opened", () => {
  const room = CashRoom.ready();
  room.order({ cash: "open", priceMinor: undefined });
  room.credit(25);
  room.order({ cash: "return", reason: "cancel" });
  assert.equal(room.masks(), { coinMask: 0, billMask: 0 });
  room.order({ cash: "open", priceMinor: undefined });
  assert.not(room.known);
  room.mdb({ event: "tubes", tubes: tubes(20, 30, 45) });
  dispensed(room, tubes(20, 30, 44));
  ended(room);
  assert.equal(room.masks(), { coinMask: 0, billMask: 0 });
  room.order({ cash: "open", priceMinor: undefined });
  assert.equal(room.masks(), { coinMask: 0b111, billMask: 0b11 });
});

test("the first tubes ever seen are taken over, not counted as a difference", () => {
  const room = new CashRoom();
  room.input({ on: "boot" });
  room.mdb(changerReady(tubes(20, 30, 45)));
  assert.equal(room.kinds(), ["tubeAudit", "tubeAudit", "tubeAudit"]);
  assert.equal(room.durable.tubes, perType(20, 30, 45));
  assert.ok(room.durable.tubesKnown);
  assert.is(room.durable.counters.tubeOverMinor, 0);
  assert.not(room.fault("tubeDifference"));
});

test("a take-over cut short is done again, and still is no difference", () => {
  const room = new CashRoom();
  room.append({ kind: "tubeAudit", type: NICKEL, valueMinor: 5, expected: 0, found: 20, following: 2 });
  room.restart();
  room.mdb(changerReady(tubes(20, 30, 45)));
  assert.is(room.kinds().length, 3);
  assert.is(room.durable.counters.tubeOverMinor, 0);
});

test("a bill-only machine gives a voucher once it is clear that there is no changer", () => {
  const room = new CashRoom();
  room.input({ on: "boot" });
  room.mdb(validatorReady(0));
  room.credit(100);
  room.tickAt(DEVICE_BACK_MS);
  room.order({ cash: "return", reason: "cancel" });
  assert.is(room.only("voucherIssued").amountMinor, 100);
  ended(room);
});

test("a coin that is recorded but not yet counted when the payout ends: the tubes are looked at again", () => {
  const room = returning(tubes(5, 5, 10), 75);
  room.coin(QUARTER);
  dispensed(room, tubes(5, 5, 7));
  assert.not(room.kinds().includes("payoutDone"), "eight quarters are due, the tube counts seven");
  room.tickAt(SETTLE_MS);
  room.mdb({ event: "tubes", tubes: tubes(5, 5, 8) });
  assert.is(room.records.find((record) => record.kind === "payoutDone")?.paidMinor, 75);
  assert.not(room.kinds().includes("tubeAudit"), "nothing was missing");
});

/** A return of three quarters, the door open, up to the DISPENSE. */
function behindOpenDoor(): CashRoom {
  const now = tubes(20, 30, 45);
  const room = CashRoom.ready(now);
  room.credit(75);
  room.append({ kind: "doorOpened" });
  room.order({ cash: "return", reason: "outOfService" });
  room.mdb({ event: "tubes", tubes: now });
  return room;
}

test("behind an open door what counts say is not paid may be coins put in by hand: a claim, not paid again", () => {
  for (const [when, shut] of [
    ["opened before and shut within", true],
    ["open all the while", false],
  ] as const) {
    const room = behindOpenDoor();
    assert.is(room.only("payoutStarted").count, 3);
    if (shut) room.append({ kind: "doorClosed" });
    dispensed(room, tubes(20, 30, 44));
    room.tickAt(room.nowMs + SETTLE_MS);
    room.mdb({ event: "tubes", tubes: tubes(20, 30, 44) });
    assert.is(room.only("claimOpened").amountMinor, 75, when);
    assert.equal(room.kinds().filter((kind) => kind === "payoutStarted").length, 1, when);
    assert.equal(room.durable.tubes, perType(20, 30, 44), when);
    assert.is(creditDifferenceMinor(room.durable), 0);
  }
});

test("behind an open door counts that show all of it paid are believed", () => {
  const room = behindOpenDoor();
  dispensed(room, tubes(20, 30, 42));
  assert.is(room.only("payoutDone").paidMinor, 75);
  ended(room);
});

test.run();
