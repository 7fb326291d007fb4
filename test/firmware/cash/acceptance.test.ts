/** What may be accepted, with worked numbers. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { changePayable, exactChangeOnly } from "../../../firmware/cash/queries.js";
import {
  bills,
  CashRoom,
  changerReady,
  DIME,
  NICKEL,
  ONE_DOLLAR,
  perType,
  QUARTER,
  RECYCLER,
  recyclerReady,
  SETTINGS,
  tubes,
  validatorReady,
  withRecycler,
} from "./room.js";

const test = suite("firmware/cash acceptance");
const only = (...types: number[]) => types.reduce((mask, type) => mask | (1 << type), 0);
const opened = (room: CashRoom, priceMinor?: number) => {
  room.order({ cash: "open", priceMinor });
  return room;
};

test("nothing is taken before it is opened, nor after it is closed", () => {
  const room = CashRoom.ready();
  assert.equal(room.masks(), { coinMask: 0, billMask: 0 });
  opened(room, 175);
  assert.equal(room.masks(), { coinMask: 0b111, billMask: 0b11 });
  room.order({ cash: "close" });
  assert.equal(room.masks(), { coinMask: 0, billMask: 0 });
});

test("masks are ordered only when they change, and ahead of everything else", () => {
  const room = opened(CashRoom.ready(), 175);
  room.forget();
  opened(room, 175);
  room.coin(QUARTER, 0);
  assert.equal(room.orders, []);
  room.order({ cash: "return", reason: "cancel" });
  assert.equal(room.orders[0], { order: "accept", coinMask: 0, billMask: 0 });
});

test("the coin that brings the price leaves the masks to the sale's next order", () => {
  const room = opened(CashRoom.ready(), 50);
  room.forget();
  room.coin(QUARTER, 1);
  room.coin(QUARTER, 1);
  assert.equal(
    room.orders.filter(({ order }) => order === "accept"),
    [],
  );
  room.order({ cash: "close" });
  assert.equal(room.orders.at(-1), { order: "accept", coinMask: 0, billMask: 0 });
});

test("a device that was set up anew is told again", () => {
  const room = opened(CashRoom.ready(), 175);
  room.forget();
  room.mdb({ event: "validatorLost" });
  assert.equal(room.orders, [{ order: "accept", coinMask: 0b111, billMask: 0 }]);
  room.forget();
  room.mdb({
    event: "validatorReady",
    valuesMinor: perType(100, 500),
    escrow: true,
    stackerCount: 7,
    stackerFull: false,
  });
  assert.equal(room.orders, [{ order: "accept", coinMask: 0b111, billMask: 0b11 }]);
});

test("(a) neither beyond the credit limit nor what the operator does not allow", () => {
  const room = CashRoom.ready();
  room.settings = { ...SETTINGS, maxCreditMinor: 120, coinMask: only(DIME, QUARTER) };
  room.credit(100);
  opened(room);
  assert.equal(room.masks(), { coinMask: only(DIME), billMask: 0 });
});

test("(b) a coin is taken if it can be given back, be it itself", () => {
  // Empty tubes: every coin can be returned as itself, a dollar bill cannot.
  const room = opened(CashRoom.ready(tubes(0, 0, 0)));
  assert.equal(room.masks(), { coinMask: 0b111, billMask: 0 });
  // 10 ¢ credit from the cash box and no dime in the tubes: no coin brings c + v within reach of the tubes.
  const owing = CashRoom.ready(tubes(0, 0, 0));
  owing.credit(10);
  opened(owing);
  assert.equal(owing.masks().coinMask, 0);
});

test("(b) a coin whose tube is full goes to the cash box and cannot come back as itself", () => {
  const full = perType().map((_, type) => type === QUARTER);
  const room = opened(CashRoom.ready(tubes(0, 0, 3, { full })));
  assert.equal(room.masks().coinMask, 0b111, "three quarters in the full tube pay it back");
  const empty = opened(CashRoom.ready(tubes(0, 1, 0, { full })));
  assert.equal(empty.masks().coinMask, only(NICKEL, DIME));
});

test("(b) is dropped by forcedVend", () => {
  const room = CashRoom.ready(tubes(0, 0, 0));
  room.settings = { ...SETTINGS, forcedVend: true };
  assert.equal(opened(room, 500).masks().billMask, 0b11);
});

test("(b) is dropped for a bill that completes the price and waits in escrow", () => {
  // $5 for $4.75: the tubes hold the quarter of change, but nothing near $5.
  const room = opened(CashRoom.ready(tubes(0, 0, 1)), 475);
  assert.equal(room.masks().billMask, 0b10, "a dollar could not be given back, five complete the price");
  room.mdb({ event: "validatorLost" });
  room.mdb({
    event: "validatorReady",
    valuesMinor: perType(100, 500),
    escrow: false,
    stackerCount: 7,
    stackerFull: false,
  });
  assert.equal(room.masks().billMask, 0, "without escrow the bill could not be given back");
});

test("(c) with a selection: change of the sale must be payable", () => {
  // $1.75 with $1 in: a second dollar needs 25 ¢ of change.
  const room = CashRoom.ready(tubes(0, 10, 0));
  room.credit(100);
  assert.equal(opened(room, 175).masks().billMask, 0, "dimes do not make 25 ¢");
  const withQuarter = CashRoom.ready(tubes(0, 0, 4));
  withQuarter.credit(100);
  assert.equal(opened(withQuarter, 175).masks().billMask, 0b01, "$5 would need $4.25");
});

test("(c) without a selection: for one sellable price, with everyPrice for all", () => {
  const room = CashRoom.ready(tubes(0, 10, 0));
  room.sellablePricesMinor = [60, 75];
  room.settings = { ...SETTINGS, billMask: 1 };
  // $1: 40 ¢ change in dimes is there, 25 ¢ is not.
  assert.equal(opened(room).masks().billMask, 1);
  room.settings = { ...SETTINGS, billMask: 1, everyPrice: true };
  assert.equal(opened(room).masks().billMask, 0);
  room.sellablePricesMinor = [60, 150];
  assert.equal(opened(room).masks().billMask, 1, "$1.50 is not reached");
});

test("nothing is taken where nothing can be sold", () => {
  const room = CashRoom.ready();
  room.sellablePricesMinor = [];
  assert.equal(opened(room).masks(), { coinMask: 0, billMask: 0 });
});

test("the float and a defective tube do not pay", () => {
  const room = CashRoom.ready(tubes(0, 0, 4));
  assert.ok(changePayable(room.state, room.facts, 100));
  room.settings = { ...SETTINGS, floatCounts: [0, 0, 2] };
  assert.not(changePayable(room.state, room.facts, 100));
  assert.ok(changePayable(room.state, room.facts, 50));
  room.settings = SETTINGS;
  room.mdb({ event: "tubes", tubes: tubes(0, 0, 4, { defective: perType().map((_, type) => type === QUARTER) }) });
  assert.not(changePayable(room.state, room.facts, 25));
});

test("P is built once per change of the tubes", () => {
  const room = opened(CashRoom.ready(), 175);
  const before = room.state.payable;
  room.coin(QUARTER, 0);
  opened(room, 100);
  assert.is(room.state.payable, before);
  room.mdb({ event: "tubes", tubes: tubes(20, 30, 46) });
  assert.is.not(room.state.payable, before);
});

test("a coin in its tube has the tubes read again", () => {
  const room = CashRoom.ready();
  room.coin(QUARTER, 1);
  assert.equal(room.acts(), [{ order: "readTubes" }]);
  room.coin(QUARTER, 0);
  assert.is(room.acts().length, 1);
});

test("the exact-change lamp: an allowed type is masked by (b) or (c) alone", () => {
  const room = CashRoom.ready(tubes(20, 30, 45));
  room.settings = { ...SETTINGS, billMask: 1 };
  assert.not(exactChangeOnly(room.state, room.facts));
  room.mdb({ event: "tubes", tubes: tubes(0, 0, 0) });
  assert.ok(exactChangeOnly(room.state, room.facts), "a dollar cannot be changed");
  room.settings = { ...SETTINGS, billMask: 0 };
  assert.not(exactChangeOnly(room.state, room.facts), "the operator takes no bills");
  room.settings = { ...SETTINGS, billMask: 1, maxCreditMinor: 50 };
  assert.not(exactChangeOnly(room.state, room.facts), "the limit masks it, not the change");
});

test("without a changer only a machine with forcedVend takes bills, also those whose change will be a voucher", () => {
  const room = new CashRoom();
  room.input({ on: "boot" });
  room.mdb({
    event: "validatorReady",
    valuesMinor: perType(100, 500),
    escrow: true,
    stackerCount: 0,
    stackerFull: false,
  });
  room.sellablePricesMinor = [200];
  assert.equal(opened(room, 200).masks(), { coinMask: 0, billMask: 0 });
  room.settings = { ...SETTINGS, forcedVend: true };
  assert.equal(opened(room, 200).masks(), { coinMask: 0, billMask: 0b11 });
  room.bill(ONE_DOLLAR);
  assert.equal(room.masks(), { coinMask: 0, billMask: 0b11 });
  // With something that pays change (c) holds again.
  room.mdb(recyclerReady(0, 0));
  assert.equal(room.masks(), { coinMask: 0, billMask: 0b01 });
  room.mdb({ event: "storeCounts", store: RECYCLER, tubes: bills(4, 0) });
  assert.equal(room.masks(), { coinMask: 0, billMask: 0b11 });
});

test("a full stacker takes no bill", () => {
  const room = opened(CashRoom.ready(), 175);
  room.mdb({ event: "stacker", count: 500, full: true });
  assert.equal(room.masks(), { coinMask: 0b111, billMask: 0 });
});

test("while a bill is being stacked a coin must be right with it and without it", () => {
  const room = CashRoom.ready(tubes(0, 0, 5));
  room.settings = { ...SETTINGS, maxCreditMinor: 110 };
  opened(room, 200);
  room.mdb({ event: "escrowed", type: ONE_DOLLAR, valueMinor: 100 });
  assert.is(room.state.bill.is, "stacking");
  assert.equal(room.masks(), { coinMask: only(NICKEL, DIME), billMask: 0b01 }, "a quarter would exceed the limit");
  room.bill(ONE_DOLLAR);
  assert.equal(room.masks(), { coinMask: only(NICKEL, DIME), billMask: 0 });
});

test("coins owed to an open payout pay no other change, from its very beginning", () => {
  const room = CashRoom.ready(tubes(0, 0, 5));
  room.credit(50);
  assert.ok(changePayable(room.state, room.facts, 125));
  room.order({ cash: "return", reason: "cancel" });
  room.mdb({ event: "tubes", tubes: tubes(0, 0, 5) });
  assert.is(room.durable.payout?.count, 2, "the tubes still show all five");
  assert.not(changePayable(room.state, room.facts, 100));
  assert.ok(changePayable(room.state, room.facts, 75));
});

test("a payout from before the restart keeps everything shut, even if the sale opened", () => {
  const room = withRecycler(0, 0, tubes(0, 0, 5));
  room.credit(100);
  room.order({ cash: "return", reason: "cancel" });
  room.mdb({ event: "tubes", tubes: tubes(0, 0, 5) });
  assert.is(room.durable.payout?.type, QUARTER);
  room.restart();
  room.mdb(validatorReady(7));
  room.mdb(recyclerReady(0, 0));
  assert.is(opened(room, 200).state.payout.is, "broken");
  assert.equal(room.masks(), { coinMask: 0, billMask: 0 });
  room.mdb(changerReady(tubes(0, 0, 1)));
  assert.is(room.state.payout.is, "none");
  assert.is.not(room.masks().billMask, 0, "paid, as the tubes prove");
});

test("the bill types stay as they are while a bill is on its way", () => {
  const room = opened(CashRoom.ready(), 475);
  const { billMask } = room.masks();
  room.mdb({ event: "escrowed", type: ONE_DOLLAR, valueMinor: 100 });
  room.forget();
  room.order({ cash: "close" });
  room.settings = { ...SETTINGS, billMask: 0 };
  room.input({ on: "tick" });
  assert.equal(room.masks(), { coinMask: 0, billMask });
  room.bill(ONE_DOLLAR);
  assert.equal(room.masks(), { coinMask: 0, billMask: 0 });
});

test("nobody fills the tubes with a customer's credit inside", () => {
  const room = CashRoom.ready();
  room.append({ kind: "doorOpened" });
  room.order({ cash: "fill", on: true });
  assert.equal(room.masks(), { coinMask: 0b111, billMask: 0, fill: true });
  room.credit(100);
  assert.equal(room.masks(), { coinMask: 0, billMask: 0 });
});

test.run();
